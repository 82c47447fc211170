//! Envelope encryption: a data key per owner, bound rows, and rotations that lose nothing.

use std::collections::BTreeSet;

use domain::{Environment, KeySet, KeySetId, KeySetKind, Secret};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use store::data_keys::{BODIES, KeysAtRest, Resealed, SECRETS};
use store::registry::KeySetOwner;
use store::sealing::Owner;
use store::{Error, Keyring, Store};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::databases::{Fresh, KEY, TEST, keyring, on_each, partner};
use crate::registry::two_partners;

const NOW: OffsetDateTime = datetime!(2026-04-01 12:00 UTC);

/// A key set as the first release sealed it, made by another implementation of the format: row 7 of partner 1 in test,
/// version 1, under the key of these tests.
const SEALED_DIRECTLY: &str = "01d9b21d9434e58fe6000102030405060708090a0b0c0d0e0f1011121314151617e2168e320726dc75a076cce7f3bbe96ccfadc5f062d03facffa84282edca53bfad0ef1a67ee9e012064b86f0152a8afd35a3e8058e1d9979ed937a";

fn keys(number: u128, environment: Environment) -> KeySet {
    KeySet {
        id: KeySetId::from_uuid(Uuid::from_u128(number)),
        version: 1,
        kind: KeySetKind::Accounting,
        environment,
        client_id: "a-client".to_owned(),
        client_secret: Secret::new("canary-secret"),
        subscription_key: Secret::new("canary-subscription"),
        secondary_subscription_key: None,
    }
}

