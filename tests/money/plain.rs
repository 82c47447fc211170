//! A day on which everything works.

use app::{Error, Progress, payments};
use domain::State;
use domain::operation::Status;
use domain::payment::Refusal;
use simulator::{EventName, Fault, Rule};
use testkit::{World, nok};
use time::macros::datetime;

use crate::{ledger, on_each, seen};

#[tokio::test]
async fn a_payment_is_created_approved_captured_in_part_and_refunded() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = "acme-shop-1".parse().unwrap();
        let created = north.create(app, &reference, 1_000, "k1").await.unwrap();
        assert_eq!(created.operation.status, Status::Succeeded);
        let view = created.payment.unwrap();
        assert_eq!(view.payment.state, State::Created);
        assert!(view.created.is_some());
        let approved = north.approve(app, &reference).await.unwrap();
        assert_eq!(approved.payment.state, State::Authorized);
        let captured = north.capture(app, &reference, 600, "k2").await.unwrap();
        assert_eq!(captured.progress, Progress::Settled);
        assert_eq!(captured.payment.unwrap().payment.aggregate.captured, 600);
        let refunded = north.refund(app, &reference, 100, "k3").await.unwrap();
        assert_eq!(refunded.payment.unwrap().payment.aggregate.refunded, 100);
        let cancelled = north.cancel(app, &reference, "k4").await.unwrap();
        assert_eq!(cancelled.payment.unwrap().payment.aggregate.cancelled, 400);
        assert_eq!(
            ledger(world, &reference),
            [
                (EventName::Created, 1_000),
                (EventName::Authorized, 1_000),
                (EventName::Captured, 600),
                (EventName::Refunded, 100),
                (EventName::Cancelled, 400),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn the_same_key_gets_the_stored_answer_and_another_request_with_it_is_refused() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let first = north.capture(app, &reference, 300, "k").await.unwrap();
        let again = north.capture(app, &reference, 300, "k").await.unwrap();
        assert!(!first.replayed);
        assert!(again.replayed);
        assert_eq!(first.operation, again.operation);
        let other = north.capture(app, &reference, 301, "k").await;
        assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");
        let other = north.refund(app, &reference, 300, "k").await;
        assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");
        assert_eq!(seen(world, "epayment.capture"), 1);
        // South's keys and references are its own.
        let foreign = world.south.get(app, &reference).await;
        assert!(
            matches!(foreign, Err(Error::NotFound(app::What::Payment))),
            "{foreign:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn what_the_payment_cannot_bear_is_refused_after_reading_and_binds_nothing() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let much = north.capture(app, &reference, 1_001, "k").await;
        let refused = Refusal::ExceedsCapturable {
            asked: nok(1_001),
            left: nok(1_000),
        };
        assert!(
            matches!(much, Err(Error::Refused(it)) if it == refused),
            "{much:?}"
        );
        assert_eq!(seen(world, "epayment.capture"), 0);
        // The key is free.
        north.capture(app, &reference, 1_000, "k").await.unwrap();
        let much = north.refund(app, &reference, 1_001, "r").await;
        assert!(matches!(
            much,
            Err(Error::Refused(Refusal::ExceedsRefundable { .. }))
        ));
        let twice = north.create(app, &reference, 1_000, "another").await;
        assert!(
            matches!(twice, Err(Error::Refused(Refusal::ReferenceTaken))),
            "{twice:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_payment_made_elsewhere_is_read_adopted_and_listed() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        // A gateway that has never heard of it.
        let fresh = world.beside_another_database().await;
        let adopted = fresh.north.get(&fresh.app, &reference).await.unwrap();
        assert_eq!(adopted.payment.state, State::Authorized);
        assert_eq!(adopted.payment.amount, nok(1_000));
        let captured = fresh
            .north
            .capture(&fresh.app, &reference, 100, "k")
            .await
            .unwrap();
        assert_eq!(captured.payment.unwrap().payment.aggregate.captured, 100);
        let other = "acme-shop-2".parse().unwrap();
        north.create(app, &other, 500, "k2").await.unwrap();
        let query = app::Query {
            states: vec![State::Authorized],
            from: None,
            to: None,
            reference_prefix: Some("acme".to_owned()),
            after: None,
            limit: 10,
        };
        let page = payments::search(app, &north.caller(), &north.msn, &query)
            .await
            .unwrap();
        assert_eq!(page.data.len(), 1);
        assert_eq!(page.data[0].payment.reference, reference);
        let query = app::Query {
            states: Vec::new(),
            limit: 1,
            ..query
        };
        let first = payments::search(app, &north.caller(), &north.msn, &query)
            .await
            .unwrap();
        assert_eq!(first.data[0].payment.reference, other);
        let next = app::Query {
            after: first.next,
            ..query
        };
        let second = payments::search(app, &north.caller(), &north.msn, &next)
            .await
            .unwrap();
        assert_eq!(second.data[0].payment.reference, reference);
        assert_eq!(second.next, None);
    })
    .await;
}

#[tokio::test]
async fn a_log_more_exact_than_the_books_is_written_down_once() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let log = r#"[{"reference":"acme-shop-1","pspReference":"p","name":"CREATED","amount":{"currency":"NOK","value":1000},"timestamp":"2026-11-23T08:59:58.1234567Z","success":true}]"#;
        let exact = Fault::Answer {
            status: 200,
            content_type: None,
            headers: Vec::new(),
            body: log.to_owned(),
            after_effect: false,
        };
        world
            .simulator
            .test()
            .add_fault(Rule::new("exact", exact).on("epayment.events"));
        let mut versions = Vec::new();
        for _ in 0..3 {
            payments::events(app, &north.caller(), &north.msn, &reference)
                .await
                .unwrap();
            let view = north.get(app, &reference).await.unwrap();
            assert_eq!(view.payment.created_at, datetime!(2026-11-23 08:59:58.123456 UTC));
            versions.push(view.payment.version);
        }
        assert!(versions.iter().all(|version| *version == versions[0]), "{versions:?}");
    })
    .await;
}
