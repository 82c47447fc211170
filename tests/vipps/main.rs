//! The calls of `outbound` against the simulator: two independent readings of Vipps' documents meet.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

use std::sync::Arc;

use domain::{
    Aggregate, Amount, CancelFacts, CaptureFacts, CreateFacts, Currency, Envelope, Environment, EventName,
    Forwarded, KeySet, KeySetId, KeySetKind, Msn, Outcome, ProductProfile, Reference, RefundFacts, Secret,
    State, TraceContext, UpstreamKey,
};
use outbound::vipps::{Fault as KeyFault, ProbeError, ReadError, Settings, prepare};
use outbound::{Access, Vipps};
use simulator::registry::parties::Environment as Side;
use simulator::{Fault, Options, Owner, Rule, Simulator, UnitWithKeys, Which, World};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use testkit::ManualClock;
use time::macros::datetime;

struct Stage {
    simulator: Simulator,
    vipps: Vipps,
    access: Access,
}

fn nok(value: i64) -> Amount {
    Amount::new(value, Currency::NOK)
}

fn reference() -> Reference {
    "sim-order-1".parse().unwrap()
}

fn key(text: &str) -> UpstreamKey {
    UpstreamKey::from_stored(text)
}

fn keys(known: &simulator::KeySet) -> KeySet {
    KeySet {
        id: KeySetId::from_uuid(Uuid::from_u128(7)),
        version: 1,
        kind: KeySetKind::SalesUnit,
        environment: Environment::Test,
        client_id: known.client_id.clone(),
        client_secret: Secret::new(known.client_secret.as_str()),
        subscription_key: Secret::new(known.primary_subscription_key.as_str()),
        secondary_subscription_key: Some(Secret::new(known.secondary_subscription_key.as_str())),
    }
}

impl Stage {
    async fn set() -> Self {
        let simulator = Simulator::start(Options::default()).await.unwrap();
        assert_eq!(simulator.test().environment(), Side::Test);
        let UnitWithKeys { unit, keys: known } = simulator.test().units().swap_remove(0);
        let url = |world: &World| world.url().parse().unwrap();
        let settings = Settings::new(url(simulator.test()), url(simulator.production()));
        let msn: Msn = unit.msn.parse().unwrap();
        Self {
            vipps: Vipps::new(
                settings,
                Arc::new(ManualClock::new(datetime!(2026-11-21 12:00 UTC))),
                TaskTracker::new(),
            )
            .unwrap(),
            access: Access {
                environment: Environment::Test,
                partner: None,
                keys: Arc::new(keys(&known)),
                msn: Some(msn),
                product: Arc::new(ProductProfile::new("Acme", "1.0", "acme-pos", "2.3").unwrap()),
                trace: TraceContext::default(),
            },
            simulator,
        }
    }

    async fn accepted(&self, envelope: &Envelope) {
        let outcome = self.vipps.send(envelope, &self.access).await;
        assert!(
            matches!(outcome, Outcome::Accepted(_)),
            "{}: {outcome:?}",
            envelope.path
        );
    }

    async fn refused(&self, envelope: &Envelope) -> (u16, String) {
        match self.vipps.send(envelope, &self.access).await {
            Outcome::Rejected(rejected) => (rejected.status, rejected.code.unwrap_or_default()),
            other @ (Outcome::Accepted(_) | Outcome::NotSent { .. } | Outcome::Unknown { .. }) => {
                unreachable!("{}: {other:?}", envelope.path)
            }
        }
    }

    async fn reads(&self, state: State, sums: [i64; 4]) {
        let reading = self.vipps.read_payment(&self.access, &reference()).await.unwrap();
        let [authorized, captured, refunded, cancelled] = sums;
        let aggregate = Aggregate {
            authorized,
            captured,
            refunded,
            cancelled,
        };
        assert_eq!(
            (reading.state, reading.aggregate, reading.amount),
            (state, aggregate, nok(1000))
        );
    }
}

