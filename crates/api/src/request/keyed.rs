//! An order that is meant to happen once and names no sales unit: a key, a wait and a body that goes on to Vipps.

use app::{Caller, Wait};
use axum::extract::{FromRequest, FromRequestParts, Request};
use domain::{Forwarded, IdempotencyKey};

use super::{Whole, headers};
use crate::body::Exact;
use crate::face::Face;
use crate::forwarded::Facts;
use crate::problem::Problem;

/// By a token that is not narrowed to some sales units.
#[derive(Debug)]
pub(crate) struct Keyed<F> {
    pub caller: Caller,
    pub key: IdempotencyKey,
    pub forwarded: Forwarded<F>,
    pub wait: Wait,
}

impl<F: Facts> FromRequest<Face> for Keyed<F> {
    type Rejection = Problem;

    async fn from_request(request: Request, face: &Face) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Whole(caller) = Whole::from_request_parts(&mut parts, face).await?;
        let mut faults = Vec::new();
        let key = headers::idempotency_key(&parts.headers, &mut faults);
        let longest = face.settings.longest_wait;
        let wait = headers::wait(&parts.headers, longest, &mut faults).unwrap_or(face.settings.wait);
        let body = Exact::<F>::read(&parts.headers, body, face.settings.bounds).await?;
        match (key, body) {
            (Some(key), Ok(exact)) if faults.is_empty() => Ok(Self {
                caller,
                key,
                forwarded: exact.forwarded(),
                wait: Wait {
                    until: face.app.clock().now() + wait,
                },
            }),
            (_, body) => {
                faults.extend(body.err().unwrap_or_default());
                Err(Problem::invalid(faults))
            }
        }
    }
}
