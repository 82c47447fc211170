//! Claims, looks, and drafts that nobody can see through.

use domain::{AssignmentId, KeySetId, Proof, SalesUnitId, Trouble};
use store::Tx;
use store::registry::{AssignmentState, Check, Claim, Disconnection, Market, SalesUnit, Which};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::databases::{Fresh, TEST, on_each, on_postgres, partner};
use crate::registry::{add, assignment, msn, serving, two_partners};

const NOW: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

fn check(number: u128, due_at: OffsetDateTime) -> Check {
    Check {
        assignment: AssignmentId::from_uuid(Uuid::from_u128(100 + number)),
        partner: partner(number),
        environment: TEST,
        keys: None,
        trouble: None,
        checked_at: None,
        due_at,
    }
}

fn disconnection(number: u128, since: OffsetDateTime) -> Disconnection {
    Disconnection {
        assignment: AssignmentId::from_uuid(Uuid::from_u128(100 + number)),
        partner: partner(number),
        environment: TEST,
        keys: KeySetId::from_uuid(Uuid::from_u128(7)),
        keys_version: 1,
        status: 401,
        because: "the keys are wrong".to_owned(),
        since,
    }
}

async fn save(fresh: &Fresh, check: &Check) {
    let tx = fresh.store.begin(check.partner, TEST).await.unwrap();
    tx.scope().save_check(check).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_look_that_is_due_is_taken_by_one_and_due_again_later() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        for number in [1, 2] {
            add(&fresh.store, &assignment(number, AssignmentState::Draft))
                .await
                .unwrap();
        }
        save(fresh, &check(1, NOW)).await;
        save(fresh, &check(2, NOW - Duration::HOUR)).await;
        let take = async |at: OffsetDateTime, most| {
            let tx = fresh.store.begin_system("test").await.unwrap();
            let taken = tx
                .system()
                .take_due_checks(at, at + Duration::minutes(10), most)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            taken.into_iter().map(|check| check.partner).collect::<Vec<_>>()
        };
        assert_eq!(take(NOW - Duration::DAY, 9).await, [], "{}", fresh.name);
        assert_eq!(take(NOW, 1).await, [partner(2)], "the longest overdue first");
        assert_eq!(take(NOW, 9).await, [partner(1)]);
        assert_eq!(take(NOW, 9).await, []);
        assert_eq!(take(NOW + Duration::minutes(10), 9).await.len(), 2);
        // Sooner when there is a doubt, and never later for it.
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        let id = check(1, NOW).assignment;
        tx.scope()
            .check_by(id, NOW + Duration::minutes(15))
            .await
            .unwrap();
        tx.scope().check_by(id, NOW + Duration::HOUR).await.unwrap();
        tx.scope().check_by(check(2, NOW).assignment, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let reader = fresh.store.read(partner(1), TEST);
        let found = reader.scope().find_check(id).await.unwrap().unwrap();
        assert_eq!(found.due_at, NOW + Duration::minutes(15));
        let foreign = fresh.store.read(partner(2), TEST);
        assert_eq!(foreign.scope().find_check(id).await.unwrap(), None);
        let theirs = foreign.scope().list_checks().await.unwrap();
        assert_eq!(
            theirs[0].due_at,
            NOW + Duration::minutes(20),
            "another partner's doubt moved it"
        );
    })
    .await;
}

#[tokio::test]
async fn what_a_look_found_stands_in_place_of_what_was_found_before() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let held = assignment(1, AssignmentState::Live);
        add(&fresh.store, &held).await.unwrap();
        let mut found = check(1, NOW);
        found.trouble = Some((Trouble::Deactivated, NOW));
        found.checked_at = Some(NOW);
        found.keys = Some((KeySetId::from_uuid(Uuid::from_u128(7)), 3));
        save(fresh, &check(1, NOW)).await;
        save(fresh, &found).await;
        let reader = fresh.store.read(partner(1), TEST);
        assert_eq!(
            reader.scope().list_checks().await.unwrap(),
            [found],
            "{}",
            fresh.name
        );
    })
    .await;
}

/// Comes back when a session waits for what another one holds.
async fn somebody_waits(fresh: &Fresh) {
    use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
    let owner = Database::connect(&fresh.url).await.unwrap();
    let waiting =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        let statement = Statement::from_string(DbBackend::Postgres, waiting);
        if owner.query_one_raw(statement).await.unwrap().is_some() {
            break;
        }
    }
    owner.close().await.unwrap();
}

