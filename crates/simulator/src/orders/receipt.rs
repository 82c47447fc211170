//! What a receipt must look like, by itself or inside a payment.

use serde_json::Value;

use crate::schema::{Field, Kind, Need, nullable, optional, required};

pub(crate) const RECEIPT: &[Field] = &[
    required("orderLines", Kind::Objects(1, LINE)),
    required("bottomLine", Kind::Object(BOTTOM_LINE)),
];

const LINE: &[Field] = &[
    required("name", Kind::Text(1, usize::MAX)),
    required("id", Kind::Text(1, usize::MAX)),
    required("totalAmount", Kind::Integer(0, i64::MAX)),
    required("totalAmountExcludingTax", Kind::Integer(0, i64::MAX)),
    required("totalTaxAmount", Kind::Integer(0, i64::MAX)),
    nullable("taxRate", Kind::Integer(0, 10_000)),
    nullable("taxPercentage", Kind::Integer(0, 100)),
    nullable("unitInfo", Kind::Object(UNIT)),
    nullable("discount", Kind::Integer(0, i64::MAX)),
    nullable("productUrl", Kind::Any),
    nullable("isReturn", Kind::Boolean),
    nullable("isShipping", Kind::Boolean),
];

const UNIT: &[Field] = &[
    required("unitPrice", Kind::Integer(0, i64::MAX)).need(Need::RequiredNullable),
    required(
        "quantity",
        Kind::Pattern(
            r"the regular expression '^\d+([\.]\d{1,8})?$' in at most 10 characters",
            quantity,
        ),
    ),
    nullable(
        "quantityUnit",
        Kind::OneOf(&["PCS", "KG", "KM", "MINUTE", "LITRE", "KWH"]),
    ),
];

const BOTTOM_LINE: &[Field] = &[
    required("currency", Kind::OneOf(&["NOK", "DKK", "EUR"])),
    nullable("tipAmount", Kind::Integer(0, i64::MAX)),
    nullable("posId", Kind::Text(0, usize::MAX)),
    nullable("receiptNumber", Kind::Text(0, usize::MAX)),
    nullable("barcode", Kind::Object(BARCODE)),
    nullable("paymentSources", Kind::Object(SOURCES)),
    // The deprecated ones are still taken.
    nullable("totalAmount", Kind::Integer(i64::MIN, i64::MAX)),
    nullable("totalTax", Kind::Integer(0, i64::MAX)),
    nullable("totalDiscount", Kind::Integer(0, i64::MAX)),
    nullable("shippingAmount", Kind::Integer(0, i64::MAX)),
    nullable("shippingInfo", Kind::Object(SHIPPING)),
    nullable("terminalId", Kind::Text(0, usize::MAX)),
    nullable("giftCardAmount", Kind::Integer(0, i64::MAX)),
];

const BARCODE: &[Field] = &[
    required("format", Kind::OneOf(&["EAN-13", "CODE 39", "CODE 128"])).need(Need::RequiredNullable),
    required("data", Kind::Text(0, usize::MAX)).need(Need::RequiredNullable),
];

const SOURCES: &[Field] = &[
    nullable("giftCard", Kind::Integer(0, i64::MAX)),
    nullable("card", Kind::Integer(0, i64::MAX)),
    nullable("voucher", Kind::Integer(0, i64::MAX)),
    nullable("cash", Kind::Integer(0, i64::MAX)),
];

const SHIPPING: &[Field] = &[
    required("amount", Kind::Integer(0, i64::MAX)).need(Need::RequiredNullable),
    required("amountExcludingTax", Kind::Integer(0, i64::MAX)).need(Need::RequiredNullable),
    required("taxAmount", Kind::Integer(0, i64::MAX)).need(Need::RequiredNullable),
    optional("taxPercentage", Kind::Integer(0, 100)).need(Need::RequiredNullable),
];

/// The rules between the members of a line, of a receipt that has the right members: one of the two
/// rates and not both, and a tax that is the difference of the two amounts.
pub(crate) fn inconsistencies(receipt: &Value, path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (index, line) in receipt["orderLines"].as_array().into_iter().flatten().enumerate() {
        let at = |member: &str| format!("{path}orderLines[{index}].{member}");
        match (line["taxRate"].is_null(), line["taxPercentage"].is_null()) {
            (true, true) => found.push((
                at("taxRate"),
                "One of taxRate and taxPercentage is required.".to_owned(),
            )),
            (false, false) => found.push((at("taxRate"), "Both tax rate and tax percentage set.".to_owned())),
            (true, false) | (false, true) => {}
        }
        let amount = |member: &str| line[member].as_i64().map_or(0, i128::from);
        if amount("totalAmount") - amount("totalAmountExcludingTax") != amount("totalTaxAmount") {
            let reason = "totalTaxAmount must be totalAmount less totalAmountExcludingTax.".to_owned();
            found.push((at("totalTaxAmount"), reason));
        }
    }
    found
}

fn quantity(text: &str) -> bool {
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    let fits = match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part) && part.len() <= 8,
        None => digits(text),
    };
    fits && text.len() <= 10
}
