//! The exact request to Vipps, without a secret in it.

use crate::UpstreamKey;

/// The HTTP methods that Vipps' APIs use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What leaves, byte for byte. It is stored before the call; a replay sends this and nothing else.
/// Token, subscription key, serial number and product headers are added at the moment of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub method: Method,
    /// From the API's root: `/epayment/v1/payments`.
    pub path: String,
    pub key: Option<UpstreamKey>,
    /// Empty = no body.
    pub body: Vec<u8>,
}
