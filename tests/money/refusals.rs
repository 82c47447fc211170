//! Vipps' noes: which bind, which are asked again, and which hide a yes.

use app::Error;
use app::jobs::resolve;
use domain::operation::Status;
use simulator::{EventName, Fault, Rule};
use testkit::{Partner, World};
use time::Duration;

use crate::{ledger, on_each, seen};

fn answer(status: u16, code: &str) -> Fault {
    let details = if code.is_empty() {
        String::new()
    } else {
        format!(r#","extraDetails":[{{"name":"ErrorCode","reason":"{code}"}}]"#)
    };
    Fault::Answer {
        status,
        content_type: Some("application/problem+json".to_owned()),
        headers: Vec::new(),
        body: format!(r#"{{"type":"x","title":"no","status":{status},"traceId":"t-1"{details}}}"#),
        after_effect: false,
    }
}

fn keys(world: &World) -> Vec<Option<String>> {
    let requests = world.simulator.test().requests();
    let captures = requests
        .into_iter()
        .filter(|seen| seen.operation == Some("epayment.capture"));
    captures.map(|seen| seen.idempotency_key).collect()
}

#[tokio::test]
async fn a_transient_no_is_asked_again_with_the_same_key() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        for (number, (status, code)) in [(423, ""), (400, "6280")].into_iter().enumerate() {
            world.simulator.test().clear_requests();
            let rule = Rule::new(&format!("no{number}"), answer(status, code));
            world
                .simulator
                .test()
                .add_fault(rule.on("epayment.capture").once());
            let key = format!("k{number}");
            let captured = world
                .finish(north.capture(app, &reference, 100, &key))
                .await
                .unwrap();
            assert_eq!(captured.operation.status, Status::Succeeded);
            let keys = keys(world);
            assert_eq!(keys.len(), 2);
            assert_eq!(keys[0], keys[1]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_no_that_binds_nothing_leaves_the_key_free_and_changes_ours() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let rule = Rule::new("no", answer(403, "")).on("epayment.capture").once();
        world.simulator.test().add_fault(rule);
        let refused = north.capture(app, &reference, 100, "k").await;
        assert!(
            matches!(&refused, Err(Error::Vipps(no)) if no.status == 403),
            "{refused:?}"
        );
        // Vipps makes a 4xx stick to its key, so the next one has another.
        let captured = north.capture(app, &reference, 200, "k").await.unwrap();
        assert!(!captured.replayed);
        assert_eq!(captured.operation.status, Status::Succeeded);
        let keys = keys(world);
        assert_ne!(keys[0], keys[1]);
    })
    .await;
}

#[tokio::test]
async fn the_same_bytes_leave_again_ever_later_whatever_vipps_answers() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        for (number, status) in [500, 401].into_iter().enumerate() {
            let reference = north.authorized(app, &format!("acme-shop-{number}"), 1_000).await;
            world.simulator.test().clear_requests();
            // The first is in doubt, so what follows settles nothing.
            let lost = Rule::new(&format!("lost{number}"), testkit::down());
            let no = Rule::new(&format!("no{number}"), answer(status, ""));
            let vipps = world.simulator.test();
            vipps.add_fault(lost.on("epayment.capture").once());
            vipps.add_fault(no.on("epayment.capture"));
            let key = format!("k{number}");
            let open = world.finish(north.capture(app, &reference, 100, &key)).await;
            assert_eq!(open.unwrap().operation.status, Status::Unknown);
            let mut sent: Vec<_> = vipps
                .requests()
                .into_iter()
                .filter(|seen| seen.operation == Some("epayment.capture"))
                .map(|seen| seen.at)
                .collect();
            // A 401 is asked about with the other subscription key too, at once.
            sent.dedup();
            let pauses: Vec<_> = sent
                .windows(2)
                .map(|pair| (pair[1] - pair[0]).whole_seconds())
                .collect();
            assert_eq!(pauses, [1, 2, 4], "after {status}");
            vipps.clear_faults();
        }
    })
    .await;
}

#[tokio::test]
async fn a_definite_no_is_kept_under_the_key() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let rule = Rule::new("no", answer(400, "6100")).on("epayment.capture").once();
        world.simulator.test().add_fault(rule);
        let refused = north.capture(app, &reference, 100, "k").await.unwrap();
        assert_eq!(refused.operation.status, Status::Refused);
        assert_eq!(refused.operation.refusal.unwrap().code.as_deref(), Some("6100"));
        let again = north.capture(app, &reference, 100, "k").await.unwrap();
        assert!(again.replayed);
        assert_eq!(again.operation.status, Status::Refused);
        assert_eq!(seen(world, "epayment.capture"), 1);
    })
    .await;
}

