//! Merchants: whom the partner acts for, and the sales units it says are theirs.

use app::onboarding::{self, Draft, NewMerchant};
use axum::Json;
use axum::extract::State;
use domain::MerchantId;
use http::StatusCode;
use http::header::{HeaderName, LOCATION};

use crate::asked::NewUnit;
use crate::face::Face;
use crate::problem::Problem;
use crate::request::{AtMerchant, Paged, Posted, Whole, WholeAt};
use crate::wire;

type Created<T> = (StatusCode, [(HeaderName, String); 1], Json<T>);

/// Create a merchant
///
/// The business that is paid, in the token's environment. Its organisation number is unique with the partner.
#[utoipa::path(
    post,
    path = "/v1/merchants",
    operation_id = "createMerchant",
    tag = "Merchants",
    security(("partner" = ["merchants:manage"])),
    responses((status = 201, description = "The merchant.", body = wire::Merchant))
)]
pub(super) async fn create(
    State(face): State<Face>,
    posted: Posted<Whole, NewMerchant>,
) -> Result<Created<wire::Merchant>, Problem> {
    let Whole(caller) = posted.place;
    let merchant = onboarding::create_merchant(&face.app, &caller, posted.asked).await?;
    let location = format!("/v1/merchants/{}", merchant.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(merchant.into())))
}

/// List merchants
///
/// The partner's merchants in the token's environment, oldest first. A narrowed token sees those of whose sales
/// units it reaches one.
#[utoipa::path(
    get,
    path = "/v1/merchants",
    operation_id = "listMerchants",
    tag = "Merchants",
    security(("partner" = ["merchants:read"])),
    responses((status = 200, description = "One page.", body = wire::MerchantPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Paged { caller, after, limit }: Paged<MerchantId>,
) -> Result<Json<wire::MerchantPage>, Problem> {
    let (page, next) = onboarding::list_merchants(&face.app, &caller, after, limit).await?;
    let data = page.into_iter().map(wire::Merchant::from).collect();
    Ok(Json(wire::MerchantPage::new(data, next.map(|id| id.to_string()))))
}

/// Read a merchant
///
/// As it was created.
#[utoipa::path(
    get,
    path = "/v1/merchants/{merchantId}",
    operation_id = "getMerchant",
    tag = "Merchants",
    security(("partner" = ["merchants:read"])),
    responses((status = 200, description = "The merchant.", body = wire::Merchant))
)]
pub(super) async fn get(
    State(face): State<Face>,
    AtMerchant { caller, id }: AtMerchant,
) -> Result<Json<wire::Merchant>, Problem> {
    let merchant = onboarding::get_merchant(&face.app, &caller, id).await?;
    Ok(Json(merchant.into()))
}

/// Draft a sales unit
///
/// Says that a sales unit is the merchant's. A draft takes no payments, blocks nobody, and is answered the same
/// whether or not anybody else has the sales unit. Its own keys (`putCredentials`) or the partner's
/// (`probeSalesUnit`) prove the claim, and it goes live.
#[utoipa::path(
    post,
    path = "/v1/merchants/{merchantId}/sales-units",
    operation_id = "createSalesUnit",
    tag = "Merchants",
    security(("partner" = ["merchants:manage"])),
    responses((status = 201, description = "The draft.", body = wire::SalesUnit))
)]
pub(super) async fn create_sales_unit(
    State(face): State<Face>,
    Posted { place, asked }: Posted<WholeAt, NewUnit>,
) -> Result<Created<wire::SalesUnit>, Problem> {
    let WholeAt(place) = place;
    let draft = Draft {
        merchant: place.id,
        msn: asked.msn,
        name: asked.name,
        market: asked.market,
        mode: asked.mode,
    };
    let unit = onboarding::create_sales_unit(&face.app, &place.caller, draft).await?;
    let location = format!("/v1/sales-units/{}", unit.unit.msn);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(unit.into())))
}
