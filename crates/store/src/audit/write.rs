//! Adding an entry: behind the head of its chain, which is locked until the transaction ends.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, TryInsertResult};

use super::link::{seal_of_entry, seal_of_head};
use super::table::{entries, heads};
use super::{Act, Chain, Entry, Head};
use crate::conn::Conn;
use crate::scope::Write;
use crate::{Error, Keyring, Scope, System};

impl Scope<'_, Write> {
    /// Writes down an act on what belongs to this partner, after the last one of its chain. Do it last: the
    /// chain is locked from here to the end of the transaction.
    pub async fn add_audit(&self, act: &Act) -> Result<Head, Error> {
        add(self.conn(), self.keyring(), Chain::Partner(self.partner()), act).await
    }
}

impl System<'_, Write> {
    /// As [`Scope::add_audit`], to any chain. Acts of one transaction on several chains: the partner's first.
    pub async fn add_audit(&self, chain: Chain, act: &Act) -> Result<Head, Error> {
        add(self.conn(), self.keyring(), chain, act).await
    }
}

async fn add(conn: &Conn, keyring: &Keyring, chain: Chain, act: &Act) -> Result<Head, Error> {
    let last = lock_head(conn, keyring, chain).await?;
    let mut entry = Entry {
        id: act.id,
        chain,
        sequence: last.sequence + 1,
        environment: act.environment,
        at: act.at,
        actor: act.actor.clone(),
        executor: act.executor.to_owned(),
        action: act.action.clone(),
        target: act.target.clone(),
        reason: act.reason.clone(),
        before: act.before.clone(),
        after: act.after.clone(),
        hash: String::new(),
        seal: String::new(),
    };
    entry.hash = entry.hash_after(&last.hash);
    entry.seal = seal_of_entry(keyring, &entry.hash);
    let head = Head {
        chain,
        sequence: entry.sequence,
        hash: entry.hash.clone(),
    };
    entries::Entity::insert(row(entry))
        .exec_without_returning(conn)
        .await?;
    let seal = seal_of_head(keyring, chain, head.sequence, &head.hash);
    let moved = heads::Entity::update_many()
        .col_expr(heads::Column::Sequence, Expr::value(head.sequence))
        .col_expr(heads::Column::Hash, Expr::value(head.hash.clone()))
        .col_expr(heads::Column::Seal, Expr::value(seal))
        .filter(heads::Column::Chain.eq(chain.uuid()))
        .filter(heads::Column::Sequence.eq(last.sequence))
        .exec(conn)
        .await?;
    if moved.rows_affected == 1 {
        Ok(head)
    } else {
        Err(Error::Stale)
    }
}

/// The head, locked; a chain begins with an empty one.
async fn lock_head(conn: &Conn, keyring: &Keyring, chain: Chain) -> Result<heads::Model, Error> {
    if let Some(head) = locked(conn, chain).await? {
        return Ok(head);
    }
    let empty = heads::ActiveModel {
        chain: Set(chain.uuid()),
        partner_id: Set(chain.partner().map(domain::PartnerId::uuid)),
        sequence: Set(0),
        hash: Set(String::new()),
        seal: Set(seal_of_head(keyring, chain, 0, "")),
    };
    // Somebody else may begin the same chain: whoever is second waits and takes theirs.
    let begun = heads::Entity::insert(empty)
        .on_conflict_do_nothing_on([heads::Column::Chain])
        .exec_without_returning(conn)
        .await?;
    match begun {
        TryInsertResult::Empty | TryInsertResult::Conflicted | TryInsertResult::Inserted(_) => {}
    }
    locked(conn, chain).await?.ok_or(Error::Stale)
}

/// `SQLite` has one writer and no row locks; the builder leaves them out there.
async fn locked(conn: &Conn, chain: Chain) -> Result<Option<heads::Model>, Error> {
    Ok(heads::Entity::find_by_id(chain.uuid())
        .lock_exclusive()
        .one(conn)
        .await?)
}

fn row(entry: Entry) -> entries::ActiveModel {
    entries::ActiveModel {
        id: Set(entry.id),
        chain: Set(entry.chain.uuid()),
        sequence: Set(entry.sequence),
        partner_id: Set(entry.chain.partner().map(domain::PartnerId::uuid)),
        environment: Set(entry
            .environment
            .map(|environment| environment.as_str().to_owned())),
        at: Set(entry.at.into()),
        actor: Set(entry.actor),
        executor: Set(entry.executor),
        action: Set(entry.action),
        target: Set(entry.target),
        reason: Set(entry.reason),
        before: Set(entry.before),
        after: Set(entry.after),
        hash: Set(entry.hash),
        seal: Set(entry.seal),
    }
}
