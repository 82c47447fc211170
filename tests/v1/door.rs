//! Who is let in, and the order in which things are said.

use api::Settings;
use serde_json::{Value, json};
use time::Duration;

use crate::client::{Answer, Client};
use crate::world::{World, create, nok, one_at_a_time};

const CAPTURE: &str = "/payments/acme-shop-1/capture";

async fn bad_capture(client: &Client) -> Answer {
    client.raw("POST", &client.unit(CAPTURE), &[], "{").await
}

#[tokio::test]
async fn everything_is_said_in_one_order() {
    let world = World::new().await;
    let nobody = bad_capture(&world.nobody()).await;
    assert_eq!(nobody.headers["www-authenticate"], "Bearer");
    nobody.refuses(401, "unauthenticated");

    let reader = world.north_with("payments:read").await;
    let scope = bad_capture(&reader).await;
    assert!(
        scope.headers["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("payments:capture")
    );
    scope.refuses(403, "scope_missing");
    let stranger = Client {
        msn: world.south.msn.clone(),
        ..reader
    };
    bad_capture(&stranger).await.refuses(403, "scope_missing");

    // Without the scope to read, so that looking for the payment does not depend on it.
    let capturer = world.north_with("payments:capture").await;
    let stranger = Client {
        msn: world.south.msn.clone(),
        ..capturer.clone()
    };
    bad_capture(&stranger).await.refuses(404, "sales_unit_not_found");
    bad_capture(&capturer).await.refuses(404, "payment_not_found");

    let north = &world.north;
    north
        .post(&north.unit("/payments"), "create-1", &create("acme-shop-1"))
        .await
        .is(201);
    bad_capture(&capturer).await.refuses(400, "body_not_json");
    let faults = capturer
        .raw("POST", &north.unit(CAPTURE), &[], "{}")
        .await
        .faults();
    assert_eq!(faults, ["header Idempotency-Key", "modificationAmount"]);
    // The key stands for the create.
    let reused = capturer.post(&north.unit(CAPTURE), "create-1", &nok(100)).await;
    reused.refuses(422, "idempotency_key_reused");
    let early = capturer.post(&north.unit(CAPTURE), "capture-1", &nok(100)).await;
    early.refuses(409, "payment_not_authorized");
}

/// Everything of an answer that may tell one thing from another.
fn seen(mut answer: Answer) -> (u16, Vec<String>, Value) {
    for own in ["requestId", "traceId"] {
        answer.body.as_object_mut().unwrap().remove(own);
    }
    // The counter of the caller's own limit goes down with every request, whatever it asks.
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !["request-id", "ratelimit"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    (answer.status.as_u16(), headers, answer.body)
}

#[tokio::test]
async fn what_is_another_s_looks_like_what_does_not_exist() {
    let world = World::new().await;
    let (north, south) = (&world.north, &world.south);
    south
        .post(&south.unit("/payments"), "create-1", &create("acme-shop-1"))
        .await
        .is(201);
    let at = |msn: &str, below: &str| format!("/v1/sales-units/{msn}{below}");
    for below in [
        "",
        "/payments",
        "/payments/acme-shop-1",
        "/payments/acme-shop-1/events",
    ] {
        let theirs = seen(north.get(&at(&south.msn, below)).await);
        assert_eq!(theirs, seen(north.get(&at("999999", below)).await), "{below}");
        assert_eq!(theirs, seen(north.get(&at("x", below)).await), "{below}");
        assert_eq!(theirs.0, 404);
        assert!(!theirs.2.to_string().contains(&south.msn));
    }
    // The same reference at the caller's own unit is another payment.
    north
        .get(&north.unit("/payments/acme-shop-1"))
        .await
        .refuses(404, "payment_not_found");
}

#[tokio::test]
async fn a_sales_units_limit_is_spent_by_good_requests_only() {
    let settings = Settings {
        rates: one_at_a_time(),
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let north = &world.north;
    for _ in 0..3 {
        north
            .raw("POST", &north.unit("/payments"), &[], "{}")
            .await
            .faults();
    }
    let first = north.get(&north.unit("/payments")).await;
    let state = first.headers["ratelimit"].to_str().unwrap();
    assert!(state.contains("\"sales-unit\";r=0;t=1"), "{state}");
    first.is(200);
    let second = north.get(&north.unit("/payments")).await;
    assert_eq!(second.headers["retry-after"], "1");
    second.refuses(429, "rate_limited");
    north
        .raw("POST", &north.unit("/payments"), &[], "{}")
        .await
        .faults();
    world.clock.advance(Duration::SECOND);
    north.get(&north.unit("/payments")).await.is(200);
}

#[tokio::test]
async fn bad_requests_are_no_way_round_the_sales_units_limit() {
    let settings = Settings {
        rates: one_at_a_time(),
        ..Settings::default()
    };
    let world = World::with(settings).await;
    world.simulator.test().clear_requests();
    // What such a payment is asked for is wrong, and whether it exists is Vipps' to know.
    bad_capture(&world.north).await.refuses(404, "payment_not_found");
    let asked = world.simulator.test().requests().len();
    for _ in 0..5 {
        bad_capture(&world.north).await.refuses(400, "body_not_json");
    }
    assert_eq!(world.simulator.test().requests().len(), asked);
    world.clock.advance(Duration::SECOND);
    bad_capture(&world.north).await.refuses(404, "payment_not_found");
}

#[tokio::test]
async fn a_replay_a_reused_key_and_a_refusal_spend_nothing_of_the_sales_units_limit() {
    let settings = Settings {
        rates: one_at_a_time(),
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let north = &world.north;
    let payments = north.unit("/payments");
    let first = create("acme-shop-1");
    north.post(&payments, "create-1", &first).await.is(201);

    // The one request is spent, and yet:
    let replayed = north.post(&payments, "create-1", &first).await;
    assert_eq!(replayed.headers["idempotency-replayed"], "true");
    replayed.is(201);
    let other = create("acme-shop-2");
    north
        .post(&payments, "create-1", &other)
        .await
        .refuses(422, "idempotency_key_reused");
    north
        .post(
            &north.unit("/payments/acme-shop-1/capture"),
            "capture-1",
            &nok(100),
        )
        .await
        .refuses(409, "payment_not_authorized");

    // What would go on to Vipps waits its turn, and its key stays free.
    let held = north.post(&payments, "create-2", &other).await;
    assert_eq!(held.headers["retry-after"], "1");
    held.refuses(429, "rate_limited");
    world.clock.advance(Duration::SECOND);
    north.post(&payments, "create-2", &other).await.is(201);
}

#[tokio::test]
async fn an_address_that_is_none_and_a_method_that_is_none_are_problems_too() {
    let world = World::new().await;
    world
        .north
        .get("/v1/nowhere")
        .await
        .refuses(404, "route_not_found");
    world
        .nobody()
        .get("/v1/nowhere")
        .await
        .refuses(401, "unauthenticated");
    let wrong = world.north.raw("DELETE", "/v1/sales-units", &[], "").await;
    assert_eq!(wrong.headers["allow"], "GET");
    wrong.refuses(405, "method_not_allowed");
    assert_eq!(world.north.raw("HEAD", "/v1/nowhere", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_trace_goes_on_and_an_answer_names_itself() {
    let world = World::new().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let path = world.north.unit("/payments/acme-shop-1");
    let answer = world
        .north
        .raw("GET", &path, &[("traceparent", &parent)], "")
        .await;
    assert_eq!(answer.body["traceId"], trace);
    assert_eq!(
        answer.body["requestId"],
        answer.headers["request-id"].to_str().unwrap()
    );
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn developers_find_the_document_its_rendering_and_a_page_for_each_problem() {
    let world = World::new().await;
    let nobody = world.nobody();
    let document = nobody.get("/openapi.json").await.is(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(
        document["servers"][0]["variables"]["gateway"]["default"],
        json!("http://127.0.0.1:8080")
    );
    let page = nobody.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("swagger-ui"), "{}", page.text);
    assert!(
        !page.text.contains("//cdn"),
        "nothing comes from elsewhere: {}",
        page.text
    );
    let script = nobody.get("/docs/swagger-initializer.js").await;
    assert!(script.text.contains("/openapi.json"), "{}", script.text);
    assert_eq!(nobody.get("/docs/swagger-ui-bundle.js").await.status, 200);
    assert_eq!(nobody.get("/problems").await.status, 200);
    assert_eq!(nobody.get("/problems/payment_busy").await.status, 200);
    nobody
        .get("/problems/nothing")
        .await
        .refuses(404, "route_not_found");
}
