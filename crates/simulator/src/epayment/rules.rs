//! What Vipps checks of a payment beyond the form of its body.

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::epayment::errors::refused;
use crate::epayment::money::Currency;
use crate::epayment::payment::{Extras, Method, UserFlow};
use crate::orders::receipt;
use crate::problem::Refusal;
use crate::registry::parties::{Environment, Market, SalesUnit};

/// A create request that keeps the rules.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) reference: String,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) flow: UserFlow,
    pub(crate) method: Method,
    pub(crate) expires: OffsetDateTime,
    pub(crate) customer: Customer,
    pub(crate) minimum_age: u8,
    pub(crate) extras: Extras,
    pub(crate) receipt: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Customer {
    Nobody,
    Phone(String),
    PersonalQr(String),
    Token(String),
}

/// Judges a body that has the right members.
///
/// # Errors
/// The first rule that is broken.
pub(crate) fn judge(
    body: &Value,
    unit: &SalesUnit,
    environment: Environment,
    now: OffsetDateTime,
) -> Result<Wanted, Refusal> {
    let features = &unit.features;
    if !features.payment_allowed {
        return Err(refused(5070, "This sales unit cannot create payments."));
    }
    if !features.bank_account_verified {
        return Err(refused(
            5060,
            "The bank account of this sales unit is not verified.",
        ));
    }
    let (amount, currency) = money(body, unit)?;
    let flow = flow(body)?;
    let method = method(body, unit, environment, flow)?;
    let customer = customer(&body["customer"])?;
    if flow == UserFlow::PushMessage {
        if !features.push_message_allowed {
            return Err(refused(5080, "This sales unit may not use PUSH_MESSAGE."));
        }
        if customer == Customer::Nobody {
            return Err(refused(4140, "PUSH_MESSAGE needs a customer."));
        }
    }
    if !body["shipping"].is_null() {
        return Err(refused(5020, "This sales unit may not use Express."));
    }
    let receipt = body.get("receipt").filter(|it| !it.is_null()).cloned();
    if let Some(receipt) = &receipt {
        let faults = receipt::inconsistencies(receipt, "receipt.");
        if !faults.is_empty() {
            return Err(Refusal::fields(faults));
        }
    }
    let phone_number = match &customer {
        Customer::Phone(number) => Some(number.clone()),
        Customer::PersonalQr(_) | Customer::Token(_) | Customer::Nobody => None,
    };
    Ok(Wanted {
        reference: body["reference"].as_str().unwrap_or_default().to_owned(),
        amount,
        currency,
        flow,
        method,
        expires: expiry(body, unit, now, receipt.is_some())?,
        minimum_age: body["minimumUserAge"]
            .as_u64()
            .and_then(|age| u8::try_from(age).ok())
            .unwrap_or(0),
        extras: Extras {
            metadata: metadata(&body["metadata"])?,
            scope: scope(body, unit)?,
            phone_number,
            qr: (flow == UserFlow::Qr).then(|| {
                body["qrFormat"]["format"]
                    .as_str()
                    .unwrap_or("IMAGE/SVG+XML")
                    .to_owned()
            }),
            unknown_until: None,
        },
        customer,
        receipt,
    })
}

fn money(body: &Value, unit: &SalesUnit) -> Result<(i64, Currency), Refusal> {
    let value = body["amount"]["value"].as_i64().unwrap_or_default();
    let code = body["amount"]["currency"].as_str().unwrap_or_default();
    let currency = Currency::of(unit.market);
    if code != currency.code() {
        return Err(refused(
            5040,
            &format!("This sales unit takes {}, not {code}.", currency.code()),
        ));
    }
    if value < currency.minimum() {
        return Err(refused(
            4040,
            &format!("The least amount is {}.", currency.minimum()),
        ));
    }
    Ok((value, currency))
}

fn flow(body: &Value) -> Result<UserFlow, Refusal> {
    let flow = match body["userFlow"].as_str() {
        Some("PUSH_MESSAGE") => UserFlow::PushMessage,
        Some("NATIVE_REDIRECT") => UserFlow::NativeRedirect,
        Some("QR") => UserFlow::Qr,
        Some(_) | None => UserFlow::WebRedirect,
    };
    if flow == UserFlow::WebRedirect && body["returnUrl"].is_null() {
        return Err(refused(4140, "WEB_REDIRECT needs a returnUrl."));
    }
    let qr = &body["qrFormat"];
    if !qr["size"].is_null() && qr["format"] != "IMAGE/PNG" {
        return Err(Refusal::field(
            "qrFormat.size",
            "The size can be set for IMAGE/PNG only.",
        ));
    }
    Ok(flow)
}

