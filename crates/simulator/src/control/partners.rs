//! Webhook registrations and deliveries, and what merchants and Vipps do with product orders.

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::Answer;
use crate::call::Call;
use crate::control::{Operation, body, either, failed, ok, query};
use crate::management::{BusinessIdentifier, OrderError, Origin, ProductOrder, Status, Step};
use crate::world::World;

/// A product order with its status at this moment.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct OrderState {
    order: ProductOrder,
    status: Status,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderStep {
    step: Step,
}

/// An order that does not come through the API: by a template, or by hand in the portal.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OrderByHand {
    partner: String,
    origin: Origin,
    business_identifier: BusinessIdentifier,
    sales_unit_name: String,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation {
            name: "control.webhooks",
            method: Method::GET,
            path: "/control/v1/webhooks",
            summary: "The webhook registrations, secrets included",
            request: "",
            answer: (200, "[]Registration"),
            handler: |world, _| Box::pin(async move { ok(&world.webhooks()) }),
        },
        Operation {
            name: "control.deliveries",
            method: Method::GET,
            path: "/control/v1/deliveries",
            summary: "The attempts to deliver webhooks, oldest first; queries: registration, msn, reference",
            request: "",
            answer: (200, "[]Attempt"),
            handler: |world, call| Box::pin(async move { deliveries(&world, &call) }),
        },
        Operation {
            name: "control.pending-deliveries",
            method: Method::GET,
            path: "/control/v1/deliveries/pending",
            summary: "The lines of webhooks that are not through",
            request: "",
            answer: (200, "[]Pending"),
            handler: |world, _| Box::pin(async move { ok(&world.pending_deliveries()) }),
        },
        Operation {
            name: "control.orders",
            method: Method::GET,
            path: "/control/v1/product-orders",
            summary: "The product orders of all partners",
            request: "",
            answer: (200, "[]OrderState"),
            handler: |world, _| Box::pin(async move { orders(&world) }),
        },
        Operation {
            name: "control.place-order",
            method: Method::POST,
            path: "/control/v1/product-orders",
            summary: "Place a product order by template or by hand",
            request: "OrderByHand",
            answer: (200, "ProductOrder"),
            handler: |world, call| Box::pin(async move { either(place(&world, &call)) }),
        },
        Operation {
            name: "control.step-order",
            method: Method::POST,
            path: "/control/v1/product-orders/{id}/step",
            summary: "The merchant views or submits, or Vipps completes or rejects, a product order",
            request: "OrderStep",
            answer: (200, "ProductOrder"),
            handler: |world, call| Box::pin(async move { either(step(&world, &call)) }),
        },
    ]
}

fn deliveries(world: &World, call: &Call) -> Answer {
    let wanted = ["registration", "msn", "reference"].map(|name| query(call, name));
    let mut attempts = world.delivery_attempts();
    attempts.retain(|it| {
        let given = [&it.registration.to_string(), &it.msn, &it.reference];
        wanted
            .iter()
            .zip(given)
            .all(|(wanted, given)| wanted.as_ref().is_none_or(|it| it == given))
    });
    ok(&attempts)
}

fn orders(world: &World) -> Answer {
    let state = |(order, status)| OrderState { order, status };
    ok(&world.product_orders().into_iter().map(state).collect::<Vec<_>>())
}

fn place(world: &World, call: &Call) -> Result<Answer, Answer> {
    let order: OrderByHand = body(call)?;
    let placed = world.place_order(
        &order.partner,
        order.origin,
        order.business_identifier,
        &order.sales_unit_name,
    );
    placed.map(|order| ok(&order)).map_err(|error| refused(&error))
}

fn step(world: &World, call: &Call) -> Result<Answer, Answer> {
    let wanted: OrderStep = body(call)?;
    let id = Uuid::parse_str(call.param("id"));
    let id = id.map_err(|_| failed(StatusCode::NOT_FOUND, "there is no such product order"))?;
    world
        .step_order(id, wanted.step)
        .map(|order| ok(&order))
        .map_err(|error| refused(&error))
}

fn refused(error: &OrderError) -> Answer {
    let status = match error {
        OrderError::Unknown(_) => StatusCode::NOT_FOUND,
        OrderError::OutOfOrder(_) => StatusCode::CONFLICT,
        OrderError::UnknownPartner(_) | OrderError::UnknownScheme(_) => StatusCode::BAD_REQUEST,
    };
    failed(status, &error.to_string())
}