#[tokio::test]
async fn two_replicas_that_find_out_about_a_unit_at_once_both_write_and_the_later_stands() {
    on_postgres(async |fresh| {
        two_partners(&fresh.store).await;
        add(&fresh.store, &assignment(1, AssignmentState::Live))
            .await
            .unwrap();
        let write = async |tx: &Tx, disconnects: bool, at: OffsetDateTime| {
            if disconnects {
                tx.scope().disconnect(&disconnection(1, at)).await
            } else {
                tx.scope().save_check(&check(1, at)).await
            }
        };
        // With nothing there before, and with what the first round left.
        for (disconnects, at) in [
            (false, NOW),
            (true, NOW),
            (false, NOW + Duration::DAY),
            (true, NOW + Duration::DAY),
        ] {
            let first = fresh.store.begin(partner(1), TEST).await.unwrap();
            write(&first, disconnects, at).await.unwrap();
            let second = async {
                let tx = fresh.store.begin(partner(1), TEST).await?;
                write(&tx, disconnects, at + Duration::HOUR).await?;
                tx.commit().await
            };
            let first = async {
                somebody_waits(fresh).await;
                first.commit().await
            };
            let (first, second) = tokio::join!(first, second);
            first.unwrap();
            assert!(second.is_ok(), "disconnects: {disconnects}, {at}: {second:?}");
            let reader = fresh.store.read(partner(1), TEST);
            if disconnects {
                let stands = [disconnection(1, at + Duration::HOUR)];
                assert_eq!(reader.scope().disconnections().await.unwrap(), stands);
            } else {
                let stands = [check(1, at + Duration::HOUR)];
                assert_eq!(reader.scope().list_checks().await.unwrap(), stands);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_known_of_a_unit_is_not_replaced_by_another_partner() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        add(&fresh.store, &assignment(1, AssignmentState::Live))
            .await
            .unwrap();
        let own = fresh.store.begin(partner(1), TEST).await.unwrap();
        own.scope().save_check(&check(1, NOW)).await.unwrap();
        own.scope().disconnect(&disconnection(1, NOW)).await.unwrap();
        own.commit().await.unwrap();
        let later = NOW + Duration::HOUR;
        for disconnects in [false, true] {
            for (who, environment) in [(2, TEST), (1, domain::Environment::Production)] {
                let tx = fresh.store.begin(partner(who), environment).await.unwrap();
                let written = if disconnects {
                    tx.scope().disconnect(&disconnection(1, later)).await
                } else {
                    tx.scope().save_check(&check(1, later)).await
                };
                assert!(written.is_err(), "{}: as {who} in {environment:?}", fresh.name);
                drop(tx.commit().await);
            }
        }
        let reader = fresh.store.read(partner(1), TEST);
        assert_eq!(reader.scope().list_checks().await.unwrap(), [check(1, NOW)]);
        let left = reader.scope().disconnections().await.unwrap();
        assert_eq!(left, [disconnection(1, NOW)]);
    })
    .await;
}

#[tokio::test]
async fn a_proof_is_its_partners_alone() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let held = assignment(1, AssignmentState::Draft);
        add(&fresh.store, &held).await.unwrap();
        let claim = Claim {
            assignment: held.id,
            proof: Proof::OwnKeys,
            keys: None,
            actor: "till".to_owned(),
            reason: String::new(),
            proven_at: NOW,
        };
        let tx = fresh.store.begin_system("test").await.unwrap();
        let registry = tx.system().change_registry().await.unwrap();
        registry.prove_claim(&held, &claim).await.unwrap();
        tx.commit().await.unwrap();
        let (own, other) = (
            fresh.store.read(partner(1), TEST),
            fresh.store.read(partner(2), TEST),
        );
        assert_eq!(
            own.scope().find_claim(held.id).await.unwrap(),
            Some(claim.clone()),
            "{}",
            fresh.name
        );
        assert_eq!(own.scope().list_claims().await.unwrap(), [claim]);
        assert_eq!(other.scope().find_claim(held.id).await.unwrap(), None);
        assert_eq!(other.scope().list_claims().await.unwrap(), []);
        assert_eq!(other.scope().find_held_unit(&msn()).await.unwrap(), None);
        assert!(own.scope().find_held_unit(&msn()).await.unwrap().is_some());
        assert_eq!(
            serving(&own, Which::Live(&msn())).await,
            None,
            "a draft takes no payments"
        );
    })
    .await;
}

#[tokio::test]
async fn a_serial_number_is_known_once_and_each_partner_names_its_own_market() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let second = SalesUnit {
            id: SalesUnitId::from_uuid(Uuid::from_u128(77)),
            environment: TEST,
            msn: msn(),
            market: Market::Denmark,
            created_at: NOW,
            updated_at: NOW,
        };
        let tx = fresh.store.begin_system("test").await.unwrap();
        let registry = tx.system().change_registry().await.unwrap();
        let known = registry.known_sales_unit(&second).await.unwrap();
        assert_eq!(
            known.id,
            SalesUnitId::from_uuid(Uuid::from_u128(50)),
            "{}",
            fresh.name
        );
        let fresh_number = SalesUnit {
            msn: "424242".parse().unwrap(),
            ..second
        };
        let added = registry.known_sales_unit(&fresh_number).await.unwrap();
        assert_eq!(added.id, fresh_number.id);
        tx.commit().await.unwrap();
        let mut held = assignment(2, AssignmentState::Draft);
        held.market = Some(Market::Finland);
        add(&fresh.store, &held).await.unwrap();
        let reader = fresh.store.read(partner(2), TEST);
        let unit = reader.scope().find_held_unit(&msn()).await.unwrap().unwrap();
        assert_eq!(unit.market, Market::Finland);
    })
    .await;
}

