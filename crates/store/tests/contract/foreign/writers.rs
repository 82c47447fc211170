//! Each writer is tried with partner 1's ids by others, who change nothing, and then by partner 1, who does.

use domain::operation::Status;
use domain::{Amount, Currency, Environment};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use store::data_keys::BODIES;
use store::money::{
    Attempt, DueLatePayment, Ended, Held, NextStep, PaymentUpdate, Presence, ReceiptEnd, Release, Settlement,
};
use store::product_orders::Next;
use store::registry::Disconnection;
use store::{Error, Tx};
use time::Duration;

use super::{
    PAYMENTS, all_of_one, check, disconnection, ended, new_payment, new_receipt, order, ordered, payment_id,
    unit,
};
use crate::databases::{Fresh, TEST, on_each, partner};
use crate::money::{LEASE, NOW, id, operation, scope_of};

/// In an order in which each finds something to change.
pub(super) const WRITERS: [&str; 37] = [
    "hold_off",
    "postpone",
    "add_send",
    "end_attempt",
    "renew",
    "leave",
    "claim",
    "save_payment",
    "settle",
    "vacate",
    "expect_again",
    "occupy",
    "add_operation",
    "bind_key",
    "add_payment",
    "add_receipt",
    "set_receipt_aside",
    "claim_receipt",
    "end_receipt_try",
    "drop_receipt",
    "disconnect",
    "reconnect",
    "add_late_payment",
    "put_off_late_payment",
    "end_late_payment",
    "check_by",
    "save_check",
    "reseal",
    "note_customer",
    "forget_bodies",
    "erase_customer",
    "add_product_order",
    "set_product_order_aside",
    "claim_product_order",
    "want_no_product_order",
    "save_product_order",
    "remove_product_order",
];

/// The tables that requests write.
const TABLES: [&str; 10] = [
    "payments",
    "operations",
    "attempts",
    "idempotency_keys",
    "receipts",
    "late_payments",
    "disconnections",
    "unit_checks",
    "customers",
    "product_orders",
];

/// Every row of them, as text.
async fn rows(fresh: &Fresh) -> Vec<String> {
    let database = Database::connect(&fresh.url).await.unwrap();
    let backend = database.get_database_backend();
    let mut all = Vec::new();
    for table in TABLES {
        let row = if backend == DbBackend::Postgres {
            "t::text".to_owned()
        } else {
            columns(&database, table).await
        };
        let sql = format!("SELECT {row} AS cells FROM {table} t ORDER BY 1");
        let found = database.query_all_raw(Statement::from_string(backend, sql)).await;
        for row in found.unwrap() {
            all.push(format!("{table} {}", row.try_get::<String>("", "cells").unwrap()));
        }
    }
    database.close().await.unwrap();
    all
}

/// All columns of a table of `SQLite`, readable.
async fn columns(database: &DatabaseConnection, table: &str) -> String {
    let sql = format!("SELECT name FROM pragma_table_info('{table}')");
    let names = database
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await;
    let names: Vec<String> = names
        .unwrap()
        .iter()
        .map(|row| format!("quote({})", row.try_get::<String>("", "name").unwrap()))
        .collect();
    names.join(" || ' ' || ")
}

