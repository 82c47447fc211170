//! Who did what: written down in the transaction of the change itself, so that neither exists without the other.
//!
//! A use case that changes something on somebody's behalf takes `by: &Actor` and ends with one [`Change`]:
//! `app.changed(tx, by, &[Change::added(&merchant)])` in the registry, [`own`] in a transaction of one partner,
//! [`alone`] for an act that changes no row. What acts are done to implements [`Subject`]: its noun, its owner and
//! its facts, without secrets and without customers.

mod actor;
mod facts;
mod place;
mod read;
mod subject;
mod verify;

use store::audit::{Act, Chain as StoredChain, Head as StoredHead};
use store::{System, Tx};

use crate::{App, Error};

pub use actor::{Actor, Executor};
pub(crate) use facts::moment;
pub use place::Place;
pub use read::{chains, export, export_page, json, line, list, micros, page};
pub use store::audit::{Broken, Chain, Entry, Fault, Filter, Head};
pub(crate) use subject::Notes;
pub use subject::{Change, Subject};
pub use verify::{Report, verify};

/// Writes a change down in the transaction that makes it, which may be over all partners. Commit soon: the chain
/// is locked until then.
pub(crate) async fn within(
    app: &App,
    system: System<'_>,
    by: &Actor,
    change: &Change,
) -> Result<(), store::Error> {
    told(
        &system.add_audit(change.chain, &act(app, by, change)).await?,
        change,
    );
    if let Some(also) = change.also {
        told(&system.add_audit(also, &act(app, by, change)).await?, change);
    }
    Ok(())
}

/// Writes a change down in the transaction of the partner it belongs to, as its last statement.
///
/// # Errors
/// As the store's: nothing was written then.
pub async fn own(app: &App, tx: &Tx, by: &Actor, change: &Change) -> Result<(), store::Error> {
    let scope = tx.scope();
    let act = Act {
        environment: Some(scope.environment()),
        ..act(app, by, change)
    };
    let head = scope.add_audit(&act).await?;
    told(&head, change);
    Ok(())
}

/// Writes down an act that changes no row.
///
/// # Errors
/// [`Error::Unavailable`]: then the act is not to be done.
pub async fn alone(app: &App, by: &Actor, change: &Change) -> Result<(), Error> {
    let tx = app
        .store()
        .begin_system("audit: an act that changes no row")
        .await?;
    within(app, tx.system(), by, change).await?;
    tx.commit().await?;
    Ok(())
}

fn act(app: &App, by: &Actor, change: &Change) -> Act {
    Act {
        id: app.clock().new_id(),
        at: app.now(),
        environment: change.environment,
        actor: by.name().to_owned(),
        executor: by.executor().as_str(),
        action: change.action.clone(),
        target: change.target.clone(),
        reason: by.reason().to_owned(),
        before: change.before.to_string(),
        after: change.after.to_string(),
    }
}

/// The log carries each head out of the database: whoever keeps logs elsewhere can prove a rewritten chain. An
/// entry whose transaction then fails is told as well and is not there; the place in the chain is then told again.
fn told(head: &StoredHead, change: &Change) {
    tracing::info!(
        audit.chain = %name_of(head.chain),
        audit.sequence = head.sequence,
        audit.hash = head.hash,
        audit.action = change.action,
        "an act was written down"
    );
}

/// A chain's name outside: the partner's id, or `gateway`.
pub fn name_of(chain: StoredChain) -> String {
    match chain {
        StoredChain::Gateway => "gateway".to_owned(),
        StoredChain::Partner(partner) => partner.to_string(),
    }
}
