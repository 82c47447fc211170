//! Who is let in at the operators' API.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Role;
use crate::face::Face;
use crate::identity::Refusal;
use crate::identity::operator::{self, Operator};
use crate::layers::{Needs, bearer, nobody, unlisted};
use crate::problem::{Code, Problem};

/// An operator who has been believed, with the most that the token's roles allow.
#[derive(Debug, Clone)]
pub(super) struct Believed {
    pub(super) operator: Operator,
    role: Role,
}

/// 501 where no issuer of operators is set, 401, 403 without any role, or an operator from here on.
pub(super) async fn believe(State(face): State<Face>, mut request: Request, next: Next) -> Response {
    let Some(trusted) = &face.app.settings().operators else {
        return Problem::new(Code::OPERATORS_NOT_CONFIGURED).into_response();
    };
    let judged = match bearer(request.headers()) {
        Some(token) => operator::authenticate(&face.app, trusted, &token).await,
        None => Err(Refusal::NoToken),
    };
    let operator = match judged {
        Ok(operator) => operator,
        Err(refusal) => return nobody(refusal).into_response(),
    };
    let Some(role) = Role::most(&operator.roles) else {
        return lacks("auditor, support or owner").into_response();
    };
    request.extensions_mut().insert(Believed { operator, role });
    next.run(request).await
}

/// 403 before anything is looked up; 405 for whatever the document does not have.
pub(super) async fn demand(State(roles): State<Needs<Role>>, request: Request, next: Next) -> Response {
    let Some(least) = roles.of_request(&request) else {
        return unlisted(&roles, &request);
    };
    match request.extensions().get::<Believed>() {
        Some(believed) if believed.role >= least => next.run(request).await,
        Some(_) => lacks(least.as_str()).into_response(),
        None => Problem::new(Code::INTERNAL).into_response(),
    }
}

fn lacks(role: &str) -> Problem {
    Problem::new(Code::ROLE_MISSING)
        .filling(&[("role", &role)])
        .challenging("Bearer error=\"insufficient_scope\"")
}
