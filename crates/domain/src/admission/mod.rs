//! Whether a call may leave now: what was learnt from calls before it, and whose turn it is.

pub mod breaker;
pub mod fair;

pub use breaker::Breaker;
pub use fair::Fair;
