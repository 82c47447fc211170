//! Settling operations that nobody carries any more: unknown outcomes, and those of a process that died.

use store::money::DueOperation;
use time::{Duration, OffsetDateTime};

use super::each;
use crate::money::Waiting;
use crate::{App, Error};

/// How long one that could not be looked at is left alone.
const PUT_OFF: Duration = Duration::MINUTE;

/// Takes one step with every operation that is due: reads, and where that says nothing sends the same bytes
/// again as far as the rules allow. Returns how many were taken.
///
/// # Errors
/// The store did not say what is due. What fails with one operation is logged and holds up no other.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let due = {
        let reader = app.store().read_system("resolver: operations that are due");
        reader
            .system()
            .due_operations(now, u64::from(app.settings().batch))
            .await?
    };
    let taken = each(app, due, |due| async move {
        match step(app, due).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::error!(
                    operation.id = %due.operation,
                    error = &error as &dyn std::error::Error,
                    "an open operation could not be looked at"
                );
                put_off(app, due).await;
                false
            }
        }
    });
    Ok(taken.await)
}

/// Makes room for the others: one that cannot be looked at (its unit has no keys, its row is damaged) would
/// otherwise be the first of every round.
async fn put_off(app: &App, due: DueOperation) {
    let work = async {
        let tx = app.store().begin(due.partner, due.environment).await?;
        let until = app.now() + PUT_OFF;
        tx.scope().hold_off(due.operation, until).await?;
        tx.commit().await
    };
    // Settled meanwhile, or the store is down: the next round sees.
    let _tried: Result<(), store::Error> = work.await;
}

async fn step(app: &App, due: DueOperation) -> Result<bool, Error> {
    let operation = {
        let reader = app.store().read(due.partner, due.environment);
        reader.scope().find_operation(due.operation).await?
    };
    let Some(operation) = operation.filter(|operation| operation.status.is_open()) else {
        return Ok(false);
    };
    // Somebody in this process is at it: the row is looked at again when they are done.
    let Some(_turn) = app.turns().try_take(operation.assignment, &operation.reference) else {
        return Ok(false);
    };
    let unit = app.served_assignment(due.partner, due.environment, due.assignment);
    let unit = match unit.await {
        // Its keys are on their way out, and nothing serves the unit here any more.
        Err(Error::WithoutKeys) => app.served_operation(&operation).await?,
        served => served?,
    };
    let Some(drive) = app.take_over(&unit, &operation, Waiting::Nobody).await? else {
        return Ok(false);
    };
    drive.run(app).await?;
    Ok(true)
}
