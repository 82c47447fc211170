//! Bodies go, facts stay, and what is open stays whole.

use domain::operation::{Kind, Status};
use domain::{Accepted, Amount, Currency, Environment, Msn, ReceiptId};
use migrations::MigratorTrait as _;
use sea_orm::Database;
use store::Store;
use store::money::{
    Answer, Forgotten, NewReceipt, Operation, PaymentUpdate, Presence, ReceiptEnd, Release, Settlement,
};
use time::{Duration, OffsetDateTime};

use crate::databases::{Fresh, TEST, on_each, partner};
use crate::money::{NOW, id, intend, operation, payment};

const LATER: Duration = Duration::days(91);

async fn settle(store: &Store, operation: &Operation, version: i64) {
    let held = intend(store, operation, version).await.unwrap();
    let settlement = Settlement {
        status: Status::Succeeded,
        answer: Some(Answer::Accepted(Accepted {
            status: 200,
            body: b"{}".to_vec(),
        })),
        release: None,
        at: NOW,
    };
    let tx = store.begin(partner(1), TEST).await.unwrap();
    tx.scope().vacate(&held).await.unwrap();
    tx.scope().settle(operation.id, &settlement).await.unwrap();
    tx.commit().await.unwrap();
}

/// What Vipps said of the payment, kept.
async fn read(store: &Store) {
    read_at(store, NOW).await;
}

async fn read_at(store: &Store, at: OffsetDateTime) {
    let tx = store.begin(partner(1), TEST).await.unwrap();
    let id = operation(1).payment;
    let record = tx.scope().find_payment_by_id(id).await.unwrap().unwrap();
    let update = PaymentUpdate {
        payment: &record.payment,
        presence: Presence::Present,
        found_late: false,
        reading: Some(b"a reading"),
        created: Some(b"an answer"),
        at,
    };
    tx.scope().save_payment(&update).await.unwrap();
    tx.commit().await.unwrap();
}

async fn forget(store: &Store, before: Duration) -> Forgotten {
    forget_up_to(store, before, 10).await
}

async fn forget_up_to(store: &Store, before: Duration, limit: u64) -> Forgotten {
    let tx = store.begin(partner(1), TEST).await.unwrap();
    let at = NOW + LATER;
    let forgotten = tx.scope().forget_bodies(NOW + before, at, limit).await.unwrap();
    tx.commit().await.unwrap();
    forgotten
}

/// The number of the payment's customer stands in what is kept of it.
async fn note(store: &Store) {
    let tx = store.begin(partner(1), TEST).await.unwrap();
    let id = operation(1).payment;
    tx.scope().note_customer(id, "aa.bb").await.unwrap();
    tx.commit().await.unwrap();
}

/// Whether the index still leads to the payment.
async fn is_indexed(store: &Store) -> bool {
    let reader = store.read(partner(1), TEST);
    let phones = ["aa.bb".to_owned()];
    let found = reader.scope().payments_of_customer(&phones).await.unwrap();
    found == [operation(1).payment]
}

async fn find(fresh: &Fresh, number: u128) -> Operation {
    let reader = fresh.store.read(partner(1), TEST);
    reader
        .scope()
        .find_operation(operation(number).id)
        .await
        .unwrap()
        .unwrap()
}

async fn kept(store: &Store) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let reader = store.read(partner(1), TEST);
    let id = operation(1).payment;
    let record = reader.scope().find_payment_by_id(id).await.unwrap().unwrap();
    (record.reading, record.created)
}

#[tokio::test]
async fn bodies_past_their_time_go_and_the_facts_stay() {
    on_each(async |fresh| {
        let store = &fresh.store;
        payment(fresh).await;
        settle(store, &operation(1), 1).await;
        read(store).await;
        assert_eq!(
            forget(store, Duration::ZERO).await,
            Forgotten::default(),
            "{}",
            fresh.name
        );
        let gone = forget(store, Duration::SECOND).await;
        assert_eq!((gone.operations, gone.payments), (1, 1), "{}", fresh.name);
        assert_eq!(forget(store, Duration::SECOND).await, Forgotten::default());
        let left = find(fresh, 1).await;
        assert_eq!(
            (left.status, left.answer, left.amount),
            (Status::Succeeded, None, operation(1).amount)
        );
        assert!(left.envelope.body.is_empty() && left.envelope.path.is_empty());
        assert_eq!(kept(store).await, (None, None));
        // A replay is still known for what it is.
        let msn: Msn = "123456".parse().unwrap();
        let reader = store.read(partner(1), TEST);
        let holder = reader
            .scope()
            .find_key(&msn, &operation(1).key, b"request")
            .await
            .unwrap();
        assert!(holder.unwrap().same_request);
    })
    .await;
}

