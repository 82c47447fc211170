//! `GET /order-management/v2/{type}/{orderId}`: the only way to read a receipt back.

use http::StatusCode;
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::problem::{self, Refusal, Shape};
use crate::world::World;

pub(super) fn get(world: &World, call: &Call) -> Answer {
    let order = match super::enter(world, call) {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    if let Some(receipt) = world.receipts.find(&order.msn, order.kind, call.param("orderId")) {
        return Answer::json(StatusCode::OK, &json!({ "receipt": receipt }));
    }
    let refusal = Refusal::new(
        StatusCode::NOT_FOUND,
        "Not Found",
        "Nothing was stored for this order.",
    );
    problem::render(world, call, Shape::Orders, &refusal)
}
