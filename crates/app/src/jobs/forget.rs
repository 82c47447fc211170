//! Forgetting what nobody needs any more: callers' idempotency keys, and when operations were sent.

use time::OffsetDateTime;

use crate::{App, Error};

/// Rows of one transaction: money waits for no more than these.
const ROWS: u64 = 500;

#[derive(Debug, Clone, Copy)]
enum What {
    Keys,
    Attempts,
}

/// Forgets all that is older than [`crate::Retention`] says and belongs to no open operation. Returns how many
/// rows that were.
///
/// # Errors
/// The store does not answer; what was forgotten so far stays forgotten, and the next round goes on.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let keys = all(app, What::Keys, now).await?;
    let attempts = all(app, What::Attempts, now).await?;
    if keys + attempts > 0 {
        tracing::info!(keys, attempts, "what was kept long enough is forgotten");
    }
    Ok(usize::try_from(keys + attempts).unwrap_or(usize::MAX))
}

/// Batch after batch, until one is not full or the process goes down.
async fn all(app: &App, what: What, now: OffsetDateTime) -> Result<u64, Error> {
    let mut sum = 0;
    loop {
        let rows = batch(app, what, now).await?;
        sum += rows;
        if rows < ROWS || app.shutdown().is_cancelled() {
            return Ok(sum);
        }
    }
}

async fn batch(app: &App, what: What, now: OffsetDateTime) -> Result<u64, Error> {
    let kept = app.settings().retention;
    let tx = app.store().begin_system("retention: what is too old").await?;
    let system = tx.system();
    let rows = match what {
        What::Keys => system.forget_keys(now - kept.keys(), ROWS).await?,
        What::Attempts => system.forget_attempts(now - kept.attempts(), ROWS).await?,
    };
    tx.commit().await?;
    Ok(rows)
}