#[tokio::test]
async fn what_is_open_stays_whole_however_old() {
    on_each(async |fresh| {
        let store = &fresh.store;
        payment(fresh).await;
        read(store).await;
        intend(store, &operation(1), 2).await.unwrap();
        let id = operation(1).payment;
        let tx = store.begin(partner(1), TEST).await.unwrap();
        tx.scope().note_customer(id, "aa.bb").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(forget(store, LATER).await, Forgotten::default(), "{}", fresh.name);

        let tx = store.begin(partner(1), TEST).await.unwrap();
        let erased = tx.scope().erase_customer(&[id], NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            (erased.payments, erased.operations, erased.open),
            (0, 0, vec![id])
        );
        assert_eq!(find(fresh, 1).await.envelope, operation(1).envelope);
        assert!(kept(store).await.0.is_some());
        let reader = store.read(partner(1), TEST);
        let found = reader
            .scope()
            .payments_of_customer(&["aa.bb".to_owned()])
            .await
            .unwrap();
        assert_eq!(found, [id]);
    })
    .await;
}

#[tokio::test]
async fn an_erased_customer_is_found_no_more_and_nothing_new_is_kept() {
    on_each(async |fresh| {
        let store = &fresh.store;
        payment(fresh).await;
        settle(store, &operation(1), 1).await;
        read(store).await;
        let id = operation(1).payment;
        let tx = store.begin(partner(1), TEST).await.unwrap();
        tx.scope().note_customer(id, "aa.bb").await.unwrap();
        tx.scope().note_customer(id, "aa.bb").await.unwrap();
        tx.commit().await.unwrap();
        let phones = ["cc.dd".to_owned(), "aa.bb".to_owned()];
        for (number, environment) in [(2, TEST), (1, Environment::Production)] {
            let reader = store.read(partner(number), environment);
            let foreign = reader.scope().payments_of_customer(&phones).await.unwrap();
            assert!(foreign.is_empty(), "{}", fresh.name);
        }
        let reader = store.read(partner(1), TEST);
        let found = reader.scope().payments_of_customer(&phones).await.unwrap();
        assert_eq!(found, [id]);

        let tx = store.begin(partner(1), TEST).await.unwrap();
        let erased = tx.scope().erase_customer(&found, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((erased.payments, erased.operations, erased.open.len()), (1, 1, 0));
        assert!(
            reader
                .scope()
                .payments_of_customer(&phones)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(kept(store).await, (None, None));
        read(store).await;
        assert_eq!(
            kept(store).await,
            (None, None),
            "{}: an answer after the erasure",
            fresh.name
        );
        assert_eq!(find(fresh, 1).await.amount, operation(1).amount);
    })
    .await;
}

#[tokio::test]
async fn the_index_goes_with_the_last_operation_however_few_go_at_once() {
    on_each(async |fresh| {
        let store = &fresh.store;
        payment(fresh).await;
        note(store).await;
        settle(store, &operation(1), 1).await;
        let second = Operation {
            key: "order-8".parse().unwrap(),
            ..operation(2)
        };
        settle(store, &second, 3).await;
        read(store).await;
        let gone = forget_up_to(store, LATER, 1).await;
        assert_eq!((gone.operations, gone.payments), (1, 1), "{}", fresh.name);
        assert!(is_indexed(store).await, "{}: an operation is whole", fresh.name);
        let gone = forget_up_to(store, LATER, 1).await;
        assert_eq!((gone.operations, gone.payments), (1, 0));
        assert!(!is_indexed(store).await, "{}: nothing is kept", fresh.name);
    })
    .await;
}

#[tokio::test]
async fn the_index_goes_with_a_create_that_left_nothing_but_its_request() {
    on_each(async |fresh| {
        let store = &fresh.store;
        payment(fresh).await;
        note(store).await;
        let create = Operation {
            kind: Kind::Create,
            ..operation(1)
        };
        let held = intend(store, &create, 1).await.unwrap();
        let refused = Settlement {
            status: Status::Refused,
            answer: None,
            release: Some(Release::Rejected),
            at: NOW,
        };
        let tx = store.begin(partner(1), TEST).await.unwrap();
        tx.scope().vacate(&held).await.unwrap();
        tx.scope().settle(create.id, &refused).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(kept(store).await, (None, None));
        assert!(is_indexed(store).await);
        let gone = forget(store, LATER).await;
        assert_eq!((gone.operations, gone.payments), (1, 0), "{}", fresh.name);
        assert!(!is_indexed(store).await, "{}: nothing is kept", fresh.name);
    })
    .await;
}

#[tokio::test]
async fn the_index_stays_for_a_reading_and_a_receipt_that_come_to_their_end_later() {
    on_each(async |fresh| {
        let store = &fresh.store;
        payment(fresh).await;
        note(store).await;
        settle(store, &operation(1), 1).await;
        read_at(store, NOW + Duration::DAY).await;
        let paid = operation(1).payment;
        let receipt = NewReceipt {
            id: ReceiptId::from_uuid(id(700)),
            payment: paid,
            assignment: operation(1).assignment,
            msn: operation(1).msn,
            reference: operation(1).reference,
            sum: Amount::new(1_000, Currency::NOK),
            body: b"{}".to_vec(),
            at: NOW,
        };
        let sent = NOW + Duration::DAY * 2;
        let tx = store.begin(partner(1), TEST).await.unwrap();
        tx.scope().add_receipt(&receipt).await.unwrap();
        let taken = tx.scope().claim_receipt(receipt.id, sent, sent + LATER).await;
        let end = ReceiptEnd::Sent { at: sent };
        tx.scope()
            .end_receipt_try(&taken.unwrap().unwrap(), &end)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for (before, gone, indexed) in [(1, (1, 0, 0), true), (2, (0, 1, 0), true), (3, (0, 0, 1), false)] {
            let forgotten = forget(store, Duration::DAY * before).await;
            assert_eq!(
                (forgotten.operations, forgotten.payments, forgotten.receipts),
                gone,
                "{}: day {before}",
                fresh.name
            );
            assert_eq!(is_indexed(store).await, indexed, "{}: day {before}", fresh.name);
        }
    })
    .await;
}

#[tokio::test]
async fn an_index_that_an_old_fault_left_behind_goes_with_a_migration_and_no_other() {
    const CLEANING: &str = "m20261126_055500_index_of_nothing";
    on_each(async |fresh| {
        let store = &fresh.store;
        let again = async || {
            let all = migrations::Migrator::migrations();
            let at = all.iter().position(|it| it.name() == CLEANING).unwrap();
            let back = u32::try_from(all.len() - at).unwrap();
            let connection = Database::connect(&fresh.url).await.unwrap();
            migrations::Migrator::down(&connection, Some(back)).await.unwrap();
            connection.close().await.unwrap();
            migrations::run(&fresh.url).await.unwrap();
        };
        payment(fresh).await;
        settle(store, &operation(1), 1).await;
        note(store).await;
        again().await;
        assert!(is_indexed(store).await, "{}: an operation is whole", fresh.name);
        let gone = forget(store, LATER).await;
        assert_eq!(gone.operations, 1, "{}", fresh.name);
        assert!(!is_indexed(store).await);
        read(store).await;
        note(store).await;
        again().await;
        assert!(is_indexed(store).await, "{}: a reading is kept", fresh.name);
        forget(store, LATER).await;
        note(store).await;
        assert!(
            is_indexed(store).await,
            "{}: as the old fault left it",
            fresh.name
        );
        again().await;
        assert!(!is_indexed(store).await, "{}: nothing is kept", fresh.name);
    })
    .await;
}