#[tokio::test]
async fn already_captured_is_a_success_only_when_the_event_log_has_our_key() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        // Somebody else has captured: the sums would say yes, the log does not.
        let other = world.another_process().await;
        north.capture(&other, &reference, 400, "theirs").await.unwrap();
        let rule = Rule::new("no", answer(400, "6170")).on("epayment.capture").once();
        world.simulator.test().add_fault(rule);
        let refused = north.capture(app, &reference, 400, "ours").await.unwrap();
        assert_eq!(refused.operation.status, Status::Refused);
        let taken = ledger(world, &reference);
        assert_eq!(
            taken
                .iter()
                .filter(|(name, _)| *name == EventName::Captured)
                .count(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_reference_that_somebody_else_used_is_refused_and_their_payment_adopted() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let elsewhere = world.beside_another_database().await;
        for (number, without_key) in [false, true].into_iter().enumerate() {
            if without_key {
                // The event then cannot tell whose payment it is.
                world
                    .simulator
                    .test()
                    .set_dials(|dials| dials.events_without_key.push(EventName::Created));
            }
            let reference = format!("acme-shop-{number}").parse().unwrap();
            let key = format!("k{number}");
            elsewhere
                .north
                .create(&elsewhere.app, &reference, 600, &format!("theirs{number}"))
                .await
                .unwrap();
            let refused = north.create(app, &reference, 600, &key).await.unwrap();
            assert_eq!(refused.operation.status, Status::Refused);
            assert!(refused.payment.is_none());
            let view = north.get(app, &reference).await.unwrap();
            assert_eq!(view.payment.amount.value, 600);
        }
    })
    .await;
}

#[tokio::test]
async fn a_cancel_whose_event_names_no_key_is_settled_by_the_state() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let lost = Rule::new("lost", Fault::AnswerLost).on("epayment.cancel").once();
        world.simulator.test().add_fault(lost);
        let cancelled = world.finish(north.cancel(app, &reference, "k")).await.unwrap();
        assert_eq!(cancelled.operation.status, Status::Succeeded);
        assert_eq!(cancelled.payment.unwrap().payment.aggregate.cancelled, 1_000);
        assert_eq!(seen(world, "epayment.cancel"), 1);
    })
    .await;
}

/// A caller whose wait is over before the pauses between looks outgrow what the clock is turned for.
fn hurried(world: &World) -> Partner {
    Partner {
        patience: Duration::seconds(12),
        ..world.north.clone()
    }
}

#[tokio::test]
async fn a_no_to_a_second_send_is_believed_only_when_the_log_has_had_time_to_show_the_first() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &hurried(world));
        for (number, (status, code)) in [(409, ""), (400, "6170"), (400, "6090")].into_iter().enumerate() {
            let reference = north.authorized(app, &format!("acme-shop-{number}"), 1_000).await;
            world.advance(Duration::MINUTE).await;
            world
                .simulator
                .test()
                .set_dials(|dials| dials.events_lag_millis = 20_000);
            let lost = Rule::new("lost", Fault::AnswerLost).on("epayment.capture").once();
            world.simulator.test().add_fault(lost);
            let no = Rule::new("no", answer(status, code)).on("epayment.capture");
            world.simulator.test().add_fault(no);
            let key = format!("k{number}");
            let open = world
                .finish(north.capture(app, &reference, 600, &key))
                .await
                .unwrap();
            assert_ne!(open.operation.status, Status::Refused, "{status} {code}");
            for _ in 0..4 {
                world.advance(Duration::seconds(30)).await;
                resolve::run_once(app, app.clock().now()).await.unwrap();
            }
            let settled = world
                .finish(north.capture(app, &reference, 600, &key))
                .await
                .unwrap();
            assert_eq!(settled.operation.status, Status::Succeeded, "{status} {code}");
            world.simulator.test().clear_faults();
            world
                .simulator
                .test()
                .set_dials(|dials| dials.events_lag_millis = 0);
        }
    })
    .await;
}

