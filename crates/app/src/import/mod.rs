//! Many merchants and sales units from one file: an operator's act.
//!
//! Rows are told apart by what they name (organisation number, serial number), so a file may be imported again:
//! what is there already is left alone, and a run that broke off is resumed by running it again. Each part of the
//! file commits on its own; keys are tried at Vipps before anything is kept of them.

mod apart;
mod file;
mod part;
mod prove;

pub use apart::{Format, Unreadable};
pub use file::parse;

use std::collections::HashMap;

use domain::{CredentialMode, Environment, Msn, PartnerId, Violation};
use store::registry::Market;
use time::OffsetDateTime;

use crate::audit::Actor;
use crate::onboarding::{NewKeys, NewMerchant, Stage};
use crate::{App, Error, What};

/// Rows of one transaction, and of one round of calls to Vipps.
pub const PART: usize = 100;

/// A sales unit with its merchant.
#[derive(Debug, Clone)]
pub struct Row {
    pub merchant: NewMerchant,
    pub msn: Msn,
    pub name: String,
    /// Absent = the merchant's country.
    pub market: Option<Market>,
    pub mode: CredentialMode,
    pub keys: Option<NewKeys>,
}

/// A row as it stands in the file: good, or with all its faults.
#[derive(Debug, Clone)]
pub struct Line {
    /// From 1; the head of a CSV file counts.
    pub number: u64,
    /// If it is digits: nothing else of a file is ever said again, because it may be a secret in the wrong place.
    pub msn: Option<String>,
    pub row: Result<Row, Vec<Violation>>,
}

/// What to do with a file.
#[derive(Debug, Clone)]
pub struct Import {
    /// Who imports.
    pub by: Actor,
    pub partner: PartnerId,
    pub environment: Environment,
    /// Nothing is changed and nobody is asked.
    pub is_rehearsal: bool,
    /// The operator answers for the claims, with this reason, where Vipps cannot prove them.
    pub vouched: Option<String>,
    /// From when on no further row is tried at Vipps. Absent = however long it takes.
    pub until: Option<OffsetDateTime>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Created,
    /// It was there, and something was added: keys, a proof, or that it is live.
    Changed,
    /// It is there as the file says.
    Unchanged,
    /// A rehearsal: it would be created or changed.
    Would,
    /// The row is wrong, or contradicts what is there. Nothing was done.
    Invalid,
    /// Vipps refuses the keys. They are not kept; the draft is there.
    Refused,
    /// Vipps could not be asked. The draft is there; run the file again.
    Unreachable,
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Would => "would_change",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        }
    }

    /// Whether somebody has to do something about the row.
    pub const fn is_failure(self) -> bool {
        match self {
            Self::Invalid | Self::Refused | Self::Unreachable => true,
            Self::Created | Self::Changed | Self::Unchanged | Self::Would => false,
        }
    }
}

/// The report of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub line: u64,
    pub msn: Option<String>,
    pub outcome: Outcome,
    /// Where the sales unit stands afterwards, when it is there.
    pub stage: Option<Stage>,
    /// Why, and what to do; empty when there is nothing to say. Names no key.
    pub message: String,
}

/// How many rows came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub created: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub would: usize,
    pub invalid: usize,
    pub refused: usize,
    pub unreachable: usize,
}

impl Summary {
    pub fn of(reports: &[Report]) -> Self {
        let count = |outcome| reports.iter().filter(|report| report.outcome == outcome).count();
        Self {
            created: count(Outcome::Created),
            changed: count(Outcome::Changed),
            unchanged: count(Outcome::Unchanged),
            would: count(Outcome::Would),
            invalid: count(Outcome::Invalid),
            refused: count(Outcome::Refused),
            unreachable: count(Outcome::Unreachable),
        }
    }
}

/// Imports part after part and reports each row when its part is done, in the order of the file.
///
/// # Errors
/// `NotFound(Partner)`; [`Error::Unavailable`]: what was reported is done, and running the file again goes on
/// from there.
pub async fn run(
    app: &App,
    import: &Import,
    lines: Vec<Line>,
    report: &mut (dyn FnMut(Report) + Send),
) -> Result<(), Error> {
    let reader = app.store().read_system("import");
    if reader.system().find_partner(import.partner).await?.is_none() {
        return Err(Error::NotFound(What::Partner));
    }
    let mut seen = HashMap::new();
    let mut lines = lines
        .into_iter()
        .map(|line| once(line, &mut seen))
        .collect::<Vec<_>>()
        .into_iter();
    let mut done = 0_usize;
    loop {
        let part: Vec<_> = lines.by_ref().take(PART).collect();
        if part.is_empty() {
            return Ok(());
        }
        done += part.len();
        for row in part::import(app, import, part).await? {
            report(row);
        }
        tracing::info!(rows = done, rehearsal = import.is_rehearsal, "importing");
    }
}

/// A serial number stands in a file once.
fn once(mut line: Line, seen: &mut HashMap<Msn, u64>) -> Line {
    if let Ok(row) = &line.row {
        if let Some(first) = seen.get(&row.msn) {
            let message = format!("stands on line {first} already");
            line.row = Err(vec![Violation::new("msn", "duplicate", message)]);
        } else {
            seen.insert(row.msn.clone(), line.number);
        }
    }
    line
}
