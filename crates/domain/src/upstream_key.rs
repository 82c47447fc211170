//! The idempotency key that Vipps sees.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::operation::Kind;
use crate::{Environment, IdempotencyKey, Msn, PartnerId, Reference};

/// Derived from what the operation *is* and from nothing that rotates, so that a restored backup derives
/// the same key again. 40 characters of `A-Z2-7`: fits ePayment's 50 and Recurring's 40
/// (ePayment API 1.8.1, `Idempotency-Key`, 2026-04).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UpstreamKey(String);

/// Everything that makes two operations the same for Vipps.
#[derive(Debug, Clone)]
pub struct Identity<'a> {
    pub environment: Environment,
    pub msn: &'a Msn,
    pub partner: PartnerId,
    pub kind: Kind,
    pub reference: &'a Reference,
    pub key: &'a IdempotencyKey,
    /// Rises only after a definite `Rejected` that is not bound to the caller's key, because Vipps makes a
    /// 4xx stick to its key; never after `Unknown`.
    pub generation: u32,
}

const VERSION: &[u8] = b"1";

impl UpstreamKey {
    pub fn derive(identity: &Identity<'_>) -> Self {
        Self::of([
            VERSION,
            identity.environment.as_str().as_bytes(),
            identity.msn.as_str().as_bytes(),
            identity.partner.uuid().as_bytes(),
            identity.kind.as_str().as_bytes(),
            identity.reference.as_str().as_bytes(),
            identity.key.as_str().as_bytes(),
            &identity.generation.to_be_bytes(),
        ])
    }

    /// The key of a product order, by the same rules: it has neither a sales unit nor a reference
    /// (Management API 2.0.9, `Idempotency-Key`, `^[a-zA-Z0-9-]{1,50}$`, 2026-09).
    pub fn of_product_order(
        environment: Environment,
        partner: PartnerId,
        key: &IdempotencyKey,
        generation: u32,
    ) -> Self {
        Self::of([
            VERSION,
            environment.as_str().as_bytes(),
            b"product-order",
            partner.uuid().as_bytes(),
            key.as_str().as_bytes(),
            &generation.to_be_bytes(),
        ])
    }

    fn of<const N: usize>(fields: [&[u8]; N]) -> Self {
        let mut hash = Sha256::new();
        for field in fields {
            // Prefixed by length, so that ("ab", "c") and ("a", "bc") differ.
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        let mut text = data_encoding::BASE32_NOPAD.encode(&hash.finalize());
        text.truncate(40);
        Self(text)
    }

    /// A key that was derived before and comes back from the store or from an event.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UpstreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn derived(msn: &str, key: &str, generation: u32) -> String {
        UpstreamKey::derive(&Identity {
            environment: Environment::Test,
            msn: &msn.parse().unwrap(),
            partner: PartnerId::from_uuid(Uuid::from_u128(1)),
            kind: Kind::Capture,
            reference: &"acme-shop-1".parse().unwrap(),
            key: &key.parse().unwrap(),
            generation,
        })
        .to_string()
    }

    #[test]
    fn the_derivation_never_changes_or_a_restored_backup_would_move_money_twice() {
        assert_eq!(
            derived("123456", "order-7", 0),
            "TNIBU7IIXWW6YH6PF7SOYDG5KAIZD23WIGTLVC2S"
        );
    }

    #[test]
    fn the_key_of_a_product_order_never_changes_either() {
        let of = |key: &str, generation| {
            let partner = PartnerId::from_uuid(Uuid::from_u128(1));
            UpstreamKey::of_product_order(
                Environment::Production,
                partner,
                &key.parse().unwrap(),
                generation,
            )
        };
        assert_eq!(
            of("order-7", 0).as_str(),
            "CV4QZ27OFBPLG5PSMRLAZKVBHHC3FBPD4WEG6XXW"
        );
        assert_ne!(of("order-7", 0), of("order-7", 1));
        assert_ne!(of("order-7", 0), of("order-8", 0));
    }

    #[test]
    fn every_part_counts() {
        let first = derived("123456", "order-7", 0);
        assert_eq!(first.len(), 40);
        assert_ne!(first, derived("1234567", "order-7", 0));
        assert_ne!(first, derived("123456", "order-8", 0));
        assert_ne!(first, derived("123456", "order-7", 1));
    }
}
