//! One line and two measurements per call.

use domain::Clock;
use time::OffsetDateTime;

/// Which door was knocked on, in words that never hold a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) api: &'static str,
    pub(super) name: &'static str,
}

impl Endpoint {
    pub(super) const fn epayment(name: &'static str) -> Self {
        Self {
            api: "epayment",
            name,
        }
    }

    pub(super) const fn order_management(name: &'static str) -> Self {
        Self {
            api: "order-management",
            name,
        }
    }

    pub(super) const fn access_token() -> Self {
        Self {
            api: "access-token",
            name: "get",
        }
    }

    pub(super) const fn webhooks(name: &'static str) -> Self {
        Self {
            api: "webhooks",
            name,
        }
    }

    pub(super) const fn other() -> Self {
        Self {
            api: "other",
            name: "other",
        }
    }
}

/// How a call ended, for people who count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending<'a> {
    Accepted { status: u16 },
    Rejected { status: u16, code: Option<&'a str> },
    NotSent { reason: &'a str },
    Unknown { reason: &'a str },
}

/// Says once how a call ended. The reasons are this crate's own sentences, never a body, a key or a token.
pub(super) fn record(endpoint: Endpoint, began: OffsetDateTime, clock: &dyn Clock, ending: Ending<'_>) {
    let seconds = (clock.now() - began).as_seconds_f64();
    let Endpoint { api, name } = endpoint;
    match ending {
        Ending::Accepted { status } => tracing::info!(
            monotonic_counter.nordbro_vipps_calls = 1_u64,
            histogram.nordbro_vipps_call_seconds = seconds,
            api,
            endpoint = name,
            outcome = "accepted",
            status,
            "vipps said yes"
        ),
        Ending::Rejected { status, code } => tracing::info!(
            monotonic_counter.nordbro_vipps_calls = 1_u64,
            histogram.nordbro_vipps_call_seconds = seconds,
            api,
            endpoint = name,
            outcome = "rejected",
            status,
            code,
            "vipps said no"
        ),
        Ending::NotSent { reason } => tracing::warn!(
            monotonic_counter.nordbro_vipps_calls = 1_u64,
            histogram.nordbro_vipps_call_seconds = seconds,
            api,
            endpoint = name,
            outcome = "not_sent",
            reason,
            "the call did not leave"
        ),
        Ending::Unknown { reason } => tracing::warn!(
            monotonic_counter.nordbro_vipps_calls = 1_u64,
            histogram.nordbro_vipps_call_seconds = seconds,
            api,
            endpoint = name,
            outcome = "unknown",
            reason,
            "no trustworthy answer came"
        ),
    }
}
