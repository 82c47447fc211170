//! An assignment of a sales unit on the wire, and how it stands.

use app::onboarding::HeldUnit;
use app::registry::Assignment;
use domain::Trouble;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Moment;

/// That a partner holds a sales unit, from a draft to its end.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SalesUnit {
    #[schema(
        example = "asg_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^asg_[0-9a-f]{32}$"
    )]
    id: String,
    #[schema(
        example = "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^prt_[0-9a-f]{32}$"
    )]
    partner_id: String,
    #[schema(example = "test", pattern = "^(test|production)$")]
    environment: &'static str,
    #[schema(
        example = "mer_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^mer_[0-9a-f]{32}$"
    )]
    merchant_id: String,
    /// The merchant serial number.
    #[schema(example = "123456", pattern = "^[0-9]{4,10}$")]
    msn: String,
    #[schema(example = "Acme, Storgata 1")]
    name: String,
    /// `draft`, `live` or `ended`.
    #[schema(example = "live", pattern = "^(draft|live|ended)$")]
    state: &'static str,
    /// Whose keys serve it: `own`, `partner` or `platform`.
    #[schema(example = "own", pattern = "^(own|partner|platform)$")]
    credential_mode: &'static str,
    /// The product behind it; null: the client's, or the partner's first.
    #[schema(required = true)]
    profile_id: Option<String>,
    /// What becomes of payments found after their caller left: `announce`, `cancel_push` or `cancel`.
    #[schema(example = "cancel_push")]
    orphans: &'static str,
    #[schema(required = true)]
    live_from: Option<Moment>,
    #[schema(required = true)]
    ended_at: Option<Moment>,
    created_at: Moment,
    updated_at: Moment,
    /// Where one sales unit is read: how it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
}

/// How far it has come, and how Vipps took its keys.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SalesUnitStanding)]
pub(crate) struct Standing {
    /// `draft`, `verified`, `live` or `disconnected`.
    #[schema(example = "live")]
    stage: &'static str,
    /// Why it stands there and what comes next.
    #[schema(example = "Payments can be made.")]
    reason: String,
    /// By what the claim was proven: `own_keys`, `management`, `product_order` or `operator`.
    #[schema(required = true)]
    proof: Option<&'static str>,
    #[schema(required = true)]
    proven_at: Option<Moment>,
    /// What the last look at Vipps found wrong.
    #[schema(required = true)]
    trouble: Option<&'static str>,
    /// What to do about it.
    #[schema(required = true)]
    remedy: Option<&'static str>,
    #[schema(required = true)]
    checked_at: Option<Moment>,
}

impl From<Assignment> for SalesUnit {
    fn from(assignment: Assignment) -> Self {
        Self {
            id: assignment.id.to_string(),
            partner_id: assignment.partner.to_string(),
            environment: assignment.environment.as_str(),
            merchant_id: assignment.merchant.to_string(),
            msn: assignment.msn.to_string(),
            name: assignment.name,
            state: assignment.state.as_str(),
            credential_mode: assignment.credential_mode.as_str(),
            profile_id: assignment.profile.map(|profile| profile.to_string()),
            orphans: assignment.orphans.as_str(),
            live_from: assignment.live_from.map(Moment::from),
            ended_at: assignment.ended_at.map(Moment::from),
            created_at: assignment.created_at.into(),
            updated_at: assignment.updated_at.into(),
            standing: None,
        }
    }
}

impl SalesUnit {
    pub(crate) fn standing(self, held: HeldUnit) -> Self {
        let trouble = held.checkup.and_then(|checkup| checkup.trouble);
        let standing = Standing {
            stage: held.stage.as_str(),
            reason: held.reason,
            proof: held.proof.map(|(proof, _)| proof.as_str()),
            proven_at: held.proof.map(|(_, at)| at.into()),
            trouble: trouble.map(Trouble::as_str),
            remedy: trouble.map(Trouble::remedy),
            checked_at: held.checkup.map(|checkup| checkup.at.into()),
        };
        Self {
            standing: Some(standing),
            ..self
        }
    }
}
