//! Many sales units of one partner at once.

use app::audit::Actor;
use app::import::{self, Import};
use app::registry::Partner;
use axum::Json;
use axum::extract::State;
use domain::{Environment, Violation};
use time::Duration;

use super::asked::Rows;
use super::at::At;
use super::query::{Filter, Pairs, Query};
use super::wire;
use crate::face::Face;
use crate::problem::Problem;

/// How long rows are tried at Vipps before what is left of them is told to come again. A row that is being tried by
/// then may take its 30 seconds.
const TRIED_FOR: Duration = Duration::MINUTE;

/// Import sales units
///
/// With their merchants, as `nordbro import` does it, from the same file: CSV with a head, or JSON. At most 100 rows at
/// once; what is larger is sent in parts, or imported on the machine. Each row is told apart by what it names: importing
/// again changes nothing that stands, so whatever broke off is resumed by sending it again. Keys are tried at Vipps before
/// anything is kept of them; what a minute was too short for is `unreachable`. Whether a row came out well stands in its
/// report, not in the status.
#[utoipa::path(
    post,
    path = "/admin/v1/partners/{partnerId}/imports",
    operation_id = "importSalesUnits",
    tag = "Sales units",
    security(("operator" = ["owner"])),
    responses((status = 200, description = "What became of each row.", body = wire::ImportReport))
)]
pub(super) async fn run(
    State(face): State<Face>,
    place: At<Partner>,
    Query(terms): Query<Terms>,
    Rows(lines): Rows,
) -> Result<Json<wire::ImportReport>, Problem> {
    let import = Import {
        vouched: terms.reason(&place.by)?,
        by: place.by,
        partner: place.it.id,
        environment: terms.environment,
        is_rehearsal: terms.dry_run,
        until: Some(face.app.clock().now() + TRIED_FOR),
    };
    let mut reports = Vec::with_capacity(lines.len());
    import::run(&face.app, &import, lines, &mut |report| reports.push(report)).await?;
    Ok(Json(wire::ImportReport::new(terms.dry_run, reports)))
}

/// What to do with the file.
#[derive(Debug)]
pub(super) struct Terms {
    environment: Environment,
    dry_run: bool,
    vouch: bool,
}

impl Terms {
    /// Why the operator answers for claims that Vipps cannot prove, if so.
    fn reason(&self, by: &Actor) -> Result<Option<String>, Problem> {
        if !self.vouch {
            return Ok(None);
        }
        if by.reason().is_empty() {
            return Err(Problem::invalid(vec![Violation::new(
                "header Audit-Reason",
                "required",
                "is needed to answer for claims: say why, in a sentence",
            )]));
        }
        Ok(Some(by.reason().to_owned()))
    }
}

impl Filter for Terms {
    const NAMES: &'static [&'static str] = &["environment", "dryRun", "vouch"];

    fn read(query: &mut Pairs) -> Result<Self, Problem> {
        let mut flag = |name: &str| query.parsed(name, "must be true or false").unwrap_or(false);
        let (dry_run, vouch) = (flag("dryRun"), flag("vouch"));
        Ok(Self {
            environment: query.required("environment", "must be test or production")?,
            dry_run,
            vouch,
        })
    }
}
