//! One step of a transfer. Each is one transaction, so a process that dies between two leaves the next round a
//! transfer that stands where it stood.

use domain::Proof;
use domain::transfer::{self, Closing, Drain, Stage, Step};
use store::registry::{Assignment, AssignmentState, Registry, Transfer};
use store::{System, SystemTx};
use time::{Duration, OffsetDateTime};

use super::{ask, asker, end, holder_of, told};
use crate::audit::{Actor, Change, Notes};
use crate::onboarding::claim::{lack, watch};
use crate::onboarding::look::forget_standing;
use crate::registry::key_switches;
use crate::{App, Error};

/// How much later than a lease's end a call may be thought of as under way: processes' clocks differ.
const CLOCKS: Duration = Duration::seconds(15);

/// Does what is due. True = the transfer has come further.
///
/// # Errors
/// [`Error::Unavailable`]: nothing was done, or all of it.
pub(crate) async fn step(app: &App, transfer: &Transfer, now: OffsetDateTime) -> Result<bool, Error> {
    {
        // Most rounds find nothing to do, and raise no version then.
        let reader = app.store().read_system("transfers: what is due");
        if !is_due(app, reader.system(), transfer, now).await? {
            return Ok(false);
        }
    }
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    // As it stands now: another process may have been here, or the operator.
    let found = tx.system().find_transfer(transfer.id).await?;
    let Some(transfer) = found.filter(|found| !found.stage.is_over()) else {
        tx.rollback().await?;
        return Ok(false);
    };
    let by = Actor::gateway();
    let mut notes = Notes::of(app, &by);
    let went_on = match transfer.from {
        None => begin(&tx, &registry, &transfer, &mut notes, now.max(app.now())).await?,
        Some((_, holder)) => {
            // Whoever has seen the holder's standing ends first: what it began is counted below.
            tx.system().hold_standing(holder).await?;
            let holder = holder_of(&tx, holder).await?;
            // The round may have stood in line: what is in flight counts from when nothing more can leave.
            let now = now.max(app.now());
            carry_on(&tx, &registry, &transfer, holder, &mut notes, now).await?
        }
    };
    if !went_on {
        tx.rollback().await?;
        return Ok(false);
    }
    app.changed(tx, &by, &notes.changes).await?;
    Ok(true)
}

async fn is_due<M>(
    app: &App,
    system: System<'_, M>,
    transfer: &Transfer,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    if let Some(drain) = drain(transfer, &system).await? {
        return Ok(transfer::next(&drain, now, in_flight(app)) != Step::Wait);
    }
    let other = system.transfer_under_way(transfer.environment, &transfer.msn);
    Ok(other.await?.is_none())
}

/// The holder's side; absent while nobody is drained.
async fn drain<M>(transfer: &Transfer, system: &System<'_, M>) -> Result<Option<Drain>, Error> {
    let (Some((_, holder)), Some(until)) = (transfer.from, transfer.drain_until) else {
        return Ok(None);
    };
    Ok(Some(Drain {
        until,
        frozen_at: transfer.frozen_at,
        open: system.open_work(holder).await?,
    }))
}

/// A call leaves only when it must be over before its lease is.
pub(crate) fn in_flight(app: &App) -> Duration {
    app.settings().lease + CLOCKS
}

/// Closes the holder to new operations; without one the unit changes over at once.
async fn begin(
    tx: &SystemTx,
    registry: &Registry<'_>,
    transfer: &Transfer,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let other = tx
        .system()
        .transfer_under_way(transfer.environment, &transfer.msn)
        .await?;
    if other.is_some() {
        return Ok(false);
    }
    let asker = asker(tx, transfer).await?;
    if asker.state != AssignmentState::Draft || ask::shown(tx, &asker).await?.is_none() {
        refuse(tx, registry, transfer, notes, now).await?;
        return Ok(true);
    }
    if lack(tx, &asker).await?.is_some() {
        // Nobody is drained for one that could not go live then.
        return Ok(false);
    }
    let holder = tx
        .system()
        .holder_beside(asker.id, asker.environment, &asker.msn)
        .await?;
    let Some(holder) = holder else {
        switch(tx, registry, transfer, None, notes, now).await?;
        return Ok(true);
    };
    close(registry, &holder, Some(Closing::Draining), notes, now).await?;
    let draining = Transfer {
        from: Some((holder.partner, holder.id)),
        stage: Stage::Draining,
        drain_until: Some(if transfer.forced {
            now
        } else {
            now + notes.app.settings().transfer_drain
        }),
        ..transfer.clone()
    };
    registry.save_transfer(&draining).await?;
    told(notes, &asker, Some(transfer.stage), draining.stage);
    Ok(true)
}

