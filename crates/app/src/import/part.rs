//! One part of a file: what is there, what is missing, and what that makes of each row.

use domain::{AssignmentId, KeySet, Violation};
use store::registry::{AssignmentState, Market, Merchant, Orphans, Unit};
use store::{Read, Scope};

use super::prove::{Candidate, prove};
use super::{Import, Line, Outcome, Report, Row};
use crate::audit::Change;
use crate::onboarding::Stage;
use crate::registry::{merchants, sales_units};
use crate::{App, Error};

/// How far a row has come.
enum Step {
    Over(Report),
    /// It is drafted, and may go live.
    Drafted(Candidate),
}

pub(super) async fn import(app: &App, import: &Import, lines: Vec<Line>) -> Result<Vec<Report>, Error> {
    let reader = app.store().read(import.partner, import.environment);
    let mut planned = Vec::with_capacity(lines.len());
    for line in lines {
        planned.push(plan(reader.scope(), import, line).await?);
    }
    let steps = draft(app, import, planned).await?;
    let mut reports = Vec::with_capacity(steps.len());
    let mut candidates = Vec::new();
    for step in steps {
        match step {
            Step::Over(report) => reports.push(report),
            Step::Drafted(candidate) => candidates.push(candidate),
        }
    }
    reports.extend(prove(app, import, candidates).await?);
    reports.sort_by_key(|report| report.line);
    Ok(reports)
}

/// What a row needs.
enum Plan {
    Over(Report),
    /// Its unit has to be drafted, its merchant too unless it is known.
    Draft {
        line: u64,
        row: Box<Row>,
        merchant: Option<Merchant>,
    },
    /// It is drafted already.
    Prove(Candidate),
}

async fn plan(rows: Scope<'_, Read>, import: &Import, line: Line) -> Result<Plan, Error> {
    let report = |outcome, stage, message: String| {
        Plan::Over(Report {
            line: line.number,
            msn: line.msn.clone(),
            outcome,
            stage,
            message,
        })
    };
    let row = match line.row {
        Ok(row) => row,
        Err(faults) => return Ok(report(Outcome::Invalid, None, said(&faults))),
    };
    if let Err(Error::Invalid(faults)) = sales_units::check_mode(row.mode, import.environment) {
        return Ok(report(Outcome::Invalid, None, said(&faults)));
    }
    if market(&row).is_none() {
        let fault = Violation::new(
            "market",
            "required",
            "is needed: the country is no market of Vipps",
        );
        return Ok(report(Outcome::Invalid, None, said(&[fault])));
    }
    let merchant = rows
        .find_organisation(&row.merchant.country, &row.merchant.organisation_number)
        .await?;
    let Some(unit) = rows.find_held_unit(&row.msn).await? else {
        if import.is_rehearsal {
            return Ok(report(Outcome::Would, None, String::new()));
        }
        return Ok(Plan::Draft {
            line: line.number,
            row: Box::new(row),
            merchant,
        });
    };
    let held = &unit.assignment;
    if merchant.is_none_or(|merchant| merchant.id != held.merchant) {
        let fault = Violation::new(
            "organisationNumber",
            "differs",
            "is not that of the merchant who has the sales unit",
        );
        return Ok(report(Outcome::Invalid, None, said(&[fault])));
    }
    if held.credential_mode != row.mode {
        let fault = Violation::new(
            "credentialMode",
            "differs",
            "is another one; change it with `sales-unit set`",
        );
        return Ok(report(Outcome::Invalid, None, said(&[fault])));
    }
    let keys = rows.serving_keys(held.id, domain::CredentialMode::Own).await?;
    let has_new_keys = row.keys.as_ref().is_some_and(|new| !is_same(new, keys.as_ref()));
    if held.state == AssignmentState::Live && !has_new_keys {
        return Ok(report(Outcome::Unchanged, Some(Stage::Live), String::new()));
    }
    if import.is_rehearsal {
        return Ok(report(Outcome::Would, Some(stage(&unit)), String::new()));
    }
    Ok(Plan::Prove(Candidate {
        line: line.number,
        assignment: held.id,
        keys: row.keys.filter(|_| has_new_keys),
        msn: row.msn,
        is_new: false,
    }))
}

/// Drafts all units of the part that are missing, in one transaction.
async fn draft(app: &App, import: &Import, planned: Vec<Plan>) -> Result<Vec<Step>, Error> {
    let has_work = planned.iter().any(|plan| matches!(plan, Plan::Draft { .. }));
    if !has_work {
        return Ok(planned.into_iter().filter_map(step).collect());
    }
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let mut changes = Vec::new();
    let mut steps = Vec::with_capacity(planned.len());
    for plan in planned {
        let (line, row, merchant) = match plan {
            Plan::Draft { line, row, merchant } => (line, row, merchant),
            other @ (Plan::Over(_) | Plan::Prove(_)) => {
                steps.extend(step(other));
                continue;
            }
        };
        let market = market(&row).ok_or(Error::Internal("a row without a market was planned"))?;
        let scope = tx.system().scope(import.partner, import.environment);
        let (country, number) = (&row.merchant.country, &row.merchant.organisation_number);
        // Two rows of one part may name the same merchant.
        let known = match merchant {
            Some(merchant) => Some(merchant),
            None => scope.find_organisation(country, number).await?,
        };
        let merchant = if let Some(merchant) = known {
            merchant
        } else {
            let add = merchants::Add {
                partner: import.partner,
                environment: import.environment,
                name: row.merchant.name,
                organisation_number: row.merchant.organisation_number,
                country: row.merchant.country,
            };
            let merchant = merchants::insert(app, &registry, add).await?;
            changes.push(Change::added(&merchant));
            merchant
        };
        let add = sales_units::Add {
            partner: import.partner,
            environment: import.environment,
            merchant: merchant.id,
            msn: row.msn.clone(),
            name: row.name,
            market,
            credential_mode: row.mode,
            profile: None,
            orphans: Orphans::CancelPush,
        };
        let drafted = sales_units::draft(app, &tx, &registry, add).await?;
        changes.push(Change::added(&drafted));
        let assignment: AssignmentId = drafted.id;
        steps.push(Step::Drafted(Candidate {
            line,
            assignment,
            msn: row.msn,
            keys: row.keys,
            is_new: true,
        }));
    }
    app.changed(tx, &import.by, &changes).await?;
    Ok(steps)
}

fn step(plan: Plan) -> Option<Step> {
    match plan {
        Plan::Over(report) => Some(Step::Over(report)),
        Plan::Prove(candidate) => Some(Step::Drafted(candidate)),
        Plan::Draft { .. } => None,
    }
}

fn market(row: &Row) -> Option<Market> {
    row.market
        .or_else(|| sales_units::home_market(&row.merchant.country))
}

fn stage(unit: &Unit) -> Stage {
    match unit.assignment.state {
        AssignmentState::Live => Stage::Live,
        AssignmentState::Draft | AssignmentState::Ended => Stage::Draft,
    }
}

fn is_same(new: &crate::onboarding::NewKeys, known: Option<&KeySet>) -> bool {
    known.is_some_and(|known| {
        known.client_id == new.client_id
            && known.client_secret == new.client_secret
            && known.subscription_key == new.subscription_key
            && known.secondary_subscription_key == new.secondary_subscription_key
    })
}

/// Faults in a sentence.
fn said(faults: &[Violation]) -> String {
    let said: Vec<_> = faults
        .iter()
        .map(|it| format!("{} {}", it.field, it.message))
        .collect();
    said.join("; ")
}
