//! What goes wrong with one piece of work holds up no other: the queues are everybody's.

use app::jobs::{push_receipts, resolve};
use app::money::{Books, Intent, intend};
use app::receipts::{self, Put};
use app::registry;
use domain::operation::Status;
use domain::receipt::{self, Line};
use domain::{Currency, Environment, Forwarded, OperationId, ReceiptFacts, Reference};
use sea_orm::{ConnectionTrait, Database, Statement, Value};
use store::registry::KeySetFilter;
use testkit::{Kind, Partner, World};
use time::Duration;

/// Jobs that take one piece of work a round.
async fn one_at_a_time(kind: Kind) -> World {
    let settings = app::Settings {
        batch: 1,
        ..app::Settings::default()
    };
    World::start_with(kind, settings).await
}

/// Makes every sealed value in a column unreadable, as a lost line of the key file would.
async fn damage(world: &World, table: &str, column: &str) {
    let database = Database::connect(&world.database.url).await.unwrap();
    let sql = format!("UPDATE {table} SET {column} = $1");
    let damaged = Statement::from_sql_and_values(
        database.get_database_backend(),
        sql,
        [Value::from(b"damaged".to_vec())],
    );
    database.execute_raw(damaged).await.unwrap();
    database.close().await.unwrap();
}

/// The operator takes away the keys that serve the partner's sales units.
async fn take_keys_away(world: &World, partner: &Partner) {
    let whose = KeySetFilter {
        partner: Some(partner.id),
        assignment: None,
    };
    for keys in registry::key_sets::list(&world.app, whose).await.unwrap() {
        registry::key_sets::remove(&world.app, &testkit::operator(), keys.id)
            .await
            .unwrap();
    }
}

/// A capture whose process died right after its intent.
async fn orphan(world: &World, partner: &Partner, reference: &Reference) -> OperationId {
    let dying = world.another_process().await;
    let capture = partner.capture_of(&dying, reference, 600, "k");
    let request = app::payments::requested(&dying, &partner.caller(), capture)
        .await
        .unwrap();
    let Intent::Begun(begun) = intend(&dying, &request, Books::AsTheyAre).await.unwrap() else {
        panic!("begun")
    };
    begun.operation.id
}

async fn status(world: &World, partner: &Partner, operation: OperationId) -> Status {
    let reader = world.app.store().read(partner.id, Environment::Test);
    let found = reader.scope().find_operation(operation).await.unwrap();
    found.unwrap().status
}

#[tokio::test]
async fn an_operation_that_cannot_be_looked_at_holds_up_no_other() {
    for kind in Kind::ALL {
        let world = one_at_a_time(kind).await;
        let (app, north, south) = (&world.app, &world.north, &world.south);
        let theirs = north.authorized(app, "acme-shop-1", 1_000).await;
        let ours = south.authorized(app, "acme-shop-2", 1_000).await;
        let stuck = orphan(&world, north, &theirs).await;
        world.advance(Duration::SECOND).await;
        let other = orphan(&world, south, &ours).await;
        take_keys_away(&world, north).await;
        for _ in 0..10 {
            world.advance(Duration::seconds(30)).await;
            resolve::run_once(app, app.clock().now()).await.unwrap();
        }
        assert_eq!(status(&world, south, other).await, Status::Succeeded);
        assert!(status(&world, north, stuck).await.is_open());
    }
}

#[tokio::test]
async fn a_damaged_row_holds_up_no_other() {
    for kind in Kind::ALL {
        let world = one_at_a_time(kind).await;
        let (app, north, south) = (&world.app, &world.north, &world.south);
        let theirs = north.authorized(app, "acme-shop-1", 1_000).await;
        let ours = south.authorized(app, "acme-shop-2", 1_000).await;
        put(&world, north, &theirs).await;
        orphan(&world, north, &theirs).await;
        damage(&world, "operations", "envelope").await;
        damage(&world, "receipts", "body").await;
        world.advance(Duration::SECOND).await;
        let other = orphan(&world, south, &ours).await;
        put(&world, south, &ours).await;
        for _ in 0..10 {
            world.advance(Duration::seconds(30)).await;
            resolve::run_once(app, app.clock().now()).await.unwrap();
            push_receipts::run_once(app, app.clock().now()).await.unwrap();
        }
        assert_eq!(status(&world, south, other).await, Status::Succeeded);
        assert_eq!(pushed(&world, south, &ours).await, receipt::Status::Sent);
    }
}

async fn pushed(world: &World, partner: &Partner, reference: &Reference) -> receipt::Status {
    let view = receipts::get(&world.app, &partner.caller(), &partner.msn, reference).await;
    view.unwrap().status
}

async fn put(world: &World, partner: &Partner, reference: &Reference) {
    let body = br#"{"orderLines":[{"name":"Coffee","id":"1","totalAmount":1000,"totalAmountExcludingTax":800,"totalTaxAmount":200,"taxRate":2500}],"bottomLine":{"currency":"NOK"}}"#;
    let line = Line {
        gross: 1_000,
        net: 800,
        tax: 200,
        rate: Some(2_500),
        percentage: None,
        discount: None,
    };
    let put = Put {
        msn: partner.msn.clone(),
        reference: reference.clone(),
        forwarded: Forwarded {
            body: body.to_vec(),
            facts: ReceiptFacts {
                lines: vec![line],
                currency: Currency::NOK,
            },
        },
    };
    receipts::put(&world.app, &partner.caller(), put).await.unwrap();
}

#[tokio::test]
async fn a_receipt_that_cannot_be_sent_holds_up_no_other_and_is_tried_ever_less_often() {
    for kind in Kind::ALL {
        let world = one_at_a_time(kind).await;
        let (app, north, south) = (&world.app, &world.north, &world.south);
        let theirs = north.authorized(app, "acme-shop-1", 1_000).await;
        let ours = south.authorized(app, "acme-shop-2", 1_000).await;
        put(&world, north, &theirs).await;
        world.advance(Duration::SECOND).await;
        put(&world, south, &ours).await;
        take_keys_away(&world, north).await;
        for _ in 0..3 {
            push_receipts::run_once(app, app.clock().now()).await.unwrap();
        }
        assert_eq!(pushed(&world, south, &ours).await, receipt::Status::Sent);
        // Were it tried each time a lease ends, it would be due 80 times an hour.
        world.advance(Duration::HOUR).await;
        let mut tries = 0;
        for _ in 0..60 {
            world.advance(Duration::MINUTE).await;
            tries += push_receipts::run_once(app, app.clock().now()).await.unwrap();
        }
        assert!((1..=10).contains(&tries), "{tries}");
    }
}
