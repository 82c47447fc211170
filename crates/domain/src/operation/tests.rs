use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::resolve::{Missing, Sent, may_replay, missing, next_look, repeat_at, retry_after};
use super::*;
use crate::{Accepted, Amount, Currency, Event, EventName, Outcome, Rejected, UpstreamKey};

const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const HORIZON: Duration = Duration::HOUR;

fn nok(value: i64) -> Amount {
    Amount::new(value, Currency::NOK)
}

fn event(name: EventName, value: i64, key: &str, success: bool) -> Event {
    Event {
        name,
        amount: nok(value),
        psp_reference: "psp-9".to_owned(),
        timestamp: START,
        success,
        key: Some(UpstreamKey::from_stored(key)),
    }
}

fn rejected(status: u16, code: &str) -> Rejected {
    Rejected {
        status,
        code: (!code.is_empty()).then(|| code.to_owned()),
        ..Rejected::default()
    }
}

#[test]
fn only_an_event_with_our_key_is_evidence_and_success_decides() {
    let key = UpstreamKey::from_stored("OURS");
    let sought = Sought {
        kind: Kind::Capture,
        key: &key,
        amount: Some(nok(500)),
        sends: 1,
        last_sent_at: START + Duration::SECOND,
    };
    let theirs = event(EventName::Captured, 500, "THEIRS", true);
    let keyless = Event {
        key: None,
        ..theirs.clone()
    };
    let refund = event(EventName::Refunded, 500, "OURS", true);
    assert_eq!(sought.in_log(&[theirs, keyless, refund]), Evidence::None);
    let failed = event(EventName::Captured, 500, "OURS", false);
    let done = event(EventName::Captured, 500, "OURS", true);
    assert_eq!(sought.in_log(std::slice::from_ref(&failed)), Evidence::Failed);
    assert_eq!(sought.in_log(&[failed.clone(), done]), Evidence::Succeeded);
    let other_amount = event(EventName::Captured, 400, "OURS", true);
    assert_eq!(sought.in_log(&[other_amount]), Evidence::Contradiction);
    // Sent again since: the failure may be the first send's.
    let twice = Sought { sends: 2, ..sought };
    assert_eq!(twice.in_log(&[failed]), Evidence::None);
}

#[test]
fn a_cancel_before_approval_shows_as_terminated() {
    let key = UpstreamKey::from_stored("OURS");
    let sought = Sought {
        kind: Kind::Cancel,
        key: &key,
        amount: None,
        sends: 1,
        last_sent_at: START,
    };
    assert_eq!(
        sought.in_log(&[event(EventName::Terminated, 500, "OURS", true)]),
        Evidence::Succeeded
    );
}

#[test]
fn an_answer_means_what_the_table_says() {
    let of = |kind, outcome, in_doubt| Verdict::of(kind, outcome, in_doubt);
    for (status, code) in [(423, ""), (429, ""), (400, "6160"), (409, "6250"), (400, "6280")] {
        let no = rejected(status, code);
        assert_eq!(
            of(Kind::Capture, Outcome::Rejected(no.clone()), false),
            Verdict::Again(no.clone())
        );
        assert!(!verdict::binds(&no));
    }
    for status in [401, 403] {
        let no = rejected(status, "");
        assert_eq!(
            of(Kind::Refund, Outcome::Rejected(no.clone()), false),
            Verdict::Released(no.clone())
        );
        assert_eq!(of(Kind::Refund, Outcome::Rejected(no), true), Verdict::Unknown);
    }
    for status in [408, 500, 502, 503, 504] {
        assert_eq!(
            of(Kind::Create, Outcome::Rejected(rejected(status, "")), false),
            Verdict::Unknown
        );
    }
    let plain = rejected(400, "6090");
    assert_eq!(
        of(Kind::Capture, Outcome::Rejected(plain.clone()), false),
        Verdict::Refused(plain.clone())
    );
    assert_eq!(
        of(Kind::Capture, Outcome::Rejected(plain.clone()), true),
        Verdict::Look(plain)
    );
    for (kind, code) in [
        (Kind::Capture, "6170"),
        (Kind::Refund, "6180"),
        (Kind::Cancel, "6050"),
        (Kind::Cancel, "6190"),
        (Kind::Create, "4150"),
    ] {
        let no = rejected(409, code);
        assert_eq!(of(kind, Outcome::Rejected(no.clone()), false), Verdict::Look(no));
    }
    let not_sent = Outcome::NotSent {
        reason: String::new(),
    };
    assert_eq!(of(Kind::Capture, not_sent.clone(), false), Verdict::NotSent);
    assert_eq!(of(Kind::Capture, not_sent, true), Verdict::Unknown);
}

