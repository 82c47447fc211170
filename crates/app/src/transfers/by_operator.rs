//! Transfers as the operator sees and decides them. Each act stands in the chains of both partners and names neither
//! to the other.

use domain::TransferId;
use domain::transfer::Stage;
use serde_json::{Value, json};
use store::SystemTx;
use store::registry::{Part, Transfer, TransferFilter};

use super::{asker, holder_of, step};
use crate::audit::{Actor, Change, Notes};
use crate::registry::{cut, invalid, part};
use crate::{App, Error, What};

/// Oldest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(app: &App, filter: TransferFilter) -> Result<Vec<Transfer>, Error> {
    let reader = app.store().read_system("operator: transfers");
    Ok(reader.system().list_transfers(filter, Part::ALL).await?)
}

/// One page of them, and where the next one begins.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    app: &App,
    filter: TransferFilter,
    after: Option<TransferId>,
    limit: u32,
) -> Result<(Vec<Transfer>, Option<TransferId>), Error> {
    let reader = app.store().read_system("operator: transfers");
    let part = part(after.map(TransferId::uuid), limit);
    let found = reader.system().list_transfers(filter, part).await?;
    Ok(cut(found, limit, |it| it.id))
}

/// # Errors
/// `NotFound(Transfer)`.
pub async fn find(app: &App, id: TransferId) -> Result<Transfer, Error> {
    let reader = app.store().read_system("operator: one transfer");
    let found = reader.system().find_transfer(id).await?;
    found.ok_or(Error::NotFound(What::Transfer))
}

/// Ends the time to settle now and decides a dispute for whoever asks. What may still be under way is waited for all
/// the same.
///
/// # Errors
/// `NotFound(Transfer)`; [`Error::Invalid`] without a reason, or when it is over.
pub async fn force(app: &App, by: &Actor, id: TransferId) -> Result<Transfer, Error> {
    let now = app.now();
    let (tx, open) = open(app, by, id).await?;
    let registry = tx.system().change_registry().await?;
    let forced = Transfer {
        forced: true,
        drain_until: open.drain_until.map(|until| until.min(now)),
        ..open.clone()
    };
    registry.save_transfer(&forced).await?;
    let mut notes = Notes::of(app, by);
    decided(&tx, &forced, "force_transfer", &mut notes).await?;
    app.changed(tx, by, &notes.changes).await?;
    Ok(forced)
}

/// Ends a transfer: the holder goes on as before. It is asked for again with a newer proof only.
///
/// # Errors
/// As [`force`].
pub async fn refuse(app: &App, by: &Actor, id: TransferId) -> Result<Transfer, Error> {
    let now = app.now();
    let (tx, open) = open(app, by, id).await?;
    let registry = tx.system().change_registry().await?;
    let mut notes = Notes::of(app, by);
    decided(&tx, &open, "refuse_transfer", &mut notes).await?;
    let refused = step::refuse(&tx, &registry, &open, &mut notes, now).await?;
    app.changed(tx, by, &notes.changes).await?;
    Ok(refused)
}

async fn open(app: &App, by: &Actor, id: TransferId) -> Result<(SystemTx, Transfer), Error> {
    if by.reason().is_empty() {
        return Err(invalid("reason", "required", "is needed: say why, in a sentence"));
    }
    let tx = app.change().await?;
    // Raises the version's row first, so that no round of the job comes between.
    tx.system().change_registry().await?;
    let found = tx.system().find_transfer(id).await?;
    let transfer = found.ok_or(Error::NotFound(What::Transfer))?;
    if transfer.stage.is_over() {
        let message = format!(
            "is {}: only an open transfer can be decided",
            transfer.stage.as_str()
        );
        return Err(invalid("transfer", "state", &message));
    }
    Ok((tx, transfer))
}

/// The same in both chains: the act, how far the transfer had come, and nobody else's name.
async fn decided(tx: &SystemTx, transfer: &Transfer, verb: &str, notes: &mut Notes<'_>) -> Result<(), Error> {
    let stage = json!({ "transfer": Stage::as_str(transfer.stage) });
    let asker = asker(tx, transfer).await?;
    notes
        .changes
        .push(Change::of(&asker, verb, Value::Null, stage.clone()));
    if let Some((_, from)) = transfer.from {
        let holder = holder_of(tx, from).await?;
        notes.changes.push(Change::of(&holder, verb, Value::Null, stage));
    }
    Ok(())
}
