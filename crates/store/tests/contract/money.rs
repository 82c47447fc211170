//! What the money tables promise: one owner, no stale write, sealed bodies, one holder of a key.

use domain::operation::resolve::Sent;
use domain::operation::{Kind, Status};
use domain::{
    Accepted, Amount, AssignmentId, Currency, Envelope, IdempotencyScope, Method, OperationId, PaymentId,
    UpstreamKey,
};
use sea_orm::{ConnectionTrait, Database, Statement};
use store::money::{
    Answer, Attempt, Held, NewPayment, NextStep, Operation, PaymentUpdate, Presence, Release, Settlement,
};
use store::registry::AssignmentState;
use store::{Error, Store};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::databases::{Fresh, TEST, on_each, partner};
use crate::registry::{add, assignment, two_partners};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-04-01 12:00 UTC);
pub(crate) const LEASE: Duration = Duration::seconds(45);

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn operation(number: u128) -> Operation {
    let key = UpstreamKey::from_stored(format!("KEY{number}"));
    Operation {
        id: OperationId::from_uuid(id(number)),
        partner: partner(1),
        environment: TEST,
        payment: PaymentId::from_uuid(id(900)),
        assignment: AssignmentId::from_uuid(id(101)),
        msn: "123456".parse().unwrap(),
        reference: "acme-shop-1".parse().unwrap(),
        kind: Kind::Capture,
        status: Status::Pending,
        amount: Some(Amount::new(500, Currency::NOK)),
        key: "order-7".parse().unwrap(),
        envelope: Envelope {
            method: Method::Post,
            path: "/epayment/v1/payments/acme-shop-1/capture".to_owned(),
            key: Some(key.clone()),
            body: b"{\"canary\":\"4712345678\"}".to_vec(),
        },
        upstream_key: key,
        generation: 0,
        client_id: "client".to_owned(),
        answer: None,
        release: None,
        in_doubt: true,
        sends: 1,
        sent: Sent {
            first: NOW,
            last: NOW,
        },
        rounds: 0,
        missing: 0,
        next_step_at: Some(NOW + LEASE),
        created_at: NOW,
        settled_at: None,
    }
}

pub(crate) fn scope_of(operation: &Operation) -> IdempotencyScope {
    IdempotencyScope {
        partner: operation.partner,
        environment: operation.environment,
        msn: operation.msn.clone(),
        key: operation.key.clone(),
    }
}

