//! Access Token API: the standard and the specialised endpoint.

pub(crate) mod jwt;
mod specialised;
mod standard;

use http::Method;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route {
            operation: "token.standard",
            method: Method::POST,
            path: "/accesstoken/get",
            handler: |world, call| Box::pin(async move { standard::get(&world, &call) }),
        },
        Route {
            operation: "token.specialised",
            method: Method::POST,
            path: "/miami/v1/token",
            handler: |world, call| Box::pin(async move { specialised::token(&world, &call) }),
        },
    ]
}
