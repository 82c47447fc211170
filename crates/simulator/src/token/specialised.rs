//! `POST /miami/v1/token`: OAuth client credentials by HTTP Basic, without a subscription key.
//! Production only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use crate::answer::Answer;
use crate::call::Call;
use crate::lock::Shared as _;
use crate::problem;
use crate::registry::keys::Owner;
use crate::registry::parties::Environment;
use crate::route;
use crate::token::jwt::{Claims, Flow};
use crate::world::World;

const LIFE: i64 = 900;

pub(crate) fn token(world: &World, call: &Call) -> Answer {
    if world.environment() == Environment::Test {
        return route::unknown(&route::Found::Nothing);
    }
    let refuse = |description: &str| problem::oauth(StatusCode::UNAUTHORIZED, "invalid_client", description);
    if call.header("ocp-apim-subscription-key").is_some() {
        return refuse("a subscription key must not be sent");
    }
    let grant = url::form_urlencoded::parse(&call.body)
        .any(|(name, value)| name == "grant_type" && value == "client_credentials");
    if !grant {
        return problem::oauth(
            StatusCode::BAD_REQUEST,
            "invalid_client",
            "grant_type must be client_credentials",
        );
    }
    let Some((client_id, secret)) = basic(call) else {
        return refuse("client authentication failed");
    };
    let registry = world.registry.reading();
    let keys = registry.key_set(&client_id).filter(|keys| {
        let specialised = matches!(
            keys.owner,
            Owner::Partner(_) | Owner::Management(_) | Owner::Accounting(_)
        );
        specialised && bool::from(keys.client_secret.as_bytes().ct_eq(secret.as_bytes()))
    });
    let Some(keys) = keys else {
        return refuse("client authentication failed");
    };
    let issued = world.clock().now().unix_timestamp();
    let claims = Claims {
        client_id,
        generation: keys.generation,
        flow: Flow::Specialised,
        issued,
        expires: issued + LIFE,
    };
    let body =
        json!({ "access_token": world.tokens.issue(&claims), "token_type": "Bearer", "expires_in": LIFE });
    Answer::typed(StatusCode::OK, "application/json;charset=UTF-8", &body)
}

fn basic(call: &Call) -> Option<(String, String)> {
    let encoded = call.header("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    Some((client_id.to_owned(), secret.to_owned()))
}
