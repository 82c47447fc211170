//! One line, two measurements and one entry in the ledger per call.

use domain::operation::Kind;
use domain::{ApiCall, Blame, Envelope, Rejected};
use time::{OffsetDateTime, UtcOffset};
use tracing::Span;

use super::call::Call;
use super::token::names_merchant;
use super::{Access, Inner};

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

    /// `POST /management/v1/product-orders`.
    pub const PLACE_ORDER: Self = Self::management("order");
    /// `DELETE /management/v1/product-orders/{id}`.
    pub const DELETE_ORDER: Self = Self::management("delete-order");
    /// `GET /management/v2/product-orders/{id}/details`.
    pub const READ_ORDER_DETAILS: Self = Self::management("order-details");
    /// `GET /management/v2/product-orders`.
    pub const LIST_ORDERS: Self = Self::management("orders");

    /// The door that the envelope is for.
    pub fn of(envelope: &Envelope) -> Self {
        Call::of(envelope).endpoint()
    }

    /// The door of a money operation.
    pub const fn of_operation(kind: Kind) -> Self {
        Self::epayment(kind.as_str())
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

    pub(super) const fn management(name: &'static str) -> Self {
        Self {
            api: "management",
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
    /// The token service refuses these keys, so the call itself did not leave.
    WithoutToken(&'a Rejected),
    NotSent {
        reason: &'a str,
    },
    Unknown {
        /// Of an answer that says nothing; absent when none came.
        status: Option<u16>,
        reason: &'a str,
    },
    /// A yes that cannot be believed: as unknown as the others, and worth an alarm.
    Nonsense {
        status: u16,
        reason: &'a str,
    },
}

impl Ending<'_> {
    const fn outcome(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Rejected(_) | Self::WithoutToken(_) => "rejected",
            Self::NotSent { .. } => "not_sent",
            Self::Unknown { .. } => "unknown",
            Self::Nonsense { .. } => "nonsense",
        }
    }

    /// Whose doing it was, with the status and the code that say so.
    fn blame(&self) -> (Blame, Option<u16>, Option<&str>) {
        match self {
            Self::Accepted { status } => (Blame::Nobody, Some(*status), None),
            Self::Rejected(rejected) => {
                let code = printable(rejected);
                (Blame::of_refusal(code), Some(rejected.status), code)
            }
            Self::WithoutToken(_) | Self::NotSent { .. } => (Blame::NotSent, None, None),
            Self::Unknown { status, .. } => (Blame::Vipps, *status, None),
            Self::Nonsense { status, .. } => (Blame::Vipps, Some(*status), None),
        }
    }
}

/// A call on its way: the span around it, and one line at its end.
pub(super) struct Measured<'a> {
    inner: &'a Inner,
    access: &'a Access,
    endpoint: Endpoint,
    began: OffsetDateTime,
    has_ended: bool,
    pub(super) span: Span,
}

impl<'a> Measured<'a> {
    pub(super) fn begin(endpoint: Endpoint, access: &'a Access, inner: &'a Inner) -> Self {
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
            inner,
            access,
            endpoint,
            began: inner.clock.now(),
            has_ended: false,
            span,
        }
    }

    /// Says once how the call ended. The reasons are this crate's own sentences, never a body, a key or a
    /// token.
    pub(super) fn end(mut self, ending: Ending<'_>) {
        self.has_ended = true;
        self.tell(ending);
    }

    /// One request of this call was refused at the door and goes out again: Vipps has counted both.
    pub(super) fn refused_at_the_door(&self, status: u16) {
        self.enter(Blame::Caller, Some(status), None);
    }

    fn tell(&self, ending: Ending<'_>) {
        let seconds = (self.inner.clock.now() - self.began).as_seconds_f64();
        let Endpoint { api, name } = self.endpoint;
        let outcome = ending.outcome();
        let (blame, status, code) = ending.blame();
        self.enter(blame, status, code);
        tracing::info!(
            target: "metric",
            api,
            endpoint = name,
            environment = self.access.environment.as_str(),
            outcome,
            monotonic_counter.nordbro_vipps_calls = 1_u64
        );
        tracing::info!(
            target: "metric",
            api,
            endpoint = name,
            environment = self.access.environment.as_str(),
            histogram.nordbro_vipps_call_seconds = seconds
        );
        let _within = self.span.enter();
        match ending {
            Ending::Accepted { status } => {
                tracing::info!(api, endpoint = name, outcome, status, seconds, "vipps said yes");
            }
            Ending::Rejected(rejected) | Ending::WithoutToken(rejected) => tracing::info!(
                api,
                endpoint = name,
                outcome,
                status = rejected.status,
                code = printable(rejected),
                seconds,
                "vipps said no"
            ),
            Ending::NotSent { reason } => {
                tracing::warn!(
                    api,
                    endpoint = name,
                    outcome,
                    reason,
                    seconds,
                    "the call did not leave"
                );
            }
            Ending::Unknown { reason, .. } => tracing::warn!(
                api,
                endpoint = name,
                outcome,
                reason,
                seconds,
                "no trustworthy answer came"
            ),
            Ending::Nonsense { reason, .. } => tracing::error!(
                api,
                endpoint = name,
                outcome,
                reason,
                seconds,
                "vipps said yes and it cannot be believed"
            ),
        }
    }

    /// The entry in the ledger of the partner whom the call is made for; the operator's own calls have none.
    fn enter(&self, blame: Blame, status: Option<u16>, code: Option<&str>) {
        let is_token = self.endpoint == Endpoint::access_token();
        let names_merchant = names_merchant(self.access.keys.kind);
        let is_shared = is_token && self.access.keys.kind == domain::KeySetKind::Platform;
        let Some(partner) = self.access.partner.filter(|_| !is_shared) else {
            return;
        };
        let now = self.inner.clock.now();
        let call = ApiCall {
            partner,
            environment: self.access.environment,
            day: now.to_offset(UtcOffset::UTC).date(),
            msn: self.access.msn.clone().filter(|_| !is_token || names_merchant),
            api: self.endpoint.api.into(),
            endpoint: self.endpoint.name.into(),
            blame,
            status,
            code: code.map(str::to_owned),
        };
        self.inner.tally.count(call, now);
    }
}

impl Drop for Measured<'_> {
    /// A call that is dropped on its way was given up: it counts like one that got no answer.
    fn drop(&mut self) {
        if !self.has_ended {
            self.tell(Ending::Unknown {
                status: None,
                reason: "the call was given up",
            });
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
    (word && !code.is_empty() && code.len() <= 24).then_some(code)
}
