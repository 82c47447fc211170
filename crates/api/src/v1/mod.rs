//! The partner API: one file for each noun. A handler names its own success and nothing else; what every
//! operation has in common is added to the document by [`crate::openapi`], and to answers by the layers.

mod answer;
mod api_quality;
mod merchants;
mod operations;
mod payments;
mod product_orders;
mod receipts;
mod sales_units;
mod transfers;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::face::Face;

/// Every operation, with its part of the document.
pub(crate) fn routes() -> OpenApiRouter<Face> {
    OpenApiRouter::new()
        .routes(routes!(payments::create, payments::list))
        .routes(routes!(payments::get))
        .routes(routes!(payments::events))
        .routes(routes!(payments::capture))
        .routes(routes!(payments::refund))
        .routes(routes!(payments::cancel))
        .routes(routes!(payments::approve))
        .routes(routes!(operations::get))
        .routes(routes!(receipts::put, receipts::get))
        .routes(routes!(sales_units::list))
        .routes(routes!(sales_units::get))
        .routes(routes!(sales_units::put_credentials))
        .routes(routes!(sales_units::put_credential_mode))
        .routes(routes!(sales_units::probe))
        .routes(routes!(transfers::request, transfers::list))
        .routes(routes!(merchants::create, merchants::list))
        .routes(routes!(merchants::get))
        .routes(routes!(merchants::create_sales_unit))
        .routes(routes!(product_orders::create, product_orders::list))
        .routes(routes!(product_orders::get, product_orders::delete))
        .routes(routes!(api_quality::get))
}
