//! The tenants.

use domain::PartnerId;

use super::change::{invalid, name, taken};
use super::{Part, Partner, PartnerState, page};
use crate::audit::{Actor, Change};
use crate::{App, Error, What};

const RULES: &[(&str, &str, &str)] = &[("uq_partners_name", "name", "is the name of another partner")];

/// Adds an active partner.
///
/// # Errors
/// [`Error::Invalid`] when the name is taken or not one.
pub async fn add(app: &App, by: &Actor, called: &str) -> Result<Partner, Error> {
    let now = app.clock().now();
    let partner = Partner {
        id: PartnerId::from_uuid(app.clock().new_id()),
        name: name("name", called)?,
        state: PartnerState::Active,
        created_at: now,
        updated_at: now,
    };
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    registry
        .add_partner(&partner)
        .await
        .map_err(|error| taken(error, RULES))?;
    app.changed(tx, by, &[Change::added(&partner)]).await?;
    Ok(partner)
}

pub async fn list(app: &App) -> Result<Vec<Partner>, Error> {
    Ok(app
        .store()
        .read_system("partner list")
        .system()
        .list_partners(Part::ALL)
        .await?)
}

/// One page of them, and where the next one begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    app: &App,
    after: Option<PartnerId>,
    limit: u32,
) -> Result<(Vec<Partner>, Option<PartnerId>), Error> {
    let reader = app.store().read_system("partner page");
    let part = page::part(after.map(PartnerId::uuid), limit);
    let found = reader.system().list_partners(part).await?;
    Ok(page::cut(found, limit, |it| it.id))
}

/// # Errors
/// `NotFound(Partner)`.
pub async fn show(app: &App, id: PartnerId) -> Result<Partner, Error> {
    let reader = app.store().read_system("partner show");
    reader
        .system()
        .find_partner(id)
        .await?
        .ok_or(Error::NotFound(What::Partner))
}

/// A partner by id or by name.
///
/// # Errors
/// `NotFound(Partner)`.
pub async fn find(app: &App, id_or_name: &str) -> Result<Partner, Error> {
    if let Ok(id) = id_or_name.parse() {
        return show(app, id).await;
    }
    let reader = app.store().read_system("partner by name");
    reader
        .system()
        .find_partner_by_name(id_or_name)
        .await?
        .ok_or(Error::NotFound(What::Partner))
}

/// What changes; absent = stays.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub name: Option<String>,
    /// Suspending ends every token of the partner.
    pub state: Option<PartnerState>,
}

/// # Errors
/// `NotFound(Partner)`; [`Error::Invalid`] when nothing changes or the name is taken.
pub async fn set(app: &App, by: &Actor, id: PartnerId, changes: Changes) -> Result<Partner, Error> {
    if changes.name.is_none() && changes.state.is_none() {
        return Err(invalid("name", "required", "nothing to change was given"));
    }
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_partner(id).await?;
    let before = found.ok_or(Error::NotFound(What::Partner))?;
    let mut partner = before.clone();
    if let Some(called) = changes.name {
        partner.name = name("name", &called)?;
    }
    if let Some(state) = changes.state {
        partner.state = state;
    }
    partner.updated_at = app.clock().now();
    registry
        .save_partner(&partner)
        .await
        .map_err(|error| taken(error, RULES))?;
    app.changed(tx, by, &[Change::set(&before, &partner)]).await?;
    Ok(partner)
}

/// # Errors
/// `NotFound(Partner)`; [`Error::Invalid`] while anything belongs to it: suspend it instead.
pub async fn remove(app: &App, by: &Actor, id: PartnerId) -> Result<(), Error> {
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_partner(id).await?;
    let partner = found.ok_or(Error::NotFound(What::Partner))?;
    match registry.remove_partner(id).await {
        Ok(()) => app.changed(tx, by, &[Change::removed(&partner)]).await,
        Err(store::Error::Stale) => Err(Error::NotFound(What::Partner)),
        Err(store::Error::Refused(_)) => Err(invalid(
            "partner",
            "in_use",
            "has issuers, clients, merchants or payments; suspend it instead",
        )),
        Err(error) => Err(error.into()),
    }
}
