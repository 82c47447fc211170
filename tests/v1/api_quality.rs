//! The ledger of API quality, as a partner reads it.

use serde_json::{Value, json};

use crate::world::{World, create, nok};

const REFERENCE: &str = "acme-shop-1";

fn door<'a>(page: &'a Value, api: &str, endpoint: &str) -> &'a Value {
    let doors = page["data"].as_array().unwrap();
    doors
        .iter()
        .find(|it| it["api"] == api && it["endpoint"] == endpoint)
        .unwrap()
}

#[tokio::test]
async fn every_call_is_counted_by_its_end_once_it_is_written_down() {
    let world = World::new().await;
    let north = &world.north;
    let at = |below: &str| north.unit(&format!("/payments/{REFERENCE}{below}"));
    north
        .post(&north.unit("/payments"), "create-1", &create(REFERENCE))
        .await
        .is(201);
    let phone = json!({"customer": {"phoneNumber": "4712345678"}});
    north
        .raw("POST", &at("/approve"), &[], phone.to_string())
        .await
        .is(200);
    north.post(&at("/capture"), "capture-1", &nok(600)).await.is(200);
    north
        .get(&north.unit("/payments/acme-none-1"))
        .await
        .refuses(404, "payment_not_found");

    let before = north.get("/v1/api-quality").await.is(200);
    assert_eq!(
        before["data"],
        json!([]),
        "nothing is written down on the way of money"
    );
    world.record_calls().await;

    let page = north
        .get("/v1/api-quality?from=2026-11-21&to=2026-11-21")
        .await
        .is(200);
    let captured = door(&page, "epayment", "capture");
    assert_eq!(captured["msn"], north.msn.as_str());
    assert_eq!(
        (
            &captured["total"],
            &captured["succeeded"],
            &captured["successRate"]
        ),
        (&json!(1), &json!(1), &json!(1.0))
    );
    assert_eq!(captured["counts"][0]["status"], 200);
    assert_eq!(
        (&captured["from"], &captured["to"]),
        (&json!("2026-11-21"), &json!("2026-11-21"))
    );
    let read = door(&page, "epayment", "get");
    assert_eq!(read["clientErrors"], 1, "{read:#}");
    assert_eq!(read["counts"].as_array().unwrap().last().unwrap()["status"], 404);
    assert_eq!(door(&page, "access-token", "get")["total"], 1);

    let none = north.get("/v1/api-quality?to=2026-11-20").await.is(200);
    assert_eq!(none["data"], json!([]));
    let theirs = world
        .south
        .get(&format!("/v1/api-quality?msn={}", north.msn))
        .await
        .is(200);
    assert_eq!(
        theirs["data"],
        json!([]),
        "another partner's sales unit is as empty as one that does not exist"
    );
}

#[tokio::test]
async fn the_ledger_comes_in_pages_and_says_what_is_wrong_with_a_question() {
    let world = World::new().await;
    let north = &world.north;
    north
        .post(&north.unit("/payments"), "create-1", &create(REFERENCE))
        .await
        .is(201);
    world.record_calls().await;
    let all = north.get("/v1/api-quality").await.is(200);
    let count = all["data"].as_array().unwrap().len();
    assert!(count >= 2, "{all:#}");
    let mut paged = Vec::new();
    let mut path = "/v1/api-quality?limit=1".to_owned();
    loop {
        let page = north.get(&path).await.is(200);
        paged.extend(page["data"].as_array().unwrap().clone());
        assert_eq!(page["hasMore"], !page["nextCursor"].is_null());
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/v1/api-quality?limit=1&cursor={next}");
    }
    assert_eq!(&paged, all["data"].as_array().unwrap());

    let faults = north
        .get("/v1/api-quality?msn=x&from=today&colour=red")
        .await
        .faults();
    assert_eq!(faults, ["query msn", "query from", "query colour"]);
    north
        .get("/v1/api-quality?cursor=x")
        .await
        .refuses(400, "invalid_cursor");
    let other = world.north_with("payments:read").await;
    other.get("/v1/api-quality").await.refuses(403, "scope_missing");
}
