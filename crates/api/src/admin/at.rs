//! What a path names, looked up before anything is said about headers and body.

use std::str::FromStr;

use app::audit::Actor;
use app::operations::{self, Operation};
use app::product_orders::{self, FoundProductOrder};
use app::registry::{Assignment, Client, Issuer, Merchant, Partner, Profile, StoredKeySet};
use app::transfers::{self, Transfer};
use app::{App, Error, registry};
use axum::RequestPartsExt;
use axum::extract::{FromRequestParts, Path};
use domain::{
    AssignmentId, ClientId, IssuerId, KeySetId, MerchantId, OperationId, PartnerId, ProductOrderId,
    ProfileId, TransferId,
};
use http::request::Parts;

use super::by::By;
use crate::face::Face;
use crate::problem::{Code, Problem};

/// Something that is there, and who asks for it.
#[derive(Debug)]
pub(super) struct At<T> {
    pub(super) by: Actor,
    pub(super) it: T,
}

/// Something with an id of its own.
pub(super) trait Noun: Sized + Send {
    type Id: FromStr + Send;

    /// What a name that cannot exist is answered with, as one that does not.
    const MISSING: Code;

    fn find(app: &App, id: Self::Id) -> impl Future<Output = Result<Self, Error>> + Send;
}

impl<T: Noun> FromRequestParts<Face> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Problem> {
        let nowhere = || Problem::new(T::MISSING);
        let Path(id) = parts.extract::<Path<String>>().await.map_err(|_| nowhere())?;
        let id = id.parse().map_err(|_| nowhere())?;
        let it = T::find(&face.app, id).await?;
        let By(by) = By::from_request_parts(parts, face).await?;
        Ok(Self { by, it })
    }
}

macro_rules! nouns {
    ($($noun:ty, $id:ty, $missing:ident, $find:path;)*) => {$(
        impl Noun for $noun {
            type Id = $id;

            const MISSING: Code = Code::$missing;

            fn find(app: &App, id: $id) -> impl Future<Output = Result<Self, Error>> + Send {
                $find(app, id)
            }
        }
    )*};
}

nouns! {
    Partner, PartnerId, PARTNER_NOT_FOUND, registry::partners::show;
    Issuer, IssuerId, ISSUER_NOT_FOUND, registry::issuers::show;
    Client, ClientId, CLIENT_NOT_FOUND, registry::clients::show;
    Profile, ProfileId, PROFILE_NOT_FOUND, registry::profiles::show;
    Merchant, MerchantId, MERCHANT_NOT_FOUND, registry::merchants::show;
    Assignment, AssignmentId, SALES_UNIT_NOT_FOUND, registry::sales_units::show;
    StoredKeySet, KeySetId, KEY_SET_NOT_FOUND, registry::key_sets::show;
    Operation, OperationId, OPERATION_NOT_FOUND, operations::show;
    FoundProductOrder, ProductOrderId, PRODUCT_ORDER_NOT_FOUND, product_orders::find;
    Transfer, TransferId, TRANSFER_NOT_FOUND, transfers::find;
}
