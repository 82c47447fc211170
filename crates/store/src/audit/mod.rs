//! What was done, and by whom: one chain for each partner, and one for the gateway as a whole.
//!
//! An entry is written in the transaction that does what it tells and is never changed: the database itself
//! refuses (triggers). Each entry carries the SHA-256 of itself and of the hash before it, which anybody can
//! check in an export, and a keyed seal over that hash, which nobody without the key file can make. The last
//! entry of each chain stands once more in its head, sealed too, so that a tail that was cut off is missed.

mod link;
mod read;
mod table;
mod verify;
mod write;

use domain::{Environment, PartnerId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Error, table as rows};
use table::entries::Model;

pub use read::{Filter, Place};
pub use verify::{Broken, Fault};

const TABLE: &str = "audit";

/// Whose acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chain {
    /// On the gateway as a whole: its partners, its own keys.
    Gateway,
    Partner(PartnerId),
}

impl Chain {
    const fn uuid(self) -> Uuid {
        match self {
            Self::Gateway => Uuid::nil(),
            Self::Partner(partner) => partner.uuid(),
        }
    }

    const fn partner(self) -> Option<PartnerId> {
        match self {
            Self::Gateway => None,
            Self::Partner(partner) => Some(partner),
        }
    }

    const fn of(uuid: Uuid) -> Self {
        if uuid.is_nil() {
            Self::Gateway
        } else {
            Self::Partner(PartnerId::from_uuid(uuid))
        }
    }
}

/// An act, to be written down in the transaction that does it.
#[derive(Debug, Clone)]
pub struct Act {
    pub id: Uuid,
    pub at: OffsetDateTime,
    /// Absent = in both, or in neither.
    pub environment: Option<Environment>,
    /// Who decided: a person, a token's subject, or who else it was.
    pub actor: String,
    /// What carried it out: `cli`, `gateway`, …
    pub executor: &'static str,
    /// `operation.abandon`, …
    pub action: String,
    /// The id of what it was done to.
    pub target: String,
    /// In the actor's words; empty where nobody gave any.
    pub reason: String,
    /// JSON, without secrets and without customers; `null` before something began and after it ended.
    pub before: String,
    pub after: String,
}

/// An act as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: Uuid,
    pub chain: Chain,
    /// 1, 2, 3, … in its chain.
    pub sequence: i64,
    pub environment: Option<Environment>,
    /// To the microsecond.
    pub at: OffsetDateTime,
    pub actor: String,
    pub executor: String,
    pub action: String,
    pub target: String,
    pub reason: String,
    pub before: String,
    pub after: String,
    /// SHA-256 in hexadecimal, of all of the above and of the hash before; see [`Entry::hash_after`].
    pub hash: String,
    /// The hash, sealed with the newest key of the key file.
    pub seal: String,
}

/// The last entry of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub chain: Chain,
    /// 0 = nothing was done yet.
    pub sequence: i64,
    pub hash: String,
}

impl TryFrom<Model> for Entry {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let environment = row
            .environment
            .map(|environment| rows::environment(&environment, TABLE, row.id))
            .transpose()?;
        Ok(Self {
            at: row.at.at(TABLE, row.id)?,
            id: row.id,
            chain: Chain::of(row.chain),
            sequence: row.sequence,
            environment,
            actor: row.actor,
            executor: row.executor,
            action: row.action,
            target: row.target,
            reason: row.reason,
            before: row.before,
            after: row.after,
            hash: row.hash,
            seal: row.seal,
        })
    }
}
