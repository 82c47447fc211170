//! Looking at every sales unit once a day, and at once when its calls start to fail.

use time::{Duration, OffsetDateTime};

use super::each;
use crate::onboarding::look;
use crate::{App, Error};

/// Units of one round. A round every ten seconds looks at more than 100,000 units a day.
const UNITS: u64 = 16;
/// When a unit is due again whose look never ended, because the process did.
const LOST: Duration = Duration::minutes(10);

/// Looks at the units that are due. Returns how many.
///
/// # Errors
/// The store does not answer. What became of one unit is no matter of the others.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let due = {
        let tx = app.store().begin_system("sales units whose look is due").await?;
        let due = tx.system().take_due_checks(now, now + LOST, UNITS).await?;
        tx.commit().await?;
        due
    };
    let looked = each(app, due, |check| async move {
        let looked = look(app, check.partner, check.environment, check.assignment);
        if let Err(error) = looked.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                assignment.id = %check.assignment,
                "a sales unit could not be looked at"
            );
        }
        true
    });
    Ok(looked.await)
}
