//! The bodies of the ePayment API, as tables.

use crate::orders::receipt::RECEIPT;
use crate::schema::{Field, Kind, nullable, optional, required};

pub(crate) const CREATE: &[Field] = &[
    required("amount", Kind::Object(AMOUNT)),
    required("paymentMethod", Kind::Object(METHOD)),
    required(
        "reference",
        Kind::Pattern("the regular expression '^[a-zA-Z0-9-]{8,64}$'", reference),
    ),
    required(
        "userFlow",
        Kind::OneOf(&["WEB_REDIRECT", "PUSH_MESSAGE", "NATIVE_REDIRECT", "QR"]),
    ),
    optional(
        "returnUrl",
        Kind::Pattern("https or an app scheme in at most 2500 characters", url),
    )
    .code(4090),
    optional("customer", Kind::Object(CUSTOMER)),
    optional(
        "customerInteraction",
        Kind::OneOf(&["CUSTOMER_PRESENT", "CUSTOMER_NOT_PRESENT"]),
    ),
    optional("paymentDescription", Kind::Text(3, 100)),
    optional(
        "profile",
        Kind::Object(&[optional("scope", Kind::Text(0, usize::MAX))]),
    ),
    nullable("minimumUserAge", Kind::Integer(0, 100)),
    nullable("expiresAt", Kind::Text(1, 64)),
    nullable("qrFormat", Kind::Object(QR)),
    nullable("metadata", Kind::Any),
    nullable("receipt", Kind::Object(RECEIPT)),
    nullable(
        "receiptUrl",
        Kind::Pattern("https or an app scheme in at most 2500 characters", url),
    )
    .code(4090),
    optional("shipping", Kind::Any),
    optional(
        "industryData",
        Kind::Object(&[optional("airlineData", Kind::Object(AIRLINE))]),
    ),
    optional("merchantLegalLinks", Kind::Object(LEGAL_LINKS)),
    optional("cardPassthrough", Kind::Any),
];

pub(crate) const MODIFICATION: &[Field] = &[required("modificationAmount", Kind::Object(AMOUNT))];

pub(crate) const CANCEL: &[Field] = &[optional("cancelTransactionOnly", Kind::Boolean)];

pub(crate) const APPROVE: &[Field] = &[
    optional("customer", Kind::Object(CUSTOMER)),
    optional("token", Kind::Text(1, 4096)),
];

const AMOUNT: &[Field] = &[
    required("value", Kind::Integer(0, crate::epayment::money::MAXIMUM)).code(4040),
    required(
        "currency",
        Kind::OneOf(&["NOK", "DKK", "EUR", "SEK", "USD", "GBP"]),
    ),
];

const METHOD: &[Field] = &[
    required("type", Kind::OneOf(&["WALLET", "CARD", "CARD_PASSTHROUGH"])).code(4160),
    optional("blockedSources", Kind::Words(&["COMMERCIAL_CARDS"])),
];

const CUSTOMER: &[Field] = &[
    optional(
        "phoneNumber",
        Kind::Pattern(r"the regular expression '^\d{9,15}$'", phone),
    )
    .code(4070),
    optional("personalQr", Kind::Text(5, 255)).code(4060),
    optional("customerToken", Kind::Text(1, usize::MAX)).code(4050),
];

const QR: &[Field] = &[
    required(
        "format",
        Kind::OneOf(&["TEXT/TARGETURL", "IMAGE/SVG+XML", "IMAGE/PNG"]),
    ),
    nullable("size", Kind::Integer(100, 2000)),
];

const AIRLINE: &[Field] = &[
    required("agencyInvoiceNumber", Kind::Text(1, 6)),
    required("airlineCode", Kind::Text(3, 3)),
    required("airlineDesignatorCode", Kind::Text(2, 2)),
    required("passengerName", Kind::Text(1, 49)),
    optional("ticketNumber", Kind::Text(1, 150)),
];

// Announced for October 2026; no limits are known.
const LEGAL_LINKS: &[Field] = &[
    optional("termsOfSaleUrl", Kind::Text(1, usize::MAX)),
    optional("privacyPolicyUrl", Kind::Text(1, usize::MAX)),
];

pub(crate) fn reference(text: &str) -> bool {
    (8..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `https`, or the scheme of an app; `http` is neither.
fn url(text: &str) -> bool {
    let Ok(parsed) = url::Url::parse(text) else {
        return false;
    };
    text.chars().count() <= 2500 && parsed.scheme() != "http"
}

fn phone(text: &str) -> bool {
    (9..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
