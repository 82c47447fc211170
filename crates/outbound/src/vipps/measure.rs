//! One line and two measurements per call.

use domain::{Clock, Rejected};
use time::OffsetDateTime;
use tracing::Span;

use super::Access;

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
    Accepted {
        status: u16,
    },
    Rejected(&'a Rejected),
    NotSent {
        reason: &'a str,
    },
    Unknown {
        reason: &'a str,
    },
    /// A yes that cannot be believed: as unknown as the others, and worth an alarm.
    Nonsense {
        reason: &'a str,
    },
}

/// A call on its way: the span around it, and one line at its end.
pub(super) struct Measured {
    endpoint: Endpoint,
    began: OffsetDateTime,
    pub(super) span: Span,
}

impl Measured {
    pub(super) fn begin(endpoint: Endpoint, access: &Access, clock: &dyn Clock) -> Self {
        let span = tracing::info_span!(
            "vipps",
            otel.kind = "client",
            api = endpoint.api,
            endpoint = endpoint.name,
            environment = access.environment.as_str(),
            msn = access.msn.as_ref().map(tracing::field::display),
            key_set.id = %access.keys.id,
        );
        Self {
            endpoint,
            began: clock.now(),
            span,
        }
    }

    /// Says once how the call ended. The reasons are this crate's own sentences, never a body, a key or a
    /// token. The counter and the histogram are read from these fields.
    pub(super) fn end(self, clock: &dyn Clock, ending: Ending<'_>) {
        let seconds = (clock.now() - self.began).as_seconds_f64();
        let Endpoint { api, name } = self.endpoint;
        let _within = self.span.enter();
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
            Ending::Rejected(rejected) => tracing::info!(
                monotonic_counter.nordbro_vipps_calls = 1_u64,
                histogram.nordbro_vipps_call_seconds = seconds,
                api,
                endpoint = name,
                outcome = "rejected",
                status = rejected.status,
                code = printable(rejected),
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
            Ending::Nonsense { reason } => tracing::error!(
                monotonic_counter.nordbro_vipps_calls = 1_u64,
                monotonic_counter.nordbro_vipps_nonsense = 1_u64,
                histogram.nordbro_vipps_call_seconds = seconds,
                api,
                endpoint = name,
                outcome = "nonsense",
                reason,
                "vipps said yes and it cannot be believed"
            ),
        }
    }
}

/// A code is a number or a short word. Whatever else stands in its place is somebody's text, and not ours
/// to print.
fn printable(rejected: &Rejected) -> Option<&str> {
    let code = rejected.code.as_deref()?;
    let word = code
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    (word && code.len() <= 24).then_some(code)
}
