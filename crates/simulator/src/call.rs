//! One request as the APIs see it: read whole, matched to an operation, not yet judged.

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Deserialize;
use time::OffsetDateTime;

/// A request to one operation. Header values that are no visible ASCII read as absent.
#[derive(Clone, Debug)]
pub struct Call {
    /// The name of the operation, such as `epayment.capture`; rules and the ring know it by this.
    pub operation: &'static str,
    pub method: Method,
    /// The path as it came, still percent-encoded.
    pub path: String,
    pub query: Option<String>,
    pub params: Vec<(&'static str, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// When the request had been read.
    pub at: OffsetDateTime,
    /// The reference in the path, else the property `reference` (`orderId`) of the body.
    pub reference: Option<String>,
}

impl Call {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A path parameter, percent-decoded; empty when the route has none of that name.
    pub fn param(&self, name: &str) -> &str {
        self.params
            .iter()
            .find(|(it, _)| *it == name)
            .map_or("", |(_, value)| value)
    }

    pub fn msn(&self) -> Option<&str> {
        self.header("merchant-serial-number")
    }
}

/// Finds the reference that limits, faults and the ring go by.
pub(crate) fn reference(params: &[(&'static str, String)], body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(alias = "orderId")]
        reference: Option<String>,
    }
    let in_path = params
        .iter()
        .find(|(name, _)| *name == "reference" || *name == "orderId");
    match in_path {
        Some((_, value)) => Some(value.clone()),
        None => serde_json::from_slice::<Named>(body)
            .ok()
            .and_then(|named| named.reference),
    }
}
