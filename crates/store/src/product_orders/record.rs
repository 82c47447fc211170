//! An order's row, opened.

use domain::product_order::Status;
use domain::{
    Environment, IdempotencyKey, KeySetId, MerchantId, Msn, PartnerId, ProductOrderId, Rejected, UpstreamKey,
};
use time::OffsetDateTime;

use super::table::Model;
use super::{ANSWER, LINK, REQUEST, TABLE};
use crate::moment::Moment;
use crate::money::Answer;
use crate::money::kept;
use crate::{Error, Scope, table};

/// A product order of one partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductOrder {
    pub id: ProductOrderId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub merchant: MerchantId,
    /// The caller's.
    pub key: IdempotencyKey,
    /// What Vipps sees.
    pub upstream_key: UpstreamKey,
    pub generation: u32,
    /// The partner keys it was asked for with.
    pub keys: KeySetId,
    /// The merchant, as Vipps calls it.
    pub scheme: String,
    pub number: String,
    pub product_type: String,
    pub status: Status,
    /// Whether the refusal said nothing about the request, so that the caller's key may be used again.
    pub is_released: bool,
    /// Whether its deletion was asked of Vipps.
    pub is_unwanted: bool,
    /// Empty once it need not be sent again.
    pub request: Vec<u8>,
    /// Where the merchant signs; absent before, and when that is over.
    pub link: Option<String>,
    /// Vipps' refusal.
    pub refusal: Option<Rejected>,
    /// Vipps' name for it.
    pub vipps_id: Option<String>,
    /// What came of it.
    pub msn: Option<Msn>,
    /// Calls in a row that told nothing.
    pub tries: u32,
    pub sent_at: OffsetDateTime,
    pub due_at: Option<OffsetDateTime>,
    pub fence: i64,
    pub expires_at: Option<OffsetDateTime>,
    /// When Vipps said last how far it is.
    pub checked_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub ended_at: Option<OffsetDateTime>,
}

pub(super) async fn open<M>(scope: &Scope<'_, M>, row: Model) -> Result<ProductOrder, Error> {
    let id = row.id;
    let refusal = match row.answer {
        Some(blob) => match kept::answer(&scope.open(ANSWER, id, 0, &blob).await?) {
            Ok(Answer::Rejected(rejected)) => Some(rejected),
            Ok(Answer::Accepted(_)) | Err(_) => return Err(Error::corrupt(TABLE, id)),
        },
        None => None,
    };
    let link = match row.link {
        Some(blob) => {
            let link = scope.open(LINK, id, 0, &blob).await?.to_vec();
            Some(String::from_utf8(link).map_err(|_| Error::corrupt(TABLE, id))?)
        }
        None => None,
    };
    let request = if row.request.is_empty() {
        Vec::new()
    } else {
        scope.open(REQUEST, id, 0, &row.request).await?.to_vec()
    };
    let number = |value: i32| u32::try_from(value).map_err(|_| Error::corrupt(TABLE, id));
    let maybe = |at: Option<Moment>| at.map(|at| at.at(TABLE, id)).transpose();
    let msn = row.msn.map(|msn| msn.parse()).transpose();
    Ok(ProductOrder {
        id: ProductOrderId::from_uuid(id),
        partner: PartnerId::from_uuid(row.partner_id),
        environment: table::environment(&row.environment, TABLE, id)?,
        merchant: MerchantId::from_uuid(row.merchant_id),
        key: row.key.parse().map_err(|_| Error::corrupt(TABLE, id))?,
        upstream_key: UpstreamKey::from_stored(row.upstream_key),
        generation: number(row.generation)?,
        keys: KeySetId::from_uuid(row.key_set_id),
        scheme: row.scheme,
        number: row.number,
        product_type: row.product_type,
        status: table::named(&Status::ALL, Status::as_str, &row.status, TABLE, id)?,
        is_released: row.is_released,
        is_unwanted: row.is_unwanted,
        request,
        link,
        refusal,
        vipps_id: row.vipps_id,
        msn: msn.map_err(|_| Error::corrupt(TABLE, id))?,
        tries: number(row.tries)?,
        sent_at: row.sent_at.at(TABLE, id)?,
        due_at: maybe(row.due_at)?,
        fence: row.fence,
        expires_at: maybe(row.expires_at)?,
        checked_at: maybe(row.checked_at)?,
        created_at: row.created_at.at(TABLE, id)?,
        ended_at: maybe(row.ended_at)?,
    })
}
