//! The customer's side of payments, and the ledger.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::call::Call;
use crate::control::{Operation, body, done, either, failed, ok, query};
use crate::epayment::ActError;
use crate::world::World;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Scan {
    phone_number: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scanned {
    /// Good for 15 minutes as `customer.customerToken`.
    customer_token: String,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        act(
            "control.approve",
            "/control/v1/payments/{msn}/{reference}/approve",
            "The customer approves",
            |world, call| {
                Box::pin(async move { acted(world.approve(call.param("msn"), call.param("reference"))) })
            },
        ),
        act(
            "control.decline",
            "/control/v1/payments/{msn}/{reference}/decline",
            "The customer declines",
            |world, call| {
                Box::pin(async move { acted(world.decline(call.param("msn"), call.param("reference"))) })
            },
        ),
        act(
            "control.expire",
            "/control/v1/payments/{msn}/{reference}/expire",
            "The payment expires now",
            |world, call| {
                Box::pin(async move { acted(world.expire(call.param("msn"), call.param("reference"))) })
            },
        ),
        Operation {
            name: "control.ledger",
            method: Method::GET,
            path: "/control/v1/ledger",
            summary: "Every effect on every payment, or with ?msn= and ?reference= on one",
            request: "",
            answer: (200, "[]Effect"),
            handler: |world, call| Box::pin(async move { ledger(&world, &call) }),
        },
        Operation {
            name: "control.scan",
            method: Method::POST,
            path: "/control/v1/scans",
            summary: "A customer scans the merchant's code",
            request: "Scan",
            answer: (200, "Scanned"),
            handler: |world, call| Box::pin(async move { either(scan(&world, &call)) }),
        },
    ]
}

fn act(
    name: &'static str,
    path: &'static str,
    summary: &'static str,
    handler: crate::route::Handler,
) -> Operation {
    Operation {
        name,
        method: Method::POST,
        path,
        summary,
        request: "",
        answer: (204, ""),
        handler,
    }
}

fn acted(result: Result<(), ActError>) -> Answer {
    match result {
        Ok(()) => done(),
        Err(error @ ActError::Unknown { .. }) => failed(StatusCode::NOT_FOUND, &error.to_string()),
        Err(error @ (ActError::NotWaiting { .. } | ActError::SourceRefused { .. })) => {
            failed(StatusCode::CONFLICT, &error.to_string())
        }
    }
}

fn ledger(world: &World, call: &Call) -> Answer {
    match (query(call, "msn"), query(call, "reference")) {
        (Some(msn), Some(reference)) => ok(&world.ledger_of(&msn, &reference)),
        (msn, reference) => {
            let mut effects = world.ledger();
            effects.retain(|it| msn.as_ref().is_none_or(|msn| *msn == it.msn));
            effects.retain(|it| {
                reference
                    .as_ref()
                    .is_none_or(|reference| *reference == it.reference)
            });
            ok(&effects)
        }
    }
}

fn scan(world: &World, call: &Call) -> Result<Answer, Answer> {
    let scan: Scan = body(call)?;
    Ok(ok(&Scanned {
        customer_token: world.scan(&scan.phone_number),
    }))
}
