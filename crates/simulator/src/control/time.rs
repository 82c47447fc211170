//! Reading and turning the clock; starting over.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::answer::Answer;
use crate::call::Call;
use crate::control::{Operation, body, done, either, failed, ok};
use crate::seed::WorldSeed;
use crate::world::World;

/// The instant of both worlds.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Now {
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    now: OffsetDateTime,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advance {
    /// Milliseconds to turn the clock of both worlds ahead.
    millis: u64,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            name: "control.clock",
            method: Method::GET,
            path: "/control/v1/clock",
            summary: "Read the clock",
            request: "",
            answer: (200, "Now"),
            handler: |world, _| Box::pin(async move { now(&world) }),
        },
        Operation {
            name: "control.advance",
            method: Method::POST,
            path: "/control/v1/clock/advance",
            summary: "Turn the clock of both worlds ahead; everything due on the way has happened when it answers",
            request: "Advance",
            answer: (200, "Now"),
            handler: |world, call| {
                Box::pin(async move {
                    match body::<Advance>(&call) {
                        Ok(advance) => {
                            world.clock().advance(Duration::from_millis(advance.millis)).await;
                            now(&world)
                        }
                        Err(answer) => answer,
                    }
                })
            },
        },
        Operation {
            name: "control.reset",
            method: Method::POST,
            path: "/control/v1/reset",
            summary: "Put this world back to its seed",
            request: "",
            answer: (204, ""),
            handler: |world, _| {
                Box::pin(async move {
                    world.reset();
                    done()
                })
            },
        },
        Operation {
            name: "control.seed",
            method: Method::PUT,
            path: "/control/v1/seed",
            summary: "Give this world another seed, YAML or JSON, and put it back to that",
            request: "WorldSeed",
            answer: (204, ""),
            handler: |world, call| Box::pin(async move { either(reseed(&world, &call)) }),
        },
    ]
}

fn now(world: &World) -> Answer {
    ok(&Now {
        now: world.clock().now(),
    })
}

fn reseed(world: &World, call: &Call) -> Result<Answer, Answer> {
    let wrong = |detail: String| failed(StatusCode::BAD_REQUEST, &detail);
    let text = std::str::from_utf8(&call.body).map_err(|error| wrong(error.to_string()))?;
    let seed: WorldSeed = serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))?;
    world.reseed(seed).map_err(|error| wrong(error.to_string()))?;
    Ok(done())
}
