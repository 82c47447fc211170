//! Order Management API v2: receipts, and what was stored for an order.

mod read;
pub(crate) mod receipt;
mod receipts;

use http::{Method, StatusCode};

use crate::answer::Answer;
use crate::call::Call;
use crate::headers::{self, Caller, Msn, Needs};
use crate::problem::{self, Refusal, Shape};
use crate::route::{self, Route};
use crate::world::World;

pub(crate) use crate::orders::receipts::Receipts;

const NEEDS: Needs = Needs {
    shape: Shape::Orders,
    msn: Msn::Required,
    specialised: false,
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route {
            operation: "orders.receipt",
            method: Method::POST,
            path: "/order-management/v2/{type}/receipts/{orderId}",
            handler: |world, call| Box::pin(async move { receipts::add(&world, &call) }),
        },
        Route {
            operation: "orders.get",
            method: Method::GET,
            path: "/order-management/v2/{type}/{orderId}",
            handler: |world, call| Box::pin(async move { read::get(&world, &call) }),
        },
    ]
}

/// Whose order it is: the MSN and the payment type in lower case.
struct Order {
    msn: String,
    kind: &'static str,
}

fn enter(world: &World, call: &Call) -> Result<Order, Answer> {
    if !world.dials().order_management {
        return Err(route::unknown(&route::Found::Nothing));
    }
    let caller: Caller = headers::authenticate(world, call, NEEDS)?;
    let refuse = |refusal: &Refusal| Err(problem::render(world, call, Shape::Orders, refusal));
    let kind = match call.param("type").to_ascii_lowercase().as_str() {
        "ecom" => "ecom",
        "recurring" => "recurring",
        _ => {
            return refuse(&Refusal::field(
                "paymentType",
                "The payment type must be ecom or recurring.",
            ));
        }
    };
    let order = call.param("orderId");
    let fits = order
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !fits {
        let reason = r"The field orderId must match the regular expression '^[0-9A-Za-z-_\.]+$'.";
        return refuse(&Refusal::field("orderId", reason));
    }
    match caller.unit {
        Some(unit) => Ok(Order { msn: unit.msn, kind }),
        None => refuse(&Refusal::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "No sales unit.",
        )),
    }
}
