//! How long the bodies of a partner are kept: requests, answers and receipts, which hold customers' data.

use domain::{Environment, PartnerId};
use serde_json::json;
use time::Duration;

use super::change::invalid;
use crate::audit::{Actor, Change};
use crate::{App, Error, What};

/// How long where nothing else is set: as long as idempotency keys, so that every replay has its whole answer.
pub const DEFAULT_DAYS: u32 = 400;
/// The longest that can be set.
const MOST_DAYS: u32 = 3_650;

/// The days of a partner in an environment.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn days(app: &App, partner: PartnerId, environment: Environment) -> Result<u32, Error> {
    let reader = app.store().read_system("retention");
    let set = reader.system().retention(partner, environment).await?;
    Ok(set.unwrap_or(DEFAULT_DAYS))
}

pub(crate) async fn span(app: &App, partner: PartnerId, environment: Environment) -> Result<Duration, Error> {
    Ok(Duration::days(i64::from(days(app, partner, environment).await?)))
}

/// Sets the days of a partner in both environments; `None` = back to the default. It acts with the next daily round.
///
/// # Errors
/// [`Error::Invalid`]; `NotFound(Partner)`.
pub async fn set(app: &App, by: &Actor, partner: PartnerId, days: Option<u32>) -> Result<(), Error> {
    if days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return Err(invalid("retentionDays", "range", "must be 1 to 3650"));
    }
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_partner(partner).await?;
    let found = found.ok_or(Error::NotFound(What::Partner))?;
    let before = tx.system().retention(partner, Environment::Production).await?;
    for environment in Environment::ALL {
        registry.set_retention(partner, environment, days).await?;
    }
    let told = |days: Option<u32>| json!({ "retentionDays": days });
    let change = Change::of(&found, "set_retention", told(before), told(days));
    app.changed(tx, by, &[change]).await
}
