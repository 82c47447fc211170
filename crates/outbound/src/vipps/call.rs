//! What an envelope asks of Vipps, read from the envelope itself: a replay after a restart has nothing else.

use domain::operation::Kind;
use domain::{Amount, Envelope};
use serde::Deserialize;

use super::measure::Endpoint;
use super::product_order;
use super::wire::{Sound, WireAmount, not_readable};

/// The calls that an envelope can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call<'a> {
    /// The reference stands in the body; `None` when the body cannot be read, and then no answer can be
    /// told to be about it.
    Create {
        reference: Option<String>,
        /// Whether the customer goes on by an address that the answer names.
        leads_on: bool,
    },
    /// Capture and refund with what they ask for; cancel without.
    Modify {
        kind: Kind,
        reference: &'a str,
        asked: Option<Amount>,
    },
    Approve,
    Receipt,
    /// An order or its deletion, which answers with nothing.
    ProductOrder(Endpoint),
    Other,
}

const PAYMENTS: &str = "/epayment/v1/payments";

impl<'a> Call<'a> {
    pub(super) fn of(envelope: &'a Envelope) -> Self {
        let path = envelope.path.as_str();
        if let Some(endpoint) = product_order::endpoint_of(envelope) {
            return Self::ProductOrder(endpoint);
        }
        if path == PAYMENTS {
            let asked: Option<AskedFor> = serde_json::from_slice(&envelope.body).ok();
            let leads_on = asked.as_ref().is_some_and(AskedFor::leads_on);
            return Self::Create {
                reference: asked.map(|asked| asked.reference),
                leads_on,
            };
        }
        let modification = path
            .strip_prefix(PAYMENTS)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.split_once('/'));
        if let Some((reference, what)) = modification {
            let kind = match what {
                "capture" => Kind::Capture,
                "refund" => Kind::Refund,
                "cancel" => Kind::Cancel,
                _ => return Self::Other,
            };
            return Self::Modify {
                kind,
                reference,
                asked: asked_by(&envelope.body),
            };
        }
        if path.starts_with("/epayment/v1/test/payments/") {
            Self::Approve
        } else if path.starts_with("/order-management/v2/ecom/receipts/") {
            Self::Receipt
        } else {
            Self::Other
        }
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Create { .. } => Endpoint::epayment("create"),
            Self::Modify { kind, .. } => Endpoint::epayment(kind.as_str()),
            Self::Approve => Endpoint::epayment("approve"),
            Self::Receipt => Endpoint::order_management("receipt"),
            Self::ProductOrder(endpoint) => *endpoint,
            Self::Other => Endpoint::other(),
        }
    }

    /// Whether a 2xx answer is the answer to this call. HTTP 200 alone is no proof
    /// (ePayment API, capture, 2026), and a proxy's welcome page even less.
    ///
    /// # Errors
    /// Why the answer cannot be believed.
    pub(super) fn believe(&self, body: &[u8]) -> Result<(), String> {
        match self {
            Self::Create { reference, leads_on } => created(body, reference.as_deref(), *leads_on),
            Self::Modify {
                kind,
                reference,
                asked,
            } => modified(body, *kind, reference, *asked),
            Self::Approve | Self::Receipt => empty_or_json(body),
            Self::ProductOrder(Endpoint::PLACE_ORDER) => product_order::placed(body).map(drop),
            Self::ProductOrder(_) | Self::Other => Ok(()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedFor {
    reference: String,
    #[serde(default)]
    user_flow: Option<serde_json::Value>,
}

impl AskedFor {
    /// These flows have an address for the customer or the image of a QR code; `PUSH_MESSAGE` has none
    /// (ePayment API 1.8.1, create payment, 2026-04). What another flow would have is not known.
    fn leads_on(&self) -> bool {
        let flow = self.user_flow.as_ref().and_then(serde_json::Value::as_str);
        matches!(flow, Some("WEB_REDIRECT" | "NATIVE_REDIRECT" | "QR"))
    }
}

fn asked_by(body: &[u8]) -> Option<Amount> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Modification {
        modification_amount: WireAmount,
    }
    let read: Modification = serde_json::from_slice(body).ok()?;
    read.modification_amount.read().ok()
}

fn created(body: &[u8], reference: Option<&str>, leads_on: bool) -> Result<(), String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Created {
        reference: String,
        #[serde(default)]
        redirect_url: Option<String>,
    }
    let answer: Created = serde_json::from_slice(body).map_err(|error| not_readable(&error))?;
    if reference != Some(answer.reference.as_str()) {
        return Err("the answer is about another reference".to_owned());
    }
    // Nobody could pay without it, and a GET may still tell it.
    if leads_on && answer.redirect_url.is_none_or(|url| url.is_empty()) {
        return Err("the answer leads the customer nowhere".to_owned());
    }
    Ok(())
}

fn modified(body: &[u8], kind: Kind, reference: &str, asked: Option<Amount>) -> Result<(), String> {
    let Sound {
        state,
        amount,
        aggregate,
        ..
    } = Sound::read(body, reference)?;
    let moved = match kind {
        Kind::Create => return Err("a modification cannot create".to_owned()),
        Kind::Capture => aggregate.captured,
        Kind::Refund => aggregate.refunded,
        Kind::Cancel => {
            let done = state == domain::State::Terminated || aggregate.cancelled > 0;
            return if done {
                Ok(())
            } else {
                Err("the answer shows nothing cancelled".to_owned())
            };
        }
    };
    let asked = asked.ok_or("what was asked for cannot be read")?;
    if amount.currency != asked.currency {
        return Err("the answer is in another currency".to_owned());
    }
    // The sum holds this operation too, so it is at least what was asked for.
    if moved < asked.value {
        return Err(format!(
            "the answer shows less than the {kind} that was asked for"
        ));
    }
    // The documents do not say whether `amount` is the operation's or the payment's; anything else is odd.
    if [asked.value, moved, aggregate.authorized].contains(&amount.value) {
        Ok(())
    } else {
        Err("the answer is about another amount".to_owned())
    }
}

fn empty_or_json(body: &[u8]) -> Result<(), String> {
    if body.trim_ascii().is_empty() {
        return Ok(());
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(body)
        .map(drop)
        .map_err(|error| not_readable(&error))
}

#[cfg(test)]
mod tests;
