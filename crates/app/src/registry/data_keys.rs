//! Rotating what rows are sealed with, while gateways serve: every step is one short transaction, and a run
//! that was cut short is begun again and finds what is left.

use std::collections::BTreeSet;

use domain::{Environment, PartnerId};
use store::data_keys::{BODIES, Resealed, SECRETS, Sealed};
pub use store::data_keys::{KeysAtRest, UnderKey};
use store::sealing::Owner;
use time::Duration;
use uuid::Uuid;

use super::Part;
use crate::audit::{self, Actor, Chain, Change};
use crate::{App, Error, What};

/// After a data key was replaced, another process may seal with the one before until it has read the
/// registry's new version; one that cannot read it for ten seconds stops serving.
const HEARD: Duration = Duration::seconds(12);
/// How long to wait at once; a process that ends must not hang on it.
const PAUSE: Duration = Duration::seconds(3);

/// Whose data key is replaced by a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renew {
    /// Nobody's: data keys are wrapped anew only.
    Nobody,
    Everybody,
    Gateway,
    Partner(PartnerId),
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Owners with a new data key.
    pub renewed: u64,
    /// Data keys that are now wrapped with the newest key of the key file.
    pub rewrapped: u64,
    /// Values that are now sealed with their owner's present data key.
    pub resealed: u64,
    /// Data keys and values that did not open; each is named in the log. Zero = the key file's older lines
    /// may go.
    pub shut: u64,
}

/// The keys of the key file and what hangs on each.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn status(app: &App) -> Result<KeysAtRest, Error> {
    let reader = app.store().read_system("keys status");
    Ok(reader.system().examine_keys().await?)
}

/// Wraps every data key anew with the newest key of the key file, gives new data keys to those named, and
/// seals anew what is sealed with anything older. `batch` = rows of one transaction.
///
/// # Errors
/// `NotFound(Partner)`; [`Error::Unavailable`]: what was done stays done, run it again.
pub async fn rotate(app: &App, by: &Actor, renew: Renew, batch: u64) -> Result<Rotated, Error> {
    let batch = batch.clamp(1, 1_000);
    let act = Change::plain(Chain::Gateway, "data_key.rotate", audit::name_of(Chain::Gateway));
    audit::alone(app, by, &act).await?;
    let mut rotated = Rotated::default();
    keep_fingerprints(app).await?;
    rewrap(app, batch, &mut rotated).await?;
    for owner in owners(app, renew).await? {
        let tx = app.change().await?;
        let registry = tx.system().change_registry().await?;
        registry.renew_data_key(owner, app.now()).await?;
        let chain = match owner {
            Owner::Gateway => Chain::Gateway,
            Owner::Partner(partner) => Chain::Partner(partner),
        };
        app.changed(
            tx,
            by,
            &[Change::plain(chain, "data_key.renew", audit::name_of(chain))],
        )
        .await?;
        rotated.renewed += 1;
    }
    let renewed_at = app.now();
    let pass = reseal_everything(app, batch).await?;
    rotated.resealed += pass.done;
    rotated.shut += pass.shut;
    if rotated.renewed > 0 {
        let heard = renewed_at + HEARD;
        while app.now() < heard {
            app.clock().sleep_until(heard.min(app.now() + PAUSE)).await;
        }
        rotated.resealed += reseal_everything(app, batch).await?.done;
    }
    Ok(rotated)
}

async fn keep_fingerprints(app: &App) -> Result<(), Error> {
    let tx = app.store().begin_system("keys rotate: fingerprints").await?;
    tx.system().keep_fingerprint_keys().await?;
    Ok(tx.commit().await?)
}

async fn rewrap(app: &App, batch: u64, rotated: &mut Rotated) -> Result<(), Error> {
    let mut after = None;
    loop {
        let tx = app.store().begin_system("keys rotate: data keys").await?;
        let round = tx.system().rewrap_data_keys(after, batch).await?;
        tx.commit().await?;
        rotated.rewrapped += round.done;
        rotated.shut += round.shut;
        match round.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn owners(app: &App, renew: Renew) -> Result<Vec<Owner>, Error> {
    let reader = app.store().read_system("keys rotate: owners");
    let system = reader.system();
    match renew {
        Renew::Nobody => Ok(Vec::new()),
        Renew::Everybody => Ok(system.data_key_owners().await?),
        Renew::Gateway => Ok(vec![Owner::Gateway]),
        Renew::Partner(partner) => {
            let found = system.find_partner(partner).await?;
            found.ok_or(Error::NotFound(What::Partner))?;
            Ok(vec![Owner::Partner(partner)])
        }
    }
}

/// One pass over every column, partner by partner.
async fn reseal_everything(app: &App, batch: u64) -> Result<Resealed, Error> {
    let (current, partners) = {
        let reader = app.store().read_system("keys rotate: present data keys");
        let system = reader.system();
        (
            system.current_data_keys().await?,
            system.list_partners(Part::ALL).await?,
        )
    };
    let mut all = Resealed::default();
    for sealed in &SECRETS {
        add(&mut all, reseal_secrets(app, sealed, &current, batch).await?);
    }
    for partner in partners {
        for environment in Environment::ALL {
            for sealed in &BODIES {
                let whose = (partner.id, environment);
                add(
                    &mut all,
                    reseal_bodies(app, whose, sealed, &current, batch).await?,
                );
            }
        }
    }
    tracing::info!(
        resealed = all.done,
        changed = all.changed,
        shut = all.shut,
        "a pass over everything that is sealed"
    );
    Ok(all)
}

async fn reseal_secrets(
    app: &App,
    sealed: &Sealed,
    current: &BTreeSet<Uuid>,
    batch: u64,
) -> Result<Resealed, Error> {
    let mut all = Resealed::default();
    let mut after = None;
    loop {
        let page = {
            let reader = app.store().read_system("keys rotate: old secrets");
            reader.system().find_old(sealed, current, after, batch).await?
        };
        if !page.old.is_empty() {
            let tx = app.store().begin_system("keys rotate: seal secrets anew").await?;
            let done = tx.system().reseal(sealed, &page.old).await?;
            tx.commit().await?;
            add(&mut all, done);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

async fn reseal_bodies(
    app: &App,
    (partner, environment): (PartnerId, Environment),
    sealed: &Sealed,
    current: &BTreeSet<Uuid>,
    batch: u64,
) -> Result<Resealed, Error> {
    let mut all = Resealed::default();
    let mut after = None;
    loop {
        let page = {
            let reader = app.store().read(partner, environment);
            reader.scope().find_old(sealed, current, after, batch).await?
        };
        if !page.old.is_empty() {
            let tx = app.store().begin(partner, environment).await?;
            let done = tx.scope().reseal(sealed, &page.old).await?;
            tx.commit().await?;
            add(&mut all, done);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

fn add(all: &mut Resealed, some: Resealed) {
    all.done += some.done;
    all.changed += some.changed;
    all.shut += some.shut;
}
