//! Many at once: one operation at a time on a payment, one request per key, and Vipps' limits kept.

use app::{Answered, Error, Progress};
use domain::budget::{Budget, READS};
use domain::operation::Status;
use futures_util::future::join_all;
use simulator::{EventName, Outcome};
use testkit::{Kind, World};
use time::Duration;

use crate::{ledger, on_each, seen};

fn unlimited() -> app::Settings {
    let budget = Budget {
        most: 10_000,
        ..READS
    };
    app::Settings {
        writes: budget,
        reads: budget,
        ..app::Settings::default()
    }
}

#[tokio::test]
async fn two_hundred_identical_captures_are_one_request() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        let all = (0..200).map(|_| north.capture(app, &reference, 600, "k"));
        let answers: Vec<Answered> = join_all(all).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(seen(world, "epayment.capture"), 1);
        for answer in &answers {
            if answer.progress == Progress::Settled {
                assert_eq!(answer.operation.status, Status::Succeeded);
                assert_eq!(answer.operation.id, answers[0].operation.id);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn two_replicas_asked_the_same_at_once_send_it_once() {
    on_each(async |world: &World| {
        let north = &world.north;
        let reference = north.authorized(&world.app, "acme-shop-1", 1_000).await;
        let other = world.another_process().await;
        let all = (0..20).map(|number| {
            let app = if number % 2 == 0 { &world.app } else { &other };
            north.capture(app, &reference, 600, "k")
        });
        let answers = world.finish(join_all(all)).await;
        for answer in answers {
            assert_eq!(answer.unwrap().operation.status, Status::Succeeded);
        }
        assert_eq!(seen(world, "epayment.capture"), 1);
    })
    .await;
}

#[tokio::test]
async fn two_hundred_captures_of_a_third_are_three_at_most_and_none_is_too_much() {
    for kind in Kind::ALL {
        let world = World::start_with(kind, unlimited()).await;
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 999).await;
        let all = (0..200).map(|number| async move { number }).map(|number| {
            let reference = reference.clone();
            async move {
                let key = format!("k{}", number.await);
                north.capture(app, &reference, 333, &key).await
            }
        });
        let answers = join_all(all).await;
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(done, 3);
        for answer in answers {
            assert!(
                matches!(answer, Ok(_) | Err(Error::Refused(_) | Error::Busy { .. })),
                "{answer:?}"
            );
        }
        assert_eq!(seen(&world, "epayment.capture"), 3);
        let taken = ledger(&world, &reference);
        assert_eq!(
            taken
                .iter()
                .filter(|(name, _)| *name == EventName::Captured)
                .count(),
            3
        );
    }
}

#[tokio::test]
async fn never_more_than_five_leave_in_any_sixty_seconds_and_vipps_never_says_429() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 10_000).await;
        let mut limited = 0;
        for second in 0..150 {
            let key = format!("k{second}");
            match north.capture(app, &reference, 10, &key).await {
                Ok(_) => {}
                Err(Error::Limited { retry_after, .. }) => {
                    assert!(retry_after <= Duration::MINUTE);
                    limited += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
            world.advance(Duration::SECOND).await;
        }
        assert!(limited > 100);
        let left: Vec<_> = world
            .simulator
            .test()
            .requests()
            .into_iter()
            .filter(|seen| seen.operation == Some("epayment.capture"))
            .collect();
        for from in &left {
            let within = left
                .iter()
                .filter(|seen| seen.at >= from.at && seen.at < from.at + Duration::MINUTE)
                .count();
            assert!(within <= 5, "{within} from {}", from.at);
            assert!(!matches!(from.outcome, Outcome::Answered { status: 429, .. }));
        }
        // A replayed answer costs nothing.
        let again = north.capture(app, &reference, 10, "k0").await.unwrap();
        assert!(again.replayed);
    })
    .await;
}

#[tokio::test]
async fn concurrent_reads_of_one_payment_share_a_call_and_keep_the_limit() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        let reference = north.authorized(app, "acme-shop-1", 1_000).await;
        world.simulator.test().clear_requests();
        for view in join_all((0..50).map(|_| north.get(app, &reference))).await {
            assert_eq!(view.unwrap().payment.aggregate.authorized, 1_000);
        }
        assert!(
            seen(world, "epayment.get") < 50,
            "{}",
            seen(world, "epayment.get")
        );
        let mut limited = false;
        for _ in 0..130 {
            match north.get(app, &reference).await {
                Ok(_) => {}
                Err(Error::Limited { .. }) => limited = true,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(limited);
        assert!(seen(world, "epayment.get") <= 120);
    })
    .await;
}
