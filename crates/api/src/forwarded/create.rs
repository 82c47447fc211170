//! A payment to be created (ePayment API 1.8.1, create payment, 2026-04).

use domain::{CreateFacts, ReceiptFacts, Reference};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Facts, amount, customer, shipping, url};
use crate::body::At;

impl Facts for CreateFacts {
    fn read(body: &At<'_>) -> Option<Self> {
        let amount = amount::read(&body.field("amount"));
        let reference = body.field("reference").required().and_then(|at| reference(&at));
        let user_flow = body
            .field("userFlow")
            .required()
            .and_then(|at| at.text_of(1, 100));
        let method = method(&body.field("paymentMethod"));
        flow(body, user_flow, method);
        texts(body);
        urls(body);
        metadata(&body.field("metadata"));
        qr_format(&body.field("qrFormat"));
        airline(&body.field("industryData").field("airlineData"));
        if let Some(at) = body.field("customer").optional() {
            customer::read(&at);
        }
        if let Some(at) = body.field("shipping").optional()
            && let Some(at) = at.object()
        {
            shipping::read(&at);
            express(body, method);
        }
        let receipt = body.field("receipt").optional();
        if let Some(at) = receipt.clone().and_then(At::object) {
            let _ = ReceiptFacts::read(&at);
        }
        expiry(&body.field("expiresAt"), receipt.is_some());
        Some(Self {
            reference: reference?,
            amount: amount?,
            user_flow: user_flow?.to_owned(),
            has_receipt: receipt.is_some(),
        })
    }
}

fn reference(at: &At<'_>) -> Option<Reference> {
    let parsed = at.text()?.parse();
    if parsed.is_err() {
        at.fault("format", "must be 8 to 64 letters (A-Z, a-z), digits or hyphens");
    }
    parsed.ok()
}

fn method<'a>(at: &At<'a>) -> Option<&'a str> {
    let at = at.clone().required()?.object()?;
    if let Some(blocked) = at.field("blockedSources").optional() {
        for source in blocked.list().unwrap_or_default() {
            let _ = source.text();
        }
    }
    at.field("type").required()?.text_of(1, 100)
}

/// What one user flow needs of the others.
fn flow(body: &At<'_>, user_flow: Option<&str>, method: Option<&str>) {
    if user_flow == Some("WEB_REDIRECT") && !body.field("returnUrl").is_present() {
        body.field("returnUrl").fault(
            "required",
            "is missing: WEB_REDIRECT leads the customer back to it",
        );
    }
    if user_flow == Some("PUSH_MESSAGE") && !body.field("customer").is_present() {
        body.field("customer")
            .fault("required", "is missing: PUSH_MESSAGE needs somebody to push to");
    }
    if method == Some("CARD") && user_flow.is_some_and(|flow| flow != "WEB_REDIRECT") {
        body.field("userFlow").fault(
            "combination",
            "must be WEB_REDIRECT when paymentMethod.type is CARD",
        );
    }
}

/// What Express needs of the other fields: a wallet to pay with, and the customer's address.
fn express(body: &At<'_>, method: Option<&str>) {
    if method.is_some_and(|method| method != "WALLET") {
        body.field("paymentMethod")
            .field("type")
            .fault("combination", "must be WALLET when there is shipping");
    }
    let scope = body.field("profile").field("scope");
    let names_address = match scope.clone().optional() {
        // Anything but a text has its own fault.
        Some(scope) => scope
            .as_text()
            .is_none_or(|words| words.split_whitespace().any(|word| word == "address")),
        None => false,
    };
    if !names_address {
        scope.fault("combination", "must name `address` when there is shipping");
    }
}

fn texts(body: &At<'_>) {
    if let Some(at) = body.field("paymentDescription").optional() {
        let _ = at.text_of(3, 100);
    }
    if let Some(at) = body.field("customerInteraction").optional() {
        let _ = at.text();
    }
    if let Some(at) = body.field("minimumUserAge").optional() {
        let _ = at.integer(0, 100, "years");
    }
    if let Some(profile) = body.field("profile").optional().and_then(At::object)
        && let Some(scope) = profile.field("scope").optional()
    {
        let _ = scope.text();
    }
}

fn urls(body: &At<'_>) {
    if let Some(at) = body.field("returnUrl").optional() {
        url::read(&at, 2500);
    }
    if let Some(at) = body.field("receiptUrl").optional() {
        url::read(&at, usize::MAX);
    }
    if let Some(links) = body.field("merchantLegalLinks").optional().and_then(At::object) {
        for name in ["termsOfSaleUrl", "privacyPolicyUrl"] {
            if let Some(at) = links.field(name).optional() {
                url::read_page(&at);
            }
        }
    }
}

