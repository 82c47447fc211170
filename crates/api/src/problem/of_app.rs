//! The one place where the errors of the use cases become problems.

use app::product_orders::Hindrance;
use app::{Error, Limit, What};
use domain::Refusal;
use time::Duration;

use super::{Code, Problem};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(violations) => Self::invalid(violations),
            Error::Forbidden(scope) => Self::new(Code::SCOPE_MISSING).filling(&[("scope", &scope)]),
            Error::NotFound(what) => not_found(what),
            Error::Narrowed => {
                Self::new(Code::TOKEN_NARROWED).challenging("Bearer error=\"insufficient_scope\"")
            }
            Error::Exists(what) => exists(what),
            Error::KeysRefused {
                trouble,
                field,
                rejected,
            } => Self::of_keys(trouble, field, rejected.as_deref()),
            Error::Refused(refusal) => refused(refusal),
            Error::KeyReused => Self::new(Code::IDEMPOTENCY_KEY_REUSED),
            Error::Busy { retry_after } => Self::new(Code::PAYMENT_BUSY).after(seconds(retry_after)),
            Error::Unsettled => Self::new(Code::PAYMENT_UNSETTLED),
            Error::ReferenceBurnt => Self::new(Code::REFERENCE_BURNT),
            Error::WithoutKeys => Self::new(Code::SALES_UNIT_WITHOUT_KEYS),
            Error::Switching => Self::new(Code::KEY_SWITCH_UNDER_WAY),
            Error::Unproven => Self::new(Code::CLAIM_UNPROVEN),
            Error::Closed => Self::new(Code::SALES_UNIT_CLOSED),
            Error::ProductOrder(hindrance) => hindered(hindrance),
            Error::UnprovenForPlatform => Self::new(Code::SALES_UNIT_UNPROVEN),
            Error::Disconnected { retry_after } => {
                Self::new(Code::SALES_UNIT_DISCONNECTED).after(seconds(retry_after))
            }
            Error::Crowded { which, retry_after } => Self::new(Code::TOO_MANY_AT_ONCE)
                .filling(&[("limit", &which.as_str())])
                .after(seconds(retry_after)),
            Error::Limited { which, retry_after } => match which {
                Limit::SalesUnit => Self::new(Code::RATE_LIMITED).filling(&[("limit", &which)]),
                Limit::Writes | Limit::Reads => Self::new(Code::PAYMENT_RATE_LIMITED),
            }
            .after(seconds(retry_after)),
            Error::Vipps(rejected) => Self::of_vipps("", &rejected),
            Error::VippsUnavailable { retry_after } => {
                Self::new(Code::VIPPS_UNREACHABLE).after(seconds(retry_after))
            }
            Error::Unavailable => Self::new(Code::UNAVAILABLE),
            Error::Corrupt { table } => {
                tracing::error!(table, "a stored row is damaged");
                Self::new(Code::INTERNAL)
            }
            Error::Internal(what) => {
                tracing::error!(what, "a use case failed by a defect");
                Self::new(Code::INTERNAL)
            }
        }
    }
}

fn not_found(what: What) -> Problem {
    Problem::new(match what {
        What::SalesUnit => Code::SALES_UNIT_NOT_FOUND,
        What::Payment => Code::PAYMENT_NOT_FOUND,
        What::Operation => Code::OPERATION_NOT_FOUND,
        What::Receipt => Code::RECEIPT_NOT_FOUND,
        What::Merchant => Code::MERCHANT_NOT_FOUND,
        What::ProductOrder => Code::PRODUCT_ORDER_NOT_FOUND,
        What::Partner => Code::PARTNER_NOT_FOUND,
        What::Issuer => Code::ISSUER_NOT_FOUND,
        What::Client => Code::CLIENT_NOT_FOUND,
        What::Profile => Code::PROFILE_NOT_FOUND,
        What::KeySet => Code::KEY_SET_NOT_FOUND,
        What::Transfer => Code::TRANSFER_NOT_FOUND,
    })
}

/// What the caller would have made a second time.
fn exists(what: What) -> Problem {
    Problem::new(match what {
        What::Merchant => Code::MERCHANT_EXISTS,
        What::SalesUnit => Code::SALES_UNIT_EXISTS,
        What::Transfer => Code::TRANSFER_NOT_NEEDED,
        What::Payment
        | What::Operation
        | What::Receipt
        | What::Partner
        | What::Issuer
        | What::Client
        | What::Profile
        | What::KeySet
        | What::ProductOrder => Code::INTERNAL,
    })
}

fn hindered(hindrance: Hindrance) -> Problem {
    match hindrance {
        Hindrance::InTest => Problem::new(Code::PRODUCTION_ONLY),
        Hindrance::WithoutKeys => Problem::new(Code::PARTNER_WITHOUT_KEYS),
        Hindrance::Unsettled => Problem::new(Code::PRODUCT_ORDER_UNSETTLED),
        Hindrance::Closed(status) => {
            Problem::new(Code::PRODUCT_ORDER_CLOSED).filling(&[("status", &status.as_str())])
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NotAuthorized { state } => Problem::new(Code::PAYMENT_NOT_AUTHORIZED)
            .saying(format!("The payment is {state}, so no money is reserved.")),
        Refusal::NotCancellable { state } => Problem::new(Code::PAYMENT_IN_WRONG_STATE)
            .saying(format!("The payment is {state} and cannot be cancelled.")),
        Refusal::NothingToCancel => Problem::new(Code::NOTHING_TO_CANCEL),
        Refusal::AlreadyApproved => Problem::new(Code::PAYMENT_ALREADY_APPROVED),
        Refusal::ExceedsCapturable { asked, left } => {
            Problem::new(Code::CAPTURE_EXCEEDS_AUTHORIZED).filling(&[("asked", &asked), ("left", &left)])
        }
        Refusal::ExceedsRefundable { asked, left } => {
            Problem::new(Code::REFUND_EXCEEDS_CAPTURED).filling(&[("asked", &asked), ("left", &left)])
        }
        Refusal::WrongCurrency { asked, payment } => {
            Problem::new(Code::CURRENCY_DIFFERS).filling(&[("asked", &asked), ("expected", &payment)])
        }
        Refusal::ReferenceTaken => Problem::new(Code::REFERENCE_EXISTS),
        Refusal::NotInTest => Problem::new(Code::TEST_ONLY),
        Refusal::ReceiptWritten => Problem::new(Code::RECEIPT_WRITTEN),
    }
}

/// Rounded up: whoever waits that long is not told to wait again.
fn seconds(wait: Duration) -> u64 {
    let part = i64::from(wait.subsec_nanoseconds() > 0);
    u64::try_from(wait.whole_seconds() + part).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use domain::{Amount, Currency};

    use super::*;

    #[test]
    fn a_refusal_says_the_numbers_that_explain_it() {
        let nok = |value| Amount::new(value, Currency::NOK);
        let problem = Problem::from(Error::Refused(Refusal::ExceedsCapturable {
            asked: nok(50_000),
            left: nok(1_050),
        }));
        assert_eq!(problem.code(), "capture_exceeds_authorized");
        assert_eq!(
            problem.detail(),
            "500.00 NOK was asked for and 10.50 NOK is left to capture."
        );
    }

    #[test]
    fn a_wait_is_rounded_up() {
        assert_eq!(seconds(Duration::milliseconds(1001)), 2);
        assert_eq!(seconds(Duration::seconds(2)), 2);
        assert_eq!(seconds(Duration::seconds(-1)), 0);
    }
}
