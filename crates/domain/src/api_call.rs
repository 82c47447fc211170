//! What became of one call to Vipps, in the words that the ledger of API quality counts in.

use std::borrow::Cow;

use time::Date;

use crate::{Environment, Msn, PartnerId};

/// Whose doing the end of a call was.
///
/// Vipps' partner terms ask partners to watch their API quality. What Vipps itself could not do counts
/// against nobody there, so it is kept apart from what was wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Blame {
    /// An answer that can be believed.
    Nobody,
    /// 4xx: something is wrong with the request, the keys or the sales unit.
    Caller,
    /// 5xx, 408, code 3010, a time-out, an answer that breaks off or cannot be believed.
    Vipps,
    /// Nothing left the house: no connection, no token, or an address that could not be built.
    NotSent,
}

impl Blame {
    pub const ALL: [Self; 4] = [Self::Nobody, Self::Caller, Self::Vipps, Self::NotSent];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Caller => "caller",
            Self::Vipps => "vipps",
            Self::NotSent => "not_sent",
        }
    }

    /// Whose doing a refusal is. 3010 is Vipps' own internal error whatever status it comes with (ePayment
    /// API, error codes, 2026-09).
    pub fn of_refusal(code: Option<&str>) -> Self {
        if code == Some("3010") {
            Self::Vipps
        } else {
            Self::Caller
        }
    }
}

/// What calls are counted by. Holds no reference, no customer and no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiCall {
    pub partner: PartnerId,
    pub environment: Environment,
    /// The day of the answer, UTC.
    pub day: Date,
    /// Absent on calls for all of a partner.
    pub msn: Option<Msn>,
    /// `epayment`, `order-management`, `access-token`, …
    pub api: Cow<'static, str>,
    /// `create`, `capture`, `get`, …
    pub endpoint: Cow<'static, str>,
    pub blame: Blame,
    /// The HTTP status; absent when no answer came.
    pub status: Option<u16>,
    /// Vipps' own code in a refusal: four digits, or a short word.
    pub code: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_vipps_own_internal_error_is_no_fault_of_the_request() {
        assert_eq!(Blame::of_refusal(Some("3010")), Blame::Vipps);
        assert_eq!(Blame::of_refusal(Some("6090")), Blame::Caller);
        assert_eq!(Blame::of_refusal(None), Blame::Caller);
    }

    #[test]
    fn every_blame_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<_> = Blame::ALL.map(Blame::as_str).into();
        assert_eq!(words.len(), Blame::ALL.len());
    }
}
