//! Capture, refund and cancel (ePayment API 1.8.1, modifications, 2026-04).

use domain::{CancelFacts, CaptureFacts, RefundFacts};

use super::{Facts, amount};
use crate::body::At;

impl Facts for CaptureFacts {
    fn read(body: &At<'_>) -> Option<Self> {
        let amount = amount::read_part(&body.field("modificationAmount"))?;
        Some(Self { amount })
    }
}

impl Facts for RefundFacts {
    fn read(body: &At<'_>) -> Option<Self> {
        let amount = amount::read_part(&body.field("modificationAmount"))?;
        Some(Self { amount })
    }
}

impl Facts for CancelFacts {
    /// Vipps' body is optional too, though it is picky about how an empty one is written.
    const MAY_BE_EMPTY: bool = true;

    fn read(body: &At<'_>) -> Option<Self> {
        let transaction_only = match body.field("cancelTransactionOnly").optional() {
            Some(flag) => flag.flag()?,
            None => false,
        };
        Some(Self { transaction_only })
    }
}

#[cfg(test)]
mod tests {
    use domain::{Amount, Currency};

    use super::super::check;
    use super::*;

    #[test]
    fn a_capture_names_its_amount_in_whole_minor_units() {
        let (facts, faults) =
            check::of::<CaptureFacts>(r#"{"modificationAmount":{"currency":"NOK","value":4990}}"#);
        assert_eq!(facts.unwrap().amount, Amount::new(4990, Currency::NOK));
        assert!(faults.is_empty());
        for (value, rule) in [
            ("49.90", "integer"),
            ("1e2", "integer"),
            ("\"4990\"", "type"),
            ("true", "type"),
            ("0", "range"),
            ("-1", "range"),
            ("65000001", "range"),
            ("99999999999999999999", "integer"),
            ("null", "required"),
        ] {
            let body = format!(r#"{{"modificationAmount":{{"currency":"NOK","value":{value}}}}}"#);
            let (facts, faults) = check::of::<RefundFacts>(&body);
            assert!(facts.is_none());
            assert_eq!(faults, [format!("modificationAmount.value: {rule}")], "{value}");
        }
    }

    #[test]
    fn a_currency_that_nobody_here_knows_is_forwarded() {
        let (facts, faults) =
            check::of::<CaptureFacts>(r#"{"modificationAmount":{"currency":"ISK","value":1},"new":{}}"#);
        assert!(facts.is_some() && faults.is_empty());
    }

    #[test]
    fn a_missing_or_mistyped_amount_is_one_fault_at_its_own_place() {
        for body in ["{}", r#"{"modificationAmount":null}"#] {
            assert_eq!(
                check::of::<CaptureFacts>(body).1,
                ["modificationAmount: required"]
            );
        }
        assert_eq!(
            check::of::<CaptureFacts>(r#"{"modificationAmount":4990}"#).1,
            ["modificationAmount: type"]
        );
    }

    #[test]
    fn a_cancel_reads_its_one_flag() {
        let flag = |body| {
            check::of::<CancelFacts>(body)
                .0
                .map(|facts| facts.transaction_only)
        };
        assert_eq!(flag("{}"), Some(false));
        assert_eq!(flag(r#"{"cancelTransactionOnly":true}"#), Some(true));
        assert_eq!(
            check::of::<CancelFacts>(r#"{"cancelTransactionOnly":"true"}"#).1,
            ["cancelTransactionOnly: type"]
        );
    }
}
