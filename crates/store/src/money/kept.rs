//! Requests and answers in the form in which they are sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Accepted, Envelope, Method, Rejected, UpstreamKey};
use serde::{Deserialize, Serialize};

/// Vipps' answer to an operation, kept under the caller's key; faces render their own from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Accepted(Accepted),
    Rejected(Rejected),
}

#[derive(Serialize, Deserialize)]
struct KeptEnvelope {
    method: String,
    path: String,
    key: Option<String>,
    body: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeptAnswer {
    Accepted {
        status: u16,
        body: String,
    },
    Rejected {
        status: u16,
        code: Option<String>,
        title: Option<String>,
        detail: Option<String>,
        trace_id: Option<String>,
        fields: Vec<(String, String)>,
        retry_after: Option<u64>,
        body: String,
    },
}

/// The text is not of this form; the row it came from is damaged.
pub(crate) struct NotKept;

const METHODS: [Method; 5] = [
    Method::Get,
    Method::Post,
    Method::Put,
    Method::Patch,
    Method::Delete,
];

pub(super) fn of_envelope(envelope: &Envelope) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&KeptEnvelope {
        method: envelope.method.as_str().to_owned(),
        path: envelope.path.clone(),
        key: envelope.key.as_ref().map(|key| key.as_str().to_owned()),
        body: STANDARD.encode(&envelope.body),
    })
}

pub(super) fn envelope(bytes: &[u8]) -> Result<Envelope, NotKept> {
    let kept: KeptEnvelope = serde_json::from_slice(bytes).map_err(|_| NotKept)?;
    let method = METHODS
        .into_iter()
        .find(|method| method.as_str() == kept.method)
        .ok_or(NotKept)?;
    Ok(Envelope {
        method,
        path: kept.path,
        key: kept.key.map(UpstreamKey::from_stored),
        body: STANDARD.decode(kept.body).map_err(|_| NotKept)?,
    })
}

/// What is left of a request whose body was taken away.
pub(super) const fn forgotten_envelope() -> Envelope {
    Envelope {
        method: Method::Post,
        path: String::new(),
        key: None,
        body: Vec::new(),
    }
}

pub(crate) fn of_answer(answer: &Answer) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&match answer {
        Answer::Accepted(accepted) => KeptAnswer::Accepted {
            status: accepted.status,
            body: STANDARD.encode(&accepted.body),
        },
        Answer::Rejected(rejected) => KeptAnswer::Rejected {
            status: rejected.status,
            code: rejected.code.clone(),
            title: rejected.title.clone(),
            detail: rejected.detail.clone(),
            trace_id: rejected.trace_id.clone(),
            fields: rejected.fields.clone(),
            retry_after: rejected.retry_after,
            body: STANDARD.encode(&rejected.body),
        },
    })
}

pub(crate) fn answer(bytes: &[u8]) -> Result<Answer, NotKept> {
    let kept: KeptAnswer = serde_json::from_slice(bytes).map_err(|_| NotKept)?;
    Ok(match kept {
        KeptAnswer::Accepted { status, body } => Answer::Accepted(Accepted {
            status,
            body: STANDARD.decode(body).map_err(|_| NotKept)?,
        }),
        KeptAnswer::Rejected {
            status,
            code,
            title,
            detail,
            trace_id,
            fields,
            retry_after,
            body,
        } => Answer::Rejected(Rejected {
            status,
            code,
            title,
            detail,
            trace_id,
            fields,
            retry_after,
            body: STANDARD.decode(body).map_err(|_| NotKept)?,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_byte_for_byte() {
        let sent = Envelope {
            method: Method::Post,
            path: "/epayment/v1/payments".to_owned(),
            key: Some(UpstreamKey::from_stored("KEY")),
            body: vec![b'{', 0xff, 0, b'}'],
        };
        let back = envelope(&of_envelope(&sent).unwrap()).ok();
        assert_eq!(back, Some(sent));
        let rejected = Answer::Rejected(Rejected {
            status: 409,
            code: Some("6170".to_owned()),
            fields: vec![("a".to_owned(), "b".to_owned())],
            retry_after: Some(3),
            body: vec![0xfe],
            ..Rejected::default()
        });
        assert_eq!(answer(&of_answer(&rejected).unwrap()).ok(), Some(rejected));
    }
}
