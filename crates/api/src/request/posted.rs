//! Requests about the partner as a whole, or about one of its merchants.

use app::{Caller, Scope, onboarding};
use axum::RequestPartsExt;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use domain::{MerchantId, ProductOrderId};
use http::request::Parts;

use super::caller;
use crate::body::Exact;
use crate::face::Face;
use crate::forwarded::Facts;
use crate::problem::{Code, Problem};

/// A merchant by its id. Whether it is the caller's is the use case's to say.
#[derive(Debug)]
pub(crate) struct AtMerchant {
    pub caller: Caller,
    pub id: MerchantId,
}

/// A change of the partner as a whole: with a token that is not narrowed to some sales units.
#[derive(Debug)]
pub(crate) struct Whole(pub Caller);

impl FromRequestParts<Face> for Whole {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Face) -> Result<Self, Problem> {
        let caller = caller(parts)?;
        caller.demand_all_units()?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<Face> for AtMerchant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Face) -> Result<Self, Problem> {
        let caller = caller(parts)?;
        let nowhere = || Problem::new(Code::MERCHANT_NOT_FOUND);
        let Path(id) = parts.extract::<Path<String>>().await.map_err(|_| nowhere())?;
        let id = id.parse().map_err(|_| nowhere())?;
        Ok(Self { caller, id })
    }
}

/// What the path says is a product order. Whether it is one of the caller's is the use case's to say.
#[derive(Debug)]
pub(crate) struct AtProductOrder {
    pub caller: Caller,
    pub id: ProductOrderId,
}

impl FromRequestParts<Face> for AtProductOrder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Face) -> Result<Self, Problem> {
        let caller = caller(parts)?;
        let nowhere = || Problem::new(Code::PRODUCT_ORDER_NOT_FOUND);
        let Path(id) = parts.extract::<Path<String>>().await.map_err(|_| nowhere())?;
        let id = id.parse().map_err(|_| nowhere())?;
        Ok(Self { caller, id })
    }
}

/// A merchant that is the caller's, for a change that a narrowed token may not make. It is looked for here, because a
/// merchant that does not exist is said before anything is said about the body.
#[derive(Debug)]
pub(crate) struct WholeAt(pub AtMerchant);

impl FromRequestParts<Face> for WholeAt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Problem> {
        Whole::from_request_parts(parts, face).await?;
        let place = AtMerchant::from_request_parts(parts, face).await?;
        // Whoever may change a merchant may learn whether it exists, without the scope to read it.
        let looking = Caller {
            scopes: [Scope::MerchantsRead].into_iter().collect(),
            ..place.caller.clone()
        };
        onboarding::get_merchant(&face.app, &looking, place.id).await?;
        Ok(Self(place))
    }
}

/// A body beside a place.
#[derive(Debug)]
pub(crate) struct Posted<P, F> {
    pub place: P,
    pub asked: F,
}

impl<P, F> FromRequest<Face> for Posted<P, F>
where
    P: FromRequestParts<Face, Rejection = Problem> + Send,
    F: Facts,
{
    type Rejection = Problem;

    async fn from_request(request: Request, face: &Face) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let place = P::from_request_parts(&mut parts, face).await?;
        match Exact::<F>::read(&parts.headers, body, face.settings.bounds).await? {
            Ok(exact) => Ok(Self {
                place,
                asked: exact.view,
            }),
            Err(faults) => Err(Problem::invalid(faults)),
        }
    }
}
