//! Looking entries up.

use domain::PartnerId;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::table::{entries, heads};
use super::{Chain, Entry, Head};
use crate::moment::Moment;
use crate::{Error, Scope, System};

/// Which entries; what is absent narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub chain: Option<Chain>,
    pub action: Option<String>,
    pub target: Option<String>,
    pub since: Option<OffsetDateTime>,
    pub until: Option<OffsetDateTime>,
    /// Only entries behind this one in the order of the list.
    pub before: Option<Place>,
    pub limit: u64,
}

/// Where an entry stands among those of all chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: OffsetDateTime,
    pub chain: Chain,
    pub sequence: i64,
}

impl Place {
    /// Entries behind this one: older ones, and of the same moment those of a lower chain or place.
    fn behind(self) -> Condition {
        use entries::Column;
        let at = Moment::from(self.at);
        let chain = self.chain.uuid();
        let lower = Condition::any().add(Column::Chain.lt(chain)).add(
            Condition::all()
                .add(Column::Chain.eq(chain))
                .add(Column::Sequence.lt(self.sequence)),
        );
        Condition::any()
            .add(Column::At.lt(at))
            .add(Condition::all().add(Column::At.eq(at)).add(lower))
    }
}

impl<M> Scope<'_, M> {
    /// Whether this was done to that before, in this partner's chain.
    pub async fn was_done(&self, action: &str, target: &str) -> Result<bool, Error> {
        let found = entries::Entity::find()
            .filter(entries::Column::PartnerId.eq(self.partner().uuid()))
            .filter(entries::Column::Target.eq(target))
            .filter(entries::Column::Action.eq(action))
            .one(self.conn())
            .await?;
        Ok(found.is_some())
    }
}

impl<M> System<'_, M> {
    /// The newest entries first.
    pub async fn list_audit(&self, filter: &Filter) -> Result<Vec<Entry>, Error> {
        let mut found = entries::Entity::find();
        if let Some(chain) = filter.chain {
            found = found.filter(entries::Column::Chain.eq(chain.uuid()));
        }
        if let Some(action) = &filter.action {
            found = found.filter(entries::Column::Action.eq(action));
        }
        if let Some(target) = &filter.target {
            found = found.filter(entries::Column::Target.eq(target));
        }
        if let Some(since) = filter.since {
            found = found.filter(entries::Column::At.gte(Moment::from(since)));
        }
        if let Some(until) = filter.until {
            found = found.filter(entries::Column::At.lt(Moment::from(until)));
        }
        if let Some(before) = filter.before {
            found = found.filter(before.behind());
        }
        let rows = found
            .order_by_desc(entries::Column::At)
            .order_by_desc(entries::Column::Chain)
            .order_by_desc(entries::Column::Sequence)
            .limit(filter.limit)
            .all(self.conn())
            .await?;
        rows.into_iter().map(Entry::try_from).collect()
    }

    /// Entries of one chain after `after` (0 = from the first), in their order.
    pub async fn audit_after(&self, chain: Chain, after: i64, limit: u64) -> Result<Vec<Entry>, Error> {
        let rows = entries::Entity::find()
            .filter(entries::Column::Chain.eq(chain.uuid()))
            .filter(entries::Column::Sequence.gt(after))
            .order_by_asc(entries::Column::Sequence)
            .limit(limit)
            .all(self.conn())
            .await?;
        rows.into_iter().map(Entry::try_from).collect()
    }

    /// The entry of one chain at one place.
    pub async fn audit_at(&self, chain: Chain, sequence: i64) -> Result<Option<Entry>, Error> {
        let row = entries::Entity::find()
            .filter(entries::Column::Chain.eq(chain.uuid()))
            .filter(entries::Column::Sequence.eq(sequence))
            .one(self.conn())
            .await?;
        row.map(Entry::try_from).transpose()
    }

    /// Every chain that has begun, with a head or without one: the gateway's first, then by partner.
    pub async fn audit_chains(&self) -> Result<Vec<Chain>, Error> {
        let with_entries: Vec<uuid::Uuid> = entries::Entity::find()
            .select_only()
            .column(entries::Column::Chain)
            .distinct()
            .into_tuple()
            .all(self.conn())
            .await?;
        let with_heads: Vec<uuid::Uuid> = heads::Entity::find()
            .select_only()
            .column(heads::Column::Chain)
            .into_tuple()
            .all(self.conn())
            .await?;
        let mut chains: Vec<_> = with_entries
            .into_iter()
            .chain(with_heads)
            .map(Chain::of)
            .collect();
        chains.sort_unstable();
        chains.dedup();
        Ok(chains)
    }

    /// The last entry of a chain, as its head has it.
    pub async fn audit_head(&self, chain: Chain) -> Result<Option<Head>, Error> {
        let row = heads::Entity::find_by_id(chain.uuid()).one(self.conn()).await?;
        Ok(row.map(|row| Head {
            chain,
            sequence: row.sequence,
            hash: row.hash,
        }))
    }

    /// The partners that the gateway's own chain says were added.
    pub async fn audited_partners(&self, action: &str) -> Result<Vec<PartnerId>, Error> {
        let targets: Vec<String> = entries::Entity::find()
            .filter(entries::Column::Chain.eq(Chain::Gateway.uuid()))
            .filter(entries::Column::Action.eq(action))
            .order_by_asc(entries::Column::Sequence)
            .select_only()
            .column(entries::Column::Target)
            .into_tuple()
            .all(self.conn())
            .await?;
        targets
            .into_iter()
            .map(|target| target.parse().map_err(|_| Error::corrupt(super::TABLE, target)))
            .collect()
    }
}
