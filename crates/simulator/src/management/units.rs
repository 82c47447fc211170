//! Price packages, merchants and sales units: what a partner or a merchant may read.

use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

use crate::answer::Answer;
use crate::call::Call;
use crate::lock::{Held as _, Shared as _};
use crate::management::{JSON, request};
use crate::problem::Refusal;
use crate::registry::Registry;
use crate::registry::keys::Owner;
use crate::registry::parties::{Market, Merchant, SalesUnit};
use crate::world::World;

/// Since when the merchants of a seed are customers of Vipps.
const SEEDED: OffsetDateTime = datetime!(2022-09-02 06:45:25.921251 UTC);

/// The price packages of every partner: one per market.
pub(crate) const PRICE_PACKAGES: [PricePackage; 3] = [
    PricePackage {
        id: "8a11afb7-c223-48ed-8ca6-4722b97261aa",
        name: "Online standard",
        description: "2.99%",
        market: "NO",
    },
    PricePackage {
        id: "3d0f7c0e-5a0b-4a3f-9c39-0f8f8f7a4a51",
        name: "Online standard DK",
        description: "1.49%",
        market: "DK",
    },
    PricePackage {
        id: "c1b6a1c5-6d0c-4b62-8a5d-2b1d5e0e7f19",
        name: "Online standard FI",
        description: "1.69%",
        market: "FI",
    },
];

pub(crate) struct PricePackage {
    pub(crate) id: &'static str,
    name: &'static str,
    description: &'static str,
    market: &'static str,
}

pub(crate) fn price_packages(_world: &World, _call: &Call, owner: &Owner) -> Result<Answer, Refusal> {
    if !matches!(owner, Owner::Partner(_)) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Not authorized to read price packages",
            "Price packages belong to partners.",
        ));
    }
    let packages: Vec<Value> = PRICE_PACKAGES
        .iter()
        .map(|it| {
            json!({
                "pricePackageId": it.id, "name": it.name, "description": it.description,
                "visibleInSignupForm": true, "productType": "PAYMENT_INTEGRATION", "market": it.market,
                "commission": "30 %",
            })
        })
        .collect();
    Ok(ok(&packages))
}

pub(crate) fn merchant(world: &World, call: &Call, owner: &Owner) -> Result<Answer, Refusal> {
    let registry = world.registry.reading();
    let merchant = known_merchant(&registry, call, owner)?;
    let since = world
        .management
        .orders
        .held()
        .merchants
        .get(&merchant.number)
        .copied()
        .unwrap_or(SEEDED);
    let since = since.format(&Rfc3339).unwrap_or_default();
    let body = json!({
        "businessIdentifier": identifier(merchant),
        "name": merchant.name,
        "status": if merchant.active { "ACTIVE" } else { "DEACTIVATED" },
        "createdAt": since,
        "updatedAt": since,
        "countryCode": merchant.country.code(),
        "businessAddress": {
            "lines": ["Robert Levins gate 5"], "postCode": "0154", "city": "Oslo",
            "countryCode": merchant.country.code(),
        },
    });
    Ok(ok(&body))
}

pub(crate) fn merchant_units(world: &World, call: &Call, owner: &Owner) -> Result<Answer, Refusal> {
    let registry = world.registry.reading();
    let merchant = known_merchant(&registry, call, owner)?;
    let units = registry
        .units()
        .filter(|unit| unit.merchant == merchant.number && is_seen(&registry, owner, unit));
    let as_integer = world.dials().management.msn_as_integer;
    Ok(ok(&units
        .map(|unit| listed(unit, as_integer))
        .collect::<Vec<_>>()))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "an operation of the API, and the others can be refused"
)]
pub(crate) fn units(world: &World, _call: &Call, owner: &Owner) -> Result<Answer, Refusal> {
    let registry = world.registry.reading();
    let units = registry.units().filter(|unit| is_seen(&registry, owner, unit));
    let as_integer = world.dials().management.msn_as_integer;
    Ok(ok(&units
        .map(|unit| listed(unit, as_integer))
        .collect::<Vec<_>>()))
}

