//! How the products of a partner name themselves to Vipps.

use domain::{Environment, PartnerId, ProductProfile, ProfileId};

use super::change::{invalid, name, taken};
use super::{Part, Profile, page};
use crate::audit::{Actor, Change};
use crate::{App, Error, What};

const RULES: &[(&str, &str, &str)] = &[(
    "uq_product_profiles_name",
    "name",
    "is another profile of this partner in this environment",
)];

/// A profile to be. The four values are checked: 1 to 30 printable ASCII characters each.
#[derive(Debug, Clone)]
pub struct Add {
    pub partner: PartnerId,
    pub environment: Environment,
    pub name: String,
    pub product: ProductProfile,
}

/// # Errors
/// [`Error::Invalid`]; `NotFound(Partner)`.
pub async fn add(app: &App, by: &Actor, add: Add) -> Result<Profile, Error> {
    let now = app.clock().now();
    let profile = Profile {
        id: ProfileId::from_uuid(app.clock().new_id()),
        partner: add.partner,
        environment: add.environment,
        name: name("name", &add.name)?,
        product: add.product,
        created_at: now,
        updated_at: now,
    };
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    if tx.system().find_partner(profile.partner).await?.is_none() {
        return Err(Error::NotFound(What::Partner));
    }
    registry
        .add_profile(&profile)
        .await
        .map_err(|error| taken(error, RULES))?;
    app.changed(tx, by, &[Change::added(&profile)]).await?;
    Ok(profile)
}

pub async fn list(app: &App, partner: Option<PartnerId>) -> Result<Vec<Profile>, Error> {
    let reader = app.store().read_system("profile list");
    Ok(reader.system().list_profiles(partner, Part::ALL).await?)
}

/// One page of them, and where the next one begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    app: &App,
    partner: Option<PartnerId>,
    after: Option<ProfileId>,
    limit: u32,
) -> Result<(Vec<Profile>, Option<ProfileId>), Error> {
    let reader = app.store().read_system("profile page");
    let part = page::part(after.map(ProfileId::uuid), limit);
    let found = reader.system().list_profiles(partner, part).await?;
    Ok(page::cut(found, limit, |it| it.id))
}

/// # Errors
/// `NotFound(Profile)`.
pub async fn show(app: &App, id: ProfileId) -> Result<Profile, Error> {
    let reader = app.store().read_system("profile show");
    reader
        .system()
        .find_profile(id)
        .await?
        .ok_or(Error::NotFound(What::Profile))
}

/// Gives the profile new values: a product's new release.
///
/// # Errors
/// `NotFound(Profile)`.
pub async fn set(app: &App, by: &Actor, id: ProfileId, product: ProductProfile) -> Result<Profile, Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_profile(id).await?;
    let before = found.ok_or(Error::NotFound(What::Profile))?;
    let mut profile = before.clone();
    profile.product = product;
    profile.updated_at = app.clock().now();
    registry.save_profile(&profile).await?;
    app.changed(tx, by, &[Change::set(&before, &profile)]).await?;
    Ok(profile)
}

/// # Errors
/// `NotFound(Profile)`; [`Error::Invalid`] while a sales unit or a client uses it.
pub async fn remove(app: &App, by: &Actor, id: ProfileId) -> Result<(), Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_profile(id).await?;
    let profile = found.ok_or(Error::NotFound(What::Profile))?;
    match registry.remove_profile(id).await {
        Ok(()) => app.changed(tx, by, &[Change::removed(&profile)]).await,
        Err(store::Error::Stale) => Err(Error::NotFound(What::Profile)),
        Err(store::Error::Refused(_)) => {
            Err(invalid("profile", "in_use", "a sales unit or a client uses it"))
        }
        Err(error) => Err(error.into()),
    }
}
