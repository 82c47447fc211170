//! Order lines and the sums under them (Order Management API 2.1, receipt, 2025-06; ePayment API 1.8.1,
//! `receipt`, 2026-04: the same shape). A receipt is written once, so every mistake is caught before.

use domain::receipt::Line;
use domain::{Amount, Currency, ReceiptFacts};

use super::{Facts, amount};
use crate::body::At;

impl Facts for ReceiptFacts {
    fn read(body: &At<'_>) -> Option<Self> {
        let lines = body.field("orderLines").required().and_then(|at| lines(&at));
        let currency = body
            .field("bottomLine")
            .required()
            .and_then(|at| bottom_line(&at));
        Some(Self {
            lines: lines?,
            currency: currency?,
        })
    }
}

fn lines(at: &At<'_>) -> Option<Vec<Line>> {
    let lines = at.list()?;
    if lines.is_empty() {
        at.fault("length", "must have at least one line");
        return None;
    }
    let read: Vec<_> = lines.iter().map(line).collect();
    read.into_iter().collect()
}

fn line(at: &At<'_>) -> Option<Line> {
    let at = at.clone().object()?;
    for name in ["name", "id"] {
        if let Some(text) = at.field(name).required() {
            let _ = text.text();
        }
    }
    let sum = |name| at.field(name).required().and_then(|it| minor(&it));
    let (gross, net, tax) = (
        sum("totalAmount"),
        sum("totalAmountExcludingTax"),
        sum("totalTaxAmount"),
    );
    if let (Some(gross), Some(net), Some(tax)) = (gross, net, tax)
        && gross - net != tax
    {
        at.field("totalTaxAmount").fault(
            "sum",
            format!("must be totalAmount - totalAmountExcludingTax = {}", gross - net),
        );
    }
    let (rate, percentage) = rate(&at);
    unit(&at.field("unitInfo"));
    let discount = at.field("discount").optional().and_then(|it| minor(&it));
    if let Some(url) = at.field("productUrl").optional() {
        let _ = url.text();
    }
    let flags = ["isReturn", "isShipping"].map(|name| at.field(name).optional().map(|it| it.flag()));
    // A return takes off what it says, so that the lines add up.
    let sign = if flags[0].flatten() == Some(true) { -1 } else { 1 };
    Some(Line {
        gross: sign * gross?,
        net: sign * net?,
        tax: sign * tax?,
        rate,
        percentage,
        discount,
    })
}

/// The tax is said once: both ways at once is refused by Vipps, none is refused too.
fn rate(line: &At<'_>) -> (Option<i64>, Option<i64>) {
    let (rate, percentage) = (line.field("taxRate"), line.field("taxPercentage"));
    if rate.is_present() == percentage.is_present() {
        let remedy = "must be there and taxPercentage must not: hundredths of a percent, 2500 for 25 %";
        rate.fault("exactly_one", remedy);
    }
    (
        rate.optional()
            .and_then(|it| it.integer(0, 10_000, "hundredths of a percent, 2500 for 25 %")),
        percentage
            .optional()
            .and_then(|it| it.integer(0, 100, "percent, 25 for 25 %")),
    )
}

fn unit(at: &At<'_>) {
    let Some(at) = at.clone().optional().and_then(At::object) else {
        return;
    };
    let price = at.field("unitPrice");
    if !price.is_said() {
        price.fault("required", "is missing: the price of one, or null");
    }
    if let Some(price) = price.optional() {
        let _ = minor(&price);
    }
    if let Some(quantity) = at.field("quantity").required()
        && quantity.text().is_some_and(|text| !is_quantity(text))
    {
        quantity.fault(
            "format",
            "must be a decimal number in at most 10 characters, such as \"2.5\"",
        );
    }
    if let Some(unit) = at.field("quantityUnit").optional() {
        let _ = unit.text();
    }
}

/// `^\d+([\.]\d{1,8})?$`, at most 10 characters.
fn is_quantity(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let legal = match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part) && part.len() <= 8,
        None => digits(text),
    };
    legal && text.len() <= 10
}

