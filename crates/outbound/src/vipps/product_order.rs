//! Product orders, under partner keys (Management API 2.0.9, 2026; production only).

use domain::product_order::Status;
use domain::{Envelope, Method, Msn, UpstreamKey};
use serde::Deserialize;
use url::Url;

use super::management::{WireMsn, for_all};
use super::measure::Endpoint;
use super::wire::not_readable;
use super::{Access, ReadError, Vipps};

const ORDERS: &str = "/management/v1/product-orders";

/// An order that Vipps has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedOrder {
    /// Vipps' name for it: a UUID, as it came.
    pub id: String,
    /// Where the merchant signs.
    pub url: String,
}

/// What Vipps says of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDetails {
    pub id: String,
    /// Absent = a word that this gateway does not know.
    pub status: Option<Status>,
    /// Whether it was made with prefill, as this gateway makes them; absent = not said.
    pub is_prefill: Option<bool>,
    pub scheme: String,
    pub number: String,
    pub product_type: Option<String>,
    pub url: Option<String>,
    /// The sales unit that came of it.
    pub unit: Option<OrderedUnit>,
}

/// The sales unit of a completed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedUnit {
    pub msn: Msn,
    pub name: String,
}

/// `POST /management/v1/product-orders`: the caller's bytes as they came.
pub fn place(body: &[u8], key: &UpstreamKey) -> Envelope {
    Envelope {
        method: Method::Post,
        path: ORDERS.to_owned(),
        key: Some(key.clone()),
        body: body.to_vec(),
    }
}

/// `DELETE /management/v1/product-orders/{id}`. It has no idempotency key: once gone, an order stays gone.
pub fn delete(id: &str) -> Envelope {
    Envelope {
        method: Method::Delete,
        path: format!("{ORDERS}/{id}"),
        key: None,
        body: Vec::new(),
    }
}

/// Whether an envelope is one of these two, by method and path.
pub(super) fn endpoint_of(envelope: &Envelope) -> Option<Endpoint> {
    match (envelope.method, envelope.path.strip_prefix(ORDERS)?) {
        (Method::Post, "") => Some(Endpoint::PLACE_ORDER),
        (Method::Delete, _) => Some(Endpoint::DELETE_ORDER),
        _ => None,
    }
}

/// The answer to [`place`].
///
/// # Errors
/// Why it cannot be believed: without both an id and a link nobody can go on.
pub fn placed(body: &[u8]) -> Result<PlacedOrder, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        prefilled_order_id: String,
        prefill_url: String,
    }
    let wire: Wire = serde_json::from_slice(body).map_err(|error| not_readable(&error))?;
    if !is_id(&wire.prefilled_order_id) {
        return Err("the order's id is no UUID".to_owned());
    }
    if !is_link(&wire.prefill_url) {
        return Err("the order's link is no URL".to_owned());
    }
    Ok(PlacedOrder {
        id: wire.prefilled_order_id,
        url: wire.prefill_url,
    })
}

impl Vipps {
    /// `GET /management/v2/product-orders/{id}/details`, about that order or nothing.
    ///
    /// # Errors
    /// [`ReadError`]. `NotFound`: it was deleted, or is not this partner's.
    pub async fn read_product_order(&self, access: &Access, id: &str) -> Result<OrderDetails, ReadError> {
        let path = format!("/management/v2/product-orders/{id}/details");
        self.read(Endpoint::READ_ORDER_DETAILS, &path, &for_all(access), |body| {
            let wire: Wire = serde_json::from_slice(&body).map_err(|error| not_readable(&error))?;
            // The id may be missing; another one may not stand there.
            if wire
                .product_order_id
                .as_deref()
                .is_some_and(|said| !said.eq_ignore_ascii_case(id))
            {
                return Err("the answer is about another product order".to_owned());
            }
            Ok(wire.details(id.to_owned()))
        })
        .await
    }

    /// `GET /management/v2/product-orders`: all of the partner's, whoever made them and however they ended. Orders
    /// without an id are left out.
    ///
    /// # Errors
    /// [`ReadError`]; one order that cannot be read makes the whole list nonsense.
    pub async fn list_product_orders(&self, access: &Access) -> Result<Vec<OrderDetails>, ReadError> {
        let path = "/management/v2/product-orders?includeExpired=true";
        self.read(Endpoint::LIST_ORDERS, path, &for_all(access), |body| {
            let list: Vec<Wire> = serde_json::from_slice(&body).map_err(|error| not_readable(&error))?;
            let identified = |wire: Wire| {
                let id = wire.product_order_id.clone().filter(|id| is_id(id))?;
                Some(wire.details(id))
            };
            Ok(list.into_iter().filter_map(identified).collect())
        })
        .await
    }
}

