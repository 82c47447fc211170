//! The body of a product order, and what is wrong with one (Management API 2.0.9, 2026).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use crate::management::order::BusinessIdentifier;
use crate::problem::Refusal;

const PRODUCT_TYPES: [&str; 5] = ["PAYMENT_INTEGRATION", "CASHIER", "CHECKOUT", "LOGIN", "DONATIONS"];
const USE_CASES: [&str; 4] = ["Website", "WebsiteWithTest", "App", "Unknown"];
const MOST_TURNOVER: u64 = 999_999_999;

/// A product order asked for, and found to be in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) business_identifier: BusinessIdentifier,
    pub(crate) product_type: String,
    pub(crate) sales_unit_name: Option<String>,
    pub(crate) price_package: Option<Uuid>,
    pub(crate) has_recurring: bool,
}

/// Reads the body of a product order. `null` is as good as absent for everything optional.
///
/// # Errors
/// 400, naming every field that is wrong.
pub(crate) fn parse(body: &[u8]) -> Result<Wanted, Refusal> {
    let body: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| Refusal::field("body", &format!("The body is not a JSON object: {error}")))?;
    let mut fields = Fields {
        body: &body,
        wrong: Vec::new(),
    };
    let business_identifier = fields.business_identifier();
    let product_type = fields.one_of("productType", &PRODUCT_TYPES);
    if product_type.is_none() && fields.given("productType").is_none() {
        fields.refuse("productType", "must not be null");
    }
    fields.one_of("productUseCase", &USE_CASES);
    let sales_unit_name = fields.text(
        "salesUnitName",
        "must be 1 to 40 letters, digits, spaces and ( ) - _ + . `",
        is_unit_name,
    );
    fields.text("salesUnitLogo", "must be base64", |it| {
        STANDARD.decode(it).is_ok()
    });
    fields.text("intendedPurpose", "must be a string", |_| true);
    fields.text("annualTurnoverPercentage", "must match ^(10|[1-9])0$", is_tens);
    let price_package = fields.text("pricePackageId", "must be a UUID", |it| {
        Uuid::parse_str(it).is_ok()
    });
    fields.turnover();
    fields.category();
    fields.bank_account();
    fields.app();
    fields.website();
    let has_recurring = fields.flag("hasRecurring");
    match (business_identifier, product_type) {
        (Some(business_identifier), Some(product_type)) if fields.wrong.is_empty() => Ok(Wanted {
            business_identifier,
            product_type,
            sales_unit_name,
            price_package: price_package.and_then(|it| Uuid::parse_str(&it).ok()),
            has_recurring,
        }),
        (_, _) => Err(Refusal::fields(fields.wrong)),
    }
}

struct Fields<'a> {
    body: &'a Map<String, Value>,
    wrong: Vec<(String, String)>,
}

impl<'a> Fields<'a> {
    fn given(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    fn refuse(&mut self, name: &str, why: &str) {
        self.wrong.push((name.to_owned(), why.to_owned()));
    }

    fn text(&mut self, name: &str, why: &str, is_good: impl Fn(&str) -> bool) -> Option<String> {
        let value = self.given(name)?;
        let good = value.as_str().filter(|text| is_good(text)).map(str::to_owned);
        if good.is_none() {
            self.refuse(name, why);
        }
        good
    }

    fn one_of(&mut self, name: &str, members: &[&str]) -> Option<String> {
        let why = format!("must be one of {}", members.join(", "));
        self.text(name, &why, |text| members.contains(&text))
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.given(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.refuse(name, "must be a boolean");
                false
            }
        }
    }

    fn business_identifier(&mut self) -> Option<BusinessIdentifier> {
        let Some(given) = self.given("businessIdentifier") else {
            self.refuse("businessIdentifier", "must not be null");
            return None;
        };
        let scheme = member(given, "scheme").filter(|it| is_scheme(it));
        let id = member(given, "id").filter(|it| is_business_id(it));
        if scheme.is_none() {
            self.refuse(
                "businessIdentifier.scheme",
                "must be 10 to 30 characters, such as business:NO:ORG",
            );
        }
        if id.is_none() {
            self.refuse("businessIdentifier.id", r"must match ^[\d-]{4,50}$");
        }
        Some(BusinessIdentifier {
            scheme: scheme?.to_owned(),
            id: id?.to_owned(),
        })
    }

