use std::net::{Ipv4Addr, Ipv6Addr};

use http::HeaderMap;

use super::*;
use crate::testing::HandTurned;

fn limits(burst: u32, per_second: u32) -> (Limits, Arc<HandTurned>) {
    let rate = Rate {
        burst: NonZeroU32::new(burst).unwrap(),
        per_second: NonZeroU32::new(per_second).unwrap(),
    };
    let rates = Rates {
        address: rate,
        partner: rate,
        sales_unit: rate,
    };
    let clock = Arc::new(HandTurned::default());
    let shared: Arc<dyn Clock> = clock.clone();
    (Limits::new(rates, &shared), clock)
}

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[test]
fn a_burst_is_let_in_and_the_next_is_told_how_long_to_wait() {
    let (limits, clock) = limits(3, 1);
    let standings = Standings::default();
    for _ in 0..3 {
        assert!(limits.address(HOME, &standings).is_ok());
    }
    let refused = limits.address(HOME, &standings).unwrap_err();
    assert_eq!(refused.code(), "rate_limited");
    let mut headers = HeaderMap::new();
    standings.write(&mut headers);
    let state = headers["ratelimit"].to_str().unwrap();
    assert!(state.starts_with("\"address\";r=2;t=1, "), "{state}");
    assert!(state.ends_with("\"address\";r=0;t=1"), "{state}");
    clock.advance(time::Duration::seconds(1));
    assert!(limits.address(HOME, &standings).is_ok());
    assert!(limits.address(HOME, &standings).is_err());
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let (limits, clock) = limits(3, 1);
    let standings = Standings::default();
    for _ in 0..3 {
        assert!(limits.address(HOME, &standings).is_ok());
    }
    clock.advance(-time::Duration::hours(1));
    assert!(
        limits.address(HOME, &standings).is_err(),
        "what was spent is spent"
    );
    for _ in 0..5 {
        clock.advance(time::Duration::seconds(1));
        assert!(limits.address(HOME, &standings).is_ok());
    }
    assert!(limits.address(HOME, &standings).is_err());
}

#[test]
fn one_caller_never_spends_what_is_another_s() {
    let (limits, _) = limits(1, 1);
    let standings = Standings::default();
    let (north, south) = (crate::testing::caller(1), crate::testing::caller(2));
    assert!(limits.partner(&north, &standings).is_ok());
    assert!(limits.partner(&north, &standings).is_err());
    assert!(limits.partner(&south, &standings).is_ok());
    let msn: Msn = "123456".parse().unwrap();
    assert!(limits.sales_unit(&north, &msn, &standings).is_ok());
    assert!(limits.sales_unit(&south, &msn, &standings).is_ok());
    assert!(limits.sales_unit(&north, &msn, &standings).is_err());
}

#[test]
fn an_ipv6_network_is_one_caller_and_a_mapped_address_is_its_ipv4_self() {
    let six = |text: &str| IpAddr::V6(text.parse::<Ipv6Addr>().unwrap());
    assert_eq!(network(six("2001:db8::1")), network(six("2001:db8::ffff:1")));
    assert_ne!(network(six("2001:db8::1")), network(six("2001:db8:0:1::1")));
    assert_eq!(network(six("::ffff:127.0.0.1")), HOME);
}

#[test]
fn an_answer_names_the_policy_of_each_limit_it_met() {
    let (limits, _) = limits(50, 10);
    let standings = Standings::default();
    let caller = crate::testing::caller(1);
    limits.address(HOME, &standings).unwrap();
    limits.partner(&caller, &standings).unwrap();
    let mut headers = HeaderMap::new();
    standings.write(&mut headers);
    assert_eq!(
        headers["ratelimit-policy"],
        "\"address\";q=50;w=5, \"partner\";q=50;w=5"
    );
    assert_eq!(headers["ratelimit"], "\"address\";r=49;t=1, \"partner\";r=49;t=1");
}
