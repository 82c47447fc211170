//! Asking for a transfer, within a change of the registry.

use domain::transfer::Stage;
use domain::{Proof, TransferId};
use store::SystemTx;
use store::registry::{Assignment, Registry, Transfer};
use time::OffsetDateTime;

use super::{end, told};
use crate::Error;
use crate::audit::Notes;

/// Asks for the unit of a draft whose claim is proven. One that was refused is asked for again only with a proof
/// that is newer than the refusal.
pub(crate) async fn ask(
    tx: &SystemTx,
    registry: &Registry<'_>,
    assignment: &Assignment,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let newest = tx.system().newest_transfer(assignment.id).await?;
    let before = newest.as_ref().map(|newest| newest.stage);
    if let Some(newest) = newest {
        let Some(ended_at) = newest.ended_at else {
            return Ok(());
        };
        let shown = shown(tx, assignment).await?;
        if shown.is_none_or(|(_, at)| at <= ended_at) {
            return Ok(());
        }
    }
    registry
        .add_transfer(&asked(notes, assignment, Stage::Waiting, now))
        .await?;
    told(notes, assignment, before, Stage::Waiting);
    Ok(())
}

pub(super) fn asked(
    notes: &Notes<'_>,
    assignment: &Assignment,
    stage: Stage,
    now: OffsetDateTime,
) -> Transfer {
    Transfer {
        id: TransferId::from_uuid(notes.app.clock().new_id()),
        partner: assignment.partner,
        environment: assignment.environment,
        assignment: assignment.id,
        msn: assignment.msn.clone(),
        from: None,
        stage,
        forced: false,
        asked_at: now,
        drain_until: None,
        frozen_at: None,
        ended_at: stage.is_over().then_some(now),
    }
}

/// The unit has gone live by itself: nobody held it any more.
pub(crate) async fn done(
    tx: &SystemTx,
    registry: &Registry<'_>,
    assignment: &Assignment,
    notes: &mut Notes<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let newest = tx.system().newest_transfer(assignment.id).await?;
    if let Some(open) = newest.filter(|newest| !newest.stage.is_over()) {
        end(registry, &open, assignment, Stage::Completed, notes, now).await?;
    }
    Ok(())
}

/// By what a claim was proven, and when that was last shown: keys of the unit that were put again show it again.
pub(super) async fn shown(
    tx: &SystemTx,
    assignment: &Assignment,
) -> Result<Option<(Proof, OffsetDateTime)>, Error> {
    let Some(claim) = tx.system().find_claim(assignment.id).await? else {
        return Ok(None);
    };
    let keys = tx.system().own_keys_shown(assignment.id).await?;
    let at = keys.map_or(claim.proven_at, |keys| keys.max(claim.proven_at));
    Ok(Some((claim.proof, at)))
}
