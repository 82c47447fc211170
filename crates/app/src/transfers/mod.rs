//! The move of a sales unit from one partner to another.
//!
//! A proven claim on a unit that somebody else has live asks for a transfer ([`ask`]). A job carries it on
//! (`jobs::move_units`), each step one transaction: the holder is drained (it begins nothing new, and what it began is
//! settled with its own keys), what stays unknown is frozen, and then the unit is switched. Neither partner
//! learns of the other.

pub(crate) mod ask;
mod by_operator;
mod own;
pub(crate) mod step;

pub use by_operator::{find, force, list, page, refuse};
pub use own::{list_transfers, request_transfer};
pub use store::registry::{AskedTransfer, Transfer, TransferFilter};

use domain::AssignmentId;
use domain::transfer::Stage;
use serde_json::json;
use store::SystemTx;
use store::registry::{Assignment, Registry};
use time::OffsetDateTime;

use crate::Error;
use crate::audit::{Change, Notes};

/// Tells that a transfer went on, in the chain of the partner that asked for it.
fn told(notes: &mut Notes<'_>, asker: &Assignment, before: Option<Stage>, after: Stage) {
    let verb = "transfer";
    let before = json!({ "transfer": before.map(Stage::as_str) });
    let after = json!({ "transfer": after.as_str() });
    notes.changes.push(Change::of(asker, verb, before, after));
}

/// The assignment that a transfer was asked for as.
async fn asker(tx: &SystemTx, transfer: &Transfer) -> Result<Assignment, Error> {
    let found = tx.system().find_assignment(transfer.assignment).await?;
    found.ok_or(Error::Internal("a transfer has no assignment"))
}

/// The assignment that the unit is moved from.
async fn holder_of(tx: &SystemTx, from: AssignmentId) -> Result<Assignment, Error> {
    let found = tx.system().find_assignment(from).await?;
    found.ok_or(Error::Internal("a transfer comes from nowhere"))
}

/// A transfer is over, and its asker's chain says how.
async fn end(
    registry: &Registry<'_>,
    transfer: &Transfer,
    asker: &Assignment,
    stage: Stage,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<Transfer, Error> {
    let ended = Transfer {
        stage,
        ended_at: Some(now),
        ..transfer.clone()
    };
    registry.save_transfer(&ended).await?;
    told(notes, asker, Some(transfer.stage), stage);
    tracing::info!(transfer.id = %transfer.id, stage = stage.as_str(), "a transfer is over");
    Ok(ended)
}
