//! The wall between partners as PostgreSQL holds it.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use store::{Error, Settings, Store};
use uuid::Uuid;

use crate::databases::{Fresh, keyring, on_postgres};

/// What a partner may see beside the rows that name it and the environment: the condition as PostgreSQL writes it, and
/// the reason.
const SEEN_BESIDE_OWN: [(&str, &str, &str); 3] = [
    (
        "sales_units",
        "(EXISTS ( SELECT FROM assignments WHERE (assignments.sales_unit_id = sales_units.id)))",
        "a unit is of the gateway; a partner sees those it was ever assigned",
    ),
    (
        "key_sets",
        "(((partner_id = (NULLIF(current_setting('nordbro.partner'::text, true), ''::text))::uuid) OR \
         (kind = 'platform'::text)) AND \
         (NULLIF(current_setting('nordbro.partner'::text, true), ''::text) IS NOT NULL) AND \
         (environment = NULLIF(current_setting('nordbro.environment'::text, true), ''::text)))",
        "the operator's own keys serve partners that have none; they open under the gateway's name only",
    ),
    (
        "data_keys",
        "(((partner_id = (NULLIF(current_setting('nordbro.partner'::text, true), ''::text))::uuid) OR \
         (partner_id IS NULL)) AND \
         (NULLIF(current_setting('nordbro.partner'::text, true), ''::text) IS NOT NULL))",
        "one key of a partner serves both environments, and the gateway's opens the operator's keys; all are wrapped",
    ),
];

/// Of which tables background work and the operator may touch some rows only, as PostgreSQL writes the condition.
const SOME_ROWS_OF_ALL: [(&str, &str); 1] = [("receipts", "(next_try_at IS NOT NULL)")];

/// What a partner may see of its own whatever the environment, each with its reason.
const OWN_IN_BOTH_ENVIRONMENTS: [(&str, &str); 1] = [(
    "audit_heads",
    "what was done to a partner is one chain over both environments",
)];

/// The rows of the partner and the environment that the transaction named, as PostgreSQL writes it.
const OWN: &str = "((partner_id = (NULLIF(current_setting('nordbro.partner'::text, true), ''::text))::uuid) AND \
                   (environment = NULLIF(current_setting('nordbro.environment'::text, true), ''::text)))";

/// The rows of the partner that the transaction named, whatever the environment.
const OWN_ANYWHERE: &str =
    "(partner_id = (NULLIF(current_setting('nordbro.partner'::text, true), ''::text))::uuid)";

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

const POLICIES: &str = r"
SELECT tablename::text, policyname::text, array_to_string(roles, ','), permissive, cmd,
    regexp_replace(qual, '\s+', ' ', 'g'), regexp_replace(coalesce(with_check, ''), '\s+', ' ', 'g')
FROM pg_policies WHERE schemaname = current_schema() ORDER BY 1, 2";

/// What a partner may see beside its own rows of a table.
fn beside_own(table: &str) -> Option<&'static str> {
    let excepted = SEEN_BESIDE_OWN.iter().find(|(listed, ..)| *listed == table);
    excepted.map(|(_, condition, _)| *condition)
}

/// The rows that a policy of this name admits to.
fn admitted(table: &str, policy: &str) -> &'static str {
    if policy == "app" {
        let both = OWN_IN_BOTH_ENVIRONMENTS
            .iter()
            .any(|(listed, _)| *listed == table);
        beside_own(table).unwrap_or(if both { OWN_ANYWHERE } else { OWN })
    } else {
        let some = SOME_ROWS_OF_ALL.iter().find(|(listed, _)| *listed == table);
        some.map_or("true", |(_, condition)| condition)
    }
}

