//! Receipts go out once, from an outbox, and no sale waits for them.

use app::jobs::push_receipts;
use app::receipts::{self, Put};
use app::{Error, ReceiptView};
use domain::payment::Refusal;
use domain::receipt::{Line, Status};
use domain::{Currency, Forwarded, ReceiptFacts, Reference};
use simulator::{Fault, Rule};
use testkit::World;
use time::Duration;

use crate::{on_each, seen};

async fn put(world: &World, reference: &Reference, gross: i64) -> Result<ReceiptView, Error> {
    let (net, tax) = (gross / 5 * 4, gross / 5);
    let body = format!(
        r#"{{"orderLines":[{{"name":"Coffee","id":"1","totalAmount":{gross},"totalAmountExcludingTax":{net},"totalTaxAmount":{tax},"taxRate":2500}}],"bottomLine":{{"currency":"NOK"}}}}"#
    );
    let line = Line {
        gross,
        net,
        tax,
        rate: Some(2_500),
        percentage: None,
        discount: None,
    };
    let put = Put {
        msn: world.north.msn.clone(),
        reference: reference.clone(),
        forwarded: Forwarded {
            body: body.into_bytes(),
            facts: ReceiptFacts {
                lines: vec![line],
                currency: Currency::NOK,
            },
        },
    };
    receipts::put(&world.app, &world.north.caller(), put).await
}

async fn status(world: &World, reference: &Reference) -> Status {
    receipts::get(&world.app, &world.north.caller(), &world.north.msn, reference)
        .await
        .unwrap()
        .status
}

async fn push(world: &World) {
    push_receipts::run_once(&world.app, world.app.clock().now())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_receipt_is_queued_sent_once_and_never_replaced() {
    on_each(async |world: &World| {
        let reference = world.north.authorized(&world.app, "acme-shop-1", 1_000).await;
        let queued = put(world, &reference, 1_000).await.unwrap();
        assert_eq!(queued.status, Status::Queued);
        assert!(queued.warnings.is_empty());
        push(world).await;
        push(world).await;
        assert_eq!(status(world, &reference).await, Status::Sent);
        assert_eq!(seen(world, "orders.receipt"), 1, "{:?}", operations(world));
        assert_eq!(put(world, &reference, 1_000).await.unwrap().status, Status::Sent);
        let other = put(world, &reference, 500).await;
        assert!(matches!(other, Err(Error::Refused(Refusal::ReceiptWritten))));
    })
    .await;
}

fn operations(world: &World) -> Vec<Option<&'static str>> {
    let requests = world.simulator.test().requests();
    requests.iter().map(|seen| seen.operation).collect()
}

#[tokio::test]
async fn a_receipt_whose_answer_was_lost_is_found_there_and_counts_as_sent() {
    on_each(async |world: &World| {
        let reference = world.north.authorized(&world.app, "acme-shop-1", 1_000).await;
        let odd = put(world, &reference, 500).await.unwrap();
        assert_eq!(odd.warnings.len(), 1);
        let lost = Rule::new("lost", Fault::AnswerLost).on("orders.receipt").once();
        world.simulator.test().add_fault(lost);
        push(world).await;
        world.advance(Duration::MINUTE).await;
        push(world).await;
        assert_eq!(status(world, &reference).await, Status::Sent);
    })
    .await;
}
