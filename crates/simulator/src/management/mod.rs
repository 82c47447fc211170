//! Management API v1 and v2.

use crate::route::Route;

/// The product orders of one world.
#[derive(Debug, Default)]
pub(crate) struct Management {}

pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
