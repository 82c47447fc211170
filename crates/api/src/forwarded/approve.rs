//! The test environment's approval (ePayment API 1.8.1, force approve payment, 2026-04).

use super::{Facts, customer};
use crate::body::At;

/// Nothing of it is needed here; it is only checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Approve;

impl Facts for Approve {
    const MAY_BE_EMPTY: bool = true;

    fn read(body: &At<'_>) -> Option<Self> {
        if let Some(at) = body.field("customer").optional() {
            customer::read(&at);
        }
        if let Some(token) = body.field("token").optional() {
            let _ = token.text();
        }
        Some(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn an_approval_needs_nothing_and_checks_what_it_gets() {
        assert!(check::of::<Approve>("{}").1.is_empty());
        assert!(
            check::of::<Approve>(r#"{"customer":{"phoneNumber":"4712345678"}}"#)
                .1
                .is_empty()
        );
        assert_eq!(
            check::of::<Approve>(r#"{"customer":{"phoneNumber":"+4712345678"},"token":1}"#).1,
            ["customer.phoneNumber: format", "token: type"]
        );
        assert_eq!(
            check::of::<Approve>(r#"{"customer":{}}"#).1,
            ["customer: exactly_one"]
        );
    }
}
