//! A payment on the wire.

use app::PaymentView;
use domain::Aggregate as Sums;
use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use super::{Amount, Moment};

/// One intent to be paid, as it was last read from Vipps.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payment {
    /// The partner's name for the payment, unique at its sales unit.
    #[schema(example = "acme-shop-123-1", pattern = "^[a-zA-Z0-9-]{8,64}$")]
    reference: String,
    /// The sales unit.
    #[schema(example = "123456", pattern = "^[0-9]{4,10}$")]
    msn: String,
    state: State,
    /// What was asked for when the payment was created.
    amount: Amount,
    aggregate: Aggregate,
    /// Vipps' name for the payment. Absent until the payment has been read from Vipps once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "37c34d8c-2649-448e-864b-060d5d93e4c4")]
    psp_reference: Option<String>,
    /// Where the customer approves: open it unchanged and at once. It lives 10 minutes and is absent for
    /// `PUSH_MESSAGE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<String>,
    /// As given when the payment was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    metadata: Option<Value>,
    created_at: Moment,
    /// Until when Vipps guarantees that the money can be captured, where Vipps says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_by: Option<Moment>,
    /// Everything else that Vipps said of the payment, as it came.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    vipps: Map<String, Value>,
}

/// Waiting for the customer (`CREATED`), approved (`AUTHORIZED`), declined or left (`ABORTED`), out of time
/// (`EXPIRED`), cancelled before approval (`TERMINATED`). Captured, refunded and cancelled are amounts in
/// the aggregate, not states.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum State {
    Created,
    Authorized,
    Aborted,
    Expired,
    Terminated,
}

impl From<domain::State> for State {
    fn from(state: domain::State) -> Self {
        match state {
            domain::State::Created => Self::Created,
            domain::State::Authorized => Self::Authorized,
            domain::State::Aborted => Self::Aborted,
            domain::State::Expired => Self::Expired,
            domain::State::Terminated => Self::Terminated,
        }
    }
}

/// Where the money is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Aggregate {
    #[serde(rename = "authorizedAmount")]
    authorized: Amount,
    #[serde(rename = "capturedAmount")]
    captured: Amount,
    #[serde(rename = "refundedAmount")]
    refunded: Amount,
    #[serde(rename = "cancelledAmount")]
    cancelled: Amount,
}

impl Aggregate {
    fn of(sums: Sums, currency: domain::Currency) -> Self {
        let amount = |value| domain::Amount::new(value, currency).into();
        Self {
            authorized: amount(sums.authorized),
            captured: amount(sums.captured),
            refunded: amount(sums.refunded),
            cancelled: amount(sums.cancelled),
        }
    }
}

impl From<PaymentView> for Payment {
    fn from(view: PaymentView) -> Self {
        let payment = view.payment;
        let mut said = object(view.reading.as_deref());
        let mut created = object(view.created.as_deref());
        // What stands above under a name of ours is not said twice.
        for known in ["reference", "state", "amount", "aggregate", "pspReference"] {
            said.remove(known);
        }
        let redirect_url = [said.remove("redirectUrl"), created.remove("redirectUrl")]
            .into_iter()
            .flatten()
            .find_map(|url| url.as_str().map(ToOwned::to_owned));
        let metadata = said.remove("metadata").filter(|it| !it.is_null());
        let capture_by = said
            .get("captureGuaranteedUntil")
            .and_then(Value::as_str)
            .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        Self {
            reference: payment.reference.to_string(),
            msn: payment.msn.to_string(),
            state: payment.state.into(),
            amount: payment.amount.into(),
            aggregate: Aggregate::of(payment.aggregate, payment.amount.currency),
            psp_reference: payment.psp_reference,
            redirect_url,
            metadata,
            created_at: payment.created_at.into(),
            capture_by: capture_by.map(Moment::from),
            vipps: said,
        }
    }
}

fn object(bytes: Option<&[u8]>) -> Map<String, Value> {
    bytes
        .and_then(|bytes| serde_json::from_slice(bytes).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::{AssignmentId, Currency, Environment, PartnerId, PaymentId};
    use serde_json::json;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    fn view(reading: Option<&str>, created: Option<&str>) -> Value {
        let id = Uuid::from_u128(1);
        let payment = domain::Payment {
            id: PaymentId::from_uuid(id),
            partner: PartnerId::from_uuid(id),
            environment: Environment::Test,
            assignment: AssignmentId::from_uuid(id),
            msn: "123456".parse().unwrap(),
            reference: "acme-shop-123-1".parse().unwrap(),
            state: domain::State::Authorized,
            amount: domain::Amount::new(49_900, Currency::NOK),
            aggregate: Sums {
                authorized: 49_900,
                ..Sums::default()
            },
            psp_reference: reading.map(|_| "psp".to_owned()),
            created_at: datetime!(2026-11-25 13:00 +01:00),
            version: 1,
        };
        let wire = Payment::from(PaymentView {
            payment,
            reading: reading.map(|it| it.as_bytes().to_vec()),
            created: created.map(|it| it.as_bytes().to_vec()),
        });
        serde_json::to_value(wire).unwrap()
    }

    #[test]
    fn a_payment_is_ours_first_and_vipps_rest_as_it_came() {
        let wire = view(
            Some(
                r#"{"reference":"x","state":"y","amount":{},"aggregate":{},"pspReference":"z",
                "paymentMethod":{"type":"WALLET"},"profile":{},"metadata":{"order":"1"},
                "captureGuaranteedUntil":"2026-12-01T07:53:44.812+01:00","new":[1]}"#,
            ),
            Some(r#"{"reference":"x","redirectUrl":"https://pay.example/1"}"#),
        );
        assert_eq!(wire["state"], "AUTHORIZED");
        assert_eq!(wire["createdAt"], "2026-11-25T12:00:00Z");
        assert_eq!(wire["captureBy"], "2026-12-01T06:53:44.812Z");
        assert_eq!(wire["redirectUrl"], "https://pay.example/1");
        assert_eq!(wire["metadata"], json!({"order": "1"}));
        assert_eq!(
            wire["vipps"],
            json!({"paymentMethod": {"type": "WALLET"}, "profile": {},
                   "captureGuaranteedUntil": "2026-12-01T07:53:44.812+01:00", "new": [1]})
        );
        let zero = json!({"currency": "NOK", "value": 0});
        assert_eq!(wire["aggregate"]["capturedAmount"], zero);
    }

    #[test]
    fn what_is_not_known_yet_is_absent() {
        let wire = view(None, Some(r#"{"reference":"x"}"#));
        for absent in ["pspReference", "redirectUrl", "metadata", "captureBy"] {
            assert!(wire.get(absent).is_none(), "{absent}");
        }
        assert_eq!(wire["vipps"], json!({}));
    }
}
