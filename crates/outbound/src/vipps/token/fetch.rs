//! One trip to the token service.

use domain::{KeySetKind, Rejected};
use time::OffsetDateTime;
use tracing::Instrument;
use zeroize::Zeroizing;

use super::answer::{self, Granted};
use super::{NoToken, Which};
use crate::exchange::{Answer, Lost, exchange};
use crate::vipps::Inner;
use crate::vipps::access::Access;
use crate::vipps::measure::{Ending, Endpoint, Measured};
use crate::vipps::{refusal, request};

/// `POST /accesstoken/get`. The bytes of the answer are wiped after reading.
pub(in crate::vipps) async fn fetch(
    inner: &Inner,
    access: &Access,
    which: Which,
) -> Result<Granted, NoToken> {
    let began = inner.clock.now();
    let measured = Measured::begin(Endpoint::access_token(), access, inner);
    let outcome = match request::access_token(&inner.settings, access, which) {
        Ok(request) => {
            let answer = exchange(&inner.client, request, inner.settings.most_answer_bytes);
            answer.instrument(measured.span.clone()).await
        }
        Err(reason) => Err(Lost::NotSent(reason)),
    };
    let (status, result) = read(outcome, began);
    let ending = match &result {
        Ok(_) => Ending::Accepted {
            status: status.unwrap_or_default(),
        },
        Err(NoToken::Refused(rejected)) => Ending::Rejected(rejected),
        Err(NoToken::Unavailable(reason)) => match status {
            Some(status @ 200..=299) => Ending::Nonsense { status, reason },
            status => Ending::Unknown { status, reason },
        },
    };
    measured.end(ending);
    result
}

fn read(outcome: Result<Answer, Lost>, began: OffsetDateTime) -> (Option<u16>, Result<Granted, NoToken>) {
    let unavailable = |reason: &str| Err(NoToken::Unavailable(format!("no access token: {reason}")));
    let answer = match outcome {
        Ok(answer) => answer,
        Err(Lost::NotSent(reason) | Lost::Unknown(reason)) => return (None, unavailable(&reason)),
    };
    let status = answer.status;
    let result = match status {
        // Life counts from the moment of asking: an answer that took long is no reason to use it longer.
        200..=299 => answer::read(&Zeroizing::new(answer.body), began).or_else(|reason| unavailable(&reason)),
        400 | 401 | 403 | 429 => Err(NoToken::Refused(Box::new(refused(refusal::read(answer, began))))),
        _ => unavailable(&format!("status {status}")),
    };
    (Some(status), result)
}

/// The token service's 400 says the same as its 401, and only the latter is known never to bind a key.
fn refused(mut rejected: Rejected) -> Rejected {
    if rejected.status == 400 {
        rejected.status = 401;
    }
    rejected
}

/// Whether a refusal is about the subscription key rather than the token or the client
/// ("Access denied due to invalid subscription key", "… missing subscription key").
pub(in crate::vipps) fn speaks_of_subscription_key(status: u16, body: &[u8]) -> bool {
    const WORDS: &[u8] = b"subscription key";
    status == 401
        && body
            .windows(WORDS.len())
            .any(|window| window.eq_ignore_ascii_case(WORDS))
}

/// Whether the token call names the merchant: the keys of a partner or of the platform serve many.
pub(in crate::vipps) fn names_merchant(kind: KeySetKind) -> bool {
    match kind {
        KeySetKind::SalesUnit | KeySetKind::Accounting => true,
        KeySetKind::Partner | KeySetKind::Platform => false,
    }
}