fn metadata(at: &At<'_>) {
    let Some(at) = at.clone().optional().and_then(At::object) else {
        return;
    };
    let pairs = at.members();
    if pairs.len() > 5 {
        at.fault("length", "must have at most 5 pairs");
    }
    for (name, value) in pairs {
        if !(1..=100).contains(&name.chars().count()) {
            at.fault("length", "must have keys of 1 to 100 characters");
        }
        let _ = value.text_of(0, 500);
    }
}

fn qr_format(at: &At<'_>) {
    let Some(at) = at.clone().optional().and_then(At::object) else {
        return;
    };
    if let Some(format) = at.field("format").required() {
        let _ = format.text();
    }
    if let Some(size) = at.field("size").optional() {
        let _ = size.integer(100, 2000, "pixels");
    }
}

fn airline(at: &At<'_>) {
    let Some(at) = at.clone().optional().and_then(At::object) else {
        return;
    };
    for (name, least, most) in [
        ("agencyInvoiceNumber", 1, 6),
        ("airlineCode", 3, 3),
        ("airlineDesignatorCode", 2, 2),
        ("passengerName", 1, 49),
    ] {
        if let Some(at) = at.field(name).required() {
            let _ = at.text_of(least, most);
        }
    }
    if let Some(at) = at.field("ticketNumber").optional() {
        let _ = at.text_of(1, 150);
    }
}

/// Only its form: whether the moment is 10 minutes to 60 days away depends on the hour, and a repeated
/// request must find its answer at any hour. Vipps refuses with 6110 and 6120.
fn expiry(at: &At<'_>, has_receipt: bool) {
    let Some(at) = at.clone().optional() else { return };
    if at
        .text()
        .is_some_and(|text| OffsetDateTime::parse(text, &Rfc3339).is_err())
    {
        at.fault(
            "format",
            "must be a moment by RFC 3339 with its offset, such as 2026-12-24T18:00:00Z",
        );
    }
    if !has_receipt {
        at.fault("combination", "needs a receipt in the same body");
    }
}

#[cfg(test)]
mod tests {
    use domain::{Amount, Currency};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::check;
    use super::*;

