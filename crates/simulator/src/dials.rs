//! What Vipps does not say is a dial. `docs/simulator-conformance.md` cites a source for each.

use serde::{Deserialize, Serialize};

use crate::epayment::EventName;
use crate::management::ManagementDials;
use crate::webhooks::WebhookDials;

/// The dials of one world, with their defaults. Spans are whole seconds or milliseconds, as named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one open question about Vipps, none depends on another"
)]
pub struct Dials {
    /// How long an idempotency key is remembered after its first use; `null` is for ever.
    pub keys_remembered_seconds: Option<u64>,
    /// What, besides the key itself, makes two uses of a key the same.
    pub key_scope: KeyScope,
    /// The statuses that stick to a key. The codes 6160, 6250 and 6280 never do: Vipps says to
    /// retry them with the same key.
    pub sticky_statuses: Vec<u16>,
    /// The events that carry no `idempotencyKey` although the request had one.
    pub events_without_key: Vec<EventName>,
    /// How much later than the truth `GET payment` shows what happened.
    pub get_lag_millis: u64,
    /// How much later than the truth `GET events` shows what happened.
    pub events_lag_millis: u64,
    /// Test world: force-approve needs a payment that was approved by hand before.
    pub first_approval_by_hand: bool,
    /// Whether what is reserved is released, with a CANCELLED event, when the capture deadline passes.
    pub release_at_deadline: bool,
    /// What a capture meets after `captureGuaranteedUntil`.
    pub after_guarantee: AfterGuarantee,
    /// From when the 365 days for a refund count.
    pub refund_window: RefundWindow,
    /// Who must send the four `Vipps-System-*` headers.
    pub system_headers: SystemHeaders,
    /// Whether the rate limits' 429 carries `Retry-After`.
    pub retry_after: bool,
    /// Whether calls that were answered 429 use up the budget as well.
    pub refused_calls_count: bool,
    /// How long a modification keeps its payment locked; another one meanwhile answers 423.
    pub processing_millis: u64,
    /// The life of a standard token; `null` is 1 h in test and 24 h in production.
    pub token_life_seconds: Option<u64>,
    /// Whether the Order Management API exists in this world.
    pub order_management: bool,
    pub webhooks: WebhookDials,
    pub management: ManagementDials,
}

impl Default for Dials {
    fn default() -> Self {
        Self {
            keys_remembered_seconds: Some(24 * 3600),
            key_scope: KeyScope::default(),
            sticky_statuses: vec![400, 403, 404, 409, 422],
            events_without_key: vec![EventName::Cancelled, EventName::Terminated],
            get_lag_millis: 0,
            events_lag_millis: 0,
            first_approval_by_hand: false,
            release_at_deadline: true,
            after_guarantee: AfterGuarantee::default(),
            refund_window: RefundWindow::default(),
            system_headers: SystemHeaders::default(),
            retry_after: false,
            refused_calls_count: false,
            processing_millis: 0,
            token_life_seconds: None,
            order_management: true,
            webhooks: WebhookDials::default(),
            management: ManagementDials::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "any combination is a scope Vipps might use"
)]
pub struct KeyScope {
    pub client: bool,
    pub msn: bool,
    pub operation: bool,
    pub reference: bool,
}

impl Default for KeyScope {
    fn default() -> Self {
        Self {
            client: true,
            msn: true,
            operation: true,
            reference: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum AfterGuarantee {
    #[default]
    Captures,
    /// 400 / 6260 and a CAPTURED event without success.
    FundsUnavailable,
    /// 400 / 6280: try again later with the same key.
    TryLater,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RefundWindow {
    FromReservation,
    #[default]
    FromCapture,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SystemHeaders {
    #[default]
    Optional,
    RequiredWithPartnerKeys,
    Required,
}
