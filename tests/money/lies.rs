//! A yes of Vipps that cannot be true of the payment: it is unknown, and settled by reading.

use domain::Reference;
use domain::operation::Status;
use serde_json::{Value, json};
use simulator::{EventName, Fault, Rule};
use testkit::World;
use time::Duration;

use crate::{ledger, on_each, seen};

const AUTHORIZED: i64 = 10_000;
const CAPTURED: i64 = 2_000;
const REFUNDED: i64 = 500;
const ASKED: i64 = 3_000;

/// A payment of which the books know a capture and a refund.
async fn begun(world: &World, reference: &str) -> Reference {
    let (app, north) = (&world.app, &world.north);
    let reference = north.authorized(app, reference, AUTHORIZED).await;
    for (moved, key) in [("capture", "first"), ("refund", "second")] {
        let key = format!("{key}-{reference}");
        let done = match moved {
            "capture" => north.capture(app, &reference, CAPTURED, &key).await,
            _ => north.refund(app, &reference, REFUNDED, &key).await,
        };
        assert_eq!(done.unwrap().operation.status, Status::Succeeded);
    }
    reference
}

/// The true answer to the next capture, with one thing changed.
fn lie(reference: &Reference, change: impl FnOnce(&mut Value)) -> String {
    let nok = |value: i64| json!({"currency": "NOK", "value": value});
    let mut body = json!({
        "amount": nok(AUTHORIZED), "state": "AUTHORIZED", "pspReference": "p", "reference": reference.as_str(),
        "aggregate": {
            "authorizedAmount": nok(AUTHORIZED), "capturedAmount": nok(CAPTURED + ASKED),
            "refundedAmount": nok(REFUNDED), "cancelledAmount": nok(0),
        },
    });
    change(&mut body);
    body.to_string()
}

/// Everything a 200 can be wrong about, for a payment that has a history.
fn lies(reference: &Reference) -> Vec<(&'static str, String)> {
    let sum = |name: &'static str, value: i64| {
        lie(reference, |body| body["aggregate"][name]["value"] = json!(value))
    };
    vec![
        ("html", "<html><body>Welcome</body></html>".to_owned()),
        (
            "another reference",
            lie(reference, |body| body["reference"] = json!("somebody-elses-1")),
        ),
        (
            "another amount",
            lie(reference, |body| body["amount"]["value"] = json!(777)),
        ),
        (
            "another currency throughout",
            lie(reference, |_| ()).replace("NOK", "SEK"),
        ),
        (
            "an unknown state",
            lie(reference, |body| body["state"] = json!("CAPTURED")),
        ),
        (
            "a state that the books cannot come to",
            lie(reference, |body| body["state"] = json!("TERMINATED")),
        ),
        ("this capture without the first", sum("capturedAmount", ASKED)),
        (
            "a little less than both",
            sum("capturedAmount", CAPTURED + ASKED - 1),
        ),
        ("refunds that shrank", sum("refundedAmount", REFUNDED - 1)),
        (
            "a reservation that shrank",
            sum("authorizedAmount", AUTHORIZED - 1),
        ),
    ]
}

#[tokio::test]
async fn a_yes_that_contradicts_the_payment_is_settled_by_reading_whether_it_happened_or_not() {
    on_each(async |world: &World| {
        let (app, north) = (&world.app, &world.north);
        for after_effect in [true, false] {
            for number in 0..lies(&"x-1234567".parse().unwrap()).len() {
                let reference = begun(world, &format!("acme-{after_effect}-{number}")).await;
                let (name, body) = lies(&reference).swap_remove(number);
                let fault = Fault::Answer {
                    status: 200,
                    content_type: Some("application/json".to_owned()),
                    headers: Vec::new(),
                    body,
                    after_effect,
                };
                let rule = Rule::new("lie", fault).on("epayment.capture").once();
                world.simulator.test().add_fault(rule);
                world.simulator.test().clear_requests();
                let captured = world
                    .finish(north.capture(app, &reference, ASKED, &format!("third-{reference}")))
                    .await
                    .unwrap();
                assert_eq!(
                    captured.operation.status,
                    Status::Succeeded,
                    "{name}, {after_effect}"
                );
                let sums = captured.payment.unwrap().payment.aggregate;
                assert_eq!(
                    (sums.authorized, sums.captured, sums.refunded),
                    (AUTHORIZED, CAPTURED + ASKED, REFUNDED),
                    "{name}, {after_effect}"
                );
                let taken: Vec<_> = ledger(world, &reference)
                    .into_iter()
                    .filter(|(event, _)| *event == EventName::Captured)
                    .map(|(_, amount)| amount)
                    .collect();
                assert_eq!(taken, [CAPTURED, ASKED], "{name}, {after_effect}");
                // What happened is found in the log; what did not is asked for again, with the same key.
                let sent = if after_effect { 1 } else { 2 };
                assert_eq!(seen(world, "epayment.capture"), sent, "{name}, {after_effect}");
                assert!(seen(world, "epayment.events") >= 1, "{name}, {after_effect}");
                world.advance(Duration::MINUTE).await;
            }
        }
    })
    .await;
}
