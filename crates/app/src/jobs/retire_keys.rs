//! Erasing keys that were replaced, when nothing is open under them.

use time::{Duration, OffsetDateTime};

use super::while_it_runs;
use crate::registry::key_switches::finish;
use crate::{App, Error};

/// For how long every process looks for keys that another has erased, to drop their access tokens.
const LATELY: Duration = Duration::HOUR;

/// Returns how many sets were erased.
///
/// # Errors
/// The store did not say which are on their way out. What fails with one is logged and holds up no other.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let (retiring, erased) = {
        let reader = app.store().read_system("keys that were replaced");
        let erased = reader.system().erased_key_sets(now - LATELY).await?;
        (reader.system().retiring_key_sets().await?, erased)
    };
    for keys in erased {
        app.vipps()
            .forget_token(keys.id, keys.environment, keys.version)
            .await;
    }
    let mut done = 0;
    for keys in while_it_runs(app, retiring) {
        match finish(app, &keys, now).await {
            Ok(true) => {
                app.vipps()
                    .forget_token(keys.id, keys.environment, keys.version)
                    .await;
                done += 1;
            }
            Ok(false) => {}
            Err(error) => tracing::error!(
                key_set.id = %keys.id,
                error = &error as &dyn std::error::Error,
                "replaced keys could not be erased"
            ),
        }
    }
    Ok(done)
}
