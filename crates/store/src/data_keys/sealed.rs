//! Where sealed values lie. A test compares these lists with the schema.

/// One column of sealed values, and what each is bound to besides its row and its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    pub table: &'static str,
    pub column: &'static str,
    /// What the values are bound to as their table.
    pub place: &'static str,
    pub version: Version,
    pub owned: Owned,
}

/// The version that a value is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Fixed(i64),
    Column(&'static str),
}

/// Whether the table says whose a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owned {
    /// By `partner_id` (null: the gateway's) and `environment`.
    ByColumns,
    /// Every row is the gateway's, for both environments.
    Gateway,
}

/// The columns that the operator and the gateway itself write, of all owners.
pub const SECRETS: [Sealed; 2] = [
    Sealed {
        table: "key_sets",
        column: "sealed",
        place: "key_sets",
        version: Version::Column("version"),
        owned: Owned::ByColumns,
    },
    Sealed {
        table: "signing_keys",
        column: "sealed",
        place: "signing_keys",
        version: Version::Fixed(1),
        owned: Owned::Gateway,
    },
];

/// The columns that partners' requests write: reached partner by partner.
pub const BODIES: [Sealed; 9] = [
    Sealed {
        table: "payments",
        column: "reading",
        place: "payments.reading",
        version: Version::Column("reading_version"),
        owned: Owned::ByColumns,
    },
    body("payments", "created", "payments.created"),
    body("operations", "envelope", "operations.envelope"),
    body("operations", "answer", "operations.answer"),
    body("receipts", "body", "receipts.body"),
    body("receipts", "reason", "receipts.reason"),
    body("product_orders", "request", "product_orders.request"),
    body("product_orders", "link", "product_orders.link"),
    body("product_orders", "answer", "product_orders.answer"),
];

/// A body that is written once.
const fn body(table: &'static str, column: &'static str, place: &'static str) -> Sealed {
    Sealed {
        table,
        column,
        place,
        version: Version::Fixed(0),
        owned: Owned::ByColumns,
    }
}
