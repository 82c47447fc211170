//! The header rules that all APIs share: bearer token, subscription key, MSN against keys, and the
//! four `Vipps-System-*` headers.

use http::StatusCode;

use crate::answer::Answer;
use crate::call::Call;
use crate::dials::SystemHeaders;
use crate::lock::Shared as _;
use crate::problem::{self, Refusal, Shape};
use crate::registry::keys::{KeySet, Owner};
use crate::registry::parties::SalesUnit;
use crate::seed::is_msn;
use crate::token::jwt::{Claims, Flow};
use crate::world::World;

pub(crate) const SYSTEM_HEADERS: [&str; 4] = [
    "vipps-system-name",
    "vipps-system-version",
    "vipps-system-plugin-name",
    "vipps-system-plugin-version",
];

/// What an API demands of its callers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// In which shape the API refuses. 401 always comes in Azure API Management's.
    pub(crate) shape: Shape,
    pub(crate) msn: Msn,
    /// Whether a token of `/miami/v1/token` will do, then without a subscription key.
    pub(crate) specialised: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Msn {
    Required,
    /// Checked when it is there.
    Optional,
    /// Not a header of this API.
    Ignored,
}

/// Who calls, proven.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) owner: Owner,
    pub(crate) client_id: String,
    /// Empty with a specialised token.
    pub(crate) subscription_key: String,
    /// The sales unit of the MSN header; its key set reaches it.
    pub(crate) unit: Option<SalesUnit>,
}

/// Judges the headers of a call. Order: token, subscription key, MSN, system headers.
///
/// # Errors
/// The finished answer: 401 for token and keys, 403 for an MSN that is absent, unknown or not
/// reached by these keys, 400 for a malformed MSN or a system header that is too long.
pub(crate) fn authenticate(world: &World, call: &Call, needs: Needs) -> Result<Caller, Answer> {
    let claims = bearer(world, call)?;
    let registry = world.registry.reading();
    let keys = registry
        .key_set(&claims.client_id)
        .filter(|keys| keys.generation == claims.generation)
        .ok_or_else(|| unauthorized("Something went wrong, please try again later"))?;
    let subscription_key = subscription_key(call, &claims, keys, needs)?;
    let refuse = |refusal: &Refusal| problem::render(world, call, needs.shape, refusal);
    let unit = match msn(call, needs).map_err(|refusal| refuse(&refusal))? {
        None => None,
        Some(msn) if registry.reaches(&keys.owner, msn) => registry.unit(msn).cloned(),
        Some(msn) => return Err(refuse(&not_valid(msn))),
    };
    system_headers(world, call, &keys.owner, needs.shape).map_err(|refusal| refuse(&refusal))?;
    let (owner, client_id) = (keys.owner.clone(), keys.client_id.clone());
    Ok(Caller {
        owner,
        client_id,
        subscription_key,
        unit,
    })
}

/// The four headers that partners must send and this call lacks.
pub(crate) fn missing_system_headers(call: &Call) -> Vec<&'static str> {
    SYSTEM_HEADERS
        .into_iter()
        .filter(|name| call.header(name).is_none_or(|it| it.trim().is_empty()))
        .collect()
}

/// No more than 30 characters each; Order Management's own document says 100.
pub(crate) fn system_headers(world: &World, call: &Call, owner: &Owner, shape: Shape) -> Result<(), Refusal> {
    let most = if shape == Shape::Orders { 100 } else { 30 };
    for name in SYSTEM_HEADERS {
        if call
            .header(name)
            .is_some_and(|value| value.chars().count() > most)
        {
            let reason = format!("The field {name} must be a string with a maximum length of {most}.");
            return Err(Refusal::field(name, &reason));
        }
    }
    let required = match world.dials().system_headers {
        SystemHeaders::Optional => false,
        SystemHeaders::RequiredWithPartnerKeys => matches!(owner, Owner::Partner(_)),
        SystemHeaders::Required => true,
    };
    match missing_system_headers(call).first() {
        Some(name) if required => Err(Refusal::field(name, &format!("The {name} header is required."))),
        Some(_) | None => Ok(()),
    }
}

fn bearer(world: &World, call: &Call) -> Result<Claims, Answer> {
    let header = call
        .header("authorization")
        .ok_or_else(|| unauthorized("Unauthorized. Access token is missing."))?;
    // Spelled exactly so: `bearer` and a bare token are refused.
    let token = header
        .strip_prefix("Bearer ")
        .ok_or_else(|| unauthorized("Unauthorized. Access token is missing or invalid."))?;
    let claims = world
        .tokens
        .read(token)
        .ok_or_else(|| unauthorized("Something went wrong, please try again later"))?;
    if world.clock().now().unix_timestamp() >= claims.expires {
        return Err(unauthorized("Unauthorized. Access token has expired."));
    }
    Ok(claims)
}

fn subscription_key(call: &Call, claims: &Claims, keys: &KeySet, needs: Needs) -> Result<String, Answer> {
    let given = call.header("ocp-apim-subscription-key");
    match (claims.flow, given) {
        (Flow::Specialised, None) if needs.specialised => Ok(String::new()),
        (Flow::Specialised, _) => Err(unauthorized(
            "Access denied due to invalid access token for this API.",
        )),
        (Flow::Standard, Some(key)) if keys.has_subscription_key(key) => Ok(key.to_owned()),
        (Flow::Standard, Some(_)) => Err(unauthorized(
            "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
        )),
        (Flow::Standard, None) => Err(unauthorized(
            "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
        )),
    }
}

fn msn(call: &Call, needs: Needs) -> Result<Option<&str>, Refusal> {
    match (needs.msn, call.msn()) {
        (Msn::Ignored, _) | (Msn::Optional, None) => Ok(None),
        (Msn::Required, None) => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "The Merchant-Serial-Number header is required.",
        )),
        (Msn::Required | Msn::Optional, Some(msn)) if is_msn(msn) => Ok(Some(msn)),
        (Msn::Required | Msn::Optional, Some(_)) => Err(Refusal::field(
            "Merchant-Serial-Number",
            "The field Merchant-Serial-Number must match the regular expression '^[0-9]{4,10}$'.",
        )),
    }
}

fn not_valid(msn: &str) -> Refusal {
    let detail = format!("Invalid MSN {msn}: it is not valid for the provided keys.");
    Refusal::new(StatusCode::FORBIDDEN, "Forbidden", &detail)
}

fn unauthorized(message: &str) -> Answer {
    problem::gateway(StatusCode::UNAUTHORIZED, message)
}
