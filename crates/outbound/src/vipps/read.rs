//! Reads: what Vipps says about a payment, its events and its order.

use domain::{Event, Reading, Reference, Rejected};
use serde::Deserialize;
use serde_json::value::RawValue;
use tracing::Instrument;

use super::measure::{Ending, Endpoint, Measured};
use super::request::Ask;
use super::send::{Failed, is_refusal};
use super::wire::{self, Sound, not_readable};
use super::{Access, Vipps, refusal};

/// A read that told nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// 404: Vipps does not know the reference for this sales unit.
    #[error("vipps does not know it")]
    NotFound(Box<Rejected>),
    /// Any other definite refusal, the token service's included.
    #[error("vipps refused the read with status {}", .0.status)]
    Rejected(Box<Rejected>),
    /// Nothing left.
    #[error("the read did not leave: {reason}")]
    NotSent { reason: String },
    /// No answer, or one that says nothing: a time-out, a redirect, a 5xx.
    #[error("no answer came to the read: {reason}")]
    Unknown { reason: String },
    /// A 200 that cannot be believed. Worth an alarm.
    #[error("the answer to the read cannot be believed: {reason}")]
    Nonsense { reason: String },
}

/// The event log of a payment, read and as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// In the order of the answer.
    pub events: Vec<Event>,
    pub body: Vec<u8>,
}

/// What Order Management keeps for a payment, each as the JSON it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderManagement {
    pub receipt: Option<String>,
    pub category: Option<String>,
}

impl Vipps {
    /// `GET /epayment/v1/payments/{reference}`. The reading is about that reference, in a known state and in
    /// one currency, and its sums can be true; whether they have grown is for the books to say.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read_payment(&self, access: &Access, reference: &Reference) -> Result<Reading, ReadError> {
        let path = format!("/epayment/v1/payments/{reference}");
        self.read(Endpoint::READ_PAYMENT, &path, access, |body| {
            let sound = Sound::read(&body, reference.as_str())?;
            Ok(Reading {
                reference: reference.clone(),
                state: sound.state,
                amount: sound.amount,
                aggregate: sound.aggregate,
                psp_reference: sound.psp_reference,
                body,
            })
        })
        .await
    }

    /// `GET /epayment/v1/payments/{reference}/events`.
    ///
    /// # Errors
    /// [`ReadError`]; one event that cannot be read makes the whole log nonsense.
    pub async fn read_events(&self, access: &Access, reference: &Reference) -> Result<Events, ReadError> {
        let path = format!("/epayment/v1/payments/{reference}/events");
        self.read(Endpoint::READ_EVENTS, &path, access, |body| {
            let events = wire::events(&body, reference)?;
            Ok(Events { events, body })
        })
        .await
    }

    /// `GET /order-management/v2/ecom/{orderId}`.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read_order(
        &self,
        access: &Access,
        reference: &Reference,
    ) -> Result<OrderManagement, ReadError> {
        #[derive(Deserialize)]
        struct Order<'a> {
            #[serde(borrow, default)]
            receipt: Option<&'a RawValue>,
            #[serde(borrow, default)]
            category: Option<&'a RawValue>,
        }
        let path = format!("/order-management/v2/ecom/{reference}");
        self.read(Endpoint::READ_ORDER, &path, access, |body| {
            let order: Order<'_> = serde_json::from_slice(&body).map_err(|error| not_readable(&error))?;
            Ok(OrderManagement {
                receipt: order.receipt.map(|raw| raw.get().to_owned()),
                category: order.category.map(|raw| raw.get().to_owned()),
            })
        })
        .await
    }

    pub(super) async fn read<T>(
        &self,
        endpoint: Endpoint,
        path: &str,
        access: &Access,
        understand: impl FnOnce(Vec<u8>) -> Result<T, String>,
    ) -> Result<T, ReadError> {
        let measured = Measured::begin(endpoint, access, &self.0);
        let mut status = None;
        let sent = self.call(Ask::get(path), access, &measured);
        let result = match sent.instrument(measured.span.clone()).await {
            Ok(answer) => {
                let code = answer.status;
                status = Some(code);
                match code {
                    200..=299 => understand(answer.body).map_err(|reason| ReadError::Nonsense { reason }),
                    404 => Err(ReadError::NotFound(Box::new(refusal::read(
                        answer,
                        self.0.clock.now(),
                    )))),
                    _ if is_refusal(code) => Err(ReadError::Rejected(Box::new(refusal::read(
                        answer,
                        self.0.clock.now(),
                    )))),
                    _ => Err(ReadError::Unknown {
                        reason: format!("status {code}"),
                    }),
                }
            }
            Err(Failed::Refused(rejected)) => {
                measured.end(Ending::WithoutToken(&rejected));
                return Err(ReadError::Rejected(rejected));
            }
            Err(Failed::NotSent(reason)) => Err(ReadError::NotSent { reason }),
            Err(Failed::Unknown(reason)) => Err(ReadError::Unknown { reason }),
        };
        let ending = match &result {
            Ok(_) => Ending::Accepted {
                status: status.unwrap_or_default(),
            },
            Err(ReadError::NotFound(rejected) | ReadError::Rejected(rejected)) => Ending::Rejected(rejected),
            Err(ReadError::NotSent { reason }) => Ending::NotSent { reason },
            Err(ReadError::Unknown { reason }) => Ending::Unknown { status, reason },
            Err(ReadError::Nonsense { reason }) => Ending::Nonsense {
                status: status.unwrap_or_default(),
                reason,
            },
        };
        measured.end(ending);
        result
    }
}
