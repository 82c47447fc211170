//! Dials, faults, outages, and the requests seen.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::answer::Answer;
use crate::call::Call;
use crate::control::{Operation, body, done, either, failed, ok, query};
use crate::dials::Dials;
use crate::faults::Rule;
use crate::ring::{Outcome, Seen};
use crate::world::World;

#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct RuleInForce {
    rule: Rule,
    /// How often it has struck.
    struck: u32,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outage {
    /// How long connections to this world are refused, on the simulator's clock.
    millis: u64,
}

/// A request of the ring. Bodies that are no UTF-8 are shown with replacement characters.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeenRequest {
    number: u64,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: OffsetDateTime,
    operation: Option<&'static str>,
    method: String,
    path: String,
    query: Option<String>,
    msn: Option<String>,
    reference: Option<String>,
    idempotency_key: Option<String>,
    headers: Vec<(String, String)>,
    body: String,
    missing_system_headers: Vec<&'static str>,
    faults: Vec<String>,
    status: Option<u16>,
    answer: Option<String>,
    /// Whether the answer went out whole.
    sent: bool,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            name: "control.dials",
            method: Method::GET,
            path: "/control/v1/dials",
            summary: "Read the dials",
            request: "",
            answer: (200, "Dials"),
            handler: |world, _| Box::pin(async move { ok(&*world.dials()) }),
        },
        Operation {
            name: "control.set-dials",
            method: Method::PATCH,
            path: "/control/v1/dials",
            summary: "Set some dials; members that are absent stay (a JSON merge patch)",
            request: "Dials",
            answer: (200, "Dials"),
            handler: |world, call| Box::pin(async move { either(set_dials(&world, &call)) }),
        },
        Operation {
            name: "control.faults",
            method: Method::GET,
            path: "/control/v1/faults",
            summary: "Read the fault rules",
            request: "",
            answer: (200, "[]RuleInForce"),
            handler: |world, _| Box::pin(async move { faults(&world) }),
        },
        Operation {
            name: "control.add-fault",
            method: Method::POST,
            path: "/control/v1/faults",
            summary: "Add a fault rule; one of the same name is replaced",
            request: "Rule",
            answer: (204, ""),
            handler: |world, call| Box::pin(async move { either(add_fault(&world, &call)) }),
        },
        Operation {
            name: "control.clear-faults",
            method: Method::DELETE,
            path: "/control/v1/faults",
            summary: "Remove all fault rules",
            request: "",
            answer: (204, ""),
            handler: |world, _| {
                Box::pin(async move {
                    world.clear_faults();
                    done()
                })
            },
        },
        Operation {
            name: "control.remove-fault",
            method: Method::DELETE,
            path: "/control/v1/faults/{name}",
            summary: "Remove one fault rule",
            request: "",
            answer: (204, ""),
            handler: |world, call| Box::pin(async move { remove_fault(&world, &call) }),
        },
        Operation {
            name: "control.outage",
            method: Method::POST,
            path: "/control/v1/outages",
            summary: "Refuse connections to this world for a while",
            request: "Outage",
            answer: (204, ""),
            handler: |world, call| Box::pin(async move { either(outage(&world, &call)) }),
        },
        Operation {
            name: "control.requests",
            method: Method::GET,
            path: "/control/v1/requests",
            summary: "The requests seen, oldest first; with ?after= those of a higher number",
            request: "",
            answer: (200, "[]SeenRequest"),
            handler: |world, call| Box::pin(async move { requests(&world, &call) }),
        },
        Operation {
            name: "control.clear-requests",
            method: Method::DELETE,
            path: "/control/v1/requests",
            summary: "Forget the requests seen",
            request: "",
            answer: (204, ""),
            handler: |world, _| {
                Box::pin(async move {
                    world.clear_requests();
                    done()
                })
            },
        },
    ]
}

fn set_dials(world: &World, call: &Call) -> Result<Answer, Answer> {
    let patch: Value = body(call)?;
    let wrong = |error: serde_json::Error| failed(StatusCode::BAD_REQUEST, &error.to_string());
    let mut whole = serde_json::to_value(&*world.dials()).map_err(wrong)?;
    merge(&mut whole, patch);
    let dials: Dials = serde_json::from_value(whole).map_err(wrong)?;
    world.set_dials(|it| *it = dials);
    Ok(ok(&*world.dials()))
}

/// Objects are merged, everything else is replaced; `null` is a value here, not a removal.
fn merge(whole: &mut Value, patch: Value) {
    match (whole, patch) {
        (Value::Object(whole), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(whole.entry(name).or_insert(Value::Null), value);
            }
        }
        (whole, patch) => *whole = patch,
    }
}

fn faults(world: &World) -> Answer {
    let rules: Vec<_> = world
        .faults()
        .into_iter()
        .map(|(rule, struck)| RuleInForce { rule, struck })
        .collect();
    ok(&rules)
}

fn add_fault(world: &World, call: &Call) -> Result<Answer, Answer> {
    world.add_fault(body(call)?);
    Ok(done())
}

fn remove_fault(world: &World, call: &Call) -> Answer {
    if world.remove_fault(call.param("name")) {
        return done();
    }
    failed(StatusCode::NOT_FOUND, "there is no fault rule of that name")
}

fn outage(world: &Arc<World>, call: &Call) -> Result<Answer, Answer> {
    let outage: Outage = body(call)?;
    let until = world.clock().now() + Duration::from_millis(outage.millis);
    let closing = world.clone();
    world.spawn(async move {
        closing.close().await;
        let hold = closing.clock().sleep_until(until).await;
        if let Err(error) = closing.open().await {
            tracing::error!(%error, "could not listen again after an outage");
        }
        drop(hold);
    });
    Ok(done())
}

fn requests(world: &World, call: &Call) -> Answer {
    let after = query(call, "after")
        .and_then(|it| it.parse::<u64>().ok())
        .unwrap_or(0);
    let seen: Vec<_> = world
        .requests()
        .into_iter()
        .filter(|it| it.number > after)
        .map(SeenRequest::from)
        .collect();
    ok(&seen)
}

impl From<Seen> for SeenRequest {
    fn from(it: Seen) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (status, answer, sent) = match &it.outcome {
            Outcome::Answered { status, body, sent } => (Some(*status), Some(text(body)), *sent),
            Outcome::Open | Outcome::Reset => (None, None, false),
        };
        Self {
            number: it.number,
            at: it.at,
            operation: it.operation,
            method: it.method,
            path: it.path,
            query: it.query,
            msn: it.msn,
            reference: it.reference,
            idempotency_key: it.idempotency_key,
            headers: it.headers,
            body: text(&it.body),
            missing_system_headers: it.missing_system_headers,
            faults: it.faults,
            status,
            answer,
            sent,
        }
    }
}
