//! What a scope finds and changes is of its own partner and environment, method by method. Whatever a request may do is
//! tried here with another's ids, so that no predicate rests on the one before it. (On PostgreSQL row-level security
//! stands behind these predicates; on SQLite they are the wall.)

use domain::operation::{Kind, Status};
use domain::{
    Amount, AssignmentId, CredentialMode, Currency, Environment, KeySet, KeySetId, KeySetKind, MerchantId,
    PaymentId, ProductProfile, ProfileId, ReceiptId, Secret,
};
use sea_orm::{ConnectionTrait, Database, Statement};
use store::money::{
    Ended, NewReceipt, NextStep, PaymentFilter, PaymentUpdate, Presence, ReceiptEnd, Release, Settlement,
};
use store::registry::{Disconnection, KeySetOwner, Profile, StoredKeySet};
use store::{Reader, Tx};
use uuid::Uuid;

use crate::databases::{Fresh, TEST, on_each, partner};
use crate::money::{LEASE, NOW, id, intend, operation, payment, scope_of};

/// Everything of partner 1 in the test environment: a unit with keys, a profile, a payment with an open operation and a
/// receipt, a disconnection.
async fn all_of_one(fresh: &Fresh) {
    payment(fresh).await;
    intend(&fresh.store, &operation(1), 1).await.unwrap();
    let store = &fresh.store;
    let tx = store.begin(partner(1), TEST).await.unwrap();
    let receipt = NewReceipt {
        id: ReceiptId::from_uuid(id(700)),
        payment: PaymentId::from_uuid(id(900)),
        assignment: AssignmentId::from_uuid(id(101)),
        msn: "123456".parse().unwrap(),
        reference: "acme-shop-1".parse().unwrap(),
        sum: Amount::new(1_000, Currency::NOK),
        body: b"{}".to_vec(),
        at: NOW,
    };
    tx.scope().add_receipt(&receipt).await.unwrap();
    tx.scope().disconnect(&disconnection()).await.unwrap();
    tx.commit().await.unwrap();
    let tx = store.begin_system("test").await.unwrap();
    let registry = tx.system().change_registry().await.unwrap();
    registry.add_profile(&profile()).await.unwrap();
    let owner = KeySetOwner::SalesUnit {
        partner: partner(1),
        assignment: AssignmentId::from_uuid(id(101)),
    };
    let keys = KeySet {
        id: KeySetId::from_uuid(id(800)),
        version: 1,
        kind: KeySetKind::SalesUnit,
        environment: TEST,
        client_id: "client".to_owned(),
        client_secret: Secret::new("secret"),
        subscription_key: Secret::new("key"),
        secondary_subscription_key: None,
    };
    registry.add_key_set(&keys, owner, NOW).await.unwrap();
    let stored: StoredKeySet = tx.system().find_key_set(keys.id).await.unwrap().unwrap();
    registry.activate_key_set(&stored, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

fn profile() -> Profile {
    Profile {
        id: ProfileId::from_uuid(id(600)),
        partner: partner(1),
        environment: TEST,
        name: "webshop".to_owned(),
        product: ProductProfile::new("Acme", "1.0", "acme-web", "2.3").unwrap(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn disconnection() -> Disconnection {
    Disconnection {
        assignment: AssignmentId::from_uuid(id(101)),
        partner: partner(1),
        environment: TEST,
        keys: KeySetId::from_uuid(id(800)),
        keys_version: 1,
        status: 401,
        because: "the keys are wrong".to_owned(),
        since: NOW,
    }
}

/// How many things each finder finds when it is asked for partner 1's.
async fn found(reader: &Reader) -> Vec<(&'static str, usize)> {
    let scope = reader.scope();
    let (unit, paid) = (AssignmentId::from_uuid(id(101)), PaymentId::from_uuid(id(900)));
    let msn = "123456".parse().unwrap();
    let reference = "acme-shop-1".parse().unwrap();
    let one = operation(1);
    let own = CredentialMode::Own;
    let everything = PaymentFilter {
        limit: 10,
        ..PaymentFilter::default()
    };
    let merchant = MerchantId::from_uuid(id(1));
    vec![
        (
            "find_unit",
            usize::from(scope.find_unit(&msn).await.unwrap().is_some()),
        ),
        (
            "find_assigned_unit",
            usize::from(scope.find_assigned_unit(unit).await.unwrap().is_some()),
        ),
        (
            "find_held_unit",
            usize::from(scope.find_held_unit(&msn).await.unwrap().is_some()),
        ),
        ("list_units", scope.list_units().await.unwrap().len()),
        ("list_held_units", scope.list_held_units().await.unwrap().len()),
        (
            "serving_keys",
            usize::from(scope.serving_keys(unit, own).await.unwrap().is_some()),
        ),
        ("profiles", scope.profiles().await.unwrap().len()),
        (
            "find_merchant",
            usize::from(scope.find_merchant(merchant).await.unwrap().is_some()),
        ),
        ("disconnections", scope.disconnections().await.unwrap().len()),
        (
            "find_payment",
            usize::from(scope.find_payment(unit, &reference).await.unwrap().is_some()),
        ),
        (
            "find_payment_by_id",
            usize::from(scope.find_payment_by_id(paid).await.unwrap().is_some()),
        ),
        (
            "list_payments",
            scope.list_payments(unit, &everything).await.unwrap().len(),
        ),
        (
            "find_operation",
            usize::from(scope.find_operation(one.id).await.unwrap().is_some()),
        ),
        (
            "open_operations",
            scope.open_operations(paid).await.unwrap().len(),
        ),
        (
            "sent_times",
            scope
                .sent_times(&msn, &reference, Kind::Capture, NOW - LEASE)
                .await
                .unwrap()
                .len(),
        ),
        (
            "find_key",
            usize::from(
                scope
                    .find_key(&msn, &one.key, b"request")
                    .await
                    .unwrap()
                    .is_some(),
            ),
        ),
        (
            "find_receipt",
            usize::from(scope.find_receipt(paid).await.unwrap().is_some()),
        ),
    ]
}

#[tokio::test]
async fn no_finder_finds_what_is_another_partners_or_of_another_environment() {
    on_each(async |fresh| {
        all_of_one(fresh).await;
        for (finder, many) in found(&fresh.store.read(partner(1), TEST)).await {
            assert_eq!(many, 1, "{}: {finder} finds its own", fresh.name);
        }
        // The other partner has a merchant of its own, by another id.
        for (who, environment) in [(2, TEST), (1, Environment::Production), (3, TEST)] {
            for (finder, many) in found(&fresh.store.read(partner(who), environment)).await {
                assert_eq!(many, 0, "{}: {finder} as {who} in {environment:?}", fresh.name);
            }
        }
    })
    .await;
}

/// Every row of the tables that requests write, as text.
async fn rows(fresh: &Fresh) -> Vec<String> {
    let database = Database::connect(&fresh.url).await.unwrap();
    let backend = database.get_database_backend();
    let mut all = Vec::new();
    for (table, columns) in [
        (
            "payments",
            "state, presence, value, version, busy_with IS NULL, owner IS NULL, fence, lease_until",
        ),
        (
            "operations",
            "status, in_doubt, rounds, sends, next_step_at, settled_at",
        ),
        ("attempts", "ended_at, outcome"),
        ("idempotency_keys", "key"),
        ("receipts", "status, tries, fence, next_try_at, ended_at"),
        ("disconnections", "since"),
    ] {
        let cells = columns
            .split(", ")
            .map(|column| format!("coalesce(CAST({column} AS text), '-')"))
            .collect::<Vec<_>>()
            .join(" || ' ' || ");
        let sql = format!("SELECT {cells} AS cells FROM {table} ORDER BY 1");
        for row in database
            .query_all_raw(Statement::from_string(backend, sql))
            .await
            .unwrap()
        {
            all.push(format!("{table} {}", row.try_get::<String>("", "cells").unwrap()));
        }
    }
    database.close().await.unwrap();
    all
}

/// One writer after the other with partner 1's ids; `None` when there are no more.
#[expect(clippy::too_many_lines, reason = "one arm for each writer")]
async fn write(fresh: &Fresh, nth: usize, tx: &Tx) -> Option<&'static str> {
    let scope = tx.scope();
    let one = operation(1);
    let until = NOW + LEASE;
    // As the owner sees them: this is about the predicates of the writers alone.
    let own = fresh.store.read(partner(1), TEST);
    let record = own
        .scope()
        .find_payment_by_id(one.payment)
        .await
        .unwrap()
        .unwrap();
    let receipt = own.scope().find_receipt(one.payment).await.unwrap().unwrap();
    let held = store::money::Held {
        payment: one.payment,
        operation: one.id,
        fence: record.fence,
        until,
    };
    let later = until + LEASE * 2;
    let paid = &record.payment;
    // What a writer says of it is its own affair: that nothing has changed is what counts.
    let (name, _) = match nth {
        0 => (
            "occupy",
            scope
                .occupy(one.payment, paid.version, one.id, id(9), later)
                .await
                .is_ok(),
        ),
        1 => (
            "claim",
            scope
                .claim(one.payment, one.id, id(9), later, later)
                .await
                .is_ok(),
        ),
        2 => ("renew", scope.renew(&held, later).await.is_ok()),
        3 => ("vacate", scope.vacate(&held).await.is_ok()),
        4 => ("leave", scope.leave(&held).await.is_ok()),
        5 => ("hold_off", scope.hold_off(one.id, later).await.is_ok()),
        6 => {
            let next = NextStep {
                first_sent_at: NOW,
                no: None,
                in_doubt: true,
                rounds: 7,
                missing: 0,
                at: later,
            };
            ("postpone", scope.postpone(one.id, next).await.is_ok())
        }
        7 => {
            let settlement = Settlement {
                status: Status::Refused,
                answer: None,
                release: Some(Release::Rejected),
                at: NOW,
            };
            ("settle", scope.settle(one.id, &settlement).await.is_ok())
        }
        8 => (
            "end_attempt",
            scope.end_attempt(id(5_001), Ended::Unknown, NOW).await.is_ok(),
        ),
        9 => {
            let update = PaymentUpdate {
                payment: paid,
                presence: Presence::Burnt,
                found_late: true,
                reading: None,
                created: None,
                at: NOW,
            };
            ("save_payment", scope.save_payment(&update).await.is_ok())
        }
        10 => (
            "expect_again",
            scope
                .expect_again(paid, Amount::new(7, Currency::NOK), NOW)
                .await
                .is_ok(),
        ),
        11 => (
            "claim_receipt",
            scope.claim_receipt(receipt.id, later, later).await.is_ok(),
        ),
        12 => (
            "end_receipt_try",
            scope
                .end_receipt_try(&receipt, &ReceiptEnd::Sent { at: NOW })
                .await
                .is_ok(),
        ),
        13 => (
            "drop_refused_receipt",
            scope.drop_refused_receipt(receipt.id).await.is_ok(),
        ),
        14 => (
            "set_receipt_aside",
            scope.set_receipt_aside(receipt.id, later, later).await.is_ok(),
        ),
        15 => (
            "reconnect",
            scope.reconnect(AssignmentId::from_uuid(id(101))).await.is_ok(),
        ),
        _ => return None,
    };
    Some(name)
}

#[tokio::test]
async fn no_writer_changes_what_is_another_partners_or_of_another_environment() {
    on_each(async |fresh| {
        all_of_one(fresh).await;
        let before = rows(fresh).await;
        assert!(before.len() >= 6, "{before:?}");
        for (who, environment) in [(2, TEST), (1, Environment::Production)] {
            for nth in 0.. {
                let tx = fresh.store.begin(partner(who), environment).await.unwrap();
                let Some(name) = write(fresh, nth, &tx).await else {
                    break;
                };
                // A writer that refused leaves nothing to commit, which is told and is right.
                drop(tx.commit().await);
                assert_eq!(
                    rows(fresh).await,
                    before,
                    "{}: {name} as {who} in {environment:?}",
                    fresh.name
                );
            }
        }
    })
    .await;
}

/// Ids of rows that stand nowhere are no way in either.
#[tokio::test]
async fn a_key_of_a_stranger_is_not_given_free_with_ones_own_operation() {
    on_each(async |fresh| {
        all_of_one(fresh).await;
        let first = operation(1);
        let tx = fresh.store.begin(partner(2), TEST).await.unwrap();
        let bound = tx
            .scope()
            .bind_key(&scope_of(&first), b"request", first.id, NOW)
            .await;
        assert!(
            bound.is_err(),
            "{}: another's operation was bound to a key",
            fresh.name
        );
        drop(tx);
        let unknown = Uuid::from_u128(77);
        let reader = fresh.store.read(partner(2), TEST);
        let none = reader
            .scope()
            .find_payment_by_id(PaymentId::from_uuid(unknown))
            .await
            .unwrap();
        assert!(none.is_none());
    })
    .await;
}
