//! The error codes of the ePayment API: their HTTP status, title and detail.
//!
//! Vipps documents the numbers and their meaning; statuses other than 400 are documented for the
//! conflicts (409), 5070 (422) and, by the operations' lists of answers, 403 and 404. Texts are ours:
//! clients must not read them.

use http::StatusCode;

use crate::problem::Refusal;

const CODES: &[(u16, u16, &str)] = &[
    (3010, 500, "Internal error"),
    (4010, 409, "Capture idempotency conflict"),
    (4020, 409, "Idempotency key already exists"),
    (4040, 400, "Invalid amount"),
    (4050, 400, "Invalid customer token"),
    (4060, 400, "Invalid personal QR"),
    (4070, 400, "Invalid phone number"),
    (4080, 400, "Invalid scope"),
    (4090, 400, "Invalid URL"),
    (4100, 400, "Too many metadata pairs"),
    (4110, 400, "Metadata key too long"),
    (4120, 400, "Metadata value too long"),
    (4130, 400, "Invalid metadata"),
    (4140, 400, "Missing parameter"),
    (4150, 409, "Reference or idempotency conflict"),
    (4160, 400, "Invalid payment method type"),
    (5010, 400, "Blocked sources not supported"),
    (5020, 403, "Express not allowed"),
    (5030, 403, "Scope not permitted"),
    (5040, 400, "Currency not supported"),
    (5050, 403, "Long-living payments not allowed"),
    (5060, 403, "Bank account not verified"),
    (5070, 422, "Payment cannot be created"),
    (5080, 403, "Push messages not allowed"),
    (5090, 404, "Reference not found"),
    (5100, 400, "Refund not possible"),
    (6010, 400, "Amount too small"),
    (6020, 400, "Cannot refund before reservation"),
    (6030, 400, "Cancel period expired"),
    (6040, 400, "Cannot cancel a captured payment"),
    (6050, 400, "Cannot cancel a payment that is not reserved"),
    (6060, 400, "Payment already authorised"),
    (6070, 400, "Cannot capture a cancelled payment"),
    (6080, 400, "Cannot capture before reservation"),
    (6090, 400, "Amount too high"),
    (6100, 400, "Capture period expired"),
    (6110, 400, "Expiry too late"),
    (6120, 400, "Expiry too soon"),
    (6130, 400, "Receipt required"),
    (6140, 400, "Only the full amount can be captured"),
    (6150, 400, "Refund amount too high"),
    (6160, 400, "Order is being processed"),
    (6170, 400, "Already captured"),
    (6180, 400, "Already refunded"),
    (6190, 400, "Payment already cancelled"),
    (6200, 400, "Wrong state for capture"),
    (6210, 400, "Wrong state for refund"),
    (6220, 400, "Refund period expired"),
    (6230, 400, "Already reserved"),
    (6250, 400, "Cannot cancel while processing"),
    (6260, 400, "Funds no longer available"),
    (6280, 400, "Capture failed, try again later"),
    (7010, 400, "No eligible user"),
    (10010, 400, "Test user has approved no payment by hand"),
    (10020, 400, "Test user unknown or not eligible"),
    (10030, 400, "No customer to approve for"),
    (10040, 400, "Payment source refused"),
    (10050, 400, "Token does not belong to the payment"),
    (10060, 400, "Payment is not waiting for approval"),
    (10070, 400, "Payment cannot be approved here"),
];

/// The refusal of an error code.
pub(crate) fn refused(code: u16, detail: &str) -> Refusal {
    let (status, title) = CODES
        .iter()
        .find(|(it, _, _)| *it == code)
        .map_or((500, "Internal error"), |(_, status, title)| (*status, *title));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Refusal::code(status, code, title, detail)
}

/// A refusal of a faulty body: by its code when a field has one.
pub(crate) fn faulty(faulty: crate::schema::Faulty) -> Refusal {
    match faulty.code {
        Some(code) => {
            let detail = faulty
                .fields
                .iter()
                .map(|(_, reason)| reason.as_str())
                .collect::<Vec<_>>()
                .join(" ");
            refused(code, &detail)
        }
        None => Refusal::fields(faulty.fields),
    }
}

/// Another operation works on the payment: in no specification, but answered.
pub(crate) fn locked() -> Refusal {
    let detail = "The payment is locked by another operation. Try again shortly.";
    Refusal::new(StatusCode::LOCKED, "Locked", detail)
}

/// Whether this refusal may be met again with the same key: Vipps says to retry it so.
pub(crate) fn transient(refusal: &Refusal) -> bool {
    refusal.status.is_server_error()
        || refusal.status == StatusCode::LOCKED
        || matches!(refusal.error_code(), Some(6160 | 6250 | 6280))
}
