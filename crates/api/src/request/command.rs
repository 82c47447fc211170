//! Requests with a body that goes on to Vipps.

use app::{Allowance, Caller, Error, Scope, Wait, What};
use axum::extract::{FromRequest, Request};
use domain::{Forwarded, IdempotencyKey, Violation};
use http::request::Parts;

use super::headers;
use super::place::{self, Opened, Place};
use crate::body::{Checked, Exact};
use crate::face::Face;
use crate::forwarded::Facts;
use crate::problem::Problem;

/// An order to move money: where, under which key, what, and how long its caller waits.
#[derive(Debug)]
pub(crate) struct Command<P, F> {
    pub place: P,
    pub key: IdempotencyKey,
    pub forwarded: Forwarded<F>,
    pub wait: Wait,
    /// Spends one of the sales unit's requests; the use case asks last.
    pub allowance: Allowance,
}

/// A body without a key: it moves nothing, or may be sent twice.
#[derive(Debug)]
pub(crate) struct Sent<P, F> {
    pub place: P,
    pub forwarded: Forwarded<F>,
}

impl<P: Place + Sync, F: Facts> FromRequest<Face> for Command<P, F> {
    type Rejection = Problem;

    async fn from_request(request: Request, face: &Face) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Opened { place, mut faults } = place::open::<P>(&mut parts, face).await?;
        let key = headers::idempotency_key(&parts.headers, &mut faults);
        let longest = face.settings.longest_wait;
        let wait = headers::wait(&parts.headers, longest, &mut faults).unwrap_or(face.settings.wait);
        let body = Exact::read(&parts.headers, body, face.settings.bounds).await;
        let (place, forwarded) = settle(place, body, faults, &parts, face).await?;
        let Some(key) = key else {
            // Its absence is among the faults, so this is never reached.
            return Err(Problem::invalid(Vec::new()));
        };
        let until = face.app.clock().now() + wait;
        let allowance = place::allowance(&place, &parts, face);
        Ok(Self {
            place,
            key,
            forwarded,
            wait: Wait { until },
            allowance,
        })
    }
}

impl<P: Place + Sync, F: Facts> FromRequest<Face> for Sent<P, F> {
    type Rejection = Problem;

    async fn from_request(request: Request, face: &Face) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Opened { place, faults } = place::open::<P>(&mut parts, face).await?;
        let body = Exact::read(&parts.headers, body, face.settings.bounds).await;
        let (place, forwarded) = settle(place, body, faults, &parts, face).await?;
        place::admit(&place, &parts, face)?;
        Ok(Self { place, forwarded })
    }
}

/// Everything good, or the one problem that comes first in the order of checks.
async fn settle<P: Place + Sync, F: Facts>(
    place: Option<P>,
    body: Result<Checked<F>, Problem>,
    mut faults: Vec<Violation>,
    parts: &Parts,
    face: &Face,
) -> Result<(P, Forwarded<F>), Problem> {
    let problem = match body {
        Ok(Ok(exact)) if faults.is_empty() => match place {
            Some(place) => return Ok((place, exact.forwarded())),
            None => Problem::invalid(faults),
        },
        Ok(Ok(_)) => return Err(missing_or(place, Problem::invalid(faults), parts, face).await),
        Ok(Err(of_body)) => {
            faults.extend(of_body);
            Problem::invalid(faults)
        }
        Err(problem) => problem,
    };
    Err(missing_or(place, problem, parts, face).await)
}

/// A payment that does not exist is said before anything is said about headers and body. It is looked for
/// only now, so that a good request pays nothing for it. Looking goes on to Vipps, so it spends one of the sales
/// unit's requests; where none is left nobody looks, or bad requests would be a way round the limit.
async fn missing_or<P: Place>(place: Option<P>, problem: Problem, parts: &Parts, face: &Face) -> Problem {
    let Some(place) = place else { return problem };
    let Some(reference) = place.reference() else {
        return problem;
    };
    if place::admit(&place, parts, face).is_err() {
        return problem;
    }
    let (caller, msn) = place.unit();
    // Whoever may move a payment's money may learn whether it exists, without the scope to read it.
    let looking = Caller {
        scopes: [Scope::PaymentsRead].into_iter().collect(),
        ..caller.clone()
    };
    match app::payments::get(&face.app, &looking, msn, reference).await {
        Err(missing @ Error::NotFound(What::SalesUnit | What::Payment)) => missing.into(),
        _ => problem,
    }
}
