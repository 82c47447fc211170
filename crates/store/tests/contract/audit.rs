//! What the audit promises: entries in a chain, nothing changed by anybody who uses the tables, and that no break
//! goes unnoticed when somebody gets round that.

use domain::Environment;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend};
use store::Error;
use store::audit::{Act, Broken, Chain, Fault, Filter};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::databases::{Fresh, TEST, on_each, partner};
use crate::registry::two_partners;

const NOON: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

fn act(number: u128) -> Act {
    Act {
        id: Uuid::from_u128(number),
        at: NOON,
        environment: Some(Environment::Test),
        actor: "Ola Nordmann".to_owned(),
        executor: "cli",
        action: "operation.abandon".to_owned(),
        target: format!("op_{number}"),
        reason: "a reason".to_owned(),
        before: "null".to_owned(),
        after: "{}".to_owned(),
    }
}

async fn write_down(fresh: &Fresh, of: u128, numbers: std::ops::Range<u128>) {
    for number in numbers {
        let tx = fresh.store.begin(partner(of), TEST).await.unwrap();
        tx.scope().add_audit(&act(number)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// The first bad entry of a partner's chain.
async fn first_broken(fresh: &Fresh, of: u128) -> Option<(i64, Fault)> {
    let reader = fresh.store.read_system("test");
    let chain = Chain::Partner(partner(of));
    let verified = reader.system().verify_audit(chain).await.unwrap();
    verified
        .err()
        .map(|Broken { sequence, fault, .. }| (sequence, fault))
}

/// Somebody who owns the tables and takes the locks off.
async fn intruder(fresh: &Fresh) -> DatabaseConnection {
    let connection = Database::connect(&fresh.url).await.unwrap();
    let is_sqlite = connection.get_database_backend() == DbBackend::Sqlite;
    let locks: &[&str] = if is_sqlite {
        &[
            "DROP TRIGGER audit_no_update",
            "DROP TRIGGER audit_no_delete",
            "DROP TRIGGER audit_no_replace",
            "DROP TRIGGER audit_heads_move_on",
            "DROP TRIGGER audit_heads_no_delete",
            "DROP TRIGGER audit_heads_no_replace",
        ]
    } else {
        &[
            "ALTER TABLE audit DISABLE TRIGGER USER",
            "ALTER TABLE audit_heads DISABLE TRIGGER USER",
        ]
    };
    for lock in locks {
        connection.execute_unprepared(lock).await.unwrap();
    }
    connection
}

#[tokio::test]
async fn each_partner_and_the_gateway_have_a_chain_of_their_own() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        write_down(fresh, 1, 1..4).await;
        write_down(fresh, 2, 10..11).await;
        let tx = fresh.store.begin_system("test").await.unwrap();
        tx.system().add_audit(Chain::Gateway, &act(20)).await.unwrap();
        tx.commit().await.unwrap();

        let reader = fresh.store.read_system("test");
        let system = reader.system();
        let chain = Chain::Partner(partner(1));
        let entries = system.audit_after(chain, 1, 10).await.unwrap();
        let told: Vec<_> = entries
            .iter()
            .map(|it| (it.sequence, it.target.as_str()))
            .collect();
        assert_eq!(told, [(2, "op_2"), (3, "op_3")], "{}", fresh.name);
        assert_eq!(entries[1].hash_after(&entries[0].hash), entries[1].hash);
        assert_eq!(
            system.audit_chains().await.unwrap(),
            [Chain::Gateway, chain, Chain::Partner(partner(2))]
        );
        for chain in system.audit_chains().await.unwrap() {
            let head = system.verify_audit(chain).await.unwrap().unwrap();
            assert_eq!(Some(head), system.audit_head(chain).await.unwrap());
        }
        let filter = Filter {
            target: Some("op_10".to_owned()),
            limit: 10,
            ..Filter::default()
        };
        let found = system.list_audit(&filter).await.unwrap();
        assert_eq!((found.len(), found[0].chain), (1, Chain::Partner(partner(2))));
        let own = fresh.store.read(partner(1), TEST);
        assert!(own.scope().was_done("operation.abandon", "op_2").await.unwrap());
        assert!(!own.scope().was_done("operation.abandon", "op_10").await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn an_entry_is_there_exactly_when_its_transaction_was_committed() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        tx.scope().add_audit(&act(1)).await.unwrap();
        tx.rollback().await.unwrap();
        write_down(fresh, 1, 2..3).await;
        let reader = fresh.store.read_system("test");
        let entries = reader
            .system()
            .audit_after(Chain::Partner(partner(1)), 0, 10)
            .await
            .unwrap();
        assert_eq!((entries.len(), entries[0].sequence), (1, 1), "{}", fresh.name);
        assert_eq!(entries[0].target, "op_2");
    })
    .await;
}

#[tokio::test]
async fn writers_at_the_same_moment_stand_one_behind_the_other() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let write = |number: u128| write_down(fresh, 1, number..number + 1);
        futures_util::future::join_all((1..=20).map(write)).await;
        assert_eq!(first_broken(fresh, 1).await, None, "{}", fresh.name);
        let reader = fresh.store.read_system("test");
        let head = reader
            .system()
            .audit_head(Chain::Partner(partner(1)))
            .await
            .unwrap();
        assert_eq!(head.unwrap().sequence, 20);
    })
    .await;
}