async fn carry_on(
    tx: &SystemTx,
    registry: &Registry<'_>,
    transfer: &Transfer,
    holder: Assignment,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let drain = drain(transfer, &tx.system()).await?;
    let drain = drain.ok_or(Error::Internal("a transfer is drained by nobody"))?;
    match transfer::next(&drain, now, in_flight(notes.app)) {
        Step::Wait => return Ok(false),
        Step::Freeze => {
            close(registry, &holder, Some(Closing::Frozen), notes, now).await?;
            let frozen = Transfer {
                stage: Stage::Frozen,
                frozen_at: Some(now),
                ..transfer.clone()
            };
            registry.save_transfer(&frozen).await?;
            let asker = asker(tx, transfer).await?;
            told(notes, &asker, Some(transfer.stage), frozen.stage);
            tracing::warn!(
                transfer.id = %transfer.id,
                open = drain.open,
                "a sales unit changes over with outcomes that nobody knows: they are frozen"
            );
        }
        Step::Switch => switch(tx, registry, transfer, Some(holder), notes, now).await?,
    }
    Ok(true)
}

/// Ends the old assignment and takes the new one live, both or neither; or refuses, when the claim does not hold.
async fn switch(
    tx: &SystemTx,
    registry: &Registry<'_>,
    transfer: &Transfer,
    holder: Option<Assignment>,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let asker = asker(tx, transfer).await?;
    let shown = ask::shown(tx, &asker).await?;
    let holds = match (asker.state, shown) {
        (AssignmentState::Draft, Some(claim)) => {
            transfer.forced || !prevails(tx, holder.as_ref(), claim).await?
        }
        (AssignmentState::Draft | AssignmentState::Live | AssignmentState::Ended, _) => false,
    };
    if !holds || lack(tx, &asker).await?.is_some() {
        refuse(tx, registry, transfer, notes, now).await?;
        return Ok(());
    }
    if let Some(holder) = holder {
        let moved = Assignment {
            state: AssignmentState::Ended,
            ended_at: holder.ended_at.or(Some(now)),
            ..holder.clone()
        };
        // Its row first: one assignment of a unit is live at a time.
        close_as(registry, &holder, moved, Some(Closing::Moved), notes, now).await?;
        forget_standing(tx, holder.partner, holder.environment, holder.id).await?;
        key_switches::leave_own(tx, registry, &holder, notes, now).await?;
    }
    let live = Assignment {
        state: AssignmentState::Live,
        live_from: Some(now),
        updated_at: now,
        ..asker.clone()
    };
    registry.save_assignment(&live).await?;
    notes.changes.push(Change::set(&asker, &live));
    watch(tx, &live, now).await?;
    end(registry, transfer, &live, Stage::Completed, notes, now).await?;
    Ok(())
}

async fn prevails(
    tx: &SystemTx,
    holder: Option<&Assignment>,
    claim: (Proof, OffsetDateTime),
) -> Result<bool, Error> {
    let Some(holder) = holder.filter(|holder| holder.state == AssignmentState::Live) else {
        return Ok(false);
    };
    let shown = tx.system().own_keys_shown(holder.id).await?;
    Ok(transfer::holder_prevails(claim, shown))
}

/// Ends a transfer without a change: the holder, if one is closed, is open again.
pub(super) async fn refuse(
    tx: &SystemTx,
    registry: &Registry<'_>,
    transfer: &Transfer,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<Transfer, Error> {
    if let Some((_, holder)) = transfer.from {
        let holder = holder_of(tx, holder).await?;
        close(registry, &holder, None, notes, now).await?;
    }
    let asker = asker(tx, transfer).await?;
    end(registry, transfer, &asker, Stage::Refused, notes, now).await
}

async fn close(
    registry: &Registry<'_>,
    holder: &Assignment,
    closing: Option<Closing>,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    close_as(registry, holder, holder.clone(), closing, notes, now).await
}

async fn close_as(
    registry: &Registry<'_>,
    before: &Assignment,
    after: Assignment,
    closing: Option<Closing>,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let after = Assignment {
        closing,
        updated_at: now,
        ..after
    };
    registry.save_assignment(&after).await?;
    notes.changes.push(Change::set(before, &after));
    Ok(())
}
