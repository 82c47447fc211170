//! `POST /order-management/v2/{type}/receipts/{orderId}`: once, and never again. Nobody checks
//! whether the order exists.

use std::collections::HashMap;
use std::sync::Mutex;

use http::StatusCode;
use serde_json::Value;

use crate::answer::Answer;
use crate::call::Call;
use crate::lock::Held as _;
use crate::orders::receipt::{self, RECEIPT};
use crate::problem::{self, Refusal, Shape};
use crate::schema;
use crate::world::World;

/// Receipts by (MSN, payment type, order id).
#[derive(Default)]
pub(crate) struct Receipts {
    written: Mutex<HashMap<(String, &'static str, String), Value>>,
}

impl Receipts {
    /// Writes the receipt that came with a payment; false when there was one.
    pub(crate) fn add(&self, msn: &str, reference: &str, receipt: Value) -> bool {
        self.write(msn, "ecom", reference, receipt)
    }

    fn write(&self, msn: &str, kind: &'static str, order: &str, receipt: Value) -> bool {
        let mut written = self.written.held();
        match written.entry((msn.to_owned(), kind, order.to_owned())) {
            std::collections::hash_map::Entry::Occupied(_) => false,
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(receipt);
                true
            }
        }
    }

    pub(crate) fn find(&self, msn: &str, kind: &'static str, order: &str) -> Option<Value> {
        self.written
            .held()
            .get(&(msn.to_owned(), kind, order.to_owned()))
            .cloned()
    }

    pub(crate) fn clear(&self) {
        self.written.held().clear();
    }
}

pub(super) fn add(world: &World, call: &Call) -> Answer {
    let order = match super::enter(world, call) {
        Ok(order) => order,
        Err(answer) => return answer,
    };
    let refuse = |refusal: &Refusal| problem::render(world, call, Shape::Orders, refusal);
    let receipt = match schema::read(&call.body, RECEIPT) {
        Ok(receipt) => receipt,
        Err(faulty) => return refuse(&invalid(faulty.fields)),
    };
    let faults = receipt::inconsistencies(&receipt, "");
    if !faults.is_empty() {
        return refuse(&invalid(faults));
    }
    if world
        .receipts
        .write(&order.msn, order.kind, call.param("orderId"), receipt)
    {
        return Answer::empty(StatusCode::CREATED);
    }
    refuse(&Refusal::new(
        StatusCode::CONFLICT,
        "Conflict",
        "The order has a receipt already.",
    ))
}

fn invalid(fields: Vec<(String, String)>) -> Refusal {
    let mut refusal = Refusal::new(
        StatusCode::BAD_REQUEST,
        "One or more validation errors occurred.",
        "BadRequest",
    );
    refusal.details = fields;
    refusal
}
