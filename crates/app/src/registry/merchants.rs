//! The businesses that are paid.

use domain::{Environment, MerchantId, PartnerId, Violation};

use super::change::{invalid, name, taken};
use super::{Merchant, Part, page};
use crate::audit::{Actor, Change};
use crate::{App, Error, What};

const RULES: &[(&str, &str, &str)] = &[(
    "uq_merchants_organisation",
    "organisationNumber",
    "is another merchant of this partner in this environment",
)];

/// A merchant to be.
#[derive(Debug, Clone)]
pub struct Add {
    pub partner: PartnerId,
    pub environment: Environment,
    pub name: String,
    pub organisation_number: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// # Errors
/// [`Error::Invalid`], naming each field; `NotFound(Partner)`.
pub async fn add(app: &App, by: &Actor, add: Add) -> Result<Merchant, Error> {
    let violations = faults(&add.organisation_number, &add.country);
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    if tx.system().find_partner(add.partner).await?.is_none() {
        return Err(Error::NotFound(What::Partner));
    }
    let merchant = insert(app, &registry, add).await?;
    app.changed(tx, by, &[Change::added(&merchant)]).await?;
    Ok(merchant)
}

/// What is wrong with the number and the country.
pub(crate) fn faults(organisation_number: &str, country: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    if !is_organisation_number(organisation_number) {
        violations.push(Violation::new(
            "organisationNumber",
            "format",
            "must be 6 to 14 letters, digits and hyphens, as the country's register writes it",
        ));
    }
    if !is_country(country) {
        violations.push(Violation::new(
            "country",
            "format",
            "must be two capital letters, as in NO",
        ));
    }
    violations
}

/// The same as [`add`] within a change of the registry that does more.
pub(crate) async fn insert(
    app: &App,
    registry: &store::registry::Registry<'_>,
    add: Add,
) -> Result<Merchant, Error> {
    let now = app.clock().now();
    let merchant = Merchant {
        id: MerchantId::from_uuid(app.clock().new_id()),
        partner: add.partner,
        environment: add.environment,
        name: name("name", &add.name)?,
        organisation_number: add.organisation_number,
        country: add.country,
        created_at: now,
        updated_at: now,
    };
    registry
        .add_merchant(&merchant)
        .await
        .map_err(|error| taken(error, RULES))?;
    Ok(merchant)
}

pub async fn list(app: &App, partner: Option<PartnerId>) -> Result<Vec<Merchant>, Error> {
    let reader = app.store().read_system("merchant list");
    Ok(reader.system().list_merchants(partner, Part::ALL).await?)
}

/// One page of them, and where the next one begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    app: &App,
    partner: Option<PartnerId>,
    after: Option<MerchantId>,
    limit: u32,
) -> Result<(Vec<Merchant>, Option<MerchantId>), Error> {
    let reader = app.store().read_system("merchant page");
    let part = page::part(after.map(MerchantId::uuid), limit);
    let found = reader.system().list_merchants(partner, part).await?;
    Ok(page::cut(found, limit, |it| it.id))
}

/// # Errors
/// `NotFound(Merchant)`.
pub async fn show(app: &App, id: MerchantId) -> Result<Merchant, Error> {
    let reader = app.store().read_system("merchant show");
    reader
        .system()
        .find_merchant(id)
        .await?
        .ok_or(Error::NotFound(What::Merchant))
}

/// # Errors
/// `NotFound(Merchant)`; [`Error::Invalid`].
pub async fn rename(app: &App, by: &Actor, id: MerchantId, called: &str) -> Result<Merchant, Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_merchant(id).await?;
    let before = found.ok_or(Error::NotFound(What::Merchant))?;
    let mut merchant = before.clone();
    merchant.name = name("name", called)?;
    merchant.updated_at = app.clock().now();
    registry.save_merchant(&merchant).await?;
    app.changed(tx, by, &[Change::set(&before, &merchant)]).await?;
    Ok(merchant)
}

/// # Errors
/// `NotFound(Merchant)`; [`Error::Invalid`] while sales units are assigned to it.
pub async fn remove(app: &App, by: &Actor, id: MerchantId) -> Result<(), Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_merchant(id).await?;
    let merchant = found.ok_or(Error::NotFound(What::Merchant))?;
    match registry.remove_merchant(id).await {
        Ok(()) => app.changed(tx, by, &[Change::removed(&merchant)]).await,
        Err(store::Error::Stale) => Err(Error::NotFound(What::Merchant)),
        Err(store::Error::Refused(_)) => Err(invalid("merchant", "in_use", "sales units are assigned to it")),
        Err(error) => Err(error.into()),
    }
}

fn is_organisation_number(text: &str) -> bool {
    (6..=14).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}
