/// Where the money of a payment is, in minor units of the payment's currency
/// (ePayment API 1.8.1, get payment, `aggregate`, 2026-04).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Aggregate {
    pub authorized: i64,
    pub captured: i64,
    pub refunded: i64,
    pub cancelled: i64,
}

impl Aggregate {
    /// Whether no amount is smaller than `earlier`'s: sums at Vipps only ever grow.
    pub const fn has_grown_from(self, earlier: Self) -> bool {
        self.authorized >= earlier.authorized
            && self.captured >= earlier.captured
            && self.refunded >= earlier.refunded
            && self.cancelled >= earlier.cancelled
    }

    /// Whether the sums can be true at all: none negative, no more taken or released than was reserved,
    /// no more given back than was taken.
    pub const fn is_sound(self) -> bool {
        self.authorized >= 0
            && self.captured >= 0
            && self.refunded >= 0
            && self.cancelled >= 0
            // Neither is negative, so what is left of the reserved sum cannot overflow; their sum could.
            && self.captured <= self.authorized
            && self.cancelled <= self.authorized - self.captured
            && self.refunded <= self.captured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_beyond_any_money_are_judged_and_not_added_up() {
        for absurd in [
            Aggregate {
                authorized: i64::MAX,
                captured: i64::MAX,
                cancelled: i64::MAX,
                ..Aggregate::default()
            },
            Aggregate {
                authorized: i64::MIN,
                captured: i64::MAX,
                ..Aggregate::default()
            },
            Aggregate {
                captured: i64::MIN,
                cancelled: i64::MIN,
                ..Aggregate::default()
            },
        ] {
            assert!(!absurd.is_sound(), "{absurd:?}");
        }
        let whole = Aggregate {
            authorized: i64::MAX,
            captured: i64::MAX - 1,
            cancelled: 1,
            refunded: 0,
        };
        assert!(whole.is_sound());
    }
}
