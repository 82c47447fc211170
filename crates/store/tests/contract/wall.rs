//! The wall between partners as PostgreSQL holds it.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

use crate::databases::on_postgres;

/// What a partner may see beside the rows that name it and the environment, each with its reason.
const SEEN_BESIDE_OWN: [(&str, &str); 3] = [
    (
        "sales_units",
        "a unit is of the gateway; a partner sees those it was ever assigned",
    ),
    (
        "key_sets",
        "the operator's own keys serve partners that have none; they open under the gateway's name only",
    ),
    (
        "data_keys",
        "one key of a partner serves both environments, and the gateway's opens the operator's keys; all are wrapped",
    ),
];

/// What a partner may see of its own whatever the environment, each with its reason.
const OWN_IN_BOTH_ENVIRONMENTS: [(&str, &str); 1] = [(
    "audit_heads",
    "what was done to a partner is one chain over both environments",
)];

/// Read by a process that starts; the migrator writes it and would not see it behind a forced wall.
const HISTORY: &str = "seaql_migrations";

async fn rows(connection: &DatabaseConnection, sql: &str) -> Vec<Vec<String>> {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let mut found = Vec::new();
    for row in connection.query_all_raw(statement).await.unwrap() {
        let columns = row.column_names().len();
        found.push(
            (0..columns)
                .map(|column| row.try_get_by_index::<String>(column).unwrap())
                .collect(),
        );
    }
    found
}

const TABLES: &str = "
SELECT c.relname::text,
    EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'partner_id')::text,
    c.relrowsecurity::text, c.relforcerowsecurity::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema() ORDER BY 1";

/// Of whole tables and of single columns.
const RIGHTS: &str = "
SELECT table_name::text, grantee::text, privilege_type::text FROM information_schema.role_table_grants
WHERE table_schema = current_schema() AND grantee <> current_user
UNION
SELECT table_name::text, grantee::text, privilege_type::text FROM information_schema.role_column_grants
WHERE table_schema = current_schema() AND grantee <> current_user
ORDER BY 1, 2, 3";

const POLICIES: &str = "
SELECT tablename::text, policyname::text, array_to_string(roles, ','), permissive, cmd, qual, coalesce(with_check, '')
FROM pg_policies WHERE schemaname = current_schema() ORDER BY 1, 2";

#[tokio::test]
async fn every_table_stands_behind_a_forced_wall_and_a_partner_sees_its_own_rows_alone() {
    on_postgres(async |fresh| {
        let database = Database::connect(&fresh.url).await.unwrap();
        let policies = rows(&database, POLICIES).await;
        let rights = rows(&database, RIGHTS).await;
        // As PostgreSQL writes the rule of a table that has no exception.
        let own = policies
            .iter()
            .find(|policy| policy[0] == "payments" && policy[1] == "app")
            .map(|policy| policy[5].clone())
            .unwrap();
        assert!(
            own.contains("partner_id = ") && own.contains("environment = "),
            "{own}"
        );
        let mut findings = Vec::new();
        for table in rows(&database, TABLES).await {
            let [table, owned, enabled, forced] = table.as_slice() else {
                unreachable!()
            };
            if table == HISTORY {
                continue;
            }
            if enabled != "true" || forced != "true" {
                findings.push(format!("{table}: row-level security is not enabled and forced"));
            }
            for (role, name) in [("nordbro_app", "app"), ("nordbro_system", "system")] {
                let may = rights.iter().any(|right| &right[0] == table && right[1] == role);
                let policy = policies
                    .iter()
                    .any(|policy| &policy[0] == table && policy[1] == name && policy[2] == role);
                if may != policy {
                    findings.push(format!("{table}: {role} has a right {may}, a policy {policy}"));
                }
            }
            for policy in policies.iter().filter(|policy| &policy[0] == table) {
                let (name, seen, written) = (policy[1].as_str(), &policy[5], &policy[6]);
                if !matches!(name, "app" | "system") || policy[3] != "PERMISSIVE" {
                    findings.push(format!("{table}: a policy {name} that nobody knows"));
                }
                let excepted = SEEN_BESIDE_OWN.iter().any(|(listed, _)| listed == table);
                let is_own = if OWN_IN_BOTH_ENVIRONMENTS.iter().any(|(listed, _)| listed == table) {
                    own.contains(seen.trim_matches(['(', ')']))
                        && seen.contains("partner_id = ")
                        && written == seen
                } else {
                    seen == &own && written == &own
                };
                if name == "app" && !is_own && !excepted {
                    findings.push(format!("{table}: a partner sees more than its own rows: {seen}"));
                }
                if name == "app" && owned == "false" && !excepted {
                    findings.push(format!(
                        "{table}: of the gateway as a whole, and a partner sees it"
                    ));
                }
            }
        }
        for right in &rights {
            let [table, role, privilege] = right.as_slice() else {
                unreachable!()
            };
            let known = matches!(role.as_str(), "nordbro_app" | "nordbro_system");
            let sane = matches!(privilege.as_str(), "SELECT" | "INSERT" | "UPDATE" | "DELETE");
            if !known || !sane {
                findings.push(format!("{table}: {role} may {privilege}"));
            }
            let excepted = SEEN_BESIDE_OWN.iter().any(|(listed, _)| listed == table);
            if role == "nordbro_app" && excepted && privilege != "SELECT" {
                findings.push(format!(
                    "{table}: seen beyond one's own, so read only, but {privilege}"
                ));
            }
            if table == HISTORY && (role != "nordbro_system" || privilege != "SELECT") {
                findings.push(format!("{table}: {role} may {privilege}"));
            }
        }
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    })
    .await;
}