/// One writer with partner 1's ids.
#[expect(clippy::too_many_lines, reason = "one arm for each writer")]
async fn write(fresh: &Fresh, writer: &str, tx: &Tx) -> Result<(), Error> {
    let scope = tx.scope();
    let one = operation(1);
    let later = NOW + LEASE * 2;
    // As the owner sees them: this is about the predicates of the writers alone.
    let own = fresh.store.read(partner(1), TEST);
    let [busy, expected, done] = PAYMENTS;
    let record = own.scope().find_payment_by_id(payment_id(busy)).await?.unwrap();
    let receipt = own.scope().find_receipt(payment_id(busy)).await?.unwrap();
    let awaited = own
        .scope()
        .find_payment_by_id(payment_id(expected))
        .await?
        .unwrap();
    let waiting = own.scope().find_product_order(ordered().id).await?.unwrap();
    let held = Held {
        payment: payment_id(busy),
        operation: one.id,
        fence: record.fence,
        until: later,
    };
    let late = DueLatePayment {
        partner: partner(1),
        environment: TEST,
        operation: one.id,
        tries: 0,
        found_at: NOW,
    };
    match writer {
        "hold_off" => scope.hold_off(one.id, later).await,
        "postpone" => {
            let next = NextStep {
                first_sent_at: NOW,
                no: None,
                in_doubt: true,
                rounds: 7,
                missing: 0,
                at: later,
            };
            scope.postpone(one.id, next).await
        }
        "add_send" => {
            let attempt = Attempt {
                id: id(6_001),
                at: NOW,
            };
            scope.add_send(&held, &one, attempt, later).await
        }
        "end_attempt" => scope.end_attempt(id(5_001), Ended::Unknown, NOW).await,
        "renew" => scope.renew(&held, later).await.map(drop),
        "leave" => scope.leave(&held).await,
        "claim" => scope
            .claim(held.payment, one.id, id(9), later, later)
            .await
            .map(drop),
        "save_payment" => {
            let update = PaymentUpdate {
                payment: &record.payment,
                presence: Presence::Burnt,
                found_late: true,
                reading: None,
                created: None,
                at: NOW,
            };
            scope.save_payment(&update).await
        }
        "settle" => {
            let settlement = Settlement {
                status: Status::Refused,
                answer: None,
                release: Some(Release::Rejected),
                at: NOW,
            };
            scope.settle(one.id, &settlement).await
        }
        "vacate" => scope.vacate(&held).await,
        "expect_again" => {
            let amount = Amount::new(7, Currency::NOK);
            scope.expect_again(&awaited.payment, amount, NOW).await
        }
        "occupy" => {
            let version = awaited.payment.version;
            let occupied = scope.occupy(awaited.payment.id, version, ended(4).id, id(9), later);
            occupied.await.map(drop)
        }
        "add_operation" => {
            let attempt = Attempt {
                id: id(5_004),
                at: NOW,
            };
            scope.add_operation(&held, &ended(4), attempt).await
        }
        "bind_key" => {
            let new = ended(4);
            scope.bind_key(&scope_of(&new), b"request", new.id, NOW).await
        }
        "add_payment" => {
            let new = new_payment(903, "acme-shop-4", Presence::Present);
            scope.add_payment(&new).await
        }
        "add_receipt" => {
            let new = new_receipt(702, expected, "acme-shop-2");
            scope.add_receipt(&new).await
        }
        "set_receipt_aside" => scope.set_receipt_aside(receipt.id, later, later).await,
        "claim_receipt" => scope.claim_receipt(receipt.id, later, later).await.map(drop),
        "end_receipt_try" => {
            scope
                .end_receipt_try(&receipt, &ReceiptEnd::Sent { at: NOW })
                .await
        }
        "drop_receipt" => {
            let refused = new_receipt(701, done, "acme-shop-3");
            scope.drop_receipt(refused.id).await
        }
        "disconnect" => {
            let again = Disconnection {
                status: 403,
                ..disconnection()
            };
            scope.disconnect(&again).await
        }
        "reconnect" => scope.reconnect(unit()).await,
        "add_late_payment" => scope.add_late_payment(ended(2).id, NOW).await,
        "put_off_late_payment" => scope.put_off_late_payment(&late, later).await,
        "end_late_payment" => scope.end_late_payment(one.id).await.map(drop),
        "check_by" => scope.check_by(unit(), NOW).await,
        "save_check" => {
            let mut looked_at = check();
            looked_at.checked_at = Some(NOW);
            scope.save_check(&looked_at).await
        }
        "reseal" => {
            let envelopes = BODIES.iter().find(|it| it.column == "envelope").unwrap();
            scope.reseal(envelopes, &[one.id.uuid()]).await.map(drop)
        }
        "note_customer" => scope.note_customer(payment_id(done), "cc.dd").await,
        "forget_bodies" => {
            let before = NOW + Duration::SECOND;
            scope.forget_bodies(before, later, 10).await.map(drop)
        }
        "erase_customer" => scope.erase_customer(&[payment_id(done)], later).await.map(drop),
        "add_product_order" => order(tx, 951).await,
        "set_product_order_aside" => scope.set_product_order_aside(waiting.id, later, later).await,
        "claim_product_order" => {
            let claimed = scope
                .claim_product_order(waiting.id, true, later, later + LEASE)
                .await;
            claimed.map(drop)
        }
        "want_no_product_order" => scope.want_no_product_order(&waiting).await,
        "save_product_order" => {
            let next = Next {
                status: domain::product_order::Status::Received,
                ..Next::of(&waiting, later)
            };
            scope.save_product_order(&waiting, &next).await
        }
        "remove_product_order" => scope.remove_product_order(&waiting).await,
        _ => unreachable!("a writer without an arm: {writer}"),
    }
}

#[tokio::test]
async fn no_writer_changes_what_is_another_partners_or_of_another_environment() {
    on_each(async |fresh| {
        all_of_one(fresh).await;
        for writer in WRITERS {
            let before = rows(fresh).await;
            for (who, environment) in [(2, TEST), (1, Environment::Production)] {
                let tx = fresh.store.begin(partner(who), environment).await.unwrap();
                let _told = write(fresh, writer, &tx).await;
                // A writer that was refused leaves nothing to commit, which is told and is right.
                drop(tx.commit().await);
                let after = rows(fresh).await;
                assert_eq!(
                    after, before,
                    "{}: {writer} as {who} in {environment:?}",
                    fresh.name
                );
            }
            // The same call changes something for whoever it is of.
            let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
            let done = write(fresh, writer, &tx).await;
            assert!(done.is_ok(), "{}: {writer} as the owner: {done:?}", fresh.name);
            tx.commit().await.unwrap();
            assert_ne!(rows(fresh).await, before, "{}: {writer} as the owner", fresh.name);
        }
    })
    .await;
}
