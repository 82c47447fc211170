//! A transfer on the wire: what its asker may know of it, which is nothing of anybody else.

use app::transfers::AskedTransfer;
use domain::Msn;
use domain::transfer::Stage;
use serde::Serialize;
use utoipa::ToSchema;

use super::Moment;

/// A sales unit on its way to the partner.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transfer {
    #[schema(
        example = "trf_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        pattern = "^trf_[0-9a-f]{32}$"
    )]
    id: String,
    /// The merchant serial number.
    #[schema(example = "123456", pattern = "^[0-9]{4,10}$")]
    msn: String,
    state: State,
    /// What the state means and what comes next.
    #[schema(
        example = "The sales unit is on its way here. It goes live by itself; nothing is needed for that."
    )]
    reason: &'static str,
    requested_at: Moment,
    /// When it was completed or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
}

/// `under_way`: the sales unit goes live by itself. `completed`: it is live here. `refused`: it does not come.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TransferState)]
pub(crate) enum State {
    UnderWay,
    Completed,
    Refused,
}

impl Transfer {
    pub(crate) fn new(msn: &Msn, asked: &AskedTransfer) -> Self {
        let (state, reason) = match asked.stage {
            Stage::Waiting | Stage::Draining | Stage::Frozen => (
                State::UnderWay,
                "The sales unit is on its way here. It goes live by itself; nothing is needed for that.",
            ),
            Stage::Completed => (State::Completed, "The sales unit has gone live here."),
            Stage::Refused => (
                State::Refused,
                "The sales unit does not come here. Put its own keys again to show that they are still the \
                 merchant's, or ask the operator.",
            ),
        };
        Self {
            id: asked.id.to_string(),
            msn: msn.to_string(),
            state,
            reason,
            requested_at: asked.asked_at.into(),
            ended_at: asked.ended_at.map(Moment::from),
        }
    }
}
