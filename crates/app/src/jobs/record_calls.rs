//! Writing down what became of calls to Vipps, in batches and beside the money path. A process that is
//! killed loses what it counted since the last round, ten seconds at most, and nothing else: these are counts.

use std::collections::BTreeMap;

use domain::ApiCall;
use store::quality::Calls;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::{App, Error};

/// How long the ledger goes back.
const KEPT: Duration = Duration::days(400);

/// Rows of one transaction: money waits for no more than these.
const ROWS: usize = 200;

/// Writes down what was counted since the last round. Returns how many kinds of calls that were.
///
/// # Errors
/// The store does not answer; what was not written is counted on. When it is not known whether a batch was
/// written, its calls may count twice.
pub async fn run_once(app: &App, _: OffsetDateTime) -> Result<usize, Error> {
    let taken = app.vipps().tally().take();
    if taken.lost > 0 {
        tracing::warn!(calls = taken.lost, "the ledger of calls had no room for some");
    }
    let mut counts = taken.counts;
    // In the order of the rows, so that two processes never wait for each other in a circle.
    counts.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let all = counts.len();
    while !counts.is_empty() {
        let rest = counts.split_off(counts.len().min(ROWS));
        let batch = std::mem::replace(&mut counts, rest);
        let rows = batch.iter().map(|(call, count)| {
            let calls = Calls {
                calls: count.calls,
                last: count.last,
            };
            (call.clone(), calls)
        });
        if let Err(error) = write(app, rows.collect()).await {
            let tally = app.vipps().tally();
            tally.give_back(batch);
            tally.give_back(counts);
            return Err(error.into());
        }
    }
    Ok(all)
}

async fn write(app: &App, rows: Vec<(ApiCall, Calls)>) -> Result<(), store::Error> {
    let mut by_owner: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (call, calls) in rows {
        let owner = (call.partner, call.environment);
        by_owner.entry(owner).or_default().push((call, calls));
    }
    let tx = app.store().begin_system("ledger: calls to Vipps").await?;
    for ((partner, environment), rows) in by_owner {
        let scope = tx.system().scope(partner, environment);
        scope.add_api_calls(&rows).await?;
    }
    tx.commit().await
}

/// Forgets days that are too long ago. Returns how many rows those were.
///
/// # Errors
/// The store does not answer.
pub async fn forget(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let before = (now - KEPT).to_offset(UtcOffset::UTC).date();
    let tx = app.store().begin_system("ledger: days that are over").await?;
    let forgotten = tx.system().forget_api_calls(before).await?;
    tx.commit().await?;
    Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
}
