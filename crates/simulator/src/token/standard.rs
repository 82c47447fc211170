//! `POST /accesstoken/get`: every value of its answer is a JSON string.

use http::StatusCode;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use crate::answer::Answer;
use crate::call::Call;
use crate::headers;
use crate::lock::Shared as _;
use crate::problem::{self, Shape};
use crate::registry::keys::Owner;
use crate::registry::parties::Environment;
use crate::seed::is_msn;
use crate::token::jwt::{Claims, Flow};
use crate::world::World;

pub(crate) fn get(world: &World, call: &Call) -> Answer {
    let refuse = |description: &str| problem::oauth(StatusCode::UNAUTHORIZED, "invalid_client", description);
    let (Some(client_id), Some(secret)) = (call.header("client_id"), call.header("client_secret")) else {
        return problem::oauth(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "client_id and client_secret are required",
        );
    };
    if call.msn().is_some_and(|msn| !is_msn(msn)) {
        return problem::oauth(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "Merchant-Serial-Number is malformed",
        );
    }
    let registry = world.registry.reading();
    let Some(subscription_key) = call.header("ocp-apim-subscription-key") else {
        return problem::gateway(
            StatusCode::UNAUTHORIZED,
            "Access denied due to missing subscription key.",
        );
    };
    let Some(keys) = registry.key_set(client_id) else {
        return refuse("AADSTS700016: the application was not found in the directory");
    };
    if !bool::from(keys.client_secret.as_bytes().ct_eq(secret.as_bytes())) {
        return refuse("AADSTS7000215: invalid client secret provided");
    }
    if !keys.has_subscription_key(subscription_key) {
        return problem::gateway(
            StatusCode::UNAUTHORIZED,
            "Access denied due to invalid subscription key.",
        );
    }
    if matches!(keys.owner, Owner::Accounting(_)) {
        return refuse("this key set has no access by the standard flow");
    }
    if let Err(refusal) = headers::system_headers(world, call, &keys.owner, Shape::Problem) {
        return problem::render(world, call, Shape::Problem, &refusal);
    }
    let life = world
        .dials()
        .token_life_seconds
        .map_or(default_life(world), |it| i64::try_from(it).unwrap_or(i64::MAX));
    let issued = world.clock().now().unix_timestamp();
    let expires = issued.saturating_add(life);
    let claims = Claims {
        client_id: keys.client_id.clone(),
        generation: keys.generation,
        flow: Flow::Standard,
        issued,
        expires,
    };
    let body = json!({
        "token_type": "Bearer",
        "expires_in": life.to_string(),
        "ext_expires_in": life.to_string(),
        "expires_on": expires.to_string(),
        "not_before": issued.to_string(),
        "resource": "00000002-0000-0000-c000-000000000000",
        "access_token": world.tokens.issue(&claims),
    });
    Answer::typed(StatusCode::OK, "application/json;charset=UTF-8", &body)
}

fn default_life(world: &World) -> i64 {
    match world.environment() {
        Environment::Test => 3600,
        Environment::Production => 24 * 3600,
    }
}