#[tokio::test]
async fn a_no_to_a_second_send_is_the_end_when_the_log_stays_silent() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &hurried(world));
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let reset = Rule::new("reset", Fault::ResetBeforeEffect)
            .on("epayment.capture")
            .once();
        world.simulator.test().add_fault(reset);
        let no = Rule::new("no", answer(400, "6100")).on("epayment.capture");
        world.simulator.test().add_fault(no);
        world
            .finish(north.capture(app, &reference, 600, "k"))
            .await
            .unwrap();
        // It is asked once: what it said is kept, and settles the operation as soon as it is the last word,
        // also when that is beyond the time for asking.
        for _ in 0..2 {
            world.advance(Duration::seconds(30)).await;
            resolve::run_once(app, app.clock().now()).await.unwrap();
        }
        let settled = world
            .finish(north.capture(app, &reference, 600, "k"))
            .await
            .unwrap();
        assert_eq!(settled.operation.status, Status::Refused);
        assert_eq!(settled.operation.refusal.unwrap().code.as_deref(), Some("6100"));
        assert!(settled.replayed);
        assert_eq!(seen(world, "epayment.capture"), 2);
    })
    .await;
}

#[tokio::test]
async fn a_transient_no_that_stays_is_read_about_after_five_times_and_leaves_the_key_free() {
    for kind in testkit::Kind::ALL {
        let settings = app::Settings {
            writes: domain::budget::Budget {
                most: 100,
                ..domain::budget::WRITES
            },
            ..app::Settings::default()
        };
        let world = &World::start_with(kind, settings).await;
        let (app, north) = (&world.app, &world.north);
        for (number, (status, code)) in [(423, ""), (429, ""), (400, "6160"), (400, "6250"), (400, "6280")]
            .into_iter()
            .enumerate()
        {
            let reference = north.authorized(app, &format!("acme-shop-{number}"), 1_000).await;
            world.simulator.test().clear_requests();
            let no = Rule::new("no", answer(status, code)).on("epayment.capture");
            world.simulator.test().add_fault(no);
            let key = format!("k{number}");
            let patient = Partner {
                patience: Duration::minutes(2),
                ..north.clone()
            };
            // The last pause of the five is the longest: four seconds, and up to half as much again.
            let asked = patient.capture(app, &reference, 600, &key);
            let refused = world.finish_turning(Duration::seconds(6), asked).await;
            assert!(
                matches!(&refused, Err(Error::Vipps(no)) if no.status == status),
                "{status} {code}: {refused:?}"
            );
            let first = keys(world);
            assert_eq!(first.len(), 5, "{status} {code}");
            assert!(first.iter().all(|key| *key == first[0]), "{status} {code}");
            assert_eq!(seen(world, "epayment.events"), 1, "{status} {code}");
            // Nothing had happened: the same request is made anew, under another key at Vipps.
            world.simulator.test().clear_faults();
            let captured = world
                .finish(north.capture(app, &reference, 600, &key))
                .await
                .unwrap();
            assert_eq!(captured.operation.status, Status::Succeeded, "{status} {code}");
            assert!(!captured.replayed);
            assert_ne!(keys(world).last(), first.last(), "{status} {code}");
            assert_eq!(
                ledger(world, &reference).last(),
                Some(&(EventName::Captured, 600))
            );
        }
    }
}

#[tokio::test]
async fn already_refunded_is_a_success_only_when_the_event_log_has_our_key() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        north.capture(app, &reference, 1_000, "all").await.unwrap();
        // Somebody else has given back as much: the sums would say yes, the log does not.
        north.refund(app, &reference, 400, "theirs").await.unwrap();
        let rule = Rule::new("no", answer(400, "6180")).on("epayment.refund").once();
        world.simulator.test().add_fault(rule);
        let refused = north.refund(app, &reference, 400, "ours").await.unwrap();
        assert_eq!(refused.operation.status, Status::Refused);
        let refunds = ledger(world, &reference)
            .into_iter()
            .filter(|(name, _)| *name == EventName::Refunded);
        assert_eq!(refunds.count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_cancel_of_what_somebody_else_has_cancelled_succeeds_by_the_state() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let elsewhere = world.beside_another_database().await;
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        north.get(app, &reference).await.unwrap();
        // In the portal, say: our books do not know.
        elsewhere
            .north
            .cancel(&elsewhere.app, &reference, "theirs")
            .await
            .unwrap();
        let cancelled = world.finish(north.cancel(app, &reference, "ours")).await.unwrap();
        assert_eq!(cancelled.operation.status, Status::Succeeded);
        assert_eq!(cancelled.payment.unwrap().payment.aggregate.cancelled, 1_000);
        let cancels = ledger(world, &reference)
            .into_iter()
            .filter(|(name, _)| *name == EventName::Cancelled);
        assert_eq!(cancels.count(), 1);
    })
    .await;
}
