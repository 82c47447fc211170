//! One line and two measurements per call.

use domain::{Clock, Envelope, Rejected};
use time::OffsetDateTime;
use tracing::Span;

use super::Access;
use super::call::Call;

/// Which door is knocked on, in words that never hold a reference. What stands behind one door fails
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Endpoint {
    pub(super) api: &'static str,
    pub(super) name: &'static str,
}

impl Endpoint {
    /// `GET /epayment/v1/payments/{reference}`.
    pub const READ_PAYMENT: Self = Self::epayment("get");
    /// `GET /epayment/v1/payments/{reference}/events`.
    pub const READ_EVENTS: Self = Self::epayment("events");
    /// `GET /order-management/v2/ecom/{orderId}`.
    pub const READ_ORDER: Self = Self::order_management("get");

    /// The door that the envelope is for.
    pub fn of(envelope: &Envelope) -> Self {
        Call::of(envelope).endpoint()
    }

    /// The API: `epayment`, `order-management`, ….
    pub const fn api(self) -> &'static str {
        self.api
    }

    /// The operation within the API: `create`, `capture`, `get`, ….
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Whether it is about money, and not about what is told of it.
    pub fn is_epayment(self) -> bool {
        self.api == Self::EPAYMENT
    }

    const EPAYMENT: &'static str = "epayment";

    pub(super) const fn epayment(name: &'static str) -> Self {
        Self {
            api: Self::EPAYMENT,
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

impl Ending<'_> {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Rejected(_) => "rejected",
            Self::NotSent { .. } => "not_sent",
            Self::Unknown { .. } => "unknown",
            Self::Nonsense { .. } => "nonsense",
        }
    }
}

/// A call on its way: the span around it, and one line at its end.
pub(super) struct Measured {
    endpoint: Endpoint,
    environment: &'static str,
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
            environment: access.environment.as_str(),
            began: clock.now(),
            span,
        }
    }

    /// Says once how the call ended. The reasons are this crate's own sentences, never a body, a key or a
    /// token.
    pub(super) fn end(self, clock: &dyn Clock, ending: Ending<'_>) {
        let seconds = (clock.now() - self.began).as_seconds_f64();
        let Endpoint { api, name } = self.endpoint;
        let _within = self.span.enter();
        let outcome = ending.as_str();
        tracing::info!(
            target: "metric",
            api,
            endpoint = name,
            environment = self.environment,
            outcome,
            monotonic_counter.nordbro_vipps_calls = 1_u64
        );
        tracing::info!(
            target: "metric",
            api,
            endpoint = name,
            environment = self.environment,
            histogram.nordbro_vipps_call_seconds = seconds
        );
        match ending {
            Ending::Accepted { status } => {
                tracing::info!(api, endpoint = name, outcome, status, "vipps said yes");
            }
            Ending::Rejected(rejected) => tracing::info!(
                api,
                endpoint = name,
                outcome,
                status = rejected.status,
                code = printable(rejected),
                "vipps said no"
            ),
            Ending::NotSent { reason } => {
                tracing::warn!(api, endpoint = name, outcome, reason, "the call did not leave");
            }
            Ending::Unknown { reason } => tracing::warn!(
                api,
                endpoint = name,
                outcome,
                reason,
                "no trustworthy answer came"
            ),
            Ending::Nonsense { reason } => tracing::error!(
                api,
                endpoint = name,
                outcome,
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
