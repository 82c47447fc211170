//! What it costs to name the partner: `NORDBRO_TEST_POSTGRES_URL=… cargo run --release -p nordbro-store --example
//! wall_cost` on a server that it may create a database on.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement by hand, in real time"
)]

extern crate nordbro_store as store;

use std::error::Error;
use std::time::Instant;

use domain::{Environment, Msn, PartnerId};
use sea_orm::{AccessMode, ConnectionTrait, Database, IsolationLevel, TransactionTrait};
use store::{Keyring, Settings, Store};
use uuid::Uuid;

const ROUNDS: u32 = 3_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = std::env::var("NORDBRO_TEST_POSTGRES_URL")?;
    let name = format!("wall_cost_{}", std::process::id());
    let admin = Database::connect(&base).await?;
    admin
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await?;
    let (server, _) = base.rsplit_once('/').ok_or("the URL names no database")?;
    let url = format!("{server}/{name}");
    migrations::run(&url).await?;
    let users = migrations::admit(&url).await?;
    let settings = Settings {
        system_url: Some(users.system.into()),
        ..Settings::new(users.app)
    };
    let store = Store::connect(&settings, Keyring::parse(Keyring::generate()?.reveal())?).await?;
    let owner = Database::connect(&url).await?;
    let partner = PartnerId::from_uuid(Uuid::from_u128(1));
    let msn: Msn = "123456".parse()?;

    told("a write as it was: BEGIN, SET TRANSACTION, COMMIT", async || {
        let isolation = Some(IsolationLevel::ReadCommitted);
        let transaction = owner
            .begin_with_config(isolation, Some(AccessMode::ReadWrite))
            .await?;
        Ok(transaction.commit().await?)
    })
    .await?;
    told(
        "a write behind the wall: BEGIN with its partner, COMMIT",
        async || {
            let transaction = store.begin(partner, Environment::Test).await?;
            Ok(transaction.commit().await?)
        },
    )
    .await?;
    told("a read as it was: one statement on its own", async || {
        owner
            .execute_raw(sea_orm::Statement::from_sql_and_values(
                sea_orm::DbBackend::Postgres,
                "SELECT * FROM assignments LEFT JOIN sales_units ON sales_unit_id = sales_units.id \
                 WHERE partner_id = $1 AND assignments.environment = 'test' AND assignments.msn = '123456' \
                 AND state <> 'ended' LIMIT 1",
                [partner.uuid().into()],
            ))
            .await?;
        Ok(())
    })
    .await?;
    told(
        "a read behind the wall: BEGIN with its partner, the statement",
        async || {
            let reader = store.read(partner, Environment::Test);
            reader.scope().find_held_unit(&msn).await?;
            Ok(())
        },
    )
    .await?;

    store.close().await?;
    owner.close().await?;
    admin
        .execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await?;
    Ok(())
}

async fn told(what: &str, round: impl AsyncFn() -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    for _ in 0..200 {
        round().await?;
    }
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        round().await?;
        took.push(began.elapsed().as_micros());
    }
    took.sort_unstable();
    println!(
        "{what}: median {} µs, p99 {} µs",
        took[took.len() / 2],
        took[took.len() * 99 / 100]
    );
    Ok(())
}
