//! The database: reached, durable, up to date, writable, and sealed with keys that are at hand.

use store::registry::{KeySetFilter, Part};
use store::{Keyring, Store};

use super::report::{Check, Status};
use crate::assemble::connect_store;
use crate::config::Config;
use crate::key_file;

const REACHED: &str = "database";
const SCHEMA: &str = "schema";
const WRITABLE: &str = "writing";
const SEALED: &str = "stored keys";

pub(super) async fn check(config: &Config, keyring: Option<Keyring>) -> Vec<Check> {
    let skipped = |names: &[&'static str], why: &str| -> Vec<Check> {
        names.iter().map(|name| Check::skipped(name, why)).collect()
    };
    let mut checks = Vec::new();
    // Looking must not make it.
    let file = migrations::file_of(config.database.url.reveal());
    if let Some(missing) = file.filter(|file| !file.exists()) {
        checks.push(Check::failed(
            REACHED,
            format!("{} is not there", missing.display()),
            "`nordbro migrate` makes it, or correct database.url",
        ));
        checks.extend(skipped(&[SCHEMA, WRITABLE, SEALED], "there is no database"));
        return checks;
    }
    // What is read here needs no key, but nothing is opened without a keyring.
    let has_keys = keyring.is_some();
    let Some(keyring) = keyring.or_else(throwaway) else {
        return skipped(&[REACHED, SCHEMA, WRITABLE, SEALED], "no key could be drawn");
    };
    let store = match connect_store(config, keyring).await {
        Ok(store) => store,
        Err(error) => {
            checks.push(Check::failed(
                REACHED,
                format!("{error:#}"),
                "see that it runs, that database.url and database.system_url are right, and that it commits durably",
            ));
            checks.extend(skipped(
                &[SCHEMA, WRITABLE, SEALED],
                "the database cannot be used",
            ));
            return checks;
        }
    };
    checks.push(Check::ok(
        REACHED,
        format!("{:?} answers and commits durably", config.database.url),
    ));
    let schema = schema(&store).await;
    let is_current = schema.status == Status::Ok;
    checks.push(schema);
    if is_current {
        checks.push(writing(&store).await);
        checks.push(if has_keys {
            sealed(&store).await
        } else {
            Check::skipped(SEALED, "there is no key file to open them with")
        });
    } else {
        checks.extend(skipped(&[WRITABLE, SEALED], "the schema is not up to date"));
    }
    // Whether it closes in order says nothing about the gateway to be.
    drop(store.close().await);
    checks
}

fn throwaway() -> Option<Keyring> {
    let key = Keyring::generate().ok()?;
    Keyring::parse(key.reveal()).ok()
}

async fn schema(store: &Store) -> Check {
    match store.pending_migrations().await {
        Ok(0) => Check::ok(SCHEMA, "no migration is missing"),
        Ok(missing) => Check::failed(
            SCHEMA,
            format!("{missing} migrations are missing"),
            "`nordbro migrate`",
        ),
        Err(error) => Check::failed(
            SCHEMA,
            format!("its version cannot be read: {:#}", anyhow::Error::from(error)),
            "see that the user of database.system_url is a member of nordbro_system",
        ),
    }
}

/// Raises the registry's version and takes that back.
async fn writing(store: &Store) -> Check {
    let written = async {
        let tx = store.begin_system("doctor").await?;
        tx.system().change_registry().await?;
        tx.rollback().await
    };
    match written.await {
        Ok(()) => Check::ok(WRITABLE, "a transaction was written and rolled back"),
        Err(error) => Check::failed(
            WRITABLE,
            format!("nothing can be written: {:#}", anyhow::Error::from(error)),
            "see that the disk has room, that the database is no read-only replica and that its user may write",
        ),
    }
}

/// Whether the keys at hand are this database's; what does not open although they are is damaged.
async fn sealed(store: &Store) -> Check {
    let reader = store.read_system("doctor");
    let found = match reader.system().examine_keys().await {
        Ok(found) => found,
        Err(error) => {
            return Check::failed(
                SEALED,
                format!("the data keys cannot be read: {:#}", anyhow::Error::from(error)),
                "see the database's own log",
            );
        }
    };
    if let Some(lacking) = key_file::lacking(&found) {
        return Check::failed(
            SEALED,
            lacking,
            "bring back the key file, or its missing line, from its own backup; without it this database cannot be served",
        );
    }
    if !found.damaged.is_empty() {
        let ids: Vec<_> = found.damaged.iter().map(ToString::to_string).collect();
        return Check::failed(
            SEALED,
            format!(
                "the key file is the right one, and rows of data_keys are damaged: {}",
                ids.join(", ")
            ),
            "bring back these rows from a backup of the database",
        );
    }
    let known = match reader
        .system()
        .list_key_sets(KeySetFilter::default(), Part::ALL)
        .await
    {
        Ok(known) => known,
        Err(error) => {
            return Check::failed(
                SEALED,
                format!("they cannot be listed: {:#}", anyhow::Error::from(error)),
                "see the database's own log",
            );
        }
    };
    let mut shut = 0;
    for set in &known {
        if reader.system().open_key_set(set.id).await.is_err() {
            shut += 1;
        }
    }
    if shut == 0 {
        let data_keys: u64 = found.keys.iter().map(|key| key.data_keys).sum();
        return Check::ok(
            SEALED,
            format!("all {data_keys} data keys and all {} key sets open", known.len()),
        );
    }
    Check::failed(
        SEALED,
        format!(
            "every key is at hand, and {shut} of {} key sets do not open: their rows are damaged",
            known.len()
        ),
        "bring back these rows from a backup of the database, or add the keys anew with `nordbro keys add`",
    )
}
