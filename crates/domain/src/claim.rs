//! By what a partner has shown that a sales unit is one of its merchants'.

/// A proof of a claim. The operator's own keys are none: they open the units of every partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// A token call and a look at the unit's webhooks with keys of the unit.
    OwnKeys,
    /// The Management API shows the unit to the partner's keys (production only).
    Management,
    /// A product order that this partner made was completed with the unit.
    ProductOrder,
    /// The operator looked into it.
    Operator,
}

impl Proof {
    pub const ALL: [Self; 4] = [
        Self::OwnKeys,
        Self::Management,
        Self::ProductOrder,
        Self::Operator,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OwnKeys => "own_keys",
            Self::Management => "management",
            Self::ProductOrder => "product_order",
            Self::Operator => "operator",
        }
    }
}
