//! The audit: what was done, and by whom.

use app::audit::{self, Chain, Filter as Which, Place};
use axum::Json;
use axum::extract::{Path, State};

use super::asked::Verification;
use super::by::By;
use super::query::{All, Filter, Nothing, Pairs, Query};
use super::wire;
use crate::face::Face;
use crate::problem::{Code, Problem};
use crate::request::Posted;

/// List acts
///
/// Of one chain or of all, the newest first.
#[utoipa::path(
    get,
    path = "/admin/v1/audit",
    operation_id = "listAudit",
    tag = "Audit",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::AuditPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Query(Acts { filter, limit }): Query<Acts>,
) -> Result<Json<wire::AuditPage>, Problem> {
    let (page, next) = audit::page(&face.app, filter, limit).await?;
    let data = page.into_iter().map(wire::AuditEntry::from).collect();
    Ok(Json(wire::AuditPage::new(
        data,
        next.map(|place| place.to_string()),
    )))
}

/// List the chains of the audit
///
/// The gateway's first, then one for each partner that ever was.
#[utoipa::path(
    get,
    path = "/admin/v1/audit/chains",
    operation_id = "listAuditChains",
    tag = "Audit",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "All of them.", body = wire::AuditChainPage))
)]
pub(super) async fn chains(
    State(face): State<Face>,
    Query(Nothing): Query<Nothing>,
) -> Result<Json<wire::AuditChainPage>, Problem> {
    let chains = audit::chains(&face.app).await?;
    let data = chains.into_iter().map(wire::AuditChain::from).collect();
    Ok(Json(wire::AuditChainPage::new(data, None)))
}

/// Export a chain of the audit
///
/// Entries in their order, page after page, each with all that its hash is of: anybody can check them.
#[utoipa::path(
    get,
    path = "/admin/v1/audit/chains/{chain}/entries",
    operation_id = "exportAudit",
    tag = "Audit",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "One page.", body = wire::AuditLinePage))
)]
pub(super) async fn export(
    State(face): State<Face>,
    Path(chain): Path<String>,
    Query(All { after, limit }): Query<All<i64>>,
) -> Result<Json<wire::AuditLinePage>, Problem> {
    let chain = chain_of(&chain).ok_or_else(|| Problem::new(Code::AUDIT_CHAIN_NOT_FOUND))?;
    let (page, next) = audit::export_page(&face.app, chain, after.unwrap_or(0), limit).await?;
    let data = page.into_iter().map(wire::AuditLine::from).collect();
    Ok(Json(wire::AuditLinePage::new(
        data,
        next.map(|last| last.to_string()),
    )))
}

/// Verify the audit
///
/// Walks one chain, or all, and names the first bad entry of each. Heads that were kept elsewhere must still stand: this
/// finds what was put back to an older state.
#[utoipa::path(
    post,
    path = "/admin/v1/audit/verify",
    operation_id = "verifyAudit",
    tag = "Audit",
    security(("operator" = ["auditor"])),
    responses((status = 200, description = "What was found.", body = wire::AuditReport))
)]
pub(super) async fn verify(
    State(face): State<Face>,
    Posted { place: By(_), asked }: Posted<By, Verification>,
) -> Result<Json<wire::AuditReport>, Problem> {
    let report = audit::verify(&face.app, asked.chain, &asked.noted).await?;
    Ok(Json(report.into()))
}

/// Which acts, and which page of them.
#[derive(Debug)]
pub(super) struct Acts {
    filter: Which,
    limit: u32,
}

impl Filter for Acts {
    const NAMES: &'static [&'static str] =
        &["chain", "action", "target", "since", "until", "limit", "cursor"];

    fn read(query: &mut Pairs) -> Result<Self, Problem> {
        let chain = query.text("chain").map(str::to_owned);
        let chain = chain.and_then(|text| {
            let chain = chain_of(&text);
            if chain.is_none() {
                query.fault("chain", "must be `gateway` or a partner's id");
            }
            chain
        });
        let text = |query: &Pairs, name: &str| query.text(name).map(str::to_owned);
        let before: Option<Place> = query.cursor()?;
        Ok(Self {
            filter: Which {
                chain,
                action: text(query, "action"),
                target: text(query, "target"),
                since: query.moment("since"),
                until: query.moment("until"),
                before: before.map(Into::into),
                limit: 0,
            },
            limit: query.limit(),
        })
    }
}

/// A chain by its name: also that of a partner that is gone.
fn chain_of(text: &str) -> Option<Chain> {
    if text == "gateway" {
        return Some(Chain::Gateway);
    }
    text.parse().ok().map(Chain::Partner)
}
