//! The partner's own merchants.

use std::collections::BTreeSet;

use domain::MerchantId;
use store::registry::Merchant;

use crate::registry::merchants;
use crate::{App, Caller, Error, Scope, What};

/// A merchant to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMerchant {
    pub name: String,
    /// As the country's register writes it.
    pub organisation_number: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// # Errors
/// [`Error::Invalid`]; [`Error::Exists`] when the partner has the organisation in this environment already;
/// [`Error::Narrowed`].
pub async fn create_merchant(app: &App, caller: &Caller, new: NewMerchant) -> Result<Merchant, Error> {
    caller.demand(Scope::MerchantsManage)?;
    caller.demand_all_units()?;
    let reader = app.store().read(caller.partner, caller.environment);
    let known = reader
        .scope()
        .find_organisation(&new.country, &new.organisation_number)
        .await?;
    if known.is_some() {
        return Err(Error::Exists(What::Merchant));
    }
    let add = merchants::Add {
        partner: caller.partner,
        environment: caller.environment,
        name: new.name,
        organisation_number: new.organisation_number,
        country: new.country,
    };
    merchants::add(app, &caller.actor(), add).await
}

/// # Errors
/// `NotFound(Merchant)`, also for one of whose sales units the token reaches none.
pub async fn get_merchant(app: &App, caller: &Caller, id: MerchantId) -> Result<Merchant, Error> {
    caller.demand(Scope::MerchantsRead)?;
    let reader = app.store().read(caller.partner, caller.environment);
    let found = reader.scope().find_merchant(id).await?;
    let reached = reached(app, caller).await?;
    found
        .filter(|merchant| {
            reached
                .as_ref()
                .is_none_or(|reached| reached.contains(&merchant.id))
        })
        .ok_or(Error::NotFound(What::Merchant))
}

/// One page of the partner's merchants, oldest first, and where the next one begins. A narrowed token sees
/// those of whose sales units it reaches one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_merchants(
    app: &App,
    caller: &Caller,
    after: Option<MerchantId>,
    limit: u32,
) -> Result<(Vec<Merchant>, Option<MerchantId>), Error> {
    caller.demand(Scope::MerchantsRead)?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let reached = reached(app, caller).await?;
    let reader = app.store().read(caller.partner, caller.environment);
    let mut page = Vec::new();
    let mut after = after;
    loop {
        let read = reader.scope().list_merchants(after, u64::from(limit) + 1).await?;
        let is_last = read.len() <= most;
        after = read.last().map(|merchant| merchant.id);
        let seen = |merchant: &Merchant| {
            reached
                .as_ref()
                .is_none_or(|reached| reached.contains(&merchant.id))
        };
        page.extend(read.into_iter().filter(seen));
        if is_last || page.len() > most {
            break;
        }
    }
    let more = page.len() > most;
    page.truncate(most);
    let next = page.last().filter(|_| more).map(|merchant| merchant.id);
    Ok((page, next))
}

/// The merchants that a narrowed token may know of; absent = all.
async fn reached(app: &App, caller: &Caller) -> Result<Option<BTreeSet<MerchantId>>, Error> {
    if caller.units.is_none() {
        return Ok(None);
    }
    let reader = app.store().read(caller.partner, caller.environment);
    let held = reader.scope().list_held_units().await?;
    let reached = held
        .into_iter()
        .filter(|unit| caller.reaches(&unit.assignment.msn));
    Ok(Some(reached.map(|unit| unit.assignment.merchant).collect()))
}