async fn add_keys(store: &Store, owner: u128, keys: &KeySet) {
    let tx = store.begin_system("test").await.unwrap();
    let registry = tx.system().change_registry().await.unwrap();
    let owner = KeySetOwner::Accounting(partner(owner));
    registry.add_key_set(keys, owner, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn opened(store: &Store, number: u128) -> Result<KeySet, Error> {
    let id = KeySetId::from_uuid(Uuid::from_u128(number));
    let reader = store.read_system("test");
    Ok(reader.system().open_key_set(id).await?.expect("the row is there"))
}

/// Another process with a key file of these lines.
async fn process(fresh: &Fresh, lines: &[&str]) -> Store {
    let ring = Keyring::parse(&lines.join("\n")).unwrap();
    Store::connect(&fresh.settings, ring).await.unwrap()
}

/// Statements past every rule of ours.
async fn raw(fresh: &Fresh) -> DatabaseConnection {
    Database::connect(&fresh.url).await.unwrap()
}

fn is_sqlite(raw: &DatabaseConnection) -> bool {
    raw.get_database_backend() == DbBackend::Sqlite
}

async fn run(raw: &DatabaseConnection, sql: &str) {
    raw.execute_unprepared(sql).await.unwrap();
}

async fn numbers(raw: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(raw.get_database_backend(), sql.to_owned());
    let row = raw.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// An id as a literal of either database.
fn literal(raw: &DatabaseConnection, number: u128) -> String {
    if is_sqlite(raw) {
        format!("x'{number:032x}'")
    } else {
        format!("'{}'::uuid", Uuid::from_u128(number))
    }
}

async fn renew(store: &Store, owner: Owner) {
    let tx = store.begin_system("test").await.unwrap();
    let registry = tx.system().change_registry().await.unwrap();
    registry.renew_data_key(owner, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

/// Seals everything old anew, in pages of two rows.
async fn reseal_all(store: &Store) -> Resealed {
    let mut all = Resealed::default();
    let mut add = |done: Resealed| {
        all.done += done.done;
        all.changed += done.changed;
        all.shut += done.shut;
    };
    let reader = store.read_system("test");
    let current: BTreeSet<Uuid> = reader.system().current_data_keys().await.unwrap();
    for sealed in &SECRETS {
        let mut after = None;
        loop {
            let page = reader
                .system()
                .find_old(sealed, &current, after, 2)
                .await
                .unwrap();
            let tx = store.begin_system("test").await.unwrap();
            add(tx.system().reseal(sealed, &page.old).await.unwrap());
            tx.commit().await.unwrap();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    for number in [1, 2] {
        for sealed in &BODIES {
            let scoped = store.read(partner(number), TEST);
            let page = scoped
                .scope()
                .find_old(sealed, &current, None, 100)
                .await
                .unwrap();
            let tx = store.begin(partner(number), TEST).await.unwrap();
            add(tx.scope().reseal(sealed, &page.old).await.unwrap());
            tx.commit().await.unwrap();
        }
    }
    all
}

async fn rewrap_all(store: &Store) -> (u64, u64) {
    let (mut done, mut shut, mut after) = (0, 0, None);
    loop {
        let tx = store.begin_system("test").await.unwrap();
        let round = tx.system().rewrap_data_keys(after, 1).await.unwrap();
        tx.commit().await.unwrap();
        done += round.done;
        shut += round.shut;
        match round.next {
            Some(next) => after = Some(next),
            None => return (done, shut),
        }
    }
}

#[tokio::test]
async fn a_partner_has_one_data_key_however_many_ask_for_it_first() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let others = [process(fresh, &[KEY]).await, process(fresh, &[KEY]).await];
        let begun = futures_util::future::join_all((0..12).map(|turn| {
            let store = if turn % 2 == 0 { &others[0] } else { &others[1] };
            async move { store.begin(partner(1), TEST).await.unwrap().rollback().await }
        }))
        .await;
        assert!(begun.iter().all(Result::is_ok), "{begun:?}");
        let raw = raw(fresh).await;
        assert_eq!(numbers(&raw, "SELECT count(*) FROM data_keys").await, 1);
        // Who is no partner gets none.
        others[0].begin(partner(77), TEST).await.unwrap();
        assert_eq!(numbers(&raw, "SELECT count(*) FROM data_keys").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_data_key_that_was_rolled_back_seals_nothing() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let tx = fresh.store.begin_system("test").await.unwrap();
        let registry = tx.system().change_registry().await.unwrap();
        let owner = KeySetOwner::Accounting(partner(1));
        registry.add_key_set(&keys(1, TEST), owner, NOW).await.unwrap();
        tx.rollback().await.unwrap();

        add_keys(&fresh.store, 1, &keys(1, TEST)).await;
        let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
        tx.commit().await.unwrap();
        add_keys(&fresh.store, 1, &keys(2, TEST)).await;
        let later = process(fresh, &[KEY]).await;
        for number in [1, 2] {
            assert_eq!(
                opened(&later, number).await.unwrap(),
                keys(number, TEST),
                "{}",
                fresh.name
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_sealed_before_there_were_data_keys_opens_and_is_sealed_anew() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        add_keys(&fresh.store, 1, &keys(7, TEST)).await;
        let raw = raw(fresh).await;
        let blob = if is_sqlite(&raw) {
            format!("x'{SEALED_DIRECTLY}'")
        } else {
            format!("decode('{SEALED_DIRECTLY}', 'hex')")
        };
        run(&raw, &format!("UPDATE key_sets SET sealed = {blob}")).await;
        let store = process(fresh, &[KEY]).await;
        assert_eq!(opened(&store, 7).await.unwrap(), keys(7, TEST), "{}", fresh.name);

        let examined = examine(&store).await;
        assert_eq!(examined.keys[0].sealed_directly, 1);
        let done = reseal_all(&store).await;
        assert_eq!((done.done, done.changed, done.shut), (1, 0, 0));
        assert_eq!(examine(&store).await.keys[0].sealed_directly, 0);
        assert_eq!(
            opened(&process(fresh, &[KEY]).await, 7).await.unwrap(),
            keys(7, TEST)
        );
        assert_eq!(
            reseal_all(&store).await,
            Resealed::default(),
            "a second run has nothing to do"
        );
    })
    .await;
}

#[tokio::test]
async fn a_sealed_row_moved_to_another_partner_environment_version_or_row_does_not_open() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        add_keys(&fresh.store, 1, &keys(7, TEST)).await;
        add_keys(&fresh.store, 1, &keys(8, TEST)).await;
        add_keys(&fresh.store, 2, &keys(9, TEST)).await;
        let raw = raw(fresh).await;
        let (seven, eight, nine) = (literal(&raw, 7), literal(&raw, 8), literal(&raw, 9));
        let (one, two) = (literal(&raw, 1), literal(&raw, 2));
        let moves = [
            (format!("UPDATE key_sets SET partner_id = {two} WHERE id = {seven}"), 7),
            (format!("UPDATE key_sets SET environment = 'production' WHERE id = {seven}"), 7),
            (format!("UPDATE key_sets SET version = 2 WHERE id = {seven}"), 7),
            (
                format!("UPDATE key_sets SET sealed = (SELECT sealed FROM key_sets WHERE id = {seven}) WHERE id = {eight}"),
                8,
            ),
            (
                format!("UPDATE key_sets SET sealed = (SELECT sealed FROM key_sets WHERE id = {seven}) WHERE id = {nine}"),
                9,
            ),
            // With its data key as well: the key does not open under another owner.
            (
                format!(
                    "UPDATE key_sets SET partner_id = {two} WHERE id = {seven}; \
                     DELETE FROM data_keys WHERE partner_id = {two}; \
                     UPDATE data_keys SET partner_id = {two} WHERE partner_id = {one}"
                ),
                7,
            ),
        ];
        let before = snapshot(&raw).await;
        for (sql, number) in moves {
            for statement in sql.split("; ") {
                run(&raw, statement).await;
            }
            // Another process, that has unwrapped nothing yet, and this one, that has.
            for store in [&process(fresh, &[KEY]).await, &fresh.store] {
                let refused = opened(store, number).await;
                assert!(
                    matches!(refused, Err(Error::Corrupt { .. })),
                    "{}: {sql}: {refused:?}",
                    fresh.name
                );
            }
            restore(&raw, &before).await;
            assert!(opened(&fresh.store, number).await.is_ok(), "{}: {sql}", fresh.name);
        }
    })
    .await;
}

/// The rows that the moves above touch, as statements that bring them back.
async fn snapshot(raw: &DatabaseConnection) -> Vec<String> {
    for table in ["key_sets", "data_keys"] {
        run(
            raw,
            &format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"),
        )
        .await;
    }
    ["key_sets", "data_keys"]
        .iter()
        .flat_map(|table| {
            [
                format!("DELETE FROM {table}"),
                format!("INSERT INTO {table} SELECT * FROM kept_{table}"),
            ]
        })
        .collect()
}

async fn restore(raw: &DatabaseConnection, statements: &[String]) {
    for statement in statements {
        run(raw, statement).await;
    }
}

#[tokio::test]
async fn a_new_data_key_seals_new_rows_and_takes_over_the_old_ones() {
    on_each(async |fresh| {
        let store = &fresh.store;
        two_partners(store).await;
        for number in 1..=5 {
            add_keys(store, 1, &keys(number, TEST)).await;
        }
        add_keys(store, 2, &keys(9, TEST)).await;
        let other = process(fresh, &[KEY]).await;
        other.begin(partner(1), TEST).await.unwrap();
        renew(store, Owner::Partner(partner(1))).await;

        // A process that has read the registry's new version seals under the new key.
        other
            .read_system("test")
            .system()
            .registry_version()
            .await
            .unwrap();
        other.begin(partner(1), TEST).await.unwrap();
        add_keys(&other, 1, &keys(6, TEST)).await;
        for number in 1..=6 {
            assert_eq!(opened(&other, number).await.unwrap(), keys(number, TEST));
        }
        let done = reseal_all(store).await;
        assert_eq!((done.done, done.changed, done.shut), (5, 0, 0), "{}", fresh.name);
        // The retired key opens nothing any more.
        let raw = raw(fresh).await;
        run(&raw, "DELETE FROM data_keys WHERE retired_at IS NOT NULL").await;
        let last = process(fresh, &[KEY]).await;
        for number in 1..=6 {
            assert_eq!(opened(&last, number).await.unwrap(), keys(number, TEST));
        }
        assert_eq!(opened(&last, 9).await.unwrap(), keys(9, TEST));
        assert_eq!(reseal_all(&last).await, Resealed::default());
    })
    .await;
}

#[tokio::test]
async fn the_key_files_keys_rotate_and_the_old_one_may_go() {
    on_each(async |fresh| {
        let new = Keyring::generate().unwrap();
        two_partners(&fresh.store).await;
        add_keys(&fresh.store, 1, &keys(1, TEST)).await;
        add_keys(&fresh.store, 2, &keys(2, TEST)).await;
        let fingerprint = fresh.store.keyring().fingerprint("test", b"value");

        let both = process(fresh, &[KEY, new.reveal()]).await;
        assert_eq!(rewrap_all(&both).await, (2, 0), "{}", fresh.name);
        assert_eq!(rewrap_all(&both).await, (0, 0));
        let tx = both.begin_system("test").await.unwrap();
        tx.system().keep_fingerprint_keys().await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(examine(&both).await.keys[0].data_keys, 0);

        let alone = process(fresh, &[new.reveal()]).await;
        assert_eq!(examine(&alone).await.missing().count(), 0);
        assert_eq!(opened(&alone, 1).await.unwrap(), keys(1, TEST));
        assert_eq!(opened(&alone, 2).await.unwrap(), keys(2, TEST));
        assert_eq!(alone.keyring().is_of(&fingerprint, "test", b"value"), Some(true));
        assert_eq!(alone.keyring().is_of(&fingerprint, "test", b"other"), Some(false));
        // The old key alone opens nothing.
        let before = process(fresh, &[KEY]).await;
        assert!(opened(&before, 1).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn another_key_file_and_a_damaged_row_are_told_apart() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        add_keys(&fresh.store, 1, &keys(1, TEST)).await;
        add_keys(&fresh.store, 2, &keys(2, TEST)).await;
        let own = examine(&fresh.store).await;
        assert_eq!(own.keys.len(), 1);
        assert_eq!((own.keys[0].held, own.keys[0].data_keys), (true, 2));
        assert_eq!((own.missing().count(), own.damaged.len()), (0, 0));

        let other = Keyring::generate().unwrap();
        let stranger = examine(&process(fresh, &[other.reveal()]).await).await;
        let missing: Vec<_> = stranger.missing().collect();
        assert_eq!(missing.len(), 1, "{stranger:?}");
        assert_eq!(missing[0].key, keyring().newest_id());
        assert_eq!(missing[0].data_keys, 2);
        assert!(stranger.damaged.is_empty());

        let raw = raw(fresh).await;
        let (one, two) = (literal(&raw, 1), literal(&raw, 2));
        run(
            &raw,
            &format!(
                "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE partner_id = {one}) \
                 WHERE partner_id = {two}"
            ),
        )
        .await;
        let damaged = examine(&process(fresh, &[KEY]).await).await;
        assert_eq!((damaged.missing().count(), damaged.damaged.len()), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn every_column_of_sealed_values_is_listed() {
    on_each(async |fresh| {
        let raw = raw(fresh).await;
        let sql = if is_sqlite(&raw) {
            "SELECT m.name || '.' || c.name AS place FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND upper(c.type) = 'BLOB' ORDER BY 1"
        } else {
            "SELECT table_name || '.' || column_name AS place FROM information_schema.columns \
             WHERE table_schema = 'public' AND data_type = 'bytea' ORDER BY 1"
        };
        let statement = Statement::from_string(raw.get_database_backend(), sql.to_owned());
        let found: BTreeSet<String> = raw
            .query_all_raw(statement)
            .await
            .unwrap()
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect();
        let wrapped = ["data_keys.wrapped", "fingerprint_keys.wrapped"].map(str::to_owned);
        let listed: BTreeSet<String> = SECRETS
            .iter()
            .chain(&BODIES)
            .map(|sealed| format!("{}.{}", sealed.table, sealed.column))
            .chain(wrapped)
            .collect();
        assert_eq!(
            found, listed,
            "a column of sealed values belongs into store::data_keys::BODIES or SECRETS, or rotations leave it out"
        );
    })
    .await;
}

async fn examine(store: &Store) -> KeysAtRest {
    let reader = store.read_system("test");
    reader.system().examine_keys().await.unwrap()
}
