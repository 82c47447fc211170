//! The HTTP faces of the gateway: what partners see, and nothing of how it is done.
//!
//! No SQL, no call to Vipps and no rule about money stands here: a handler reads the request, calls one
//! use case of `app` and writes the answer.

pub mod identity;
pub mod problem;
