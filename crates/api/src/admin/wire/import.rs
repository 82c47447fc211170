//! The report of an import on the wire. It names serial numbers, and no key.

use app::import::{Report, Summary};
use app::onboarding::Stage;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of each row of a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportReport {
    /// Nothing was changed and nobody was asked.
    dry_run: bool,
    /// In the order of the file.
    data: Vec<ImportedRow>,
    summary: ImportSummary,
}

/// What became of one row.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportedRow {
    /// From 1; the head of a CSV file counts. Of a list its place.
    #[schema(example = 2, minimum = 1)]
    line: u64,
    /// Null: the row has none that is digits.
    #[schema(required = true, example = "123456", pattern = "^[0-9]{1,20}$")]
    msn: Option<String>,
    /// `created`. `changed`: it was there, and keys, a proof or that it is live was added. `unchanged`. `would_change`:
    /// without the dry run it would be created or changed. `invalid`: the row is wrong, or contradicts what is there.
    /// `refused`: Vipps refuses the keys, which are not kept. `unreachable`: Vipps could not be asked; send the row again.
    #[schema(
        example = "created",
        pattern = "^(created|changed|unchanged|would_change|invalid|refused|unreachable)$"
    )]
    outcome: &'static str,
    /// How far the sales unit has come, when it is there.
    #[schema(required = true, example = "live")]
    state: Option<&'static str>,
    /// Why, and what to do; empty when there is nothing to say.
    #[schema(example = "")]
    message: String,
}

/// How many rows came out how.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportSummary {
    #[schema(example = 1)]
    created: usize,
    changed: usize,
    unchanged: usize,
    would_change: usize,
    invalid: usize,
    refused: usize,
    unreachable: usize,
}

impl ImportReport {
    pub(crate) fn new(dry_run: bool, reports: Vec<Report>) -> Self {
        let summary = Summary::of(&reports).into();
        Self {
            dry_run,
            data: reports.into_iter().map(ImportedRow::from).collect(),
            summary,
        }
    }
}

impl From<Report> for ImportedRow {
    fn from(report: Report) -> Self {
        Self {
            line: report.line,
            msn: report.msn,
            outcome: report.outcome.as_str(),
            state: report.stage.map(Stage::as_str),
            message: report.message,
        }
    }
}

impl From<Summary> for ImportSummary {
    fn from(summary: Summary) -> Self {
        Self {
            created: summary.created,
            changed: summary.changed,
            unchanged: summary.unchanged,
            would_change: summary.would,
            invalid: summary.invalid,
            refused: summary.refused,
            unreachable: summary.unreachable,
        }
    }
}