/// Where the wall has a hole.
async fn findings(database: &DatabaseConnection) -> Vec<String> {
    let policies = rows(database, POLICIES).await;
    let rights = rows(database, RIGHTS).await;
    let mut findings = Vec::new();
    for table in rows(database, TABLES).await {
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
            let granted = admitted(table, name);
            if seen != granted || written != granted {
                findings.push(format!(
                    "{table}: {name} sees {seen} and writes {written}, not {granted}"
                ));
            }
            if name == "app" && owned == "false" && beside_own(table).is_none() {
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
        if role == "nordbro_app" && beside_own(table).is_some() && privilege != "SELECT" {
            findings.push(format!(
                "{table}: seen beyond one's own, so read only, but {privilege}"
            ));
        }
        if table == HISTORY && (role != "nordbro_system" || privilege != "SELECT") {
            findings.push(format!("{table}: {role} may {privilege}"));
        }
    }
    findings
}

#[tokio::test]
async fn every_table_stands_behind_a_forced_wall_and_a_partner_sees_its_own_rows_alone() {
    on_postgres(async |fresh| {
        let database = Database::connect(&fresh.url).await.unwrap();
        let findings = findings(&database).await;
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    })
    .await;
}

/// A row of each partner wherever a partner's rows stand, and keys of the gateway's own.
async fn two_partners_in_every_table(fresh: &Fresh) {
    crate::registry::two_partners(&fresh.store).await;
    let owner = Database::connect(&fresh.url).await.unwrap();
    let uuid = |number: u128| Uuid::from_u128(number).to_string();
    for number in [1_u128, 2] {
        let (partner, assignment, payment, operation) = (
            uuid(number),
            uuid(100 + number),
            uuid(200 + number),
            uuid(300 + number),
        );
        let whose = format!("'{partner}', 'test'");
        // Written by the superuser of the tests, who stands above the wall.
        let script = format!(
            "INSERT INTO assignments (partner_id, environment, id, merchant_id, sales_unit_id, msn, name, state,
                credential_mode, orphans, created_at, updated_at)
             VALUES ({whose}, '{assignment}', '{partner}', '{unit}', '123456', 'x', 'draft', 'own', 'announce', 1, 1);
             INSERT INTO payments (partner_id, environment, id, assignment_id, msn, reference, presence, found_late,
                state, currency, value, authorized, captured, refunded, cancelled, created_at, updated_at, version,
                fence)
             VALUES ({whose}, '{payment}', '{assignment}', '123456', 'order', 'present', false, 'CREATED', 'NOK', 1, 0,
                0, 0, 0, 1, 1, 1, 1);
             INSERT INTO operations (partner_id, environment, id, payment_id, assignment_id, msn, reference, kind,
                status, idempotency_key, upstream_key, generation, client_id, envelope, in_doubt, sends, first_sent_at,
                last_sent_at, rounds, missing, next_step_at, created_at)
             VALUES ({whose}, '{operation}', '{payment}', '{assignment}', '123456', 'order', 'cancel', 'unknown', 'k',
                'u', 1, 'c', 'x', false, 1, 1, 1, 1, 0, 1, 1);
             INSERT INTO idempotency_keys (partner_id, environment, msn, key, fingerprint, operation_id, bound_at)
             VALUES ({whose}, '123456', 'k', 'f', '{operation}', 1);
             INSERT INTO audit (partner_id, environment, id, chain, sequence, at, actor, executor, action, target,
                reason, before, after, hash, seal)
             VALUES ({whose}, '{partner}', '{partner}', 1, 1, 'a', 'e', 'x', 't', 'r', '{{}}', '{{}}', 'h', 's');
             INSERT INTO api_calls (partner_id, environment, msn, api, endpoint, day, blame, status, code, calls,
                last_at)
             VALUES ({whose}, '123456', 'a', 'e', 1, 'nobody', 200, '', 1, 1);
             INSERT INTO issuers (partner_id, environment, id, iss, aud, jwks_url, algorithms, scopes,
                max_lifetime_seconds, demands_at_jwt, created_at, updated_at)
             VALUES ({whose}, '{partner}', '{partner}', 'a', 'u', 'RS256', '', 1, false, 1, 1);
             INSERT INTO product_profiles (partner_id, environment, id, name, system_name, system_version,
                plugin_name, plugin_version, created_at, updated_at)
             VALUES ({whose}, '{partner}', 'x', 's', '1', 'p', '1', 1, 1);
             INSERT INTO clients (partner_id, environment, id, name, scopes, token_lifetime_seconds, created_at,
                updated_at)
             VALUES ({whose}, '{partner}', 'x', '', 1, 1, 1);
             INSERT INTO client_secrets (partner_id, environment, id, client_id, hash, created_at)
             VALUES ({whose}, '{partner}', '{partner}', 'h', 1);
             INSERT INTO client_assertions (partner_id, environment, client_id, jti_hash, expires_at)
             VALUES ({whose}, '{partner}', 'h', 1);
             INSERT INTO revoked_tokens (partner_id, environment, signer, jti, revoked_at, until)
             VALUES ({whose}, '{partner}', 'j', 1, 1);
             INSERT INTO key_sets (partner_id, environment, id, kind, assignment_id, state, version, sealed,
                client_fingerprint, created_at, updated_at)
             VALUES ({whose}, '{partner}', 'sales_unit', '{assignment}', 'draft', 1, 'x', 'f', 1, 1);
             INSERT INTO data_keys (partner_id, id, generation, wrapped_under, wrapped)
             VALUES ('{partner}', '{partner}', 1, 'k', 'x');
             INSERT INTO claims (partner_id, environment, assignment_id, proof, actor, reason, proven_at)
             VALUES ({whose}, '{assignment}', 'operator', 'a', 'r', 1);
             INSERT INTO unit_checks (partner_id, environment, assignment_id, due_at)
             VALUES ({whose}, '{assignment}', 1);
             INSERT INTO disconnections (partner_id, environment, assignment_id, key_set_id, key_set_version, status,
                because, since)
             VALUES ({whose}, '{assignment}', '{partner}', 1, 401, 'b', 1);
             INSERT INTO retentions (partner_id, environment, days) VALUES ({whose}, 1);
             INSERT INTO customers (partner_id, environment, payment_id, phone) VALUES ({whose}, '{payment}', 'p');
             INSERT INTO attempts (partner_id, environment, id, operation_id, msn, reference, kind, fence, sent_at)
             VALUES ({whose}, '{partner}', '{operation}', '123456', 'order', 'cancel', 1, 1);
             INSERT INTO late_payments (partner_id, environment, operation_id, tries, next_try_at, found_at)
             VALUES ({whose}, '{operation}', 0, 1, 1);
             INSERT INTO receipts (partner_id, environment, id, payment_id, assignment_id, msn, reference, status,
                fingerprint, currency, sum, body, tries, next_try_at, fence, created_at)
             VALUES ({whose}, '{partner}', '{payment}', '{assignment}', '123456', 'order', 'queued', 'f', 'NOK', 1,
                'x', 0, 1, 1, 1);
             INSERT INTO transfers (partner_id, environment, id, assignment_id, msn, stage, forced, asked_at)
             VALUES ({whose}, '{partner}', '{assignment}', '123456', 'waiting', false, 1);
             INSERT INTO product_orders (partner_id, environment, id, merchant_id, key, fingerprint, upstream_key,
                generation, key_set_id, scheme, number, product_type, status, is_released, is_unwanted, request, tries,
                sent_at, due_at, fence, created_at)
             VALUES ({whose}, '{partner}', '{partner}', 'k', 'f', 'u', 0, '{partner}', 's', 'n', 't', 'pending', false,
                false, 'x', 0, 1, 1, 1, 1);
             INSERT INTO audit_heads (partner_id, chain, sequence, hash, seal)
             VALUES ('{partner}', '{partner}', 1, 'h', 's');",
            unit = uuid(50),
        );
        owner.execute_unprepared(&script).await.unwrap();
    }
    let of_the_gateway = format!(
        "INSERT INTO key_sets (environment, id, kind, state, version, sealed, client_fingerprint, created_at, updated_at)
         VALUES ('test', '{id}', 'platform', 'draft', 1, 'x', 'f', 1, 1);
         INSERT INTO data_keys (id, generation, wrapped_under, wrapped) VALUES ('{id}', 1, 'k', 'x');",
        id = uuid(99),
    );
    owner.execute_unprepared(&of_the_gateway).await.unwrap();
    // A sweep over a table without rows would find nothing to object to, whatever the wall.
    for table in owned_tables(fresh).await {
        let count = format!("SELECT count(DISTINCT partner_id)::text FROM {table}");
        assert_eq!(rows(&owner, &count).await, [["2"]], "partners in {table}");
    }
    owner.close().await.unwrap();
}