#[test]
fn the_generation_rises_after_a_definite_no_and_after_nothing_else() {
    use generation::{Ended, next};
    assert_eq!(next([]), 0);
    assert_eq!(
        next([Ended {
            generation: 0,
            rejected: false
        }]),
        0
    );
    assert_eq!(
        next([Ended {
            generation: 0,
            rejected: true
        }]),
        1
    );
    assert_eq!(
        next([
            Ended {
                generation: 0,
                rejected: true
            },
            Ended {
                generation: 1,
                rejected: false
            },
        ]),
        1
    );
}

#[test]
fn a_create_is_given_up_after_two_404s_the_last_a_minute_after_the_last_send() {
    let sent = Sent {
        first: START,
        last: START + Duration::seconds(10),
    };
    let decisive = START + Duration::seconds(70);
    assert_eq!(
        missing(&sent, 0, START + Duration::seconds(20)),
        Missing::LookAgain(decisive)
    );
    assert_eq!(
        missing(&sent, 5, decisive - Duration::SECOND),
        Missing::LookAgain(decisive)
    );
    assert_eq!(missing(&sent, 1, decisive), Missing::NotCreated);
    assert!(matches!(missing(&sent, 0, decisive), Missing::LookAgain(_)));
}

#[test]
fn a_transient_no_is_repeated_five_times_and_never_sooner_than_asked() {
    assert!(retry_after(1, None, 3).unwrap() < Duration::SECOND);
    assert_eq!(retry_after(1, Some(7), 3), Some(Duration::seconds(7)));
    assert_eq!(retry_after(5, None, 3), None);
}

#[test]
fn nothing_is_sent_again_once_the_clock_was_set_back_however_long_it_then_runs() {
    let mut sent = Sent {
        first: START,
        last: START + Duration::seconds(10),
    };
    // Replicas' clocks differ a little.
    assert!(may_replay(&sent, true, START - Duration::MINUTE, HORIZON));
    let now = START - Duration::hours(3);
    assert!(!may_replay(&sent, true, now, HORIZON));
    sent.of_unknown_age(now, HORIZON);
    assert!(!may_replay(&sent, true, START + Duration::MINUTE, HORIZON));
}

#[test]
fn the_same_bytes_leave_again_after_a_second_and_then_ever_later_up_to_half_a_minute() {
    let sent = Sent {
        first: START - Duration::MINUTE,
        last: START,
    };
    let after = [1, 2, 3, 4, 5, 6, 100].map(|sends| (repeat_at(&sent, sends, 0) - START).whole_seconds());
    assert_eq!(after, [1, 2, 4, 8, 16, 25, 25]);
    let most_spread = repeat_at(&sent, 6, 199) - START;
    assert!(
        most_spread > Duration::seconds(29) && most_spread < Duration::seconds(30),
        "{most_spread}"
    );
}

proptest! {
    #[test]
    fn nothing_is_sent_again_beyond_the_horizon_or_under_another_client(
        after in 0_i64..10_000, same in any::<bool>(),
    ) {
        let sent = Sent { first: START, last: START };
        let now = START + Duration::seconds(after);
        let may = may_replay(&sent, same, now, HORIZON);
        prop_assert_eq!(may, same && after < 3_600);
    }

    #[test]
    fn a_look_is_always_later_and_within_half_a_minute_inside_the_horizon(
        rounds in 0_u32..100, after in 0_i64..100_000, salt in any::<u64>(),
    ) {
        let sent = Sent { first: START, last: START };
        let now = START + Duration::seconds(after);
        let at = next_look(&sent, rounds, now, HORIZON, salt);
        prop_assert!(at > now);
        let bound = if after < 3_600 { Duration::seconds(30) } else { Duration::minutes(72) };
        prop_assert!(at - now <= bound);
    }

    #[test]
    fn an_accepted_answer_is_a_success_whatever_came_before(in_doubt in any::<bool>()) {
        let accepted = Accepted { status: 200, body: Vec::new() };
        prop_assert_eq!(
            Verdict::of(Kind::Capture, Outcome::Accepted(accepted.clone()), in_doubt),
            Verdict::Succeeded(accepted)
        );
    }
}
