//! One key set for many: the trouble of one sales unit is nobody else's.

use domain::Clock as _;
use domain::admission::fair::Tally;
use futures_util::StreamExt as _;
use testkit::platform::{Platform, UnderWay};
use testkit::{Kind, on_both_databases};
use time::Duration;

on_both_databases!(the_trouble_of_one_unit_is_nobody_elses_on_platform_keys);

async fn the_trouble_of_one_unit_is_nobody_elses_on_platform_keys(kind: Kind) {
    let platform = Platform::start(kind, 100).await;
    let world = &platform.gateway.world;
    let began = world.clock.now();
    platform.fall_sick();
    let mut slow = UnderWay::new();
    let mut refused = 0;
    let mut tokens = Vec::new();
    let vipps = world.simulator.production();
    for nth in 0..75 {
        let (well, sick) = platform.second(nth, &mut slow, async |ask| ask.now().await).await;
        for answer in well {
            assert!([200, 201].contains(&answer.status), "{answer}");
        }
        for answer in sick {
            assert!(answer.status >= 400, "{answer}");
            refused += usize::from(answer.code() == "sales_unit_disconnected");
        }
        let seen = vipps.requests().into_iter();
        tokens.extend(
            seen.filter(|it| it.operation == Some("token.standard"))
                .map(|it| it.at),
        );
        vipps.clear_requests();
    }
    assert!(refused > 250, "only {refused} of 375 blows were held back here");
    assert!(slow.len() >= 9, "nobody was slow: {}", slow.len());
    // Nobody stood in line, and nobody was turned away.
    let standing = world.app.standing();
    assert_eq!(standing.waiting, 0, "{standing:?}");
    assert_eq!([standing.waited, standing.refused], [Tally::default(); 2]);
    // The broken one's 401 make no more than two token calls in any minute.
    assert!(!tokens.is_empty());
    for first in &tokens {
        let within = tokens
            .iter()
            .filter(|at| *at >= first && **at < *first + Duration::MINUTE);
        assert!(within.count() <= 2, "{tokens:?}");
    }
    assert_eq!(world.clock.now() - began, Duration::seconds(75));
    // What is under way at the slow one ends as well.
    while !slow.is_empty() {
        world.advance(Duration::SECOND).await;
        let settled = slow.next().await.unwrap();
        assert_eq!(settled.status, 201, "{settled}");
    }
}
