//! Which operations a payment allows, by what the books know of it.

use crate::operation::Kind;
use crate::{Amount, Payment, State, payment::Refusal};

/// Operations whose money may still move: pending ones and those whose outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Open {
    /// The sum of open captures, in minor units.
    pub captures: i64,
    /// The sum of open refunds, in minor units.
    pub refunds: i64,
    pub cancel: bool,
}

impl Open {
    /// The sums over open operations, each with its amount (0 for those that name none).
    pub fn over(operations: impl IntoIterator<Item = (Kind, i64)>) -> Self {
        let mut open = Self::default();
        for (kind, value) in operations {
            match kind {
                Kind::Capture => open.captures = open.captures.saturating_add(value),
                Kind::Refund => open.refunds = open.refunds.saturating_add(value),
                Kind::Cancel => open.cancel = true,
                Kind::Create => {}
            }
        }
        open
    }
}

/// A move of money on an existing payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Capture(Amount),
    Refund(Amount),
    Cancel { transaction_only: bool },
}

impl Move {
    pub const fn kind(self) -> Kind {
        match self {
            Self::Capture(_) => Kind::Capture,
            Self::Refund(_) => Kind::Refund,
            Self::Cancel { .. } => Kind::Cancel,
        }
    }

    pub const fn amount(self) -> Option<Amount> {
        match self {
            Self::Capture(amount) | Self::Refund(amount) => Some(amount),
            Self::Cancel { .. } => None,
        }
    }
}

impl Payment {
    /// What may still be taken, in minor units. Nothing while a cancel is open: it may have released all.
    pub const fn capturable(&self, open: Open) -> i64 {
        if open.cancel {
            return 0;
        }
        let sums = self.aggregate;
        let left = sums
            .authorized
            .saturating_sub(sums.captured)
            .saturating_sub(sums.cancelled)
            .saturating_sub(open.captures);
        if left < 0 { 0 } else { left }
    }

    /// What may still be given back, in minor units. An open capture funds no refund: it may not come about.
    pub const fn refundable(&self, open: Open) -> i64 {
        let sums = self.aggregate;
        let left = sums
            .captured
            .saturating_sub(sums.refunded)
            .saturating_sub(open.refunds);
        if left < 0 { 0 } else { left }
    }

    /// Whether the operation makes sense at all. A no counts only when the books were read from Vipps
    /// after the request came; a yes leaves the last word to Vipps, which also knows deadlines and flags.
    ///
    /// # Errors
    /// The reason, with the numbers that explain it.
    pub fn allow(&self, wanted: Move, open: Open) -> Result<(), Refusal> {
        match wanted {
            Move::Capture(asked) => {
                self.reserved()?;
                self.in_currency(asked)?;
                let left = Amount::new(self.capturable(open), self.amount.currency);
                if asked.value > left.value {
                    return Err(Refusal::ExceedsCapturable { asked, left });
                }
                Ok(())
            }
            Move::Refund(asked) => {
                self.reserved()?;
                self.in_currency(asked)?;
                let left = Amount::new(self.refundable(open), self.amount.currency);
                if asked.value > left.value {
                    return Err(Refusal::ExceedsRefundable { asked, left });
                }
                Ok(())
            }
            Move::Cancel { transaction_only } => match self.state {
                State::Authorized if transaction_only => Err(Refusal::AlreadyApproved),
                State::Authorized if self.capturable(open) == 0 => Err(Refusal::NothingToCancel),
                State::Created | State::Authorized => Ok(()),
                State::Aborted | State::Expired | State::Terminated => {
                    Err(Refusal::NotCancellable { state: self.state })
                }
            },
        }
    }

    /// Whether the payment is as a cancel would leave it: ended before approval, or with its whole
    /// uncaptured rest released. A cancel moves no money to anybody, so it alone may succeed by state.
    pub const fn is_cancelled(&self) -> bool {
        let sums = self.aggregate;
        match self.state {
            State::Terminated => true,
            State::Authorized => {
                sums.cancelled > 0 && sums.captured.saturating_add(sums.cancelled) == sums.authorized
            }
            State::Created | State::Aborted | State::Expired => false,
        }
    }

    fn reserved(&self) -> Result<(), Refusal> {
        if self.state == State::Authorized {
            Ok(())
        } else {
            Err(Refusal::NotAuthorized { state: self.state })
        }
    }

    fn in_currency(&self, asked: Amount) -> Result<(), Refusal> {
        if asked.currency == self.amount.currency {
            Ok(())
        } else {
            Err(Refusal::WrongCurrency {
                asked: asked.currency,
                payment: self.amount.currency,
            })
        }
    }
}
