//! Drafts of an import on their way to live: tried at Vipps several at a time, then settled in one transaction.

use std::sync::Arc;

use domain::{AssignmentId, KeySet, Msn};
use futures_util::stream::{self, StreamExt as _};

use super::{Import, Outcome, Report};
use crate::audit::Notes;
use crate::onboarding::claim::{GoingLive, by_operator, demand_proof, go_live, prove as record};
use crate::onboarding::credentials::adopt;
use crate::onboarding::diagnosis::{Depth, Finding};
use crate::onboarding::look::{ask, settle, subject};
use crate::onboarding::{NewKeys, Stage};
use crate::{App, Error, What};

/// Units that are tried at the same time.
const AT_ONCE: usize = 16;

/// A draft of the import, or a unit that gets other keys.
pub(super) struct Candidate {
    pub(super) line: u64,
    pub(super) assignment: AssignmentId,
    pub(super) msn: Msn,
    /// Keys of the file that do not serve it yet.
    pub(super) keys: Option<NewKeys>,
    pub(super) is_new: bool,
}

/// What Vipps said.
struct Tried {
    line: u64,
    assignment: AssignmentId,
    msn: Msn,
    is_new: bool,
    /// Keys that were asked with, and whether they have to be stored first. Absent = there are none.
    asked: Option<(Arc<KeySet>, bool, Finding)>,
}

pub(super) async fn prove(
    app: &App,
    import: &Import,
    candidates: Vec<Candidate>,
) -> Result<Vec<Report>, Error> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let asking = candidates
        .into_iter()
        .map(|candidate| tried(app, import, candidate));
    let tried: Vec<_> = stream::iter(asking).buffered(AT_ONCE).collect().await;
    let now = app.now();
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let mut notes = Notes::of(app, &import.by);
    let mut reports = Vec::with_capacity(tried.len());
    for tried in tried {
        let tried = tried?;
        let found = tx.system().find_assignment(tried.assignment).await?;
        let mut assignment = found.ok_or(Error::NotFound(What::SalesUnit))?;
        let belongs = tried
            .asked
            .as_ref()
            .is_some_and(|(_, _, finding)| matches!(finding, Finding::Belongs { .. }));
        let mut going = match &tried.asked {
            Some((keys, true, finding)) if belongs => {
                adopt(&tx, &registry, &mut assignment, keys, finding, &mut notes, now).await?
            }
            Some((keys, false, finding)) if belongs => {
                settle(&tx, &registry, &mut assignment, keys, finding, &mut notes, now).await?
            }
            Some(_) | None => go_live(&tx, &registry, &mut assignment, &mut notes, now).await?,
        };
        // The operator answers only where Vipps has proven nothing.
        if let (GoingLive::Unproven, Some(reason)) = (going, &import.vouched) {
            let claim = by_operator(assignment.id, import.by.name(), reason, now);
            record(&tx, &registry, &assignment, &claim, &mut notes).await?;
            going = go_live(&tx, &registry, &mut assignment, &mut notes, now).await?;
        }
        reports.push(tried.report(going));
    }
    app.changed(tx, notes.by, &notes.changes).await?;
    Ok(reports)
}

async fn tried(app: &App, import: &Import, candidate: Candidate) -> Result<Tried, Error> {
    let unit = app
        .assigned_unit(import.partner, import.environment, candidate.assignment)
        .await?;
    let (keys, is_new) = match candidate.keys {
        Some(keys) => (Some(Arc::new(keys.into_key_set(app, import.environment))), true),
        None => (unit.keys.clone(), false),
    };
    // The operator's keys look at no unit for which nobody has answered.
    let keys = match keys {
        Some(keys) if import.vouched.is_none() => match demand_proof(app, &unit, keys.kind).await {
            Ok(()) => Some(keys),
            Err(Error::UnprovenForPlatform) => None,
            Err(error) => return Err(error),
        },
        keys => keys,
    };
    let asked = match keys {
        Some(keys) => {
            let finding = if import.until.is_some_and(|until| app.now() >= until) {
                Finding::Unknown
            } else {
                let subject = subject(app, &unit, Arc::clone(&keys)).await?;
                ask(app, &subject, Depth::Product).await?
            };
            Some((keys, is_new, finding))
        }
        None => None,
    };
    Ok(Tried {
        line: candidate.line,
        assignment: candidate.assignment,
        msn: candidate.msn,
        is_new: candidate.is_new,
        asked,
    })
}

impl Tried {
    fn report(self, going: GoingLive) -> Report {
        let done = if self.is_new {
            Outcome::Created
        } else {
            Outcome::Changed
        };
        let (stage, waits) = match going {
            GoingLive::Live => (Stage::Live, ""),
            GoingLive::Unproven => (
                Stage::Draft,
                "The claim is not proven: it needs the unit's own keys.",
            ),
            GoingLive::Unready => (Stage::Verified, "No proven keys or no product profile serve it."),
            GoingLive::Elsewhere => (Stage::Transfer, "It is on its way here and goes live by itself."),
        };
        let (outcome, message) = match &self.asked {
            Some((_, _, Finding::Refused(refusal))) => {
                let trouble = refusal.trouble;
                (
                    Outcome::Refused,
                    format!("{} {}", trouble.reason(), trouble.remedy()),
                )
            }
            Some((_, _, Finding::Unknown)) => (
                Outcome::Unreachable,
                "Vipps could not be asked. Run the file again.".to_owned(),
            ),
            Some((
                _,
                _,
                Finding::Belongs {
                    trouble: Some(trouble),
                    ..
                },
            )) => (done, format!("{} {}", trouble.reason(), trouble.remedy())),
            Some((_, _, Finding::Belongs { trouble: None, .. })) | None => (done, waits.to_owned()),
        };
        Report {
            line: self.line,
            msn: Some(self.msn.to_string()),
            outcome,
            stage: Some(stage),
            message,
        }
    }
}
