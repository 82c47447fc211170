//! A product order to be made (Management API 2.0.9, prefill a product order, 2026-09).
//!
//! Vipps shows its merchant a form with what stands here. A logo that breaks the rules is not refused there but left
//! out without a word, so it is refused here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::product_order::Facts as OrderFacts;

use super::{Facts, url};
use crate::body::At;

const MOST_TURNOVER: i64 = 999_999_999;
/// The sides of a logo, in pixels.
const LEAST_SIDE: u32 = 100;
const MOST_SIDE: u32 = 1000;

impl Facts for OrderFacts {
    fn read(body: &At<'_>) -> Option<Self> {
        let business = business(&body.field("businessIdentifier"));
        let kind = body.field("productType").required();
        let kind = kind.and_then(|at| at.text_of(1, 50));
        sales_unit(body);
        money(body);
        texts(body);
        website(&body.field("website"));
        let (scheme, number) = business?;
        Some(Self {
            scheme,
            number,
            product_type: kind?.to_owned(),
        })
    }
}

/// Whose order it is.
fn business(at: &At<'_>) -> Option<(String, String)> {
    let at = at.clone().required()?.object()?;
    let scheme = at.field("scheme").required().and_then(|at| {
        let scheme = at.text_of(10, 30)?;
        let mut parts = scheme.split(':');
        let country = (parts.next() == Some("business")).then(|| parts.next()).flatten();
        let is_country =
            country.is_some_and(|it| it.len() == 2 && it.bytes().all(|byte| byte.is_ascii_uppercase()));
        if !is_country {
            at.fault(
                "format",
                "must be business:country:register, such as business:NO:ORG",
            );
            return None;
        }
        Some(scheme.to_owned())
    });
    let number = at.field("id").required().and_then(|at| {
        let number = at.text_of(4, 50)?;
        if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            at.fault(
                "format",
                "must be digits and hyphens, as the country's register writes it",
            );
            return None;
        }
        Some(number.to_owned())
    });
    Some((scheme?, number?))
}

/// How the sales unit is to look.
fn sales_unit(body: &At<'_>) {
    if let Some(at) = body.field("salesUnitName").optional()
        && let Some(name) = at.text_of(1, 40)
        && !name.chars().all(is_in_name)
    {
        at.fault(
            "format",
            "must be letters, digits, spaces and ( ) * + , - . / : ; < = > ? @ [ ] ^ _ ` or a backslash",
        );
    }
    if let Some(at) = body.field("salesUnitLogo").optional()
        && let Some(text) = at.text()
    {
        logo(&at, text);
    }
}

/// The document's pattern, `[\p{L}\p{M}\d\\(\)-_\+\s\.\x60]`, has a range from the closing parenthesis to the
/// underscore.
fn is_in_name(character: char) -> bool {
    let is_mark = ('\u{300}'..='\u{36f}').contains(&character);
    character.is_alphanumeric()
        || is_mark
        || character.is_whitespace()
        || matches!(character, '(' | '`' | ')'..='_')
}

fn logo(at: &At<'_>, text: &str) {
    let Ok(image) = STANDARD.decode(text) else {
        at.fault("format", "must be base64 (RFC 4648 section 4)");
        return;
    };
    let Some(sides) = sides(&image) else {
        at.fault("format", "must be a PNG image, as base64");
        return;
    };
    if sides.iter().any(|side| !(LEAST_SIDE..=MOST_SIDE).contains(side)) {
        let [width, height] = sides;
        at.fault(
            "range",
            format!("must be 100 to 1000 pixels on each side; this one is {width} by {height}"),
        );
    }
}

/// Width and height of a PNG image: its header is its first part (PNG specification, 5.2 and 11.2.1).
fn sides(image: &[u8]) -> Option<[u32; 2]> {
    let rest = image.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let (width, rest) = rest.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some([u32::from_be_bytes(*width), u32::from_be_bytes(*height)])
}