/// What the database says it will do for a statement.
async fn plan(fresh: &Fresh, sql: &str) -> String {
    use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
    let connection = Database::connect(&fresh.url).await.unwrap();
    let backend = connection.get_database_backend();
    let explain = if backend == DbBackend::Sqlite {
        format!("EXPLAIN QUERY PLAN {sql}")
    } else {
        format!("EXPLAIN {sql}")
    };
    let column = if backend == DbBackend::Sqlite {
        "detail"
    } else {
        "QUERY PLAN"
    };
    let rows = connection
        .query_all_raw(Statement::from_string(backend, explain))
        .await
        .unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.try_get("", column).unwrap()).collect();
    connection.close().await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn everything_about_a_unit_is_one_query_over_indexes_among_thousands() {
    use sea_orm::{ConnectionTrait, Database, DbBackend};
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let first = assignment(1, AssignmentState::Live);
        add(&fresh.store, &first).await.unwrap();
        // Ten thousand units beside it.
        let connection = Database::connect(&fresh.url).await.unwrap();
        let is_sqlite = connection.get_database_backend() == DbBackend::Sqlite;
        let (id, numbers) = if is_sqlite {
            (
                "randomblob(16)",
                "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 10000) SELECT n FROM s)",
            )
        } else {
            ("gen_random_uuid()", "(SELECT generate_series(1, 10000) AS n)")
        };
        let partner = if is_sqlite {
            "x'00000000000000000000000000000001'"
        } else {
            "'00000000-0000-0000-0000-000000000001'"
        };
        for sql in [
            format!(
                "INSERT INTO sales_units (id, environment, msn, market, created_at, updated_at) \
                 SELECT {id}, 'test', CAST(700000 + n AS text), 'NO', 0, 0 FROM {numbers} AS s"
            ),
            format!(
                "INSERT INTO assignments (id, partner_id, environment, merchant_id, sales_unit_id, msn, name, state, \
                 credential_mode, orphans, live_from, created_at, updated_at) \
                 SELECT {id}, {partner}, 'test', {partner}, u.id, u.msn, 'u', 'live', 'own', 'announce', 0, 0, 0 \
                 FROM sales_units u WHERE u.msn LIKE '7_____'"
            ),
            format!(
                "INSERT INTO key_sets (id, partner_id, environment, kind, assignment_id, state, version, sealed, \
                 client_fingerprint, proven_at, created_at, updated_at) \
                 SELECT {id}, {partner}, 'test', 'sales_unit', a.id, 'draft', 1, a.id{bytes}, 'f', 0, 0, 0 \
                 FROM assignments a WHERE a.msn LIKE '7_____'",
                bytes = if is_sqlite { "" } else { "::text::bytea" }
            ),
            "ANALYZE".to_owned(),
        ] {
            connection.execute_unprepared(&sql).await.unwrap();
        }
        connection.close().await.unwrap();
        let of = |id: &str| {
            if is_sqlite {
                format!("x'{}'", id.replace('-', ""))
            } else {
                format!("'{id}'::uuid")
            }
        };
        let owner = of("00000000-0000-0000-0000-000000000001");
        for (which, wanted) in [
            (Which::Live(&msn()), "'701234'".to_owned()),
            (Which::Held(&msn()), "'701234'".to_owned()),
            (Which::Assigned(first.id), of(&first.id.uuid().to_string())),
        ] {
            let sql = store::registry::serving_sql(which)
                .replace("$1", &owner)
                .replace("$2", "'test'")
                .replace("$4", &wanted)
                .replace("$3", if is_sqlite { "NULL" } else { "NULL::uuid" });
            let plan = plan(fresh, &sql).await;
            for (table, alias) in [("assignments", "a"), ("sales_units", "u"), ("key_sets", "k"), ("key_sets", "o")] {
                let scanned = [format!("Seq Scan on {table}"), format!("SCAN {alias}")];
                assert!(!scanned.iter().any(|it| plan.contains(it)), "{}: {plan}", fresh.name);
            }
        }
        // And it finds what the single look-ups find.
        let reader = fresh.store.read(super::databases::partner(1), TEST);
        let live = Which::Live(&msn());
        let found = reader.scope().find_serving(live, None).await.unwrap().unwrap();
        assert_eq!(Some(found.unit), reader.scope().find_held_unit(&msn()).await.unwrap());
        assert_eq!((found.keys, found.profile), (None, None));
        assert_eq!(reader.scope().list_serving(None).await.unwrap().len(), 10_001);
        let foreign = fresh.store.read(super::databases::partner(2), TEST);
        assert_eq!(foreign.scope().list_serving(None).await.unwrap(), []);
        assert_eq!(foreign.scope().find_serving(live, None).await.unwrap(), None);
    })
    .await;
}
