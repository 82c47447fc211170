//! How an operation of unknown outcome is settled: by reading, and for a while by asking again.

use time::{Duration, OffsetDateTime};

use crate::clock::TOLERANCE;

/// When the operation has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub first: OffsetDateTime,
    pub last: OffsetDateTime,
}

/// No look is put off for longer than this, and no lease is as long: what is due later was put off before
/// the clock was set back.
pub const FARTHEST: Duration = Duration::hours(2);

impl Sent {
    /// Whether the clock was set back since the last send.
    pub fn is_ahead_of(&self, now: OffsetDateTime) -> bool {
        now + TOLERANCE < self.last
    }

    /// The same with a first send that may be as long ago as `horizon`: its true age is not known any more,
    /// also when the clock has caught up.
    pub fn of_unknown_age(&mut self, now: OffsetDateTime, horizon: Duration) {
        self.first = self.first.min(now - horizon);
    }
}

/// Whether the same bytes may leave once more, as far as Vipps' memory goes; the budget is another matter.
/// Vipps does not say how long it remembers a key: within `horizon` of the first send it surely does.
/// `same_client` = the client id that would send it is the one that sent it first: for another one Vipps
/// may not know the key. Not while the clock is behind the last send: how long ago that was is then unknown.
pub fn may_replay(sent: &Sent, same_client: bool, now: OffsetDateTime, horizon: Duration) -> bool {
    same_client && now < sent.first + horizon && !sent.is_ahead_of(now)
}

/// When the same bytes may leave once more after a send that came to nothing known, whatever Vipps said to it:
/// a second after the first, doubling with every further one up to half a minute. `sends` = how many there were.
/// `salt` spreads operations that became unknown together.
pub fn repeat_at(sent: &Sent, sends: u32, salt: u64) -> OffsetDateTime {
    sent.last + back_off(sends.saturating_sub(1), salt)
}

/// Doubling from one second to 25, and up to a fifth more.
fn back_off(steps: u32, salt: u64) -> Duration {
    let wait = Duration::seconds(1_i64 << steps.min(5)).min(Duration::seconds(25));
    spread(wait, salt)
}

fn spread(wait: Duration, salt: u64) -> Duration {
    wait + wait * i32::try_from(salt % 200).unwrap_or(0) / 1000
}

/// How long after a send Vipps' reads may not show yet what came of it: until then a 404 to a create, and an
/// event log that is silent after a no, are not the last word.
pub const MISSING_FOR: Duration = Duration::seconds(60);

/// Whether a definite no ends an operation of which an earlier send, left at `doubted`, may have come about.
/// Vipps says no to a repetition of what is done, and of what is under way; its log shows that a little later.
pub fn is_last_word(doubted: Option<OffsetDateTime>, now: OffsetDateTime) -> bool {
    doubted.is_none_or(|at| now >= at + MISSING_FOR)
}

/// What a 404 says about a create. `earlier` = how many 404s came since the last send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It never came about.
    NotCreated,
    /// Look again, not before then.
    LookAgain(OffsetDateTime),
}

/// The two-404 rule: a payment that Vipps accepted may answer 404 for a few seconds, so one is not enough,
/// and an early one neither.
pub fn missing(sent: &Sent, earlier: u32, now: OffsetDateTime) -> Missing {
    let decisive = sent.last + MISSING_FOR;
    if earlier >= 1 && now >= decisive {
        Missing::NotCreated
    } else if now >= decisive {
        Missing::LookAgain(now + Duration::seconds(1))
    } else {
        Missing::LookAgain(decisive)
    }
}

/// When to look at an unsettled operation again: doubling from one second to half a minute within the
/// horizon, so that an outage of Vipps is followed by a definite answer within a minute; later an
/// ever longer wait, up to an hour. `salt` spreads operations that became unknown together.
pub fn next_look(
    sent: &Sent,
    rounds: u32,
    now: OffsetDateTime,
    horizon: Duration,
    salt: u64,
) -> OffsetDateTime {
    if now < sent.first + horizon {
        return now + back_off(rounds, salt);
    }
    let past: Duration = now - (sent.first + horizon);
    let quarter: Duration = past / 4;
    now + spread(quarter.clamp(Duration::minutes(5), Duration::hours(1)), salt)
}

/// How long to wait before the same request is made again after a transient no, inside one operation.
/// `tries` = how many times it was made. Absent = no more: five in a row are enough.
pub fn retry_after(tries: u32, asked: Option<u64>, salt: u64) -> Option<Duration> {
    if tries >= TRANSIENT_TRIES {
        return None;
    }
    let base = Duration::milliseconds(250 << tries.min(5));
    let spread = i32::try_from(salt % 500).unwrap_or(0);
    let own: Duration = base + base * spread / 1000;
    let asked = asked.map_or(Duration::ZERO, |seconds| {
        Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX).min(86_400))
    });
    Some(own.max(asked))
}

/// How often one operation makes the same request before a transient no is taken for a no.
pub const TRANSIENT_TRIES: u32 = 5;
