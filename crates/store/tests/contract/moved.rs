//! A sealed value opens in its own column and in no other one, also of a row with the same id.

use domain::operation::Status;
use domain::{Accepted, Amount, Currency, ProductOrderId, ReceiptId, Rejected};
use sea_orm::{ConnectionTrait as _, Database};
use store::data_keys::{BODIES, Resealed, Sealed};
use store::money::{Answer, NewReceipt, PaymentUpdate, Presence, ReceiptEnd, Settlement};
use store::product_orders::{Next, ProductOrder};

use crate::databases::{Fresh, TEST, on_each, partner};
use crate::foreign::{order, ordered};
use crate::money::{LEASE, NOW, id, intend, operation, payment};

/// Of the payment, of its operation, of its receipt and of a product order.
const ROW: u128 = 900;

/// A value in each column of sealed bodies, all of them in rows with one id.
async fn one_of_each(fresh: &Fresh) {
    payment(fresh).await;
    let paid = operation(ROW);
    let held = intend(&fresh.store, &paid, 1).await.unwrap();
    let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
    let scope = tx.scope();
    scope.vacate(&held).await.unwrap();
    let settlement = Settlement {
        status: Status::Succeeded,
        answer: Some(Answer::Accepted(Accepted {
            status: 200,
            body: b"{}".to_vec(),
        })),
        release: None,
        at: NOW,
    };
    scope.settle(paid.id, &settlement).await.unwrap();
    let record = scope.find_payment_by_id(paid.payment).await.unwrap().unwrap();
    let update = PaymentUpdate {
        payment: &record.payment,
        presence: Presence::Present,
        found_late: false,
        reading: Some(b"a reading"),
        created: Some(b"an answer"),
        at: NOW,
    };
    scope.save_payment(&update).await.unwrap();
    let receipt = NewReceipt {
        id: ReceiptId::from_uuid(id(ROW)),
        payment: paid.payment,
        assignment: paid.assignment,
        msn: paid.msn,
        reference: paid.reference,
        sum: Amount::new(1_000, Currency::NOK),
        body: b"{}".to_vec(),
        at: NOW,
    };
    scope.add_receipt(&receipt).await.unwrap();
    let claimed = scope.claim_receipt(receipt.id, NOW, NOW + LEASE).await.unwrap();
    let end = ReceiptEnd::Refused {
        reason: Rejected::default(),
        at: NOW,
    };
    scope.end_receipt_try(&claimed.unwrap(), &end).await.unwrap();
    order(&tx, ROW).await.unwrap();
    let held = ProductOrder {
        id: ProductOrderId::from_uuid(id(ROW)),
        link: Some("https://sign.example".to_owned()),
        refusal: Some(Rejected::default()),
        ..ordered()
    };
    scope
        .save_product_order(&held, &Next::of(&held, NOW))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Opens the column's value and seals it anew, which is what a rotation does with every one.
async fn reseal(fresh: &Fresh, sealed: &Sealed) -> Resealed {
    let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
    let done = tx.scope().reseal(sealed, &[id(ROW)]).await.unwrap();
    tx.commit().await.unwrap();
    done
}

#[tokio::test]
async fn a_sealed_value_moved_to_another_column_or_table_does_not_open() {
    on_each(async |fresh| {
        one_of_each(fresh).await;
        let (opens, shut) = (
            Resealed {
                done: 1,
                ..Resealed::default()
            },
            Resealed {
                shut: 1,
                ..Resealed::default()
            },
        );
        let raw = Database::connect(&fresh.url).await.unwrap();
        for here in &BODIES {
            assert_eq!(reseal(fresh, here).await, opens, "{}: {here:?}", fresh.name);
            let (table, column) = (here.table, here.column);
            // There is one row in each table.
            let keep = format!("CREATE TABLE kept AS SELECT {column} AS value FROM {table}");
            raw.execute_unprepared(&keep).await.unwrap();
            for there in BODIES.iter().filter(|there| *there != here) {
                let (other, name) = (there.table, there.column);
                let moved = format!("UPDATE {table} SET {column} = (SELECT {name} FROM {other})");
                raw.execute_unprepared(&moved).await.unwrap();
                assert_eq!(reseal(fresh, here).await, shut, "{}: {moved}", fresh.name);
            }
            let back = format!("UPDATE {table} SET {column} = (SELECT value FROM kept)");
            raw.execute_unprepared(&back).await.unwrap();
            raw.execute_unprepared("DROP TABLE kept").await.unwrap();
            assert_eq!(reseal(fresh, here).await, opens, "{}: {here:?}", fresh.name);
        }
        raw.close().await.unwrap();
    })
    .await;
}