#[tokio::test]
async fn the_database_refuses_to_change_or_to_delete_an_entry_or_to_move_a_head_otherwise_than_on() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        write_down(fresh, 1, 1..4).await;
        let connection = Database::connect(&fresh.url).await.unwrap();
        let mut statements = vec![
            "UPDATE audit SET reason = 'another' WHERE sequence = 2",
            "DELETE FROM audit",
            "DELETE FROM audit_heads",
            "UPDATE audit_heads SET sequence = 2",
            "UPDATE audit_heads SET hash = 'x'",
        ];
        if connection.get_database_backend() == DbBackend::Sqlite {
            statements.extend([
                "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE sequence = 2",
                "INSERT OR REPLACE INTO audit_heads SELECT * FROM audit_heads",
            ]);
        } else {
            statements.extend(["TRUNCATE audit", "TRUNCATE audit_heads"]);
        }
        for statement in statements {
            let refused = connection
                .execute_unprepared(statement)
                .await
                .map_err(Error::from);
            assert!(
                matches!(refused, Err(Error::Refused(_))),
                "{}: {statement}: {refused:?}",
                fresh.name
            );
        }
        assert_eq!(first_broken(fresh, 1).await, None);
    })
    .await;
}

#[tokio::test]
async fn the_first_bad_entry_is_named_whatever_was_done_to_it() {
    for (tampering, broken) in [
        (
            vec!["UPDATE audit SET reason = 'another' WHERE sequence = 2"],
            (2, Fault::Altered),
        ),
        (
            vec!["UPDATE audit SET after = '{ }' WHERE sequence = 1"],
            (1, Fault::Altered),
        ),
        (
            vec!["UPDATE audit SET at = at + 1 WHERE sequence = 3"],
            (3, Fault::Altered),
        ),
        (
            vec!["UPDATE audit SET environment = NULL WHERE sequence = 3"],
            (3, Fault::Altered),
        ),
        (
            vec!["UPDATE audit SET seal = '' WHERE sequence = 3"],
            (3, Fault::Forged),
        ),
        (vec!["DELETE FROM audit WHERE sequence = 2"], (2, Fault::Missing)),
        (vec!["DELETE FROM audit WHERE sequence >= 4"], (4, Fault::CutOff)),
        (
            vec![
                "UPDATE audit SET sequence = sequence + 100 WHERE sequence IN (4, 5)",
                "UPDATE audit SET sequence = 109 - sequence WHERE sequence > 100",
            ],
            (4, Fault::Altered),
        ),
        (
            vec![
                "DELETE FROM audit WHERE sequence = 5",
                "UPDATE audit_heads SET sequence = 4, hash = (SELECT hash FROM audit WHERE sequence = 4)",
            ],
            (4, Fault::Head),
        ),
        (vec!["DELETE FROM audit_heads"], (0, Fault::Head)),
        (vec!["UPDATE audit_heads SET seal = ''"], (5, Fault::Head)),
    ] {
        on_each(async |fresh| {
            two_partners(&fresh.store).await;
            write_down(fresh, 1, 1..6).await;
            let connection = intruder(fresh).await;
            for statement in &tampering {
                connection.execute_unprepared(statement).await.unwrap();
            }
            assert_eq!(
                first_broken(fresh, 1).await,
                Some(broken),
                "{}: {tampering:?}",
                fresh.name
            );
        })
        .await;
    }
}

#[tokio::test]
async fn a_chain_put_back_to_an_older_state_differs_from_the_head_that_was_kept_elsewhere() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        write_down(fresh, 1, 1..3).await;
        let connection = intruder(fresh).await;
        connection
            .execute_unprepared("CREATE TABLE older AS SELECT * FROM audit_heads")
            .await
            .unwrap();
        write_down(fresh, 1, 3..5).await;
        let reader = fresh.store.read_system("test");
        let kept = reader
            .system()
            .audit_head(Chain::Partner(partner(1)))
            .await
            .unwrap()
            .unwrap();
        for statement in [
            "DELETE FROM audit WHERE sequence > 2",
            "DELETE FROM audit_heads",
            "INSERT INTO audit_heads SELECT * FROM older",
        ] {
            connection.execute_unprepared(statement).await.unwrap();
        }
        assert_eq!(
            first_broken(fresh, 1).await,
            None,
            "nothing in the database tells"
        );
        let at = reader.system().audit_at(kept.chain, kept.sequence).await.unwrap();
        assert_eq!(at, None, "{}", fresh.name);
    })
    .await;
}
