//! Customers of partners' merchants: found by the blind index of their telephone numbers, and erased on request.
//!
//! Where a create or Vipps' reading names a number, its keyed fingerprint stands beside the payment. The number itself
//! is in sealed bodies only. A fingerprint is of one partner in one environment: equal numbers of two partners are
//! not equal here.

use domain::{Environment, PartnerId, PaymentId, Secret};
use serde_json::{Value, json};
use store::{Keyring, Scope};

use crate::audit::{self, Actor, Change};
use crate::registry::partners;
use crate::{App, Error};

/// What fingerprints of telephone numbers are made for.
const PURPOSE: &str = "customer phone";

/// Payments of one transaction.
const AT_ONCE: usize = 50;

/// What an erasure took away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erasure {
    /// Payments whose customer is forgotten. Their amounts, states and references stay.
    pub payments: u64,
    pub operations: u64,
    pub receipts: u64,
    /// Payments with money or a receipt on its way: they are whole. Ask again when that is over.
    pub open: Vec<PaymentId>,
}

/// Takes what is kept about one customer of a partner out of the books, in both environments: bodies of requests,
/// answers and receipts, and the way to find them. Money facts stay.
///
/// Found are the payments whose create named the number (`customer.phoneNumber`), and those whose reading by Vipps did
/// (`userDetails.mobileNumber`: ePayment API 1.8.1, get payment, 2026-04). A number that stands elsewhere in a body is
/// not found, and goes with the partner's retention.
///
/// # Errors
/// `NotFound(Partner)`; [`Error::Invalid`] when `phone` is no number with its country code;
/// [`Error::Unavailable`]: what is erased is erased, ask again.
pub async fn erase(app: &App, by: &Actor, partner: PartnerId, phone: &Secret) -> Result<Erasure, Error> {
    let told = partners::show(app, partner).await?;
    let Some(digits) = digits(phone.reveal()) else {
        return Err(crate::registry::invalid(
            "phone",
            "format",
            "must be a telephone number with its country code, 7 to 15 digits",
        ));
    };
    let mut erasure = Erasure::default();
    for environment in Environment::ALL {
        let value = bound(partner, environment, &digits);
        let phones = app.store().keyring().fingerprints(PURPOSE, &value);
        let found = {
            let reader = app.store().read(partner, environment);
            reader.scope().payments_of_customer(&phones).await?
        };
        for some in found.chunks(AT_ONCE) {
            let tx = app.store().begin(partner, environment).await?;
            let erased = tx.scope().erase_customer(some, app.now()).await?;
            // Nothing of the customer: how much, and that it was asked for.
            let facts = json!({
                "payments": erased.payments,
                "operations": erased.operations,
                "receipts": erased.receipts,
                "open": erased.open.len(),
            });
            let change = Change::of(&told, "erase_customer", Value::Null, facts);
            audit::own(app, &tx, by, &change).await?;
            tx.commit().await?;
            erasure.payments += erased.payments;
            erasure.operations += erased.operations;
            erasure.receipts += erased.receipts;
            erasure.open.extend(erased.open);
        }
    }
    tracing::info!(
        partner.id = %partner,
        payments = erasure.payments,
        open = erasure.open.len(),
        "a customer was erased"
    );
    Ok(erasure)
}

/// The fingerprint of the number that a create's body names, if it names one.
pub(crate) fn named_in(
    keyring: &Keyring,
    partner: PartnerId,
    environment: Environment,
    body: &[u8],
) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let phone = body.get("customer")?.get("phoneNumber")?.as_str()?;
    fingerprint(keyring, partner, environment, phone)
}

/// The same of what Vipps says of a payment: the number that the customer let the merchant have
/// (`userDetails`, ePayment API 1.8.1, get payment, 2026-04).
fn told_by(
    keyring: &Keyring,
    partner: PartnerId,
    environment: Environment,
    reading: &[u8],
) -> Option<String> {
    let reading: Value = serde_json::from_slice(reading).ok()?;
    let phone = reading.get("userDetails")?.get("mobileNumber")?.as_str()?;
    fingerprint(keyring, partner, environment, phone)
}

/// A reading is about to be kept: its customer is found from now on, in the same transaction.
pub(crate) async fn note_reading(
    app: &App,
    scope: &Scope<'_>,
    payment: PaymentId,
    reading: &[u8],
) -> Result<(), store::Error> {
    let keyring = app.store().keyring();
    match told_by(keyring, scope.partner(), scope.environment(), reading) {
        Some(phone) => scope.note_customer(payment, &phone).await,
        None => Ok(()),
    }
}

fn fingerprint(
    keyring: &Keyring,
    partner: PartnerId,
    environment: Environment,
    phone: &str,
) -> Option<String> {
    let value = bound(partner, environment, &digits(phone)?);
    Some(keyring.fingerprint(PURPOSE, &value))
}

fn bound(partner: PartnerId, environment: Environment, digits: &str) -> Vec<u8> {
    let mut value = partner.uuid().as_bytes().to_vec();
    value.extend_from_slice(environment.as_str().as_bytes());
    value.push(0);
    value.extend_from_slice(digits.as_bytes());
    value
}

/// A number as Vipps writes it: country code and subscriber number, digits only. `+47 12 34 56 78`,
/// `004712345678` and `4712345678` are one number.
fn digits(phone: &str) -> Option<String> {
    let all: String = phone.chars().filter(char::is_ascii_digit).collect();
    let is_number = phone
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '.'));
    let digits = all.strip_prefix("00").unwrap_or(&all);
    (is_number && (7..=15).contains(&digits.len())).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_one_however_it_is_written() {
        for written in [
            "4712345678",
            "+47 12 34 56 78",
            "0047-12345678",
            " (47) 12345678 ",
        ] {
            assert_eq!(digits(written).as_deref(), Some("4712345678"), "{written:?}");
        }
        for none in ["", "12345", "12345678901234567", "47 1234 five"] {
            assert_eq!(digits(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_number_is_another_one_with_another_partner_or_environment() {
        let keyring = Keyring::parse(Keyring::generate().unwrap().reveal()).unwrap();
        let body = br#"{"customer":{"phoneNumber":"4712345678"}}"#;
        let partner = |number| PartnerId::from_uuid(uuid::Uuid::from_u128(number));
        let named = |number, environment| named_in(&keyring, partner(number), environment, body).unwrap();
        let first = named(1, Environment::Test);
        assert_eq!(first, named(1, Environment::Test));
        assert_ne!(first, named(2, Environment::Test));
        assert_ne!(first, named(1, Environment::Production));
        assert_eq!(named_in(&keyring, partner(1), Environment::Test, b"{}"), None);
        let told = |reading: &[u8]| told_by(&keyring, partner(1), Environment::Test, reading);
        assert_eq!(
            told(br#"{"userDetails":{"mobileNumber":"+47 12345678"}}"#),
            Some(first)
        );
        assert_eq!(told(br#"{"profile":{},"userDetails":{"email":"a@b.no"}}"#), None);
    }
}
