//! Checking a chain from its first entry to its head.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::link::{is_seal_of_entry, is_seal_of_head};
use super::table::{entries, heads};
use super::{Chain, Head};
use crate::{Error, System};

/// Entries of one read.
const PAGE: u64 = 500;

/// The first entry of a chain that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    pub chain: Chain,
    pub sequence: i64,
    pub fault: Fault,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It, or the entry before it, is not what the hash says: changed, or moved from another place.
    Altered,
    /// Its hash fits and its seal does not: rewritten by somebody without the key file, or sealed with a key that
    /// is neither in the file nor kept in the database. A rotation keeps what seals were made with; a line that is
    /// taken out of the file without one takes the proof with it.
    Forged,
    /// It is not there, and later ones are.
    Missing,
    /// The chain ends before its head.
    CutOff,
    /// The head is gone or is not as the gateway left it.
    Head,
    /// It stands behind the head.
    Beyond,
    /// It is not what was noted elsewhere.
    NotAsNoted,
    /// The partner's whole chain is gone, or the gateway's chain does not know of it.
    ChainMissing,
}

impl Fault {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Forged => "forged",
            Self::Missing => "missing",
            Self::CutOff => "cut_off",
            Self::Head => "head",
            Self::Beyond => "beyond_head",
            Self::NotAsNoted => "not_as_noted",
            Self::ChainMissing => "chain_missing",
        }
    }
}

impl<M> System<'_, M> {
    /// Walks one chain. Entries that are added meanwhile are left to the next time.
    ///
    /// The answer is where the chain ends: kept elsewhere, it proves later that nothing up to there was cut off or
    /// rewritten.
    ///
    /// # Errors
    /// The store does not answer, or an entry is no legal row.
    pub async fn verify_audit(&self, chain: Chain) -> Result<Result<Head, Broken>, Error> {
        let broken = |sequence, fault| {
            Ok(Err(Broken {
                chain,
                sequence,
                fault,
            }))
        };
        let Some(head) = heads::Entity::find_by_id(chain.uuid()).one(self.conn()).await? else {
            return broken(0, Fault::Head);
        };
        let (mut last, mut hash) = (0, String::new());
        while last < head.sequence {
            let page = self.audit_after(chain, last, PAGE).await?;
            if page.is_empty() {
                return broken(last + 1, Fault::CutOff);
            }
            for entry in page
                .into_iter()
                .take_while(|entry| entry.sequence <= head.sequence)
            {
                if entry.sequence != last + 1 {
                    return broken(last + 1, Fault::Missing);
                }
                if entry.hash_after(&hash) != entry.hash {
                    return broken(entry.sequence, Fault::Altered);
                }
                if !is_seal_of_entry(self.keyring(), &entry.seal, &entry.hash) {
                    return broken(entry.sequence, Fault::Forged);
                }
                last = entry.sequence;
                hash = entry.hash;
            }
        }
        let is_sealed = is_seal_of_head(self.keyring(), &head.seal, chain, head.sequence, &head.hash);
        if !is_sealed || head.hash != hash {
            return broken(head.sequence, Fault::Head);
        }
        if let Some(sequence) = self.beyond_head(chain).await? {
            return broken(sequence, Fault::Beyond);
        }
        Ok(Ok(Head {
            chain,
            sequence: head.sequence,
            hash,
        }))
    }

    /// An entry that the head does not know. The entry is read first: a head moves with its entry and never back.
    async fn beyond_head(&self, chain: Chain) -> Result<Option<i64>, Error> {
        let newest: Option<i64> = entries::Entity::find()
            .filter(entries::Column::Chain.eq(chain.uuid()))
            .order_by_desc(entries::Column::Sequence)
            .select_only()
            .column(entries::Column::Sequence)
            .into_tuple()
            .one(self.conn())
            .await?;
        let head = self.audit_head(chain).await?.map_or(0, |head| head.sequence);
        Ok(newest.filter(|newest| *newest > head).map(|_| head + 1))
    }
}
