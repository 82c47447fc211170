//! Bodies: read once, kept as they came.

mod at;
mod exact;
mod faults;
mod file;
mod json;

pub(crate) use at::At;
pub use exact::Bounds;
pub(crate) use exact::{Checked, Exact};
use faults::note;
pub(crate) use file::File;
pub(crate) use json::{Json, Malformed};

#[cfg(test)]
pub(crate) use json::read;
