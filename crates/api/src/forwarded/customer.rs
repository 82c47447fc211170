//! Who is to pay (ePayment API 1.8.1, `customer`, 2026-04).

use crate::body::At;

/// Exactly one of a phone number, a personal QR code and a customer token.
pub(super) fn read(at: &At<'_>) {
    let Some(at) = at.clone().object() else { return };
    let ways = ["phoneNumber", "personalQr", "customerToken"].map(|name| at.field(name));
    if ways.iter().filter(|way| way.is_present()).count() != 1 {
        at.fault(
            "exactly_one",
            "must have exactly one of phoneNumber, personalQr and customerToken",
        );
    }
    let [phone, qr, token] = ways;
    if let Some(phone) = phone.optional() {
        let digits = phone.text();
        let legal = |text: &str| (9..=15).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
        if digits.is_some_and(|text| !legal(text)) {
            phone.fault(
                "format",
                "must be 9 to 15 digits with the country code and without +, such as 4712345678",
            );
        }
    }
    if let Some(qr) = qr.optional() {
        let _ = qr.text_of(5, 255);
    }
    if let Some(token) = token.optional() {
        let _ = token.text();
    }
}
