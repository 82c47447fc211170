//! How the result of a money operation is told.

use app::{Answered, Progress};
use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::operation::Status;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue, LOCATION};

use crate::problem::{Code, Problem};
use crate::wire;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Settled: success, or the problem that the refusal is. Still open: 202 with the operation.
pub(super) fn answer(answered: Answered) -> Result<Response, Problem> {
    let replayed = answered.replayed;
    told(answered)
        .map(|response| marked(response, replayed))
        .or_else(|problem| Ok(marked(problem.into_response(), replayed)))
}

fn told(answered: Answered) -> Result<Response, Problem> {
    let Answered {
        operation,
        payment,
        progress,
        ..
    } = answered;
    let location = format!(
        "/v1/sales-units/{}/payments/{}",
        operation.msn, operation.reference
    );
    match (progress, operation.status) {
        (Progress::StillOpen, _) | (Progress::Settled, Status::Pending | Status::Unknown) => {
            let location = format!("{location}/operations/{}", operation.id);
            let body = Json(wire::Operation::new(&operation, payment));
            Ok((StatusCode::ACCEPTED, at(&location), body).into_response())
        }
        (Progress::Settled, Status::Succeeded) => match (operation.kind, payment) {
            (domain::operation::Kind::Create, Some(payment)) => {
                let body = Json(wire::Payment::from(payment));
                Ok((StatusCode::CREATED, at(&location), body).into_response())
            }
            (domain::operation::Kind::Create, None) => Err(Problem::new(Code::INTERNAL)),
            (_, payment) => Ok(Json(wire::Operation::new(&operation, payment)).into_response()),
        },
        (Progress::Settled, Status::Refused) => Err(wire::refusal(&operation)),
        (Progress::Settled, Status::NotCreated) => Err(Problem::new(Code::PAYMENT_NOT_CREATED)),
        (Progress::Settled, Status::Abandoned) => Err(Problem::new(Code::OPERATION_ABANDONED)),
    }
}

/// A path of this gateway, relative: proxies may call it by another name.
fn at(path: &str) -> [(HeaderName, String); 1] {
    [(LOCATION, path.to_owned())]
}

pub(super) fn marked(mut response: Response, replayed: bool) -> Response {
    if replayed {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}
