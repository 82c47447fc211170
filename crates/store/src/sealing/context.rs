//! What a sealed value is bound to.

use domain::{Environment, PartnerId};
use uuid::Uuid;

/// Whose value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The operator's own: signing keys, platform key sets.
    Gateway,
    Partner(PartnerId),
}

/// The place of a sealed value. It opens only where it was sealed: moved to another row, table, partner,
/// environment or version, it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// `None` for what belongs to both of Vipps' systems.
    pub environment: Option<Environment>,
    pub owner: Owner,
    pub table: &'static str,
    pub row: Uuid,
    pub version: i64,
}

impl Context {
    /// The associated data: every field behind its length, so that none can run into the next.
    pub(super) fn associated(&self, format: u8) -> Vec<u8> {
        let version = self.version.to_be_bytes();
        let owner = match self.owner {
            Owner::Gateway => Vec::new(),
            Owner::Partner(partner) => partner.uuid().as_bytes().to_vec(),
        };
        let environment = self.environment.map_or("", Environment::as_str);
        let fields: [&[u8]; 6] = [
            &[format],
            environment.as_bytes(),
            &owner,
            self.table.as_bytes(),
            self.row.as_bytes(),
            &version,
        ];
        let mut data = Vec::with_capacity(96);
        for field in fields {
            let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
            data.extend_from_slice(&length.to_be_bytes());
            data.extend_from_slice(field);
        }
        data
    }
}
