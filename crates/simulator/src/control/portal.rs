//! The portal: who there is, and what can be changed about it.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::call::Call;
use crate::control::{Operation, body, done, either, failed, ok};
use crate::lock::Shared as _;
use crate::registry::keys::{KeySet, Owner, Which};
use crate::registry::parties::{Environment, Features, Partner};
use crate::registry::{UnitWithKeys, UnknownEntry};
use crate::world::World;

/// One world as its portal shows it, secrets included.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Portal {
    environment: Environment,
    partners: Vec<Partner>,
    units: Vec<UnitWithKeys>,
    /// Of partners, for Management and for accounting; empty in test.
    partner_keys: Vec<KeySet>,
    payments: usize,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    /// `null` disconnects.
    partner: Option<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Activity {
    active: bool,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Regeneration {
    owner: Owner,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    owner: Owner,
    which: Which,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            name: "control.portal",
            method: Method::GET,
            path: "/control/v1/portal",
            summary: "Partners, sales units and all keys",
            request: "",
            answer: (200, "Portal"),
            handler: |world, _| Box::pin(async move { portal(&world) }),
        },
        Operation {
            name: "control.connect",
            method: Method::PUT,
            path: "/control/v1/units/{msn}/partner",
            summary: "Connect a sales unit to another partner",
            request: "Connection",
            answer: (204, ""),
            handler: |world, call| Box::pin(async move { either(connect(&world, &call)) }),
        },
        Operation {
            name: "control.activity",
            method: Method::PUT,
            path: "/control/v1/units/{msn}/active",
            summary: "Activate or deactivate a sales unit",
            request: "Activity",
            answer: (204, ""),
            handler: |world, call| Box::pin(async move { either(activity(&world, &call)) }),
        },
        Operation {
            name: "control.features",
            method: Method::PUT,
            path: "/control/v1/units/{msn}/features",
            summary: "Say what a sales unit is approved for",
            request: "Features",
            answer: (204, ""),
            handler: |world, call| Box::pin(async move { either(features(&world, &call)) }),
        },
        Operation {
            name: "control.regenerate",
            method: Method::POST,
            path: "/control/v1/keys/regenerate",
            summary: "Give a sales unit or partner new keys; the old ones and their tokens stop working",
            request: "Regeneration",
            answer: (200, "KeySet"),
            handler: |world, call| Box::pin(async move { either(regenerate(&world, &call)) }),
        },
        Operation {
            name: "control.rotate",
            method: Method::POST,
            path: "/control/v1/keys/rotate",
            summary: "Replace one subscription key",
            request: "Rotation",
            answer: (200, "KeySet"),
            handler: |world, call| Box::pin(async move { either(rotate(&world, &call)) }),
        },
    ]
}

fn portal(world: &World) -> Answer {
    let registry = world.registry.reading();
    let of_partners = |keys: &&KeySet| !matches!(keys.owner, Owner::SalesUnit(_));
    ok(&Portal {
        environment: world.environment(),
        partners: registry.partners().cloned().collect(),
        units: registry.units_with_keys(),
        partner_keys: registry.keys.values().filter(of_partners).cloned().collect(),
        payments: world.payments_len(),
    })
}

fn connect(world: &World, call: &Call) -> Result<Answer, Answer> {
    let connection: Connection = body(call)?;
    let connected = world
        .registry
        .writing()
        .connect(call.param("msn"), connection.partner.as_deref());
    connected.map(|()| done()).map_err(|error| unknown(&error))
}

fn activity(world: &World, call: &Call) -> Result<Answer, Answer> {
    let activity: Activity = body(call)?;
    let changed = world
        .registry
        .writing()
        .set_active(call.param("msn"), activity.active);
    changed.map(|()| done()).map_err(|error| unknown(&error))
}

fn features(world: &World, call: &Call) -> Result<Answer, Answer> {
    let features: Features = body(call)?;
    let changed = world.registry.writing().set_features(call.param("msn"), features);
    changed.map(|()| done()).map_err(|error| unknown(&error))
}

fn regenerate(world: &World, call: &Call) -> Result<Answer, Answer> {
    let wanted: Regeneration = body(call)?;
    let keys = world.registry.writing().regenerate(&wanted.owner);
    keys.map(|keys| ok(&keys)).map_err(|error| unknown(&error))
}

fn rotate(world: &World, call: &Call) -> Result<Answer, Answer> {
    let wanted: Rotation = body(call)?;
    let keys = world.registry.writing().rotate(&wanted.owner, wanted.which);
    keys.map(|keys| ok(&keys)).map_err(|error| unknown(&error))
}

fn unknown(error: &UnknownEntry) -> Answer {
    failed(StatusCode::NOT_FOUND, &error.to_string())
}
