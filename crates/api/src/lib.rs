//! The HTTP faces of the gateway: what partners see, and nothing of how it is done.
//!
//! No SQL, no call to Vipps and no rule about money stands here: a handler reads the request, calls one
//! use case of `app` and writes the answer.

pub mod admin;
mod asked;
mod body;
mod docs;
mod face;
mod forwarded;
pub mod identity;
mod layers;
pub mod limit;
mod openapi;
pub mod problem;
mod request;
mod router;
mod v1;
mod wire;

#[cfg(test)]
mod testing;

pub use body::Bounds;
pub use face::{Face, Settings};
pub use openapi::{
    document, operator_document, operator_text as operator_document_text, text as document_text,
};
pub use router::router;