    fn bank_account(&mut self) {
        let Some(given) = self.given("settlementBankAccount") else {
            return;
        };
        if !member(given, "scheme").is_some_and(|it| (5..=20).contains(&it.len())) {
            self.refuse(
                "settlementBankAccount.scheme",
                "must be 5 to 20 characters, such as BBAN:NO",
            );
        }
        let is_account =
            |it: &str| (9..=34).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_digit());
        if !member(given, "id").is_some_and(is_account) {
            self.refuse("settlementBankAccount.id", r"must match ^\d{9,34}$");
        }
    }

    fn app(&mut self) {
        if self
            .given("app")
            .is_some_and(|app| member(app, "appName").is_none())
        {
            self.refuse("app.appName", "must not be null");
        }
    }

    fn website(&mut self) {
        let Some(website) = self.given("website") else {
            return;
        };
        for (name, needed) in [("url", true), ("termsUrl", true), ("testWebsiteUrl", false)] {
            let value = website.get(name).filter(|it| !it.is_null());
            let is_url = |it: &Value| it.as_str().is_some_and(is_https);
            if value.is_some_and(|it| !is_url(it)) || (value.is_none() && needed) {
                self.refuse(
                    &format!("website.{name}"),
                    "must be a valid URL with HTTPS scheme",
                );
            }
        }
    }

    fn turnover(&mut self) {
        let value = self.given("annualTurnover");
        if value.is_some_and(|it| it.as_u64().is_none_or(|it| it > MOST_TURNOVER)) {
            self.refuse("annualTurnover", "must be between 0 and 999999999");
        }
    }

    /// The document says string, the guide's sample is a number: both are taken.
    fn category(&mut self) {
        let Some(value) = self.given("merchantCategoryCode") else {
            return;
        };
        let text = value.as_u64().map_or_else(
            || value.as_str().map(str::to_owned),
            |it| Some(format!("{it:04}")),
        );
        if !text.is_some_and(|it| it.len() == 4 && it.bytes().all(|byte| byte.is_ascii_digit())) {
            self.refuse("merchantCategoryCode", "must match ^[0-9]{4}$");
        }
    }
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

pub(crate) fn is_scheme(text: &str) -> bool {
    (10..=30).contains(&text.chars().count())
}

