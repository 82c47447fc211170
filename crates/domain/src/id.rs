//! Identifiers. Each kind of thing has its own type, so that one cannot be passed for another,
//! and its own prefix on the wire, so that a person can tell them apart.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use uuid::Uuid;

/// What an identifier identifies.
pub trait Kind {
    /// The prefix on the wire, without the underscore: `op` makes `op_0190…`.
    const PREFIX: &'static str;
}

/// An identifier of one kind: on the wire the prefix, an underscore and 32 hexadecimal digits.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K> Id<K> {
    /// Wraps an id that came from [`crate::Clock::new_id`] or from the store.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.0.simple())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id of this kind is {prefix}_ and 32 hexadecimal digits")]
pub struct NotAnId {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let refused = NotAnId { prefix: K::PREFIX };
        let digits = text
            .strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'));
        let digits = digits
            .filter(|digits| digits.len() == 32)
            .ok_or_else(|| refused.clone())?;
        Uuid::try_parse(digits).map(Self::from_uuid).map_err(|_| refused)
    }
}

/// The kinds, as types that have no value.
pub mod kind {
    use super::Kind;

    #[derive(Debug)]
    pub enum Partner {}
    impl Kind for Partner {
        const PREFIX: &'static str = "prt";
    }
    #[derive(Debug)]
    pub enum Merchant {}
    impl Kind for Merchant {
        const PREFIX: &'static str = "mer";
    }
    #[derive(Debug)]
    pub enum SalesUnit {}
    impl Kind for SalesUnit {
        const PREFIX: &'static str = "unit";
    }
    #[derive(Debug)]
    pub enum Assignment {}
    impl Kind for Assignment {
        const PREFIX: &'static str = "asg";
    }
    #[derive(Debug)]
    pub enum KeySet {}
    impl Kind for KeySet {
        const PREFIX: &'static str = "keys";
    }
    #[derive(Debug)]
    pub enum Profile {}
    impl Kind for Profile {
        const PREFIX: &'static str = "prof";
    }
    #[derive(Debug)]
    pub enum Issuer {}
    impl Kind for Issuer {
        const PREFIX: &'static str = "iss";
    }
    #[derive(Debug)]
    pub enum Client {}
    impl Kind for Client {
        const PREFIX: &'static str = "cli";
    }
    #[derive(Debug)]
    pub enum Payment {}
    impl Kind for Payment {
        const PREFIX: &'static str = "pay";
    }
    #[derive(Debug)]
    pub enum Operation {}
    impl Kind for Operation {
        const PREFIX: &'static str = "op";
    }
    #[derive(Debug)]
    pub enum Receipt {}
    impl Kind for Receipt {
        const PREFIX: &'static str = "rcp";
    }
    #[derive(Debug)]
    pub enum Transfer {}
    impl Kind for Transfer {
        const PREFIX: &'static str = "trf";
    }
    #[derive(Debug)]
    pub enum ProductOrder {}
    impl Kind for ProductOrder {
        const PREFIX: &'static str = "por";
    }
}

pub type PartnerId = Id<kind::Partner>;
pub type MerchantId = Id<kind::Merchant>;
pub type SalesUnitId = Id<kind::SalesUnit>;
pub type AssignmentId = Id<kind::Assignment>;
pub type KeySetId = Id<kind::KeySet>;
pub type ProfileId = Id<kind::Profile>;
pub type IssuerId = Id<kind::Issuer>;
pub type ClientId = Id<kind::Client>;
pub type PaymentId = Id<kind::Payment>;
pub type OperationId = Id<kind::Operation>;
pub type ReceiptId = Id<kind::Receipt>;
pub type TransferId = Id<kind::Transfer>;
pub type ProductOrderId = Id<kind::ProductOrder>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_wire_and_refuses_another_kind() {
        let id = OperationId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "op_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse::<OperationId>(), Ok(id));
        assert!(id.to_string().parse::<PartnerId>().is_err());
        assert!("op_7".parse::<OperationId>().is_err());
        assert!(
            "op_00000000-0000-0000-0000-000000000007"
                .parse::<OperationId>()
                .is_err()
        );
    }
}
