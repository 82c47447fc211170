//! The money ledger: what truly happened to every payment, whatever the answers said. Tests compare
//! with this.

use serde::Serialize;
use time::OffsetDateTime;

use crate::epayment::payment::{Slot, instant};
use crate::epayment::{Currency, EventName};
use crate::world::World;

/// One effect on one payment. Failed attempts are not in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    pub msn: String,
    pub reference: String,
    pub name: EventName,
    /// Of this effect, in minor units: what was asked for, reserved, captured, refunded or released.
    pub amount: i64,
    pub currency: Currency,
    /// The key of the request that caused it, whatever events show.
    pub idempotency_key: Option<String>,
    pub psp_reference: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub at: OffsetDateTime,
}

impl World {
    /// Every effect on every payment, ordered by MSN and reference, then as they happened.
    pub fn ledger(&self) -> Vec<Effect> {
        self.payments
            .all()
            .iter()
            .flat_map(|slot| effects(self, slot))
            .collect()
    }

    /// The effects on one payment, as they happened; empty when there is none.
    pub fn ledger_of(&self, msn: &str, reference: &str) -> Vec<Effect> {
        self.payments
            .find(msn, reference)
            .map(|slot| effects(self, &slot))
            .unwrap_or_default()
    }

    /// How many payments there are.
    pub fn payments_len(&self) -> usize {
        self.payments.len()
    }
}

fn effects(world: &World, slot: &Slot) -> Vec<Effect> {
    let payment = slot.lock();
    let done = payment
        .entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.success);
    let effect = |(index, entry): (usize, &crate::epayment::payment::Entry)| Effect {
        msn: slot.msn.to_string(),
        reference: slot.reference.to_string(),
        name: entry.name,
        amount: entry.amount,
        currency: payment.currency,
        idempotency_key: entry.key.as_deref().map(str::to_owned),
        psp_reference: world.psp(slot, index),
        at: instant(entry.at),
    };
    done.map(effect).collect()
}
