use crate::{Amount, Currency, State};

/// Why the gateway itself says no to an operation, always after reading Vipps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nothing is reserved: the payment is {state}")]
    NotAuthorized { state: State },
    #[error("the payment is {state} and cannot be cancelled")]
    NotCancellable { state: State },
    #[error("nothing is left to cancel")]
    NothingToCancel,
    #[error("the customer has approved, and only an unapproved payment was to be cancelled")]
    AlreadyApproved,
    #[error("{asked} was asked for and {left} can be captured")]
    ExceedsCapturable { asked: Amount, left: Amount },
    #[error("{asked} was asked for and {left} can be refunded")]
    ExceedsRefundable { asked: Amount, left: Amount },
    #[error("the payment is in {payment}, not in {asked}")]
    WrongCurrency { asked: Currency, payment: Currency },
    #[error("the sales unit has a payment with this reference")]
    ReferenceTaken,
    #[error("only the test environment approves by request")]
    NotInTest,
    #[error("another receipt was written for this payment, and receipts are written once")]
    ReceiptWritten,
}
