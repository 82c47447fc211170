//! A transfer as an operator sees it: with both partners, which neither of them may learn.

use app::transfers::Transfer as Known;
use domain::{AssignmentId, PartnerId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// A sales unit on its way from one partner to another.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UnitTransfer)]
pub(crate) struct Transfer {
    #[schema(
        example = "trf_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^trf_[0-9a-f]{32}$"
    )]
    id: String,
    #[schema(example = "test", pattern = "^(test|production)$")]
    environment: &'static str,
    #[schema(example = "123456", pattern = "^[0-9]{4,10}$")]
    msn: String,
    /// `waiting`: nothing has happened to the holder. `draining`: the holder begins nothing new, and what it began is
    /// settled. `frozen`: nothing is sent for the holder any more. Then `completed` or `refused`.
    #[schema(
        example = "draining",
        pattern = "^(waiting|draining|frozen|completed|refused)$"
    )]
    stage: &'static str,
    /// Who asks for the unit.
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    partner_id: String,
    /// As which of its sales units.
    #[schema(
        example = "asg_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^asg_[0-9a-f]{32}$"
    )]
    sales_unit_id: String,
    /// Who holds it. Null until the transfer begins, and where nobody did.
    #[schema(required = true, pattern = "^prt_[0-9a-f]{32}$")]
    from_partner_id: Option<String>,
    #[schema(required = true, pattern = "^asg_[0-9a-f]{32}$")]
    from_sales_unit_id: Option<String>,
    /// An operator has decided that the unit changes over.
    forced: bool,
    asked_at: Moment,
    /// When settling gives way to freezing.
    #[schema(required = true)]
    drain_until: Option<Moment>,
    #[schema(required = true)]
    frozen_at: Option<Moment>,
    /// When it was completed or refused.
    #[schema(required = true)]
    ended_at: Option<Moment>,
}

impl From<Known> for Transfer {
    fn from(transfer: Known) -> Self {
        let (holder, held_as): (Option<PartnerId>, Option<AssignmentId>) = transfer.from.unzip();
        Self {
            id: transfer.id.to_string(),
            environment: transfer.environment.as_str(),
            msn: transfer.msn.to_string(),
            stage: transfer.stage.as_str(),
            partner_id: transfer.partner.to_string(),
            sales_unit_id: transfer.assignment.to_string(),
            from_partner_id: holder.map(|id| id.to_string()),
            from_sales_unit_id: held_as.map(|id| id.to_string()),
            forced: transfer.forced,
            asked_at: transfer.asked_at.into(),
            drain_until: transfer.drain_until.map(Moment::from),
            frozen_at: transfer.frozen_at.map(Moment::from),
            ended_at: transfer.ended_at.map(Moment::from),
        }
    }
}