pub(crate) fn unit(world: &World, call: &Call, owner: &Owner) -> Result<Answer, Refusal> {
    let msn = call.param("msn");
    let registry = world.registry.reading();
    // Inactive, not connected to this partner and unknown are told apart by nothing.
    let unit = registry
        .unit(msn)
        .filter(|unit| is_seen(&registry, owner, unit))
        .ok_or_else(|| not_found(&format!("Sales unit {msn} was not found.")))?;
    let features = &unit.features;
    let merchant = registry.merchant(&unit.merchant);
    let body = json!({
        "msn": unit.msn,
        "name": unit.name,
        "businessIdentifier": merchant.map(identifier),
        "configuration": {
            "paymentAllowed": features.payment_allowed,
            "captureType": if features.payment_allowed { "ReserveCapture" } else { "NotApplicable" },
            "skipLandingPageAllowed": features.skip_landing_page_allowed,
            "recurringAllowed": features.recurring_allowed,
            "partialCaptureAllowed": features.partial_capture_allowed,
            "lateCaptureAllowed": features.late_capture_allowed,
            "landingPagePhoneNumberLocked": false,
            "longLivingPaymentAllowed": features.long_living_payment_allowed,
            "creditCardPaymentAllowed": features.credit_card_payment_allowed,
        },
    });
    Ok(ok(&body))
}

/// The merchant of the path, if one of its sales units is the caller's or connected to it.
fn known_merchant<'a>(registry: &'a Registry, call: &Call, owner: &Owner) -> Result<&'a Merchant, Refusal> {
    let (scheme, id) = (call.param("scheme"), call.param("id"));
    if !request::is_scheme(scheme) {
        return Err(Refusal::field(
            "scheme",
            "must be 10 to 30 characters, such as business:NO:ORG",
        ));
    }
    if !request::is_business_id(id) {
        return Err(Refusal::field("id", r"must match ^[\d-]{4,50}$"));
    }
    registry
        .merchant(id)
        .filter(|merchant| self::scheme(merchant.country) == scheme)
        .filter(|merchant| {
            registry
                .units()
                .any(|unit| unit.merchant == merchant.number && is_of(owner, unit))
        })
        .ok_or_else(|| not_found("The merchant was not found."))
}

fn is_of(owner: &Owner, unit: &SalesUnit) -> bool {
    match owner {
        Owner::Partner(id) => unit.partner.as_ref() == Some(id),
        Owner::SalesUnit(msn) => unit.msn == *msn,
        Owner::Management(_) | Owner::Accounting(_) => false,
    }
}

fn is_seen(registry: &Registry, owner: &Owner, unit: &SalesUnit) -> bool {
    registry.reaches(owner, &unit.msn)
}

fn listed(unit: &SalesUnit, as_integer: bool) -> Value {
    let msn = match unit.msn.parse::<u64>() {
        Ok(number) if as_integer => json!(number),
        Ok(_) | Err(_) => json!(unit.msn),
    };
    json!({ "msn": msn, "name": unit.name })
}

fn identifier(merchant: &Merchant) -> Value {
    json!({ "scheme": scheme(merchant.country), "id": merchant.number })
}

fn scheme(country: Market) -> &'static str {
    match country {
        Market::No => "business:NO:ORG",
        Market::Dk => "business:DK:CVR",
        Market::Fi => "business:FI:Y-tunnus",
    }
}

/// The country in `business:NO:ORG`.
pub(crate) fn country_of(scheme: &str) -> Option<Market> {
    match scheme.split(':').nth(1)? {
        "NO" => Some(Market::No),
        "DK" => Some(Market::Dk),
        "FI" => Some(Market::Fi),
        _ => None,
    }
}

pub(crate) fn not_found(detail: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "Not Found", detail)
}

pub(crate) fn ok(body: &impl serde::Serialize) -> Answer {
    Answer::typed(StatusCode::OK, JSON, body)
}
