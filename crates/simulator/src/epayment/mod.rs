//! ePayment API v1, without Express.

mod approve;
mod body;
mod cancel;
mod capture;
mod create;
mod desk;
mod errors;
mod events;
pub(crate) mod idempotency;
pub(crate) mod lapse;
pub(crate) mod limits;
mod modify;
mod money;
pub(crate) mod payment;
pub(crate) mod payments;
mod people;
mod read;
mod refund;
mod rules;
mod tell;
pub(crate) mod view;

use http::Method;

use crate::epayment::modify::{Modification, modify};
use crate::route::Route;

pub use crate::epayment::approve::ActError;
pub use crate::epayment::events::{Event, EventName};
pub use crate::epayment::money::Currency;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route {
            operation: "epayment.create",
            method: Method::POST,
            path: "/epayment/v1/payments",
            handler: |world, call| Box::pin(async move { create::create(&world, &call) }),
        },
        Route {
            operation: "epayment.get",
            method: Method::GET,
            path: "/epayment/v1/payments/{reference}",
            handler: |world, call| Box::pin(async move { read::get(&world, &call) }),
        },
        Route {
            operation: "epayment.events",
            method: Method::GET,
            path: "/epayment/v1/payments/{reference}/events",
            handler: |world, call| Box::pin(async move { read::events(&world, &call) }),
        },
        Route {
            operation: "epayment.capture",
            method: Method::POST,
            path: "/epayment/v1/payments/{reference}/capture",
            handler: |world, call| Box::pin(modify(world, call, Modification::Capture)),
        },
        Route {
            operation: "epayment.refund",
            method: Method::POST,
            path: "/epayment/v1/payments/{reference}/refund",
            handler: |world, call| Box::pin(modify(world, call, Modification::Refund)),
        },
        Route {
            operation: "epayment.cancel",
            method: Method::POST,
            path: "/epayment/v1/payments/{reference}/cancel",
            handler: |world, call| Box::pin(modify(world, call, Modification::Cancel)),
        },
        Route {
            operation: "epayment.approve",
            method: Method::POST,
            path: "/epayment/v1/test/payments/{reference}/approve",
            handler: |world, call| Box::pin(async move { approve::force(&world, &call) }),
        },
    ]
}
