//! One call: token, keys, the request, and the one case in which it goes out again.

use std::sync::Arc;

use domain::{Accepted, Envelope, Outcome, Rejected};
use tracing::Instrument;

use super::call::Call;
use super::measure::{Ending, Measured};
use super::request::{self, Ask};
use super::token::{AccessToken, Fetcher, NoToken, Slot, Which, speaks_of_subscription_key};
use super::{Access, Vipps, refusal};
use crate::exchange::{Answer, Lost, exchange};

/// No answer from the endpoint that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failed {
    NotSent(String),
    Unknown(String),
    /// The token service refused these keys, so the call itself never left.
    Refused(Box<Rejected>),
}

impl From<Lost> for Failed {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::NotSent(reason) => Self::NotSent(reason),
            Lost::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

impl From<NoToken> for Failed {
    fn from(none: NoToken) -> Self {
        match none {
            NoToken::Refused(rejected) => Self::Refused(rejected),
            NoToken::Unavailable(reason) => Self::NotSent(reason),
        }
    }
}

impl Vipps {
    /// Sends the envelope once and says what is known.
    ///
    /// After a 401, and only then, the same bytes go out once more: with a fresh token, or with the other
    /// subscription key when the refusal speaks of that. So one call is at most two requests, and the
    /// first of two was refused at the door. Refused keys are `Rejected` with status 401, or 429 when the
    /// token service is too busy; `NotSent` covers a token service that cannot be reached.
    pub async fn send(&self, envelope: &Envelope, access: &Access) -> Outcome {
        let call = Call::of(envelope);
        let measured = Measured::begin(call.endpoint(), access, &self.0);
        let ask = Ask {
            method: envelope.method,
            path: &envelope.path,
            key: envelope.key.as_ref(),
            body: &envelope.body,
        };
        let mut status = None;
        let sent = self.call(ask, access, &measured);
        let outcome = match sent.instrument(measured.span.clone()).await {
            Ok(answer) => {
                status = Some(answer.status);
                self.judge(&call, answer)
            }
            Err(Failed::Refused(rejected)) => {
                measured.end(Ending::WithoutToken(&rejected));
                return Outcome::Rejected(*rejected);
            }
            Err(Failed::NotSent(reason)) => Outcome::NotSent { reason },
            Err(Failed::Unknown(reason)) => Outcome::Unknown { reason },
        };
        let ending = match &outcome {
            Outcome::Accepted(accepted) => Ending::Accepted {
                status: accepted.status,
            },
            Outcome::Rejected(rejected) => Ending::Rejected(rejected),
            Outcome::NotSent { reason } => Ending::NotSent { reason },
            Outcome::Unknown { reason } => match status {
                Some(status @ 200..=299) => Ending::Nonsense { status, reason },
                status => Ending::Unknown { status, reason },
            },
        };
        measured.end(ending);
        outcome
    }

    /// The status decides, then the body; the content type never does. A redirect is no answer of Vipps;
    /// 408 and 5xx say nothing about what happened before.
    fn judge(&self, call: &Call<'_>, answer: Answer) -> Outcome {
        match answer.status {
            200..=299 => match call.believe(&answer.body) {
                Ok(()) => Outcome::Accepted(Accepted {
                    status: answer.status,
                    body: answer.body,
                }),
                Err(reason) => Outcome::Unknown { reason },
            },
            status if is_refusal(status) => Outcome::Rejected(refusal::read(answer, self.0.clock.now())),
            status => Outcome::Unknown {
                reason: format!("status {status}"),
            },
        }
    }

    pub(super) async fn call(
        &self,
        ask: Ask<'_>,
        access: &Access,
        measured: &Measured<'_>,
    ) -> Result<Answer, Failed> {
        if access.keys.environment != access.environment {
            return Err(Failed::NotSent(
                "the keys belong to the other environment".to_owned(),
            ));
        }
        let slot = self.0.tokens.slot(access).await;
        let fetcher = Fetcher {
            inner: Arc::clone(&self.0),
            access: access.clone(),
        };
        let token = slot.token(&fetcher).await?;
        let which = slot.subscription_key(self.0.clock.now());
        let first = self.exchange(ask, access, &token, which).await?;
        if first.status != 401 {
            return Ok(first);
        }
        if speaks_of_subscription_key(first.status, &first.body)
            && let Some(other) = which.other(access)
        {
            measured.refused_at_the_door(first.status);
            return self.with_other_key(ask, access, &slot, &token, other).await;
        }
        tracing::info!("the access token was refused");
        match slot.instead_of(&token, &fetcher).await {
            Some(fresh) => {
                measured.refused_at_the_door(first.status);
                Ok(self.exchange(ask, access, &fresh, which).await?)
            }
            None => Ok(first),
        }
    }

    async fn with_other_key(
        &self,
        ask: Ask<'_>,
        access: &Access,
        slot: &Slot,
        token: &AccessToken,
        other: Which,
    ) -> Result<Answer, Failed> {
        let second = self.exchange(ask, access, token, other).await?;
        if second.status != 401 {
            slot.prefer(other, self.0.clock.now());
        }
        Ok(second)
    }

    async fn exchange(
        &self,
        ask: Ask<'_>,
        access: &Access,
        token: &AccessToken,
        which: Which,
    ) -> Result<Answer, Lost> {
        let settings = &self.0.settings;
        let request = request::api(settings, ask, access, &token.secret, which).map_err(Lost::NotSent)?;
        exchange(&self.0.client, request, settings.most_answer_bytes).await
    }
}

/// 4xx is a definite no, but for 408: that one says that somebody ran out of patience, not what he did.
pub(super) const fn is_refusal(status: u16) -> bool {
    matches!(status, 400..=499) && status != 408
}
