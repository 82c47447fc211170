//! What stays unknown, as numbers: a person has to look when they do not go down.

use domain::Environment;
use time::OffsetDateTime;

use crate::{App, Error};

/// Tells for each environment how many operations are unknown and how old the oldest is, in seconds; zero
/// when there is none. Every replica tells the same: take the maximum. Returns how many there are.
///
/// # Errors
/// The store does not answer; the numbers stay as they were told last.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let reader = app.store().read_system("metrics: operations that are unknown");
    let found = reader.system().unknown_operations().await?;
    let mut all = 0;
    for environment in Environment::ALL {
        let of = found.iter().find(|unknown| unknown.environment == environment);
        let count = of.map_or(0, |unknown| unknown.count);
        let age = of.map_or(0.0, |unknown| (now - unknown.since).as_seconds_f64().max(0.0));
        tracing::info!(
            target: "metric",
            environment = environment.as_str(),
            gauge.nordbro_operations_unknown = count
        );
        tracing::info!(
            target: "metric",
            environment = environment.as_str(),
            gauge.nordbro_operations_unknown_oldest_seconds = age
        );
        all += usize::try_from(count).unwrap_or(usize::MAX);
    }
    Ok(all)
}