fn create() -> Envelope {
    let body = r#"{"amount":{"currency":"NOK","value":1000},"paymentMethod":{"type":"WALLET"},"reference":"sim-order-1","userFlow":"WEB_REDIRECT","returnUrl":"https://example.com/r","paymentDescription":"One order"}"#;
    let facts = CreateFacts {
        reference: reference(),
        amount: nok(1000),
        user_flow: "WEB_REDIRECT".to_owned(),
        has_receipt: false,
    };
    let body = body.as_bytes().to_vec();
    prepare::create(&Forwarded { body, facts }, &key("CREATE1"))
}

fn modification(value: i64) -> Vec<u8> {
    format!(r#"{{"modificationAmount":{{"currency":"NOK","value":{value}}}}}"#).into_bytes()
}

fn capture(value: i64, name: &str) -> Envelope {
    let facts = CaptureFacts { amount: nok(value) };
    let body = modification(value);
    prepare::capture(&reference(), &Forwarded { body, facts }, &key(name))
}

fn refund(value: i64, name: &str) -> Envelope {
    let facts = RefundFacts { amount: nok(value) };
    let body = modification(value);
    prepare::refund(&reference(), &Forwarded { body, facts }, &key(name))
}

fn cancel(name: &str) -> Envelope {
    let facts = CancelFacts {
        transaction_only: false,
    };
    let body = Vec::new();
    prepare::cancel(&reference(), &Forwarded { body, facts }, &key(name))
}

fn approve() -> Envelope {
    prepare::approve(&reference(), br#"{"customer":{"phoneNumber":"4712345678"}}"#)
}

#[tokio::test]
async fn a_payment_goes_all_its_way_and_every_answer_is_believed() {
    let stage = Stage::set().await;
    stage.accepted(&create()).await;
    stage.reads(State::Created, [0, 0, 0, 0]).await;
    assert_eq!(
        stage.refused(&capture(1000, "EARLY")).await,
        (400, "6080".to_owned())
    );
    stage.accepted(&approve()).await;
    stage.reads(State::Authorized, [1000, 0, 0, 0]).await;
    stage.accepted(&capture(300, "CAPTURE1")).await;
    stage.accepted(&capture(200, "CAPTURE2")).await;
    stage.accepted(&capture(200, "CAPTURE2")).await;
    stage.accepted(&refund(100, "REFUND1")).await;
    stage.accepted(&cancel("CANCEL1")).await;
    stage.reads(State::Authorized, [1000, 500, 100, 500]).await;

    let log = stage
        .vipps
        .read_events(&stage.access, &reference())
        .await
        .unwrap();
    let captures: Vec<_> = log
        .events
        .iter()
        .filter(|event| event.name == EventName::Captured)
        .collect();
    assert_eq!(captures.len(), 2, "the replay moved nothing");
    assert!(
        captures
            .iter()
            .any(|event| event.key == Some(key("CAPTURE2")) && event.amount == nok(200))
    );
    stage.simulator.shutdown().await;
}

#[tokio::test]
async fn a_payment_that_nobody_approved_is_cancelled_and_terminated() {
    let stage = Stage::set().await;
    stage.accepted(&create()).await;
    stage.accepted(&cancel("CANCEL1")).await;
    stage.reads(State::Terminated, [0, 0, 0, 0]).await;
    stage.simulator.shutdown().await;
}

#[tokio::test]
async fn a_receipt_is_written_once_and_read_back() {
    let stage = Stage::set().await;
    let body = r#"{"orderLines":[{"name":"Coffee","id":"1","totalAmount":1000,"totalAmountExcludingTax":800,"totalTaxAmount":200,"taxRate":2500}],"bottomLine":{"currency":"NOK"}}"#;
    let receipt = prepare::receipt(&reference(), body.as_bytes());
    stage.accepted(&create()).await;
    stage.accepted(&receipt).await;
    assert_eq!(stage.refused(&receipt).await.0, 409);
    let order = stage.vipps.read_order(&stage.access, &reference()).await.unwrap();
    assert!(order.receipt.is_some_and(|receipt| receipt.contains("Coffee")));
    stage.simulator.shutdown().await;
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_its_replay_moves_nothing_twice() {
    for fault in [
        Fault::AnswerLost,
        Fault::ServerError {
            status: 502,
            after_effect: true,
        },
        Fault::Garbage,
        Fault::Truncated { bytes: 20 },
        Fault::Redirect {
            status: 307,
            location: "http://127.0.0.1:1/".to_owned(),
        },
    ] {
        let stage = Stage::set().await;
        stage.accepted(&create()).await;
        stage.accepted(&approve()).await;
        let rule = Rule {
            operation: Some("epayment.capture".to_owned()),
            times: Some(1),
            ..Rule::new("once", fault.clone())
        };
        stage.simulator.test().add_fault(rule);

        let outcome = stage.vipps.send(&capture(400, "CAPTURE1"), &stage.access).await;
        assert!(
            matches!(outcome, Outcome::Unknown { .. }),
            "{fault:?}: {outcome:?}"
        );
        stage.accepted(&capture(400, "CAPTURE1")).await;
        stage.reads(State::Authorized, [1000, 400, 0, 0]).await;
        stage.simulator.shutdown().await;
    }
}

#[tokio::test]
async fn a_rotated_primary_key_is_survived_with_the_secondary() {
    let stage = Stage::set().await;
    stage.accepted(&create()).await;
    let owner = Owner::SalesUnit(stage.access.msn.as_ref().unwrap().to_string());
    stage
        .simulator
        .test()
        .registry_mut()
        .rotate(&owner, Which::Primary)
        .unwrap();
    stage.accepted(&approve()).await;
    stage.accepted(&capture(1000, "CAPTURE1")).await;
    stage.simulator.shutdown().await;
}

#[tokio::test]
async fn regenerated_keys_end_as_a_refusal_and_the_new_version_works() {
    let mut stage = Stage::set().await;
    stage.accepted(&create()).await;
    let owner = Owner::SalesUnit(stage.access.msn.as_ref().unwrap().to_string());
    let fresh = stage.simulator.test().registry_mut().regenerate(&owner).unwrap();
    assert_eq!(stage.refused(&approve()).await.0, 401);
    let error = stage.vipps.probe(&stage.access).await.unwrap_err();
    assert!(matches!(error, ProbeError::Refused { .. }), "{error:?}");

    stage.access.keys = Arc::new(KeySet {
        version: 2,
        ..keys(&fresh)
    });
    stage.vipps.probe(&stage.access).await.unwrap();
    stage.vipps.probe_sales_unit(&stage.access).await.unwrap();
    stage.accepted(&approve()).await;
    stage.simulator.shutdown().await;
}

#[tokio::test]
async fn a_wrong_secret_and_a_wrong_subscription_key_are_told_apart() {
    let stage = Stage::set().await;
    let with = |change: fn(&mut KeySet)| {
        let mut keys = (*stage.access.keys).clone();
        change(&mut keys);
        Access {
            keys: Arc::new(keys),
            ..stage.access.clone()
        }
    };
    for (access, fault) in [
        (
            with(|keys| keys.client_secret = Secret::new("wrong")),
            KeyFault::ClientSecret,
        ),
        (
            with(|keys| keys.client_id = Uuid::from_u128(1).to_string()),
            KeyFault::ClientId,
        ),
        (
            with(|keys| keys.subscription_key = Secret::new("wrong")),
            KeyFault::SubscriptionKey,
        ),
        (
            with(|keys| keys.secondary_subscription_key = Some(Secret::new("wrong"))),
            KeyFault::SecondarySubscriptionKey,
        ),
    ] {
        let error = stage.vipps.probe(&access).await.unwrap_err();
        assert!(
            matches!(&error, ProbeError::Refused { fault: told, .. } if *told == fault),
            "{fault:?}: {error:?}"
        );
    }
    stage.simulator.shutdown().await;
}

#[tokio::test]
async fn a_reference_that_vipps_does_not_know_is_not_found() {
    let stage = Stage::set().await;
    let error = stage
        .vipps
        .read_payment(&stage.access, &reference())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ReadError::NotFound(rejected) if rejected.code.as_deref() == Some("5090")),
        "{error:?}"
    );
    stage.simulator.shutdown().await;
}

#[tokio::test]
async fn every_call_carries_the_four_headers_of_the_product() {
    let stage = Stage::set().await;
    stage.accepted(&create()).await;
    stage.reads(State::Created, [0, 0, 0, 0]).await;
    let requests = stage.simulator.test().requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert!(request.missing_system_headers.is_empty(), "{}", request.path);
    }
    stage.simulator.shutdown().await;
}
