//! Bodies that go on to Vipps byte for byte, checked before they do.
//!
//! Formats and ranges are checked, so that a mistake is named with its field before it costs a call and a
//! key. Membership of open lists (currencies, user flows, scopes, units of measure) is Vipps' to decide,
//! and fields nobody here has heard of go on as they came. Nothing here depends on the hour: the same body
//! must be good again when it is repeated for its answer.

mod amount;
mod approve;
mod create;
mod customer;
mod modification;
mod product_order;
mod receipt;
mod shipping;
mod url;

pub(crate) use approve::Approve;

use crate::body::At;

/// What a body is read for.
pub(crate) trait Facts: Sized + Send {
    /// Whether a request without a body counts as one with `{}`.
    const MAY_BE_EMPTY: bool = false;

    /// Takes the facts, and leaves a fault at every field that breaks a rule. `None` only with a fault.
    fn read(body: &At<'_>) -> Option<Self>;
}

/// Reads the facts of a whole body.
pub(crate) fn read<F: Facts>(body: &At<'_>) -> Option<F> {
    F::read(&body.clone().object()?)
}

#[cfg(test)]
pub(crate) mod check {
    use std::cell::RefCell;

    use super::Facts;
    use crate::body::{At, read};

    /// The facts of a body and its faults, as `field: rule`.
    pub(crate) fn of<F: Facts>(body: &str) -> (Option<F>, Vec<String>) {
        let (value, _) = read(body.as_bytes(), 32).unwrap();
        let faults = RefCell::default();
        let facts = super::read(&At::root(&value, &faults));
        let faults = faults
            .into_inner()
            .into_iter()
            .map(|fault: domain::Violation| format!("{}: {}", fault.field, fault.rule))
            .collect();
        (facts, faults)
    }

    /// The faults of `body` with the member at `path` replaced (or removed, by `null`).
    pub(crate) fn with<F: Facts>(body: &str, path: &str, value: serde_json::Value) -> Vec<String> {
        let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
        let mut place = &mut body;
        for step in path.split('.') {
            place = match step.parse::<usize>() {
                Ok(index) => &mut place[index],
                Err(_) => &mut place[step],
            };
        }
        *place = value;
        of::<F>(&body.to_string()).1
    }
}