fn bottom_line(at: &At<'_>) -> Option<Currency> {
    let at = at.clone().object()?;
    for name in [
        "tipAmount",
        "giftCardAmount",
        "totalTax",
        "totalDiscount",
        "shippingAmount",
    ] {
        if let Some(sum) = at.field(name).optional() {
            let _ = minor(&sum);
        }
    }
    // Vipps bounds this one not at all: more may be returned than is bought.
    if let Some(sum) = at.field("totalAmount").optional() {
        let _ = signed(&sum);
    }
    if let Some(freight) = at.field("shippingInfo").optional().and_then(At::object) {
        for name in ["amount", "amountExcludingTax", "taxAmount"] {
            if let Some(sum) = freight.field(name).optional() {
                let _ = minor(&sum);
            }
        }
        if let Some(percentage) = freight.field("taxPercentage").optional() {
            let _ = percentage.integer(0, 100, "percent, 25 for 25 %");
        }
    }
    for name in ["posId", "receiptNumber", "terminalId"] {
        if let Some(text) = at.field(name).optional() {
            let _ = text.text();
        }
    }
    if let Some(barcode) = at.field("barcode").optional().and_then(At::object) {
        for name in ["format", "data"] {
            if let Some(text) = barcode.field(name).optional() {
                let _ = text.text();
            }
        }
    }
    if let Some(sources) = at.field("paymentSources").optional().and_then(At::object) {
        for name in ["giftCard", "card", "voucher", "cash"] {
            if let Some(sum) = sources.field(name).optional() {
                let _ = signed(&sum);
            }
        }
    }
    at.field("currency")
        .required()
        .and_then(|it| amount::currency(&it))
}

/// An amount of minor units that is not negative: a return is marked by `isReturn`.
fn minor(at: &At<'_>) -> Option<i64> {
    at.integer(0, MOST, "minor units, 4990 and not 49.90")
}

/// An amount of minor units for which Vipps documents no bound: what is given back is negative.
fn signed(at: &At<'_>) -> Option<i64> {
    at.integer(-MOST, MOST, "minor units, 4990 and not 49.90")
}

