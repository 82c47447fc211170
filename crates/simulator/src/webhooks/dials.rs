//! What Vipps does not say about webhooks, and what it never does but tests need.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::webhooks::schedule;

/// The dials of the Webhooks API and its deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one open question about Vipps, none depends on another"
)]
pub struct WebhookDials {
    /// Whether a registration may name this machine (`localhost`, 127.0.0.0/8, `[::1]`), in plain
    /// HTTP and on any port. Vipps refuses all three.
    pub loopback_targets: bool,
    /// Whether anything but this machine is really called. Off: such a delivery is kept back and
    /// shows as `withheld`.
    pub any_target: bool,
    /// Registered hosts (`hooks.example.com`, `hooks.example.com:8080`) that are called at a
    /// loopback address instead, in plain HTTP, with the `Host` and signature of the registered URL.
    #[schema(value_type = BTreeMap<String, String>)]
    pub deliver_via: BTreeMap<String, SocketAddr>,
    /// How long an endpoint has to answer, in real time whatever the clock: a socket knows no other.
    pub answer_within_millis: u64,
    /// Whether each retry has a date and a signature of its own, or those of the first attempt.
    pub retries_re_signed: bool,
    /// Who hears of an event when the sales unit and its partner have both registered for it.
    pub unit_and_partner: UnitAndPartner,
    /// Whether deliveries name their registration in `Webhook-Id`.
    pub webhook_id_header: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum UnitAndPartner {
    #[default]
    Both,
    OnlyUnit,
}

impl Default for WebhookDials {
    fn default() -> Self {
        Self {
            loopback_targets: true,
            any_target: false,
            deliver_via: BTreeMap::new(),
            answer_within_millis: schedule::ANSWER_WITHIN_MILLIS,
            retries_re_signed: true,
            unit_and_partner: UnitAndPartner::default(),
            webhook_id_header: true,
        }
    }
}