pub(crate) fn is_business_id(text: &str) -> bool {
    (4..=50).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn is_tens(text: &str) -> bool {
    matches!(
        text,
        "10" | "20" | "30" | "40" | "50" | "60" | "70" | "80" | "90" | "100"
    )
}

/// Blanks round a URL are tolerated: the document's own sample has one.
fn is_https(text: &str) -> bool {
    Url::parse(text.trim()).is_ok_and(|url| url.scheme() == "https")
}

/// 1 to 40 letters, marks, digits and blanks, an opening parenthesis, a back-tick, and everything
/// from the closing parenthesis to the underscore: the document's pattern has a range between them.
fn is_unit_name(text: &str) -> bool {
    (1..=40).contains(&text.chars().count()) && text.chars().all(is_in_unit_name)
}

fn is_in_unit_name(c: char) -> bool {
    let is_combining = ('\u{300}'..='\u{36f}').contains(&c);
    c.is_alphanumeric() || is_combining || c.is_whitespace() || matches!(c, '(' | '`' | ')'..='_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Vipps' published sample (Management API guide, 2026-09).
    fn sample() -> Value {
        json!({
            "businessIdentifier": { "scheme": "business:NO:ORG", "id": "9876543221" },
            "salesUnitName": "ACME Fantastic Fitness",
            "salesUnitLogo": "VGhlIGltYWdlIGdvZXMgaGVyZQ==",
            "settlementBankAccount": { "scheme": "BBAN:NO", "id": "86011117947" },
            "pricePackageId": "8a11afb7-c223-48ed-8ca6-4722b97261aa",
            "productType": "PAYMENT_INTEGRATION",
            "productUseCase": "WebsiteWithTest",
            "annualTurnover": 100_000,
            "annualTurnoverPercentage": "50",
            "intendedPurpose": "Gym membership.",
            "website": {
                "url": "https://example.com", "termsUrl": "https://example.com/terms",
                "testWebsiteUrl": "https://example.com/test ", "testWebsiteUsername": "u", "testWebsitePassword": "p"
            },
            "hasRecurring": true,
            "merchantCategoryCode": 5942
        })
    }

    /// The fields that are named when `name` of the sample is `value` (a pointer such as `/website/url`).
    fn wrong(pointer: &str, value: Value) -> Vec<String> {
        let mut body = sample();
        *body.pointer_mut(pointer).unwrap() = value;
        match parse(body.to_string().as_bytes()) {
            Ok(_) => Vec::new(),
            Err(refusal) => refusal.details.into_iter().map(|(name, _)| name).collect(),
        }
    }

    #[test]
    fn the_published_sample_is_in_order() {
        let wanted = parse(sample().to_string().as_bytes()).unwrap();
        assert_eq!(wanted.sales_unit_name.as_deref(), Some("ACME Fantastic Fitness"));
        assert!(wanted.has_recurring);
    }

    #[test]
    fn a_merchant_and_a_product_are_all_that_must_be_there() {
        let least = json!({ "businessIdentifier": { "scheme": "business:DK:CVR", "id": "12345678" }, "productType": "LOGIN", "salesUnitName": null });
        assert!(parse(least.to_string().as_bytes()).is_ok());
        let named = |body: &[u8]| parse(body).err().map(|refusal| refusal.details.len());
        assert_eq!(named(b"{}"), Some(2));
        assert_eq!(named(b"[]"), Some(1));
    }

    #[test]
    fn every_field_has_its_limits() {
        let cases = [
            (
                "/businessIdentifier/scheme",
                json!("NO:ORG"),
                "businessIdentifier.scheme",
            ),
            ("/businessIdentifier/id", json!("98 76"), "businessIdentifier.id"),
            ("/salesUnitName", json!("x".repeat(41)), "salesUnitName"),
            ("/salesUnitName", json!("Fish & Chips"), "salesUnitName"),
            ("/salesUnitLogo", json!("not base64!"), "salesUnitLogo"),
            (
                "/settlementBankAccount/id",
                json!("12345678"),
                "settlementBankAccount.id",
            ),
            (
                "/settlementBankAccount/scheme",
                json!("NO"),
                "settlementBankAccount.scheme",
            ),
            ("/pricePackageId", json!("cheap"), "pricePackageId"),
            ("/productType", json!("PAYMENTS"), "productType"),
            ("/productUseCase", json!("Shop"), "productUseCase"),
            ("/annualTurnover", json!(1_000_000_000), "annualTurnover"),
            ("/annualTurnover", json!(-1), "annualTurnover"),
            (
                "/annualTurnoverPercentage",
                json!("55"),
                "annualTurnoverPercentage",
            ),
            ("/website/termsUrl", json!(null), "website.termsUrl"),
            ("/website/url", json!("http://example.com"), "website.url"),
            ("/hasRecurring", json!("yes"), "hasRecurring"),
            ("/merchantCategoryCode", json!("59420"), "merchantCategoryCode"),
        ];
        for (pointer, value, name) in cases {
            assert_eq!(wrong(pointer, value.clone()), [name], "{pointer} = {value}");
        }
    }

    #[test]
    fn names_may_have_nordic_letters_and_codes_may_be_strings() {
        assert_eq!(
            wrong("/salesUnitName", json!("Blåbær (Øst) 2/3 - Åbo")),
            Vec::<String>::new()
        );
        assert_eq!(
            wrong("/merchantCategoryCode", json!("0742")),
            Vec::<String>::new()
        );
    }
}
