//! Transfers as the partner sees that asks for them: its own request and how it stands, and nobody else.

use domain::Msn;
use domain::transfer::Stage;
use store::registry::{AskedTransfer, AssignmentState};

use super::{ask, told};
use crate::audit::Notes;
use crate::onboarding::claim::{GoingLive, go_live};
use crate::{App, Caller, Error, Scope, What};

/// Asks to have a sales unit whose claim is proven. When nobody has it live, it goes live at once. Asked for again,
/// it is the same transfer; one that was refused is asked for anew with a newer proof.
///
/// # Errors
/// `NotFound(SalesUnit)`; [`Error::Unproven`]; [`Error::WithoutKeys`]; `Exists(Transfer)` when the unit is the
/// caller's already.
pub async fn request_transfer(app: &App, caller: &Caller, msn: &Msn) -> Result<AskedTransfer, Error> {
    caller.demand(Scope::MerchantsManage)?;
    let unit = app.held(caller, msn).await?;
    let now = app.now();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let found = tx.system().find_assignment(unit.assignment).await?;
    let mut assignment = found.ok_or(Error::NotFound(What::SalesUnit))?;
    if assignment.state == AssignmentState::Live {
        return Err(Error::Exists(What::Transfer));
    }
    let by = caller.actor();
    let mut notes = Notes::of(app, &by);
    match go_live(&tx, &registry, &mut assignment, &mut notes, now).await? {
        GoingLive::Unproven => return Err(Error::Unproven),
        GoingLive::Unready => return Err(Error::WithoutKeys),
        GoingLive::Live if tx.system().newest_transfer(assignment.id).await?.is_none() => {
            let done = ask::asked(&notes, &assignment, Stage::Completed, now);
            registry.add_transfer(&done).await?;
            told(&mut notes, &assignment, None, Stage::Completed);
        }
        GoingLive::Live | GoingLive::Elsewhere => {}
    }
    app.changed(tx, &by, &notes.changes).await?;
    let reader = app.store().read(caller.partner, caller.environment);
    let asked = reader.scope().asked_transfers(Some(assignment.id)).await?;
    asked
        .into_iter()
        .next()
        .ok_or(Error::Internal("a transfer was asked for and is not there"))
}

/// What was asked for as the caller's sales unit, newest first.
///
/// # Errors
/// `NotFound(SalesUnit)`; [`Error::Unavailable`].
pub async fn list_transfers(app: &App, caller: &Caller, msn: &Msn) -> Result<Vec<AskedTransfer>, Error> {
    caller.demand(Scope::MerchantsRead)?;
    let unit = app.held(caller, msn).await?;
    let reader = app.store().read(caller.partner, caller.environment);
    Ok(reader.scope().asked_transfers(Some(unit.assignment)).await?)
}
