//! `POST`, `GET` and `DELETE /webhooks/v1/webhooks`.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::headers::{self, Caller, Msn, Needs};
use crate::lock::Held as _;
use crate::problem::{self, Refusal, Shape};
use crate::registry::keys::Owner;
use crate::route::Route;
use crate::webhooks::book::Bucket;
use crate::webhooks::rules;
use crate::world::World;

const NEEDS: Needs = Needs {
    shape: Shape::Problem,
    msn: Msn::Optional,
    specialised: false,
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route {
            operation: "webhooks.register",
            method: Method::POST,
            path: "/webhooks/v1/webhooks",
            handler: |world, call| Box::pin(async move { answer(&world, &call, register) }),
        },
        Route {
            operation: "webhooks.list",
            method: Method::GET,
            path: "/webhooks/v1/webhooks",
            handler: |world, call| Box::pin(async move { answer(&world, &call, list) }),
        },
        Route {
            operation: "webhooks.delete",
            method: Method::DELETE,
            path: "/webhooks/v1/webhooks/{id}",
            handler: |world, call| Box::pin(async move { answer(&world, &call, delete) }),
        },
    ]
}

type Operation = fn(&World, &Call, &Bucket) -> Result<Answer, Refusal>;

fn answer(world: &Arc<World>, call: &Call, operation: Operation) -> Answer {
    let caller = match headers::authenticate(world, call, NEEDS) {
        Ok(caller) => caller,
        Err(refused) => return refused,
    };
    bucket(caller)
        .and_then(|bucket| operation(world, call, &bucket))
        .unwrap_or_else(|refusal| problem::render(world, call, Shape::Problem, &refusal))
}

/// The sales unit of the MSN header; without one, the partner whose keys these are.
fn bucket(caller: Caller) -> Result<Bucket, Refusal> {
    match (caller.unit, caller.owner) {
        (Some(unit), _) => Ok(Bucket::SalesUnit(unit.msn)),
        (None, Owner::Partner(id)) => Ok(Bucket::Partner(id)),
        (None, Owner::SalesUnit(_) | Owner::Management(_) | Owner::Accounting(_)) => Err(Refusal::field(
            "Merchant-Serial-Number",
            "The Merchant-Serial-Number header is required.",
        )),
    }
}

fn register(world: &World, call: &Call, bucket: &Bucket) -> Result<Answer, Refusal> {
    let wanted = rules::parse(&call.body, world.dials().webhooks.loopback_targets)?;
    let mut state = world.webhooks.state.held();
    let registration = state.book.register(
        world.seed,
        world.environment().name(),
        bucket.clone(),
        wanted,
        call.at,
    )?;
    let body = json!({ "id": registration.id, "secret": registration.secret });
    Ok(Answer::json(StatusCode::CREATED, &body))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "an operation of the API, and the others can be refused"
)]
fn list(world: &World, _call: &Call, bucket: &Bucket) -> Result<Answer, Refusal> {
    let state = world.webhooks.state.held();
    let webhooks: Vec<_> = state
        .book
        .bucket(bucket)
        .iter()
        .map(|it| json!({ "id": it.id, "url": it.spelled, "events": it.events }))
        .collect();
    Ok(Answer::json(StatusCode::OK, &json!({ "webhooks": webhooks })))
}

fn delete(world: &World, call: &Call, bucket: &Bucket) -> Result<Answer, Refusal> {
    let given = call.param("id");
    let id = Uuid::parse_str(given)
        .map_err(|_| Refusal::field("id", &format!("The value '{given}' is not valid.")))?;
    if world.webhooks.state.held().remove(bucket, id) {
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    } else {
        // The API's document declares no 404: an unknown id is a 400 as well.
        Err(Refusal::field("id", "There is no such webhook."))
    }
}