/// Where the money goes, and how much it is to be.
fn money(body: &At<'_>) {
    if let Some(at) = body.field("settlementBankAccount").optional()
        && let Some(at) = at.object()
    {
        if let Some(scheme) = at.field("scheme").required()
            && let Some(text) = scheme.text_of(5, 20)
            && !text.starts_with("BBAN:")
        {
            scheme.fault(
                "format",
                "must be BBAN:country, such as BBAN:NO: an IBAN is not taken",
            );
        }
        if let Some(id) = at.field("id").required() {
            matching(&id, "must be 9 to 34 digits", |text| {
                (9..=34).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            });
        }
    }
    if let Some(at) = body.field("pricePackageId").optional() {
        matching(
            &at,
            "must be a UUID: one of the partner's price packages at Vipps",
            is_uuid,
        );
    }
    if let Some(at) = body.field("annualTurnover").optional() {
        let _ = at.integer(0, MOST_TURNOVER, "100000, in whole kroner or euro");
    }
    if let Some(at) = body.field("annualTurnoverPercentage").optional() {
        matching(
            &at,
            "must be one of 10, 20, 30 and so on to 100, as text",
            |text| text == "100" || matches!(text.as_bytes(), [b'1'..=b'9', b'0']),
        );
    }
    if let Some(at) = body.field("hasRecurring").optional() {
        let _ = at.flag();
    }
    if let Some(at) = body.field("merchantCategoryCode").optional() {
        // Text in the document, a number in the guide's sample: both are sent on.
        if at.as_text().is_some() {
            matching(&at, "must be four digits", |text| {
                text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
            });
        } else {
            let _ = at.integer(1000, 9999, "5942, or \"0742\"");
        }
    }
}

fn texts(body: &At<'_>) {
    if let Some(at) = body.field("productUseCase").optional() {
        let _ = at.text_of(1, 50);
    }
    if let Some(at) = body.field("intendedPurpose").optional() {
        let _ = at.text();
    }
    if let Some(at) = body.field("app").optional().and_then(At::object)
        && let Some(name) = at.field("appName").required()
    {
        let _ = name.text();
    }
}

fn website(at: &At<'_>) {
    let Some(at) = at.clone().optional().and_then(At::object) else {
        return;
    };
    for name in ["url", "termsUrl"] {
        if let Some(at) = at.field(name).required() {
            url::read_https(&at);
        }
    }
    if let Some(at) = at.field("testWebsiteUrl").optional() {
        url::read_https(&at);
    }
    for name in ["testWebsiteUsername", "testWebsitePassword"] {
        if let Some(at) = at.field(name).optional() {
            let _ = at.text();
        }
    }
}

