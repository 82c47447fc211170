//! What is another's and what is nobody's take the same way through the database: no statement more, none less, none
//! other. So the time that an answer takes does not tell them apart either.

use testkit::contract::{Operation, operations};
use testkit::{Gateway, Kind, Statements, on_both_databases};
use time::Duration;

use crate::samples::{Names, key_for, payment_of, request};

on_both_databases!(
    another_partners_unit_and_an_unknown_one_run_the_same_statements,
    another_partners_payment_and_an_unknown_one_run_the_same_statements,
);

/// The statements of one request of south.
async fn run(
    gateway: &Gateway,
    statements: &Statements,
    operation: &Operation,
    names: &Names,
) -> Vec<String> {
    gateway.world.advance(Duration::minutes(2)).await;
    let token = gateway.south_token().signed();
    // What the caches have forgotten meanwhile is asked for here, and not within the comparison.
    let other = Names {
        reference: "never-heard-of-2".to_owned(),
        ..names.clone()
    };
    for warm in [
        other,
        Names {
            msn: "200001".to_owned(),
            ..names.clone()
        },
    ] {
        let _ = request(gateway, operation, &warm, "warm")
            .bearer(&token)
            .send()
            .await;
    }
    let _ = statements.take();
    let key = key_for(&["statements", &operation.id]);
    let answer = request(gateway, operation, names, &key)
        .bearer(&token)
        .send()
        .await;
    assert_eq!(answer.status, 404, "{answer}");
    statements.take()
}

async fn another_partners_unit_and_an_unknown_one_run_the_same_statements(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let norths = payment_of(&gateway, &gateway.north(), "north-order-1").await;
    let nowhere = Names {
        msn: "999999".to_owned(),
        ..norths.clone()
    };
    let statements = Statements::listen();
    let mut asked = 0;
    for operation in operations().iter().filter(|it| it.path.contains("{msn}")) {
        let foreign = run(&gateway, &statements, operation, &norths).await;
        let unknown = run(&gateway, &statements, operation, &nowhere).await;
        assert_eq!(foreign, unknown, "{}", operation.id);
        asked += foreign.len();
    }
    assert!(asked > 0, "no statement was heard at all");
}

async fn another_partners_payment_and_an_unknown_one_run_the_same_statements(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let norths = payment_of(&gateway, &gateway.north(), "north-order-1").await;
    let own = |reference: &str| Names {
        msn: "200001".to_owned(),
        reference: reference.to_owned(),
        ..norths.clone()
    };
    let statements = Statements::listen();
    let mut asked = 0;
    for operation in operations().iter().filter(|it| it.path.contains("{reference}")) {
        let foreign = run(&gateway, &statements, operation, &own(&norths.reference)).await;
        let unknown = run(&gateway, &statements, operation, &own("never-heard-of-1")).await;
        assert_eq!(foreign, unknown, "{}", operation.id);
        asked += foreign.len();
    }
    assert!(asked > 0, "no statement was heard at all");
}