/// `ProductOrderDetailsResponseV2`; only status and business identifier are required of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    status: String,
    business_identifier: Business,
    #[serde(default)]
    product_order_type: Option<String>,
    #[serde(default)]
    product_order_id: Option<String>,
    #[serde(default)]
    product_type: Option<String>,
    #[serde(default)]
    product_order_url: Option<String>,
    #[serde(default)]
    sales_unit: Option<Unit>,
}

#[derive(Deserialize)]
struct Business {
    scheme: String,
    id: String,
}

#[derive(Deserialize)]
struct Unit {
    #[serde(default)]
    msn: Option<WireMsn>,
    #[serde(default)]
    name: Option<String>,
}

impl Wire {
    fn details(self, id: String) -> OrderDetails {
        let unit = self.sales_unit.and_then(|unit| {
            Some(OrderedUnit {
                // A unit whose number cannot be one is not there yet.
                msn: unit.msn?.text().parse().ok()?,
                name: unit.name.unwrap_or_default(),
            })
        });
        OrderDetails {
            id,
            status: status(&self.status),
            is_prefill: self.product_order_type.map(|kind| kind == "PREFILL"),
            scheme: self.business_identifier.scheme,
            number: self.business_identifier.id,
            product_type: self.product_type,
            url: self.product_order_url.filter(|url| is_link(url)),
            unit,
        }
    }
}

fn status(word: &str) -> Option<Status> {
    Some(match word {
        "RECEIVED" => Status::Received,
        "MERCHANT_VIEWED" => Status::MerchantViewed,
        "ORDER_SUBMITTED" => Status::OrderSubmitted,
        "COMPLETED" => Status::Completed,
        "REJECTED" => Status::Rejected,
        "EXPIRED" => Status::Expired,
        _ => return None,
    })
}

/// A UUID with its hyphens: it goes into paths.
fn is_id(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn is_link(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "81b83246-5c19-7b94-875b-ea6d1114f099";

    #[test]
    fn an_order_without_an_id_or_a_link_was_not_placed() {
        // The guide's sample (Management API, 2026-09).
        let sample = format!(
            r#"{{"prefilledOrderId":"{ID}","prefillUrl":"https://portal.vippsmobilepay.com/register/vippspanett/{ID}"}}"#
        );
        assert_eq!(placed(sample.as_bytes()).unwrap().id, ID);
        for nonsense in [
            "",
            "<html></html>",
            r#"{"prefilledOrderId":"x","prefillUrl":"https://portal.vippsmobilepay.com/x"}"#,
            &format!(r#"{{"prefilledOrderId":"{ID}"}}"#),
            &format!(r#"{{"prefilledOrderId":"{ID}","prefillUrl":"soon"}}"#),
            &format!(
                r#"{{"prefilledOrderId":"../{}","prefillUrl":"https://a.no/x"}}"#,
                &ID[3..]
            ),
        ] {
            assert!(placed(nonsense.as_bytes()).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn details_are_read_as_they_come_and_words_nobody_knows_are_no_status() {
        let read = |body: &str| serde_json::from_str::<Wire>(body).unwrap().details(ID.to_owned());
        let bare =
            read(r#"{"status":"RECEIVED","businessIdentifier":{"scheme":"business:NO:ORG","id":"1234"}}"#);
        assert_eq!(
            (bare.status, bare.is_prefill, bare.unit),
            (Some(Status::Received), None, None)
        );
        for msn in ["\"123456\"", "123456"] {
            let done = read(&format!(
                r#"{{"status":"COMPLETED","businessIdentifier":{{"scheme":"s","id":"1"}},"salesUnit":{{"msn":{msn},"name":"Acme"}},"productOrderType":"TEMPLATE","new":[]}}"#
            ));
            assert_eq!(done.unit.unwrap().msn.as_str(), "123456");
            assert_eq!(done.is_prefill, Some(false));
        }
        let odd = read(
            r#"{"status":"ON_HOLD","businessIdentifier":{"scheme":"s","id":"1"},"salesUnit":{"msn":""},"productOrderUrl":null}"#,
        );
        assert_eq!((odd.status, odd.unit, odd.url), (None, None, None));
    }
}
