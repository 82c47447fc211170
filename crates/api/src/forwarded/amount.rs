//! `{ "currency": "NOK", "value": 49900 }`.

use domain::{Amount, Currency};

use crate::body::At;

/// Reads the amount of a payment: no less than Vipps takes of the currency (ePayment API 1.8.1, amount,
/// 2026-04). Unknown currencies are Vipps' to judge.
pub(super) fn read(at: &At<'_>) -> Option<Amount> {
    let least = |currency: Option<&Currency>| match currency.map(Currency::as_str) {
        Some("NOK" | "SEK") => 100,
        Some("DKK" | "EUR" | "USD" | "GBP") => 1,
        _ => 0,
    };
    read_from(at, least)
}

/// Reads the amount of a capture or refund: at least one minor unit, whatever the currency. Vipps' minimum
/// is that of a payment; a rest may be smaller.
pub(super) fn read_part(at: &At<'_>) -> Option<Amount> {
    read_from(at, |_| 1)
}

/// Reads what is charged beside the payment's amount, such as shipping: it may be nothing.
pub(super) fn read_charge(at: &At<'_>) {
    let _ = read_from(at, |_| 0);
}

fn read_from(at: &At<'_>, least: impl Fn(Option<&Currency>) -> i64) -> Option<Amount> {
    let at = at.clone().required()?.object()?;
    let currency = at.field("currency").required().and_then(|at| currency(&at));
    let least = least(currency.as_ref());
    let value = at
        .field("value")
        .required()
        .and_then(|at| at.integer(least, Amount::MOST, "minor units, 4990 and not 49.90"));
    Some(Amount::new(value?, currency?))
}

pub(super) fn currency(at: &At<'_>) -> Option<Currency> {
    let parsed = at.text()?.parse();
    if parsed.is_err() {
        at.fault("format", "must be three upper-case letters, such as NOK");
    }
    parsed.ok()
}
