//! A sales unit on its way from one partner to another: it is drained, what stays unknown is frozen, and then it is
//! switched. Nobody sends for it under two partners at once.

use time::{Duration, OffsetDateTime};

use crate::Proof;

/// How far a transfer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Asked for; nothing has happened to whoever holds the unit.
    Waiting,
    /// The holder begins no money operation any more; what it began is settled with its own keys.
    Draining,
    /// Nothing is sent for the holder any more; what may still be under way is waited for.
    Frozen,
    Completed,
    Refused,
}

impl Stage {
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Draining,
        Self::Frozen,
        Self::Completed,
        Self::Refused,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Draining => "draining",
            Self::Frozen => "frozen",
            Self::Completed => "completed",
            Self::Refused => "refused",
        }
    }

    pub const fn is_over(self) -> bool {
        match self {
            Self::Waiting | Self::Draining | Self::Frozen => false,
            Self::Completed | Self::Refused => true,
        }
    }
}

/// How far an assignment is closed to money because the unit moves away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closing {
    /// Nothing new is begun.
    Draining,
    /// And nothing is sent again.
    Frozen,
    /// The unit is somebody else's.
    Moved,
}

impl Closing {
    pub const ALL: [Self; 3] = [Self::Draining, Self::Frozen, Self::Moved];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Frozen => "frozen",
            Self::Moved => "moved",
        }
    }

    /// Whether what was begun before may be sent once more.
    pub const fn may_send_again(self) -> bool {
        match self {
            Self::Draining => true,
            Self::Frozen | Self::Moved => false,
        }
    }
}

/// What a round does with a transfer whose holder is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Wait,
    /// The time to settle is over: from now on nothing leaves.
    Freeze,
    Switch,
}

/// The holder's side of a transfer under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drain {
    /// When settling gives way to freezing.
    pub until: OffsetDateTime,
    pub frozen_at: Option<OffsetDateTime>,
    /// What the holder began and nobody has settled.
    pub open: u64,
}

/// The next step. `in_flight` = how long a call that left before the freeze may still be under way.
pub fn next(drain: &Drain, now: OffsetDateTime, in_flight: Duration) -> Step {
    if drain.open == 0 {
        return Step::Switch;
    }
    match drain.frozen_at {
        Some(frozen_at) if now >= frozen_at + in_flight => Step::Switch,
        None if now >= drain.until => Step::Freeze,
        Some(_) | None => Step::Wait,
    }
}

/// Whether the holder keeps the unit: keys of the unit itself are what both have shown, and the holder showed them
/// last. Against any other proof (Vipps' own word, or the operator's) keys of the unit say nothing: an old partner
/// keeps them until the merchant makes new ones (Vipps, how to change partners, 2026).
pub fn holder_prevails(
    claim: (Proof, OffsetDateTime),
    holder_showed_own_keys: Option<OffsetDateTime>,
) -> bool {
    match claim {
        (Proof::OwnKeys, at) => holder_showed_own_keys.is_some_and(|shown| shown > at),
        (Proof::Management | Proof::ProductOrder | Proof::Operator, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-11-26 12:00 UTC);
    const IN_FLIGHT: Duration = Duration::seconds(60);

    fn drain(frozen_at: Option<OffsetDateTime>, open: u64) -> Drain {
        Drain {
            until: NOON + Duration::hours(1),
            frozen_at,
            open,
        }
    }

    #[test]
    fn a_holder_with_nothing_open_gives_the_unit_over_at_once() {
        assert_eq!(next(&drain(None, 0), NOON, IN_FLIGHT), Step::Switch);
        assert_eq!(next(&drain(Some(NOON), 0), NOON, IN_FLIGHT), Step::Switch);
    }

    #[test]
    fn what_is_open_has_its_time_and_then_nothing_leaves_before_the_switch() {
        let end = NOON + Duration::hours(1);
        assert_eq!(
            next(&drain(None, 1), end - Duration::SECOND, IN_FLIGHT),
            Step::Wait
        );
        assert_eq!(next(&drain(None, 1), end, IN_FLIGHT), Step::Freeze);
        let frozen = drain(Some(end), 1);
        assert_eq!(next(&frozen, end + Duration::seconds(59), IN_FLIGHT), Step::Wait);
        assert_eq!(next(&frozen, end + IN_FLIGHT, IN_FLIGHT), Step::Switch);
    }

    #[test]
    fn the_keys_of_the_unit_that_were_shown_last_decide_and_nothing_else_is_decided_by_them() {
        let earlier = NOON - Duration::SECOND;
        assert!(holder_prevails((Proof::OwnKeys, earlier), Some(NOON)));
        assert!(!holder_prevails((Proof::OwnKeys, NOON), Some(NOON)));
        assert!(!holder_prevails((Proof::OwnKeys, NOON), Some(earlier)));
        assert!(!holder_prevails((Proof::OwnKeys, NOON), None));
        for other in [Proof::Management, Proof::ProductOrder, Proof::Operator] {
            assert!(!holder_prevails((other, earlier), Some(NOON)));
        }
    }
}