fn method(
    body: &Value,
    unit: &SalesUnit,
    environment: Environment,
    flow: UserFlow,
) -> Result<Method, Refusal> {
    let method = &body["paymentMethod"];
    let blocks = method["blockedSources"]
        .as_array()
        .is_some_and(|it| !it.is_empty());
    if blocks && unit.market == Market::No {
        return Err(refused(
            5010,
            "Sources can be blocked in Denmark and Finland only.",
        ));
    }
    let invalid = |detail| Err(refused(4160, detail));
    match method["type"].as_str() {
        Some("CARD") if environment == Environment::Test => {
            invalid("CARD does not exist in the test environment.")
        }
        Some("CARD") if flow != UserFlow::WebRedirect => invalid("CARD needs WEB_REDIRECT."),
        Some("CARD") if !unit.features.credit_card_payment_allowed => invalid("CARD is not allowed here."),
        Some("CARD") => Ok(Method::Card),
        Some("CARD_PASSTHROUGH") => invalid("CARD_PASSTHROUGH is for PSPs only."),
        Some(_) | None => Ok(Method::Wallet),
    }
}

/// Exactly one way to name a customer, or none.
pub(crate) fn customer(customer: &Value) -> Result<Customer, Refusal> {
    let text = |name: &str| customer[name].as_str().map(str::to_owned);
    match (text("phoneNumber"), text("personalQr"), text("customerToken")) {
        (None, None, None) if customer.is_null() => Ok(Customer::Nobody),
        (Some(number), None, None) => Ok(Customer::Phone(number)),
        (None, Some(code), None) => Ok(Customer::PersonalQr(code)),
        (None, None, Some(token)) => Ok(Customer::Token(token)),
        _ => Err(Refusal::field(
            "customer",
            "Exactly one of phoneNumber, personalQr and customerToken is needed.",
        )),
    }
}

fn scope(body: &Value, unit: &SalesUnit) -> Result<Vec<String>, Refusal> {
    const KNOWN: [&str; 6] = ["name", "address", "email", "phoneNumber", "birthDate", "nin"];
    let words = body["profile"]["scope"]
        .as_str()
        .unwrap_or_default()
        .split_whitespace();
    let scope: Vec<String> = words.map(str::to_owned).collect();
    if let Some(unknown) = scope.iter().find(|word| !KNOWN.contains(&word.as_str())) {
        return Err(refused(4080, &format!("The scope {unknown} does not exist.")));
    }
    if scope.iter().any(|word| word == "nin") && !unit.features.nin_allowed {
        return Err(refused(5030, "This sales unit may not ask for nin."));
    }
    Ok(scope)
}

fn metadata(metadata: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    if metadata.is_null() {
        return Ok(BTreeMap::new());
    }
    let map: BTreeMap<String, String> = serde_json::from_value(metadata.clone())
        .map_err(|_| refused(4130, "The metadata must be a map of texts."))?;
    if map.len() > 5 {
        return Err(refused(4100, "No more than 5 pairs of metadata."));
    }
    if map.keys().any(|key| key.chars().count() > 100) {
        return Err(refused(4110, "A metadata key has at most 100 characters."));
    }
    if map.values().any(|value| value.chars().count() > 500) {
        return Err(refused(4120, "A metadata value has at most 500 characters."));
    }
    if map.keys().any(String::is_empty) {
        return Err(refused(4130, "A metadata key must not be empty."));
    }
    Ok(map)
}

fn expiry(
    body: &Value,
    unit: &SalesUnit,
    now: OffsetDateTime,
    receipt: bool,
) -> Result<OffsetDateTime, Refusal> {
    let shortest = now + time::Duration::minutes(10);
    let Some(text) = body["expiresAt"].as_str() else {
        return Ok(shortest);
    };
    let malformed = || Refusal::field("expiresAt", "The field expiresAt must be an RFC 3339 instant.");
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| malformed())?;
    if !unit.features.long_living_payment_allowed {
        return Err(refused(
            5050,
            "This sales unit may not create long-living payments.",
        ));
    }
    if at <= shortest {
        return Err(refused(6120, "expiresAt must be more than 10 minutes ahead."));
    }
    if at >= now + time::Duration::days(60) {
        return Err(refused(6110, "expiresAt must be less than 60 days ahead."));
    }
    if !receipt {
        return Err(refused(6130, "A long-living payment needs a receipt."));
    }
    Ok(at)
}
