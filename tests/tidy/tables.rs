//! A tenant by construction, as far as the schema can hold it.

use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};

/// Tables that belong to the gateway as a whole, each with its reason. Every other table names its partner and its
/// environment; one that does is not listed.
const OF_THE_GATEWAY: [(&str, &str); 7] = [
    (
        "registry_version",
        "one row that every process reads to learn of changes",
    ),
    ("partners", "the partners themselves"),
    (
        "sales_units",
        "a unit is an MSN in an environment and changes partner; who holds it is in `assignments`",
    ),
    (
        "revoked_operator_tokens",
        "operators are the gateway's, and their tokens act on every partner",
    ),
    ("signing_keys", "the gateway's own issuer serves every partner"),
    (
        "fingerprint_keys",
        "what makes fingerprints comes from the key file, which is the gateway's",
    ),
    ("seaql_migrations", "the schema's history"),
];

/// Tables that name a partner and no environment, each with its reason.
const IN_BOTH_ENVIRONMENTS: [(&str, &str); 2] = [
    (
        "audit_heads",
        "what was done to a partner is one chain over both environments",
    ),
    (
        "data_keys",
        "a partner's key is one; what it seals is bound to its environment",
    ),
];

#[tokio::test]
async fn every_table_names_its_partner_and_its_environment_or_is_listed() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("tidy.db").display());
    migrations::run(&url).await.unwrap();
    let connection = Database::connect(format!("{url}?mode=ro")).await.unwrap();
    let ask = async |sql: String| {
        connection
            .query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
            .await
            .unwrap()
    };

    let tables: Vec<String> =
        ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'".to_owned())
            .await
            .iter()
            .map(|row| row.try_get("", "name").unwrap())
            .collect();
    assert!(
        tables.len() > OF_THE_GATEWAY.len(),
        "the migrations made no tables: {tables:?}"
    );
    let mut findings = Vec::new();
    for table in &tables {
        let columns: Vec<String> = ask(format!("SELECT name FROM pragma_table_info('{table}')"))
            .await
            .iter()
            .map(|row| row.try_get("", "name").unwrap())
            .collect();
        let has = |column: &str| columns.iter().any(|name| name == column);
        let is_of_the_gateway = OF_THE_GATEWAY.iter().any(|(listed, _)| listed == table);
        let is_in_both = IN_BOTH_ENVIRONMENTS.iter().any(|(listed, _)| listed == table);
        match (has("partner_id"), has("environment")) {
            (false, _) if !is_of_the_gateway => findings.push(format!("{table}: has no partner_id")),
            (true, false) if !is_in_both => findings.push(format!("{table}: has no environment")),
            (true, _) if is_of_the_gateway => {
                findings.push(format!("{table}: names its partner, so it is not listed"));
            }
            (true, true) | (false, _) if is_in_both => {
                findings.push(format!(
                    "{table}: is not in both environments, so it is not listed"
                ));
            }
            (true | false, _) => {}
        }
    }
    for (listed, _) in OF_THE_GATEWAY.iter().chain(&IN_BOTH_ENVIRONMENTS) {
        if !tables.iter().any(|table| table == listed) {
            findings.push(format!("{listed}: is no table"));
        }
    }
    super::none(&findings);
}