/// More than any payment can be, and far from where sums overflow.
const MOST: i64 = Amount::MOST * 1000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::check;
    use super::*;

    const GOOD: &str = r#"{
        "orderLines": [
            {"name": "Socks", "id": "1", "totalAmount": 1000, "totalAmountExcludingTax": 800,
             "totalTaxAmount": 200, "taxRate": 2500,
             "unitInfo": {"unitPrice": 400, "quantity": "2.5", "quantityUnit": "KG"},
             "discount": 0, "productUrl": "https://example.com", "isReturn": false, "isShipping": false},
            {"name": "Hat", "id": "2", "totalAmount": 300, "totalAmountExcludingTax": 300,
             "totalTaxAmount": 0, "taxPercentage": 0, "isReturn": true, "newField": [1]}],
        "bottomLine": {"currency": "NOK", "posId": "p", "receiptNumber": "1", "tipAmount": 5,
                       "barcode": {"format": "EAN-13", "data": "1"}, "paymentSources": {"cash": 5}}}"#;

    #[test]
    fn a_good_receipt_adds_up_with_returns_taken_off() {
        let (receipt, faults) = check::of::<ReceiptFacts>(GOOD);
        assert_eq!(faults, [""; 0]);
        let receipt = receipt.unwrap();
        assert_eq!((receipt.sum(), receipt.lines.len()), (700, 2));
        assert!(receipt.violations("").is_empty());
        assert_eq!(receipt.currency, Currency::NOK);
    }

    #[test]
    fn each_broken_rule_is_named_at_its_place() {
        for (path, value, fault) in [
            ("orderLines", json!([]), "orderLines: length"),
            ("orderLines", json!({}), "orderLines: type"),
            ("orderLines.0", json!(7), "orderLines[0]: type"),
            ("orderLines.0.name", Value::Null, "orderLines[0].name: required"),
            ("orderLines.0.id", json!(1), "orderLines[0].id: type"),
            (
                "orderLines.0.totalAmount",
                json!(10.5),
                "orderLines[0].totalAmount: integer",
            ),
            (
                "orderLines.0.totalAmount",
                json!(-1),
                "orderLines[0].totalAmount: range",
            ),
            (
                "orderLines.0.totalTaxAmount",
                json!(201),
                "orderLines[0].totalTaxAmount: sum",
            ),
            (
                "orderLines.0.taxRate",
                Value::Null,
                "orderLines[0].taxRate: exactly_one",
            ),
            (
                "orderLines.0.taxRate",
                json!(10_001),
                "orderLines[0].taxRate: range",
            ),
            ("orderLines.0.taxRate", json!("25"), "orderLines[0].taxRate: type"),
            (
                "orderLines.1.taxRate",
                json!(0),
                "orderLines[1].taxRate: exactly_one",
            ),
            (
                "orderLines.1.taxPercentage",
                json!(101),
                "orderLines[1].taxPercentage: range",
            ),
            (
                "orderLines.0.discount",
                json!(-1),
                "orderLines[0].discount: range",
            ),
            (
                "orderLines.0.isReturn",
                json!("yes"),
                "orderLines[0].isReturn: type",
            ),
            (
                "orderLines.0.unitInfo.quantity",
                json!(2.5),
                "orderLines[0].unitInfo.quantity: type",
            ),
            (
                "orderLines.0.unitInfo.quantity",
                json!("2,5"),
                "orderLines[0].unitInfo.quantity: format",
            ),
            (
                "orderLines.0.unitInfo.quantity",
                json!("1.123456789"),
                "orderLines[0].unitInfo.quantity: format",
            ),
            ("bottomLine", Value::Null, "bottomLine: required"),
            ("bottomLine", json!([{"currency": "NOK"}]), "bottomLine: type"),
            ("bottomLine.currency", json!("kr"), "bottomLine.currency: format"),
            (
                "orderLines.0.unitInfo",
                json!({"unitPrice": null}),
                "orderLines[0].unitInfo.quantity: required",
            ),
            (
                "orderLines.0.unitInfo",
                json!({"quantity": "1"}),
                "orderLines[0].unitInfo.unitPrice: required",
            ),
            (
                "bottomLine.shippingInfo",
                json!({"amount": 1.5, "taxPercentage": null}),
                "bottomLine.shippingInfo.amount: integer",
            ),
            (
                "bottomLine.paymentSources.cash",
                json!("5"),
                "bottomLine.paymentSources.cash: type",
            ),
        ] {
            assert_eq!(check::with::<ReceiptFacts>(GOOD, path, value), [fault], "{path}");
        }
    }

    #[test]
    fn what_vipps_does_not_bound_is_not_bounded_here() {
        for (path, value) in [
            ("bottomLine.totalAmount", json!(-500)),
            ("bottomLine.paymentSources.cash", json!(-5)),
            ("orderLines.0.name", json!("")),
            ("orderLines.0.name", json!("x".repeat(2000))),
            ("bottomLine.barcode", json!({"format": "CODE 128", "data": ""})),
            (
                "orderLines.0.unitInfo",
                json!({"unitPrice": null, "quantity": "1"}),
            ),
        ] {
            let faults = check::with::<ReceiptFacts>(GOOD, path, value.clone());
            assert_eq!(faults, [""; 0], "{path} = {value}");
        }
    }

    #[test]
    fn all_faults_come_at_once() {
        let faults = check::of::<ReceiptFacts>(r#"{"orderLines":[{"id":"1"},{"name":"x","id":"2"}]}"#).1;
        assert_eq!(faults.len(), 1 + 3 + 1 + 3 + 1 + 1, "{faults:?}");
    }

    proptest! {
        #[test]
        fn a_line_is_good_exactly_when_its_three_sums_agree(
            net in 0_i64..10_000_000, tax in 0_i64..3_000_000, off in -2_i64..=2
        ) {
            let said = tax + off;
            let body = json!({
                "orderLines": [{"name": "a", "id": "b", "totalAmount": net + tax,
                    "totalAmountExcludingTax": net, "totalTaxAmount": said, "taxRate": 2500}],
                "bottomLine": {"currency": "DKK"}
            });
            let (_, faults) = check::of::<ReceiptFacts>(&body.to_string());
            prop_assert_eq!(faults.is_empty(), off == 0);
        }

        #[test]
        fn a_quantity_is_what_the_published_pattern_says(text in "[0-9.]{0,12}") {
            let whole = text.split('.').next().unwrap_or_default();
            let rest = text.strip_prefix(whole).unwrap_or_default();
            let pattern = !whole.is_empty()
                && (rest.is_empty()
                    || (rest.len() >= 2 && rest.len() <= 9 && !rest[1..].contains('.')))
                && text.len() <= 10;
            prop_assert_eq!(is_quantity(&text), pattern);
        }
    }
}