/// A payment of the first partner.
pub(crate) async fn payment(fresh: &Fresh) {
    two_partners(&fresh.store).await;
    add(&fresh.store, &assignment(1, AssignmentState::Live))
        .await
        .unwrap();
    let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
    let new = NewPayment {
        id: PaymentId::from_uuid(id(900)),
        assignment: AssignmentId::from_uuid(id(101)),
        msn: "123456".parse().unwrap(),
        reference: "acme-shop-1".parse().unwrap(),
        amount: Amount::new(1_000, Currency::NOK),
        presence: Presence::Present,
        at: NOW,
    };
    tx.scope().add_payment(&new).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn intend(store: &Store, operation: &Operation, version: i64) -> Result<Held, Error> {
    let tx = store.begin(partner(1), TEST).await?;
    let scope = tx.scope();
    let held = scope
        .occupy(operation.payment, version, operation.id, id(1), NOW + LEASE)
        .await?;
    let attempt = Attempt {
        id: Uuid::from_u128(operation.id.uuid().as_u128() + 5_000),
        at: NOW,
    };
    scope.add_operation(&held, operation, attempt).await?;
    scope
        .bind_key(&scope_of(operation), b"request", operation.id, NOW)
        .await?;
    tx.commit().await?;
    Ok(held)
}

async fn claim(store: &Store, operation: &Operation, now: OffsetDateTime) -> Option<Held> {
    let tx = store.begin(partner(1), TEST).await.unwrap();
    let held = tx
        .scope()
        .claim(operation.payment, operation.id, id(2), now, now + LEASE)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    held
}

#[tokio::test]
async fn an_intent_is_found_as_it_was_and_takes_the_payment() {
    on_each(async |fresh| {
        payment(fresh).await;
        let first = operation(1);
        intend(&fresh.store, &first, 1).await.unwrap();
        let reader = fresh.store.read(partner(1), TEST);
        assert_eq!(
            reader.scope().find_operation(first.id).await.unwrap(),
            Some(first.clone())
        );
        let record = reader
            .scope()
            .find_payment_by_id(first.payment)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(record.busy_with, Some(first.id));
        let holder = reader
            .scope()
            .find_key(&first.msn, &first.key, b"request")
            .await
            .unwrap()
            .unwrap();
        assert!(holder.same_request);
        // The other partner sees none of it.
        let foreign = fresh.store.read(partner(2), TEST);
        assert_eq!(foreign.scope().find_operation(first.id).await.unwrap(), None);
        assert_eq!(
            foreign.scope().find_payment_by_id(first.payment).await.unwrap(),
            None
        );
        // A second one cannot take it, at the old version or at the new one.
        for version in [1, record.payment.version] {
            let second = intend(&fresh.store, &operation(2), version).await;
            assert!(matches!(second, Err(Error::Stale)), "{second:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn after_a_claim_the_old_owner_can_write_nothing_more() {
    on_each(async |fresh| {
        payment(fresh).await;
        let first = operation(1);
        let old = intend(&fresh.store, &first, 1).await.unwrap();
        assert_eq!(
            claim(&fresh.store, &first, NOW + LEASE - Duration::SECOND).await,
            None
        );
        let new = claim(&fresh.store, &first, NOW + LEASE).await.unwrap();
        assert!(new.fence > old.fence);
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        let scope = tx.scope();
        assert!(matches!(
            scope.renew(&old, NOW + LEASE * 3).await,
            Err(Error::Stale)
        ));
        assert!(matches!(scope.vacate(&old).await, Err(Error::Stale)));
        assert!(matches!(scope.leave(&old).await, Err(Error::Stale)));
        scope.renew(&new, NOW + LEASE * 3).await.unwrap();
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_settled_operation_frees_the_payment_and_is_settled_once() {
    on_each(async |fresh| {
        payment(fresh).await;
        let first = operation(1);
        let held = intend(&fresh.store, &first, 1).await.unwrap();
        let settlement = Settlement {
            status: Status::Succeeded,
            answer: Some(Answer::Accepted(Accepted {
                status: 200,
                body: b"{\"canary\":\"4712345678\"}".to_vec(),
            })),
            release: None,
            at: NOW,
        };
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        tx.scope().vacate(&held).await.unwrap();
        tx.scope().settle(first.id, &settlement).await.unwrap();
        assert!(matches!(
            tx.scope().settle(first.id, &settlement).await,
            Err(Error::Stale)
        ));
        tx.commit().await.unwrap();
        let reader = fresh.store.read(partner(1), TEST);
        let settled = reader.scope().find_operation(first.id).await.unwrap().unwrap();
        assert_eq!(settled.answer, settlement.answer);
        assert_eq!(settled.next_step_at, None);
        let record = reader
            .scope()
            .find_payment_by_id(first.payment)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(record.busy_with, None);
        // Bodies lie sealed.
        let raw = Database::connect(&fresh.url).await.unwrap();
        let rows = raw
            .query_all_raw(Statement::from_string(
                raw.get_database_backend(),
                "SELECT envelope, answer FROM operations",
            ))
            .await
            .unwrap();
        for column in ["envelope", "answer"] {
            let blob: Vec<u8> = rows[0].try_get("", column).unwrap();
            assert!(!blob.windows(10).any(|window| window == b"4712345678"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_released_key_is_free_and_its_generation_is_remembered() {
    on_each(async |fresh| {
        payment(fresh).await;
        let first = operation(1);
        let held = intend(&fresh.store, &first, 1).await.unwrap();
        let settlement = Settlement {
            status: Status::Refused,
            answer: None,
            release: Some(Release::Rejected),
            at: NOW,
        };
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        let scope = tx.scope();
        scope.vacate(&held).await.unwrap();
        scope.settle(first.id, &settlement).await.unwrap();
        tx.commit().await.unwrap();
        let reader = fresh.store.read(partner(1), TEST);
        let holder = reader
            .scope()
            .find_key(&first.msn, &first.key, b"request")
            .await
            .unwrap();
        assert_eq!(holder, None);
        let released = reader
            .scope()
            .released_operations(&first.msn, &first.key, first.kind, &first.reference)
            .await
            .unwrap();
        assert_eq!(domain::operation::generation::next(released), 1);
    })
    .await;
}

#[tokio::test]
async fn a_reading_that_began_before_another_change_is_not_written() {
    on_each(async |fresh| {
        payment(fresh).await;
        let reader = fresh.store.read(partner(1), TEST);
        let payment = PaymentId::from_uuid(id(900));
        let before = reader.scope().find_payment_by_id(payment).await.unwrap().unwrap();
        intend(&fresh.store, &operation(1), before.payment.version)
            .await
            .unwrap();
        let update = PaymentUpdate {
            payment: &before.payment,
            presence: Presence::Present,
            found_late: false,
            reading: Some(b"{}"),
            created: None,
            at: NOW,
        };
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        let stale = tx.scope().save_payment(&update).await;
        assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_left_open_is_due_at_its_time_and_to_one_claimer() {
    on_each(async |fresh| {
        payment(fresh).await;
        let first = operation(1);
        let held = intend(&fresh.store, &first, 1).await.unwrap();
        let at = NOW + Duration::seconds(7);
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        let next = NextStep {
            in_doubt: true,
            no: None,
            rounds: 1,
            missing: 0,
            first_sent_at: NOW,
            at,
        };
        tx.scope().leave(&held).await.unwrap();
        tx.scope().postpone(first.id, next).await.unwrap();
        tx.commit().await.unwrap();
        let jobs = fresh.store.read_system("test");
        let early = jobs
            .system()
            .due_operations(at - Duration::SECOND, 10)
            .await
            .unwrap();
        assert_eq!(early, []);
        let due = jobs.system().due_operations(at, 10).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].operation, first.id);
        assert!(claim(&fresh.store, &first, at).await.is_some());
        assert!(claim(&fresh.store, &first, at).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_by_hours_holds_up_no_operation() {
    on_each(async |fresh| {
        payment(fresh).await;
        let first = operation(1);
        intend(&fresh.store, &first, 1).await.unwrap();
        let jobs = fresh.store.read_system("test");
        let shortly_before = NOW - Duration::hours(1);
        let due = jobs.system().due_operations(shortly_before, 10).await.unwrap();
        assert_eq!(due, []);
        assert!(claim(&fresh.store, &first, shortly_before).await.is_none());
        let long_before = NOW - Duration::hours(5);
        let due = jobs.system().due_operations(long_before, 10).await.unwrap();
        assert_eq!(due.len(), 1);
        assert!(claim(&fresh.store, &first, long_before).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn what_is_old_is_forgotten_a_few_rows_at_a_time_and_nothing_of_an_open_operation() {
    on_each(async |fresh| {
        payment(fresh).await;
        let done = operation(1);
        let open = Operation {
            key: "order-8".parse().unwrap(),
            ..operation(2)
        };
        let held = intend(&fresh.store, &done, 1).await.unwrap();
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        let scope = tx.scope();
        for number in 1..=3 {
            let again = Attempt {
                id: id(7_000 + number),
                at: NOW + Duration::seconds(1),
            };
            scope.add_send(&held, &done, again, NOW + LEASE).await.unwrap();
        }
        scope.vacate(&held).await.unwrap();
        let settlement = Settlement {
            status: Status::Succeeded,
            answer: None,
            release: None,
            at: NOW,
        };
        scope.settle(done.id, &settlement).await.unwrap();
        let version = scope.find_payment_by_id(done.payment).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        intend(&fresh.store, &open, version.payment.version)
            .await
            .unwrap();

        let tx = fresh.store.begin_system("test").await.unwrap();
        let system = tx.system();
        // Not yet.
        assert_eq!(system.forget_keys(NOW, 10).await.unwrap(), 0);
        assert_eq!(system.forget_attempts(NOW, 10).await.unwrap(), 0);
        let later = NOW + Duration::MINUTE;
        assert_eq!(system.forget_keys(later, 10).await.unwrap(), 1);
        assert_eq!(system.forget_attempts(later, 3).await.unwrap(), 3);
        assert_eq!(system.forget_attempts(later, 3).await.unwrap(), 1);
        assert_eq!(system.forget_attempts(later, 3).await.unwrap(), 0);
        tx.commit().await.unwrap();

        let reader = fresh.store.read(partner(1), TEST);
        let scope = reader.scope();
        let held_by = async |operation: &Operation| {
            let holder = scope.find_key(&operation.msn, &operation.key, b"request").await;
            holder.unwrap().map(|holder| holder.operation)
        };
        assert_eq!(held_by(&done).await, None);
        assert_eq!(held_by(&open).await, Some(open.id));
        assert_eq!(scope.last_send_in_doubt(done.id).await.unwrap(), None);
        let doubted = scope.last_send_in_doubt(open.id).await.unwrap();
        assert_eq!(doubted.map(|send| send.at), Some(NOW));
    })
    .await;
}