fn matching(at: &At<'_>, message: &str, is_good: impl Fn(&str) -> bool) {
    if at.text().is_some_and(|text| !is_good(text)) {
        at.fault("format", message);
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::check;
    use super::*;

    fn png(width: u32, height: u32) -> String {
        let mut image = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        image.extend_from_slice(&width.to_be_bytes());
        image.extend_from_slice(&height.to_be_bytes());
        STANDARD.encode(image)
    }

    /// The guide's sample, with a logo that is one.
    fn sample() -> String {
        json!({
            "businessIdentifier": {"scheme": "business:NO:ORG", "id": "9876543221"},
            "salesUnitName": "ACME Fantastic Fitness",
            "salesUnitLogo": png(100, 1000),
            "settlementBankAccount": {"scheme": "BBAN:NO", "id": "86011117947"},
            "pricePackageId": "8a11afb7-c223-48ed-8ca6-4722b97261aa",
            "productType": "PAYMENT_INTEGRATION",
            "productUseCase": "WebsiteWithTest",
            "annualTurnover": 100_000,
            "annualTurnoverPercentage": "50",
            "intendedPurpose": "Gym membership.",
            "app": {"appName": "Acme"},
            "website": {
                "url": "https://example.com",
                "termsUrl": "https://example.com/terms-and-conditions",
                "testWebsiteUrl": "https://example.com/test ",
                "testWebsiteUsername": "test-user",
                "testWebsitePassword": "test-password",
            },
            "hasRecurring": true,
            "merchantCategoryCode": 5942,
            "somethingNew": {"a": 1},
        })
        .to_string()
    }

    #[test]
    fn the_sample_is_good_and_says_whose_it_is() {
        let (facts, faults) = check::of::<OrderFacts>(&sample());
        assert_eq!(faults, [""; 0]);
        let facts = facts.unwrap();
        assert_eq!((facts.country(), facts.number.as_str()), ("NO", "9876543221"));
        assert_eq!(facts.product_type, "PAYMENT_INTEGRATION");
        let bare = r#"{"businessIdentifier":{"scheme":"business:FI:Y-tunnus","id":"1234567-8"},"productType":"LOGIN"}"#;
        assert_eq!(check::of::<OrderFacts>(bare).1, [""; 0]);
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one line for each way to be wrong")]
    fn every_broken_rule_is_named_at_its_place() {
        let cases: &[(&str, Value, &str)] = &[
            ("businessIdentifier", Value::Null, "businessIdentifier: required"),
            (
                "businessIdentifier.scheme",
                json!("NO"),
                "businessIdentifier.scheme: length",
            ),
            (
                "businessIdentifier.scheme",
                json!("norwegian-orgs"),
                "businessIdentifier.scheme: format",
            ),
            (
                "businessIdentifier.scheme",
                json!("business:no:ORG"),
                "businessIdentifier.scheme: format",
            ),
            (
                "businessIdentifier.id",
                json!("NO 987"),
                "businessIdentifier.id: format",
            ),
            (
                "businessIdentifier.id",
                json!(987_654_321),
                "businessIdentifier.id: type",
            ),
            (
                "businessIdentifier.id",
                json!("123"),
                "businessIdentifier.id: length",
            ),
            ("productType", Value::Null, "productType: required"),
            ("salesUnitName", json!(""), "salesUnitName: length"),
            ("salesUnitName", json!("x".repeat(41)), "salesUnitName: length"),
            ("salesUnitName", json!("Fish & Chips"), "salesUnitName: format"),
            ("salesUnitName", json!("Blåbær (Øst) 2/3 - Åbo"), ""),
            ("salesUnitLogo", json!("not base64!"), "salesUnitLogo: format"),
            (
                "salesUnitLogo",
                json!("VGhlIGltYWdlIGdvZXMgaGVyZQ=="),
                "salesUnitLogo: format",
            ),
            ("salesUnitLogo", json!(png(99, 100)), "salesUnitLogo: range"),
            ("salesUnitLogo", json!(png(100, 1001)), "salesUnitLogo: range"),
            (
                "settlementBankAccount.id",
                json!("12345678"),
                "settlementBankAccount.id: format",
            ),
            (
                "settlementBankAccount.id",
                Value::Null,
                "settlementBankAccount.id: required",
            ),
            (
                "settlementBankAccount.scheme",
                json!("IBAN:NO"),
                "settlementBankAccount.scheme: format",
            ),
            ("pricePackageId", json!("cheap"), "pricePackageId: format"),
            ("annualTurnover", json!(1_000_000_000), "annualTurnover: range"),
            ("annualTurnover", json!(-1), "annualTurnover: range"),
            ("annualTurnover", json!("100000"), "annualTurnover: type"),
            (
                "annualTurnoverPercentage",
                json!("55"),
                "annualTurnoverPercentage: format",
            ),
            (
                "annualTurnoverPercentage",
                json!("110"),
                "annualTurnoverPercentage: format",
            ),
            (
                "annualTurnoverPercentage",
                json!(50),
                "annualTurnoverPercentage: type",
            ),
            ("app.appName", Value::Null, "app.appName: required"),
            ("website.termsUrl", Value::Null, "website.termsUrl: required"),
            ("website.url", json!("http://example.com"), "website.url: format"),
            (
                "website.testWebsiteUrl",
                json!("test"),
                "website.testWebsiteUrl: format",
            ),
            ("hasRecurring", json!("yes"), "hasRecurring: type"),
            (
                "merchantCategoryCode",
                json!("59420"),
                "merchantCategoryCode: format",
            ),
            ("merchantCategoryCode", json!(742), "merchantCategoryCode: range"),
            ("merchantCategoryCode", json!("0742"), ""),
        ];
        for (path, value, expected) in cases {
            let faults = check::with::<OrderFacts>(&sample(), path, value.clone());
            let expected: Vec<_> = Some(*expected).filter(|it| !it.is_empty()).into_iter().collect();
            assert_eq!(faults, expected, "{path} = {value}");
        }
    }
}
