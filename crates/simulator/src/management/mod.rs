//! Management API v1 and v2. Production only: the test world does not have it.

pub(crate) mod dials;
pub(crate) mod order;
mod orders;
mod request;
mod state;
mod steps;
mod units;

use std::sync::Arc;

use http::{Method, StatusCode};

use crate::answer::Answer;
use crate::call::Call;
use crate::headers::{self, Msn, Needs};
use crate::problem::{self, Refusal, Shape};
use crate::registry::keys::Owner;
use crate::registry::parties::Environment;
use crate::route::{self, Found, Route};
use crate::world::World;

pub use crate::management::dials::ManagementDials;
pub use crate::management::order::{
    BusinessIdentifier, OrderedUnit, Origin, OutOfOrder, ProductOrder, Status, Step,
};
pub use crate::management::steps::OrderError;

pub(crate) use crate::management::state::Management;

/// The content type that the document gives to answers with a body.
const JSON: &str = "application/json;charset=UTF-8";
const NEEDS: Needs = Needs {
    shape: Shape::Management,
    msn: Msn::Ignored,
    specialised: true,
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route {
            operation: "management.price-packages",
            method: Method::GET,
            path: "/management/v1/partners/price-packages",
            handler: |world, call| Box::pin(async move { answer(&world, &call, units::price_packages) }),
        },
        Route {
            operation: "management.merchant",
            method: Method::GET,
            path: "/management/v1/merchants/{scheme}/{id}",
            handler: |world, call| Box::pin(async move { answer(&world, &call, units::merchant) }),
        },
        Route {
            operation: "management.merchant-sales-units",
            method: Method::GET,
            path: "/management/v1/merchants/{scheme}/{id}/sales-units",
            handler: |world, call| Box::pin(async move { answer(&world, &call, units::merchant_units) }),
        },
        Route {
            operation: "management.sales-units",
            method: Method::GET,
            path: "/management/v1/sales-units",
            handler: |world, call| Box::pin(async move { answer(&world, &call, units::units) }),
        },
        Route {
            operation: "management.sales-unit",
            method: Method::GET,
            path: "/management/v1/sales-units/{msn}",
            handler: |world, call| Box::pin(async move { answer(&world, &call, units::unit) }),
        },
        Route {
            operation: "management.order",
            method: Method::POST,
            path: "/management/v1/product-orders",
            handler: |world, call| Box::pin(async move { answer(&world, &call, orders::place) }),
        },
        Route {
            operation: "management.delete-order",
            method: Method::DELETE,
            path: "/management/v1/product-orders/{productOrderId}",
            handler: |world, call| {
                Box::pin(async move { unlike_the_others(answer(&world, &call, orders::delete)) })
            },
        },
        Route {
            operation: "management.orders",
            method: Method::GET,
            path: "/management/v2/product-orders",
            handler: |world, call| Box::pin(async move { answer(&world, &call, orders::list) }),
        },
        Route {
            operation: "management.order-details",
            method: Method::GET,
            path: "/management/v2/product-orders/{productOrderId}/details",
            handler: |world, call| {
                Box::pin(async move { unlike_the_others(answer(&world, &call, orders::details)) })
            },
        },
    ]
}

type Operation = fn(&World, &Call, &Owner) -> Result<Answer, Refusal>;

fn answer(world: &Arc<World>, call: &Call, operation: Operation) -> Answer {
    if world.environment() == Environment::Test {
        // The API is not there at all: Azure API Management finds no such path.
        return route::unknown(&Found::Nothing);
    }
    let caller = match headers::authenticate(world, call, NEEDS) {
        Ok(caller) => caller,
        Err(refused) => return refused,
    };
    let refused = |refusal: Refusal| problem::render(world, call, Shape::Management, &refusal);
    match caller.owner {
        // Management keys see what the partner's keys see.
        Owner::Partner(id) | Owner::Management(id) => operation(world, call, &Owner::Partner(id)),
        owner @ Owner::SalesUnit(_) => operation(world, call, &owner),
        Owner::Accounting(_) => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "These keys have no access to the Management API.",
        )),
    }
    .unwrap_or_else(refused)
}

/// Two operations declare their 404, and only it, as plain JSON.
fn unlike_the_others(mut answer: Answer) -> Answer {
    if answer.status == StatusCode::NOT_FOUND {
        answer.content_type = Some(JSON.to_owned());
    }
    answer
}