    const GOOD: &str = r#"{
        "amount": {"currency": "NOK", "value": 49900},
        "paymentMethod": {"type": "WALLET"},
        "reference": "acme-shop-123-1",
        "userFlow": "WEB_REDIRECT",
        "returnUrl": "https://example.com/return?order=1",
        "paymentDescription": "One pair of socks",
        "customer": {"phoneNumber": "4712345678"},
        "metadata": {"order": "1"},
        "minimumUserAge": 18,
        "qrFormat": {"format": "IMAGE/PNG", "size": 1024},
        "profile": {"scope": "name phoneNumber"},
        "receiptUrl": null,
        "somethingNew": {"deep": [1.5, "x"]}}"#;

    #[test]
    fn a_good_body_yields_its_facts() {
        let (facts, faults) = check::of::<CreateFacts>(GOOD);
        assert_eq!(faults, [""; 0]);
        let facts = facts.unwrap();
        assert_eq!(facts.amount, Amount::new(49_900, Currency::NOK));
        assert_eq!(facts.reference.as_str(), "acme-shop-123-1");
        assert_eq!(facts.user_flow, "WEB_REDIRECT");
        assert!(!facts.has_receipt);
    }

    #[test]
    fn each_broken_rule_is_named_at_its_place() {
        let long = |length: usize| json!("x".repeat(length));
        for (path, value, fault) in [
            ("amount", Value::Null, "amount: required"),
            ("amount.value", json!(99), "amount.value: range"),
            ("amount.value", json!(65_000_001), "amount.value: range"),
            ("amount.value", json!(499.5), "amount.value: integer"),
            ("amount.value", json!("49900"), "amount.value: type"),
            ("amount.currency", json!("nok"), "amount.currency: format"),
            ("amount.currency", json!(578), "amount.currency: type"),
            ("paymentMethod", Value::Null, "paymentMethod: required"),
            ("paymentMethod", json!("WALLET"), "paymentMethod: type"),
            ("paymentMethod.type", Value::Null, "paymentMethod.type: required"),
            ("reference", Value::Null, "reference: required"),
            ("reference", json!("short"), "reference: format"),
            ("reference", json!("under_score_1"), "reference: format"),
            ("reference", long(65), "reference: format"),
            ("reference", json!(12_345_678), "reference: type"),
            ("userFlow", Value::Null, "userFlow: required"),
            ("userFlow", json!("PUSH_MESSAGES"), ""),
            ("returnUrl", Value::Null, "returnUrl: required"),
            ("returnUrl", json!("http://example.com"), "returnUrl: format"),
            ("returnUrl", json!("javascript:alert(1)"), "returnUrl: format"),
            ("returnUrl", json!("/return"), "returnUrl: format"),
            ("returnUrl", json!("myapp://return"), ""),
            (
                "returnUrl",
                json!(format!("https://e.com/{}", "x".repeat(2500))),
                "returnUrl: length",
            ),
            ("paymentDescription", json!("ab"), "paymentDescription: length"),
            ("paymentDescription", long(101), "paymentDescription: length"),
            ("customer", json!({}), "customer: exactly_one"),
            (
                "customer.personalQr",
                json!("https://qr"),
                "customer: exactly_one",
            ),
            (
                "customer.phoneNumber",
                json!("+4712345678"),
                "customer.phoneNumber: format",
            ),
            (
                "customer.phoneNumber",
                json!("12345678"),
                "customer.phoneNumber: format",
            ),
            (
                "customer.phoneNumber",
                json!(4_712_345_678_i64),
                "customer.phoneNumber: type",
            ),
            ("metadata.order", json!(1), "metadata.order: type"),
            ("metadata.order", long(501), "metadata.order: length"),
            ("minimumUserAge", json!(101), "minimumUserAge: range"),
            ("qrFormat.size", json!(99), "qrFormat.size: range"),
            ("qrFormat.format", Value::Null, "qrFormat.format: required"),
            ("profile.scope", json!(["name"]), "profile.scope: type"),
            ("receiptUrl", json!("http://e.com"), "receiptUrl: format"),
            (
                "expiresAt",
                json!("2026-12-24T18:00:00Z"),
                "expiresAt: combination",
            ),
            ("receipt", json!({}), "receipt.orderLines: required"),
            ("shipping", json!({}), "shipping: exactly_one"),
            (
                "shipping",
                json!({"fixedOptions": []}),
                "profile.scope: combination",
            ),
            (
                "receiptUrl",
                json!(format!("https://e.com/{}", "x".repeat(2500))),
                "",
            ),
            ("customer", json!({"customerToken": "x".repeat(5000)}), ""),
            (
                "merchantLegalLinks",
                json!({"termsOfSaleUrl": "http://example.com/terms"}),
                "",
            ),
            (
                "merchantLegalLinks",
                json!({"termsOfSaleUrl": "x"}),
                "merchantLegalLinks.termsOfSaleUrl: format",
            ),
            (
                "industryData",
                json!({"airlineData": {"agencyInvoiceNumber": "1", "airlineCode": "12", "airlineDesignatorCode": "DY",
                    "passengerName": "N"}}),
                "industryData.airlineData.airlineCode: length",
            ),
        ] {
            let faults = check::with::<CreateFacts>(GOOD, path, value.clone());
            let first = faults.first().map_or("", String::as_str);
            assert_eq!(first, fault, "{path} = {value}: {faults:?}");
        }
    }

    #[test]
    fn every_language_of_the_market_may_be_written_in_a_description() {
        assert!(
            check::with::<CreateFacts>(GOOD, "paymentDescription", json!("Blåbærsyltetøj ÄÖ")).is_empty()
        );
    }

    #[test]
    fn more_than_five_pairs_of_metadata_are_too_many() {
        let pairs: serde_json::Map<_, _> = (0..6).map(|it| (it.to_string(), json!("x"))).collect();
        let faults = check::with::<CreateFacts>(GOOD, "metadata", Value::Object(pairs));
        assert_eq!(faults, ["metadata: length"]);
    }

    #[test]
    fn a_card_needs_the_web_and_a_push_needs_a_customer() {
        let mut body: Value = serde_json::from_str(GOOD).unwrap();
        body["paymentMethod"]["type"] = json!("CARD");
        body["userFlow"] = json!("QR");
        let faults = check::of::<CreateFacts>(&body.to_string()).1;
        assert_eq!(faults, ["userFlow: combination"]);
        body["paymentMethod"]["type"] = json!("WALLET");
        body["userFlow"] = json!("PUSH_MESSAGE");
        body["customer"] = Value::Null;
        let faults = check::of::<CreateFacts>(&body.to_string()).1;
        assert_eq!(faults, ["customer: required"]);
    }

    #[test]
    fn express_needs_a_wallet_an_address_and_whole_options() {
        let mut body: Value = serde_json::from_str(GOOD).unwrap();
        body["profile"]["scope"] = json!("name address email phoneNumber");
        body["shipping"] = json!({"allowedCountries": ["NO"], "fixedOptions": [{
            "type": "HOME_DELIVERY", "brand": "A_NEW_ONE", "isDefault": true, "priority": 1,
            "options": [{"id": "1", "name": "Home", "amount": {"currency": "NOK", "value": 0}, "priority": 0}]}]});
        assert_eq!(check::of::<CreateFacts>(&body.to_string()).1, [""; 0]);
        body["shipping"]["fixedOptions"][0]["options"][0] = json!({"name": 7, "amount": {"value": 1.5}});
        body["shipping"]["fixedOptions"][0]["brand"] = Value::Null;
        body["paymentMethod"]["type"] = json!("CARD");
        assert_eq!(
            check::of::<CreateFacts>(&body.to_string()).1,
            [
                "shipping.fixedOptions[0].brand: required",
                "shipping.fixedOptions[0].options[0].id: required",
                "shipping.fixedOptions[0].options[0].name: type",
                "shipping.fixedOptions[0].options[0].amount.currency: required",
                "shipping.fixedOptions[0].options[0].amount.value: integer",
                "paymentMethod.type: combination",
            ]
        );
    }

    #[test]
    fn a_documented_name_in_other_letters_is_a_mistake_and_never_a_second_value() {
        for (body, faults) in [
            (
                r#"{"modificationAmount":{"currency":"NOK","value":1,"Value":5000}}"#,
                &["modificationAmount.Value: spelling"][..],
            ),
            (
                r#"{"modificationAmount":{"currency":"NOK","value":1},"MODIFICATIONAMOUNT":{"currency":"NOK","value":9}}"#,
                &["MODIFICATIONAMOUNT: spelling"],
            ),
            (
                r#"{"ModificationAmount":{"currency":"NOK","value":1}}"#,
                &["ModificationAmount: spelling", "modificationAmount: required"],
            ),
        ] {
            assert_eq!(check::of::<domain::CaptureFacts>(body).1, faults, "{body}");
        }
        let own = json!({"order": "1", "Order": "2"});
        assert!(
            check::with::<CreateFacts>(GOOD, "metadata", own).is_empty(),
            "keys of the caller's own"
        );
    }

    #[test]
    fn the_least_amount_is_that_of_the_currency_and_an_unknown_one_is_forwarded() {
        let least = |currency: &str, value: i64| {
            check::with::<CreateFacts>(GOOD, "amount", json!({"currency": currency, "value": value}))
        };
        for (currency, smallest) in [
            ("NOK", 100),
            ("SEK", 100),
            ("DKK", 1),
            ("EUR", 1),
            ("USD", 1),
            ("GBP", 1),
            ("ISK", 0),
        ] {
            assert!(least(currency, smallest).is_empty(), "{currency}");
            assert_eq!(
                least(currency, smallest - 1),
                ["amount.value: range"],
                "{currency}"
            );
        }
    }

    #[test]
    fn a_body_that_is_no_object_has_one_fault() {
        for body in ["[]", "7", "\"text\"", "null", "true"] {
            assert_eq!(check::of::<CreateFacts>(body).1, ["body: type"], "{body}");
        }
    }

    proptest! {
        #[test]
        fn whatever_one_field_holds_the_others_are_still_read(
            name in "amount|reference|userFlow|paymentMethod|customer|metadata|receipt|shipping|qrFormat",
            value in prop_oneof![
                Just(json!(null)), Just(json!([])), Just(json!({})), Just(json!(1)), Just(json!(1.5)),
                Just(json!("x")), Just(json!(true)), Just(json!([{}, null, "a"])),
            ],
        ) {
            let mut body: Value = serde_json::from_str(GOOD).unwrap();
            body[&name] = value;
            let (facts, faults) = check::of::<CreateFacts>(&body.to_string());
            prop_assert_eq!(facts.is_none() && faults.is_empty(), false);
            let may = [&*name, "userFlow", "profile.scope"];
            let is_expected = |fault: &String| may.iter().any(|of| fault.starts_with(of));
            prop_assert!(faults.iter().all(is_expected), "{:?}", faults);
        }
    }
}
