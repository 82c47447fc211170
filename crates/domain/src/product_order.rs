//! Product orders: a partner prefills Vipps' form for a merchant, who signs it, and a sales unit comes of it
//! (Management API 2.0.9, 2026; production only).

use time::Duration;

/// How long the merchant may use the link.
pub const LINK_LIVES: Duration = Duration::days(14);

/// How far an order has come: Vipps' words, and those of its beginning and its end here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Asked for; whether Vipps has it is not known yet.
    Pending,
    /// Vipps has it, and the merchant has not opened the link.
    Received,
    MerchantViewed,
    /// Signed by the merchant; Vipps is at work.
    OrderSubmitted,
    /// The sales unit is there.
    Completed,
    /// Vipps does not say why.
    Rejected,
    /// Nobody signed in time.
    Expired,
    /// Taken back by the partner before it was signed.
    Deleted,
    /// Vipps did not take it.
    Refused,
    /// It never reached Vipps.
    NotCreated,
}

impl Status {
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Received,
        Self::MerchantViewed,
        Self::OrderSubmitted,
        Self::Completed,
        Self::Rejected,
        Self::Expired,
        Self::Deleted,
        Self::Refused,
        Self::NotCreated,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Received => "received",
            Self::MerchantViewed => "merchant_viewed",
            Self::OrderSubmitted => "order_submitted",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
            Self::Refused => "refused",
            Self::NotCreated => "not_created",
        }
    }

    /// Whether anything can still come of it.
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Pending | Self::Received | Self::MerchantViewed | Self::OrderSubmitted
        )
    }

    /// Whether it waits for the merchant: it has a link, and may be taken back.
    pub const fn is_unsigned(self) -> bool {
        matches!(self, Self::Received | Self::MerchantViewed)
    }

    /// Whether Vipps may say `next` of an order that was here. An order goes forward only: an answer that would
    /// take it back is an old one.
    pub const fn may_become(self, next: Self) -> bool {
        self.is_open() && self.rank() <= next.rank()
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Received => 1,
            Self::MerchantViewed => 2,
            Self::OrderSubmitted => 3,
            Self::Completed
            | Self::Rejected
            | Self::Expired
            | Self::Deleted
            | Self::Refused
            | Self::NotCreated => 4,
        }
    }
}

/// How long an open order of this age is left alone after a look. The Management API names no limit (2026-09), so
/// one look a minute is the most, while somebody may sit in front of the form.
pub fn pause(age: Duration) -> Duration {
    if age < Duration::minutes(10) {
        Duration::MINUTE
    } else if age < Duration::HOUR {
        Duration::minutes(5)
    } else if age < Duration::DAY {
        Duration::minutes(15)
    } else if age < LINK_LIVES {
        Duration::HOUR
    } else {
        Duration::hours(3)
    }
}

/// How long an order is left alone after `tries` looks in a row that told nothing.
pub fn back_off(tries: u32) -> Duration {
    Duration::seconds(2_i64 << tries.min(11)).min(Duration::HOUR)
}

/// What the rules need of an order's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `business:NO:ORG`, `business:DK:CVR`, `business:FI:Y-tunnus`.
    pub scheme: String,
    /// As the country's register writes it.
    pub number: String,
    pub product_type: String,
}

impl Facts {
    /// The country in the scheme.
    pub fn country(&self) -> &str {
        self.scheme.split(':').nth(1).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_goes_forward_and_ends_once() {
        for status in Status::ALL {
            for next in Status::ALL {
                let may = status.may_become(next);
                assert!(!may || status.is_open(), "{status:?} to {next:?}");
            }
        }
        assert!(Status::Received.may_become(Status::Received));
        assert!(Status::Received.may_become(Status::Completed));
        assert!(!Status::OrderSubmitted.may_become(Status::MerchantViewed));
        assert!(!Status::Completed.may_become(Status::Rejected));
    }

    #[test]
    fn looks_are_never_closer_than_a_minute_and_slow_down_with_age() {
        let ages = [0, 9, 30, 600, 10_000, 30_000].map(Duration::minutes);
        let pauses = ages.map(pause);
        assert!(pauses.is_sorted() && pauses[0] == Duration::MINUTE, "{pauses:?}");
        assert_eq!(back_off(0), Duration::seconds(2));
        assert_eq!(back_off(99), Duration::HOUR);
    }

    #[test]
    fn the_country_stands_in_the_scheme() {
        let of = |scheme: &str| Facts {
            scheme: scheme.to_owned(),
            number: "987654321".to_owned(),
            product_type: "CHECKOUT".to_owned(),
        };
        assert_eq!(of("business:FI:Y-tunnus").country(), "FI");
        assert_eq!(of("something").country(), "");
    }
}
