//! What a world remembers about product orders.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::digest;
use crate::lock::Held as _;
use crate::management::order::{Origin, ProductOrder, Status};
use crate::management::request::Wanted;

#[derive(Debug, Default)]
pub(crate) struct Management {
    pub(crate) orders: Mutex<Orders>,
}

impl Management {
    /// Forgets every order and key.
    pub(crate) fn clear(&self) {
        *self.orders.held() = Orders::default();
    }
}

#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// In the order they were made.
    pub(crate) list: Vec<ProductOrder>,
    /// How many were made, those that are deleted included: no two have one id.
    made: u64,
    keys: HashMap<(String, String), Placed>,
    /// Merchants that came with an order, by number, and when.
    pub(crate) merchants: BTreeMap<String, OffsetDateTime>,
}

#[derive(Debug)]
struct Placed {
    body: [u8; 32],
    order: Uuid,
}

/// What an idempotency key says about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Earlier {
    None,
    Same(Uuid),
    Other,
}

impl Orders {
    pub(crate) fn earlier(&self, partner: &str, key: &str, body: &[u8]) -> Earlier {
        match self.keys.get(&(partner.to_owned(), key.to_owned())) {
            None => Earlier::None,
            Some(placed) if placed.body == digest_of(body) => Earlier::Same(placed.order),
            Some(_) => Earlier::Other,
        }
    }

    pub(crate) fn remember(&mut self, partner: &str, key: &str, body: &[u8], order: Uuid) {
        self.keys.insert(
            (partner.to_owned(), key.to_owned()),
            Placed {
                body: digest_of(body),
                order,
            },
        );
    }

    pub(crate) fn place(
        &mut self,
        seed: u64,
        partner: &str,
        origin: Origin,
        wanted: Wanted,
        now: OffsetDateTime,
    ) -> &ProductOrder {
        let number = self.made.to_string();
        self.made += 1;
        let at = now.unix_timestamp_nanos().to_string();
        let order = ProductOrder {
            id: digest::uuid(seed, &["product order", partner, &number, &at]),
            partner: partner.to_owned(),
            origin,
            business_identifier: wanted.business_identifier,
            product_type: wanted.product_type,
            sales_unit_name: wanted.sales_unit_name,
            has_recurring: wanted.has_recurring,
            created_at: now,
            reached: Status::Received,
            sales_unit: None,
        };
        let index = self.list.len();
        self.list.push(order);
        &self.list[index]
    }

    pub(crate) fn find(&mut self, id: Uuid) -> Option<&mut ProductOrder> {
        self.list.iter_mut().find(|order| order.id == id)
    }
}

fn digest_of(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}