/// One connection, so that a transaction is one.
async fn one_connection(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).min_connections(1);
    Database::connect(options).await.unwrap()
}

/// As the user who serves partners.
async fn as_the_application(fresh: &Fresh) -> DatabaseConnection {
    one_connection(fresh.settings.url.reveal()).await
}

/// Tables that name a partner.
async fn owned_tables(fresh: &Fresh) -> Vec<String> {
    let owner = Database::connect(&fresh.url).await.unwrap();
    let tables = rows(&owner, TABLES).await;
    owner.close().await.unwrap();
    tables
        .into_iter()
        .filter(|table| table[1] == "true")
        .map(|table| table[0].clone())
        .collect()
}

fn named(number: u128, environment: &str) -> String {
    format!(
        "BEGIN; SELECT set_config('nordbro.partner', '{}', true), \
         set_config('nordbro.environment', '{environment}', true);",
        Uuid::from_u128(number)
    )
}

/// How many rows a statement counts or changes; `None` = the role may not even ask.
async fn touched(connection: &DatabaseConnection, opening: &str, sql: &str) -> Result<Option<u64>, String> {
    connection.execute_unprepared(opening).await.unwrap();
    let done = connection
        .execute_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await;
    connection.execute_unprepared("ROLLBACK").await.unwrap();
    match done {
        Ok(done) => Ok(Some(done.rows_affected())),
        Err(error) if error.to_string().contains("permission denied") => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn the_application_sees_nothing_before_it_has_named_a_partner_and_nothing_after() {
    on_postgres(async |fresh| {
        two_partners_in_every_table(fresh).await;
        let owner = Database::connect(&fresh.url).await.unwrap();
        let tables: Vec<String> = rows(&owner, TABLES)
            .await
            .into_iter()
            .map(|table| table[0].clone())
            .collect();
        let application = as_the_application(fresh).await;
        let mut seen = Vec::new();
        for round in ["before any partner was named", "after a partner was"] {
            for table in &tables {
                let all = format!("SELECT * FROM {table}");
                if let Some(found) = touched(&application, "BEGIN", &all).await.unwrap()
                    && found > 0
                {
                    seen.push(format!("{table}: {found} rows {round}"));
                }
            }
            // The setting is an empty text in this session from here on, no longer absent.
            application.execute_unprepared(&named(1, "test")).await.unwrap();
            application.execute_unprepared("COMMIT").await.unwrap();
        }
        assert!(seen.is_empty(), "\n{}\n", seen.join("\n"));
        // The same session sees its own as soon as it says whose it is.
        let mine = touched(&application, &named(1, "test"), "SELECT * FROM payments").await;
        assert_eq!(mine, Ok(Some(1)));
    })
    .await;
}

#[tokio::test]
async fn no_statement_of_a_partner_touches_a_row_of_another_or_of_another_environment() {
    on_postgres(async |fresh| {
        two_partners_in_every_table(fresh).await;
        let application = as_the_application(fresh).await;
        let foreign = Uuid::from_u128(2);
        let mut findings = Vec::new();
        for table in owned_tables(fresh).await {
            for (opening, whose) in [
                (named(1, "test"), format!("partner_id = '{foreign}'")),
                (named(2, "production"), "environment = 'test'".to_owned()),
            ] {
                for sql in [
                    format!("SELECT * FROM {table} WHERE {whose}"),
                    format!("UPDATE {table} SET partner_id = partner_id WHERE {whose}"),
                    format!("DELETE FROM {table} WHERE {whose}"),
                ] {
                    match touched(&application, &opening, &sql).await {
                        Ok(None | Some(0)) => {}
                        // Of a partner in both environments.
                        Err(refusal) if refusal.contains("\"environment\" does not exist") => {}
                        other => findings.push(format!("{sql}: {other:?}")),
                    }
                }
            }
            // A row for another partner is refused by the wall, and not by what else is wrong with it.
            let add = |partner: Uuid| {
                format!(
                    "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, \
                     '{{\"partner_id\": \"{partner}\", \"environment\": \"test\"}}')).*"
                )
            };
            match touched(&application, &named(1, "test"), &add(foreign)).await {
                Ok(None) => {}
                Err(refusal) if refusal.contains("row-level security") => {
                    let own = touched(&application, &named(1, "test"), &add(Uuid::from_u128(1))).await;
                    if own.as_ref().is_ok_and(Option::is_none)
                        || own
                            .as_ref()
                            .is_err_and(|refusal| refusal.contains("row-level security"))
                    {
                        findings.push(format!("{table}: the wall refuses a partner's own row: {own:?}"));
                    }
                }
                other => findings.push(format!("{table}: a row for another partner: {other:?}")),
            }
        }
        // What background work alone counts, and what is the registry's, is read and not written.
        for closed in [
            "UPDATE api_calls SET calls = 0",
            "INSERT INTO api_calls SELECT * FROM api_calls",
            "UPDATE assignments SET state = 'live'",
        ] {
            let done = touched(&application, &named(1, "test"), closed).await;
            if done != Ok(None) {
                findings.push(format!("{closed}: {done:?}"));
            }
        }
        // A row cannot be given away either.
        let given = touched(
            &application,
            &named(1, "test"),
            &format!("UPDATE payments SET partner_id = '{foreign}'"),
        )
        .await;
        if !given
            .as_ref()
            .is_err_and(|refusal| refusal.contains("row-level security"))
        {
            findings.push(format!("a payment was given away: {given:?}"));
        }
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn whoever_reaches_across_partners_learns_what_is_due_and_not_what_it_holds() {
    on_postgres(async |fresh| {
        two_partners_in_every_table(fresh).await;
        let url = fresh.settings.system_url.as_ref().unwrap();
        let system = one_connection(url.reveal()).await;
        let ask = async |sql: &str| touched(&system, "BEGIN", sql).await;
        assert_eq!(ask("SELECT id, partner_id FROM operations").await, Ok(Some(2)));
        for closed in [
            "SELECT envelope FROM operations",
            "UPDATE operations SET status = 'succeeded'",
            "DELETE FROM operations",
            "SELECT id FROM payments",
            "SELECT reference FROM attempts",
            "SELECT key FROM idempotency_keys",
            "SELECT body FROM receipts",
            "UPDATE sales_units SET market = 'NO'",
            "UPDATE audit SET reason = ''",
            "DELETE FROM audit",
            "DELETE FROM seaql_migrations",
            "CREATE TABLE mine (id int)",
        ] {
            assert_eq!(ask(closed).await, Ok(None), "{closed}");
        }
        // The operator looks up what has ended too: whose it is, and nothing of what it says.
        let owner = Database::connect(&fresh.url).await.unwrap();
        let settle = "UPDATE operations SET status = 'succeeded', next_step_at = NULL";
        owner.execute_unprepared(settle).await.unwrap();
        assert_eq!(ask("SELECT id, status FROM operations").await, Ok(Some(2)));
        for closed in [
            "SELECT envelope FROM operations",
            "SELECT reference FROM operations",
        ] {
            assert_eq!(ask(closed).await, Ok(None), "{closed}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_for_a_unit_does_not_learn_who_has_it() {
    on_postgres(async |fresh| {
        two_partners_in_every_table(fresh).await;
        let application = as_the_application(fresh).await;
        let mut opening = named(1, "test");
        for (sql, found) in [
            ("SELECT id, stage FROM transfers", Ok(Some(1))),
            ("SELECT from_partner_id FROM transfers", Ok(None)),
            ("SELECT from_assignment_id FROM transfers", Ok(None)),
            ("SELECT drain_until FROM transfers", Ok(None)),
            ("UPDATE transfers SET stage = 'completed'", Ok(None)),
        ] {
            assert_eq!(touched(&application, &opening, sql).await, found, "{sql}");
        }
        opening = named(2, "production");
        let none = touched(&application, &opening, "SELECT id FROM transfers").await;
        assert_eq!(none, Ok(Some(0)));
    })
    .await;
}

#[tokio::test]
async fn a_user_whom_the_wall_would_not_hold_back_is_refused_with_the_reason() {
    on_postgres(async |fresh| {
        let owner = Database::connect(&fresh.url).await.unwrap();
        let (_, database) = fresh.url.rsplit_once('/').unwrap();
        let name = |what: &str| format!("{what}_{database}");
        let run = async |sql: String| owner.execute_unprepared(&sql).await.unwrap();
        for (what, how) in [
            ("bypassing", "BYPASSRLS IN ROLE nordbro_app"),
            ("making_roles", "CREATEROLE IN ROLE nordbro_app"),
            ("of_both", "IN ROLE nordbro_app, nordbro_system"),
            ("of_none", ""),
            ("owning", "IN ROLE nordbro_app"),
            ("becoming", "IN ROLE nordbro_app"),
        ] {
            run(format!("CREATE ROLE {} LOGIN PASSWORD 'p' {how}", name(what))).await;
        }
        run(format!("ALTER TABLE receipts OWNER TO {}", name("owning"))).await;
        run(format!("GRANT {} TO {}", name("owning"), name("becoming"))).await;
        let (_, host) = fresh.url.rsplit_once('@').unwrap();
        let cases = [
            (fresh.url.clone(), "superuser"),
            (format!("postgres://{}:p@{host}", name("bypassing")), "bypass"),
            (
                format!("postgres://{}:p@{host}", name("making_roles")),
                "make roles",
            ),
            (
                format!("postgres://{}:p@{host}", name("of_both")),
                "other role's group",
            ),
            (
                format!("postgres://{}:p@{host}", name("of_none")),
                "no member of its group",
            ),
            (
                format!("postgres://{}:p@{host}", name("owning")),
                "owns the tables",
            ),
            (
                format!("postgres://{}:p@{host}", name("becoming")),
                "owns the tables",
            ),
        ];
        let as_gateway = &fresh.settings;
        let refused = async |url: &str, system_url: Option<&str>| {
            let settings = Settings {
                system_url: system_url.map(domain::Secret::new),
                ..Settings::new(domain::Secret::new(url))
            };
            match Store::connect(&settings, keyring()).await {
                Ok(_) => "nobody refused".to_owned(),
                Err(Error::Unavailable(reason)) => reason.to_string(),
                Err(other) => other.to_string(),
            }
        };
        let (app, system) = (
            as_gateway.url.reveal(),
            as_gateway.system_url.as_ref().unwrap().reveal(),
        );
        for (url, reason) in &cases {
            let told = refused(url, Some(system)).await;
            assert!(told.contains(reason), "as the application: {told}");
            let told = refused(app, Some(url)).await;
            // For background work, whoever is of the application's group only is a stranger.
            assert!(
                told.contains(reason) || told.contains("other role's group"),
                "{told}"
            );
        }
        let told = refused(system, Some(app)).await;
        assert!(told.contains("other role's group"), "swapped: {told}");
        let told = refused(app, None).await;
        assert!(
            told.contains("background work"),
            "one user for everything: {told}"
        );
        run("ALTER TABLE receipts OWNER TO CURRENT_USER".to_owned()).await;
        for what in [
            "bypassing",
            "making_roles",
            "of_both",
            "of_none",
            "becoming",
            "owning",
        ] {
            run(format!("DROP ROLE {}", name(what))).await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_any_one_policy_or_right_the_wall_is_seen_to_have_a_hole() {
    on_postgres(async |fresh| {
        let owner = one_connection(&fresh.url).await;
        let policies = rows(&owner, POLICIES).await;
        assert!(policies.len() > 20, "{policies:?}");
        let mut unseen = Vec::new();
        for policy in &policies {
            let (table, name) = (&policy[0], &policy[1]);
            owner.execute_unprepared("BEGIN").await.unwrap();
            for hole in [
                format!("DROP POLICY {name} ON {table}"),
                format!("ALTER POLICY {name} ON {table} USING (true)"),
                format!("ALTER POLICY {name} ON {table} WITH CHECK (true)"),
                format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
                format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
            ] {
                // What lets everything through already cannot be widened.
                if hole.starts_with("ALTER POLICY") && name == "system" && policy[5] == "true" {
                    continue;
                }
                owner.execute_unprepared("SAVEPOINT whole").await.unwrap();
                owner.execute_unprepared(&hole).await.unwrap();
                if findings(&owner).await.is_empty() {
                    unseen.push(hole);
                }
                owner
                    .execute_unprepared("ROLLBACK TO SAVEPOINT whole")
                    .await
                    .unwrap();
            }
            owner.execute_unprepared("ROLLBACK").await.unwrap();
        }
        assert!(unseen.is_empty(), "\n{}\n", unseen.join("\n"));
    })
    .await;
}
