//! Product orders, from the partner's form to the first payment: one order for one request whatever happens to the
//! answers, taken back until it is signed, and a proof for whoever made it and for nobody else.

use app::registry::KeySetOwner;
use domain::{Clock as _, Environment};
use http::Method;
use serde_json::{Value, json};
use simulator::{Fault, Owner, Rule, Seen, Status, Step, World};
use testkit::{Answer, Ask, Desk, Gateway, Issuer, Kind, down, on_both_databases};
use time::Duration;
use uuid::Uuid;

use crate::onboarding::{add_keys, body, count, keys_of, profile};

on_both_databases!(
    an_order_leads_from_a_link_to_the_first_payment,
    a_completed_unit_may_be_served_by_the_partners_keys,
    an_answer_that_was_lost_leaves_one_order_at_vipps,
    an_order_that_outlived_its_horizon_is_found_in_the_list_and_never_sent_again,
    orders_that_cannot_be_told_apart_are_nobodys,
    one_order_that_two_requests_may_have_made_is_neithers,
    an_order_is_taken_back_until_it_is_signed,
    an_operator_looks_at_orders_and_never_sees_form_or_link,
    a_deletion_whose_answer_was_lost_is_one,
    a_link_that_nobody_used_expires,
    an_order_of_another_partner_does_not_exist_and_proves_nothing,
    an_answer_about_something_else_proves_nothing,
    an_order_goes_forward_only_and_is_completed_by_its_sales_unit,
    a_doubtful_order_is_not_sent_again_under_other_keys,
    an_order_that_vipps_names_twice_is_believed_once,
    two_bodies_under_one_key_at_once_make_one_order,
    what_cannot_be_ordered_is_named_before_anything_leaves,
    a_refusal_is_bound_to_its_key_and_one_at_the_door_is_not,
    trouble_at_vipps_is_waited_out_without_hammering,
);

const NUMBER: &str = "918273645";

/// North with partner keys and a merchant in production.
async fn start(kind: Kind) -> Gateway {
    let gateway = Gateway::start(kind).await;
    serve_in_production(&gateway, "north", gateway.world.north.id).await;
    merchant(&north(&gateway), NUMBER).await;
    gateway
}

/// The id of an order of north's.
pub(crate) async fn one(gateway: &Gateway) -> String {
    serve_in_production(gateway, "north", gateway.world.north.id).await;
    merchant(&north(gateway), NUMBER).await;
    order(&north(gateway), "one").send().await.is(201).text("/id")
}

async fn serve_in_production(gateway: &Gateway, name: &str, partner: domain::PartnerId) {
    profile(gateway, partner).await;
    let keys = keys_of(vipps(gateway), &Owner::Partner(name.to_owned()));
    let owner = KeySetOwner::Partner(partner);
    add_keys(gateway, owner, Environment::Production, &keys).await;
}

fn vipps(gateway: &Gateway) -> &World {
    gateway.world.simulator.production()
}

/// With a token of now.
fn north(gateway: &Gateway) -> Desk<'_> {
    let token = gateway.north_production.token(gateway.world.clock.now());
    gateway.desk(&token, "500003")
}

async fn merchant(desk: &Desk<'_>, number: &str) {
    let new = json!({"name": "Fjell AS", "organisationNumber": number, "country": "NO"});
    let _ = desk
        .ask(Method::POST, "/v1/merchants")
        .json(&new)
        .send()
        .await
        .is(201);
}

fn form() -> Value {
    json!({
        "businessIdentifier": {"scheme": "business:NO:ORG", "id": NUMBER},
        "salesUnitName": "Fjell, Storgata 1",
        "productType": "PAYMENT_INTEGRATION",
        "productUseCase": "Website",
        "website": {"url": "https://fjell.example", "termsUrl": "https://fjell.example/terms"},
    })
}

fn order<'g>(desk: &Desk<'g>, key: &str) -> Ask<'g> {
    order_of(desk, key, &form())
}

fn order_of<'g>(desk: &Desk<'g>, key: &str, form: &Value) -> Ask<'g> {
    desk.ask(Method::POST, "/v1/product-orders").key(key).json(form)
}

fn path(order: &Answer) -> String {
    format!("/v1/product-orders/{}", order.text("/id"))
}

async fn read(gateway: &Gateway, order: &Answer) -> Answer {
    north(gateway).ask(Method::GET, &path(order)).send().await.is(200)
}

async fn delete(gateway: &Gateway, order: &Answer) -> Answer {
    north(gateway).ask(Method::DELETE, &path(order)).send().await
}

/// What the merchant or Vipps does.
fn step(gateway: &Gateway, order: &Answer, step: Step) {
    let id = Uuid::parse_str(&order.text("/vippsId")).unwrap();
    vipps(gateway).step_order(id, step).unwrap();
}

/// Time passes, and then the jobs have their round.
async fn later(gateway: &Gateway, span: Duration) {
    gateway.world.advance(span).await;
    gateway.work().await;
    gateway.work().await;
}

fn seen(gateway: &Gateway, operation: &str) -> Vec<Seen> {
    let mut seen = vipps(gateway).requests();
    seen.retain(|it| it.operation == Some(operation));
    seen
}

fn at_vipps(gateway: &Gateway) -> Vec<Status> {
    let orders = vipps(gateway).product_orders().into_iter();
    orders.map(|(_, status)| status).collect()
}

async fn an_order_leads_from_a_link_to_the_first_payment(kind: Kind) {
    let gateway = start(kind).await;
    let made = order(&north(&gateway), "order-1").send().await.is(201);
    assert_eq!(made.text("/status"), "received", "{made}");
    assert!(made.text("/prefillUrl").starts_with("https://portal."), "{made}");
    assert_eq!(made.text("/expiresAt"), "2026-12-07T09:00:00Z", "{made}");
    assert_eq!(made.header("location"), Some(path(&made).as_str()));
    let sent = seen(&gateway, "management.order");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, form().to_string().as_bytes(), "byte for byte");
    assert_eq!((&sent[0].msn, sent[0].missing_system_headers.len()), (&None, 0));
    // The same request again, and another one under its key.
    let again = order(&north(&gateway), "order-1").send().await.is(201);
    assert!(
        again.is_replayed() && again.text("/id") == made.text("/id"),
        "{again}"
    );
    let mut other = form();
    other["salesUnitName"] = json!("Another one");
    let _ = order_of(&north(&gateway), "order-1", &other)
        .send()
        .await
        .problem(422, "idempotency_key_reused");
    assert_eq!(at_vipps(&gateway).len(), 1);

    for (taken, told) in [(Step::View, "merchant_viewed"), (Step::Submit, "order_submitted")] {
        step(&gateway, &made, taken);
        later(&gateway, Duration::MINUTE).await;
        assert_eq!(read(&gateway, &made).await.text("/status"), told);
    }
    assert_eq!(read(&gateway, &made).await.at("/prefillUrl"), Value::Null);
    // Nor is it kept any longer than it can be used.
    assert_eq!(count(&gateway, "product_orders WHERE link IS NOT NULL").await, 0);
    step(&gateway, &made, Step::Complete);
    later(&gateway, Duration::MINUTE).await;
    let done = read(&gateway, &made).await;
    assert_eq!(done.text("/status"), "completed", "{done}");
    let at = Desk {
        msn: done.text("/msn"),
        ..north(&gateway)
    };
    let unit = at.get("").send().await.is(200);
    assert_eq!(
        (unit.text("/state"), unit.text("/claim/proof")),
        ("verified".to_owned(), "product_order".to_owned()),
        "{unit}"
    );
    assert_eq!(unit.text("/name"), "Fjell, Storgata 1");
    assert_eq!(unit.text("/merchantId"), made.text("/merchantId"));
    // Nothing more is asked of Vipps about it, and what happened is written down once.
    let looks = seen(&gateway, "management.order-details").len();
    later(&gateway, Duration::minutes(30)).await;
    assert_eq!(seen(&gateway, "management.order-details").len(), looks);
    for act in ["product_order.add", "product_order.complete", "sales_unit.prove"] {
        let acts = format!("audit WHERE action = '{act}' AND environment = 'production'");
        assert_eq!(count(&gateway, &acts).await, 1, "{act}");
    }

    let at = Desk {
        token: north(&gateway).token,
        ..at
    };
    let keys = keys_of(vipps(&gateway), &Owner::SalesUnit(at.msn.clone()));
    let put = at.ask(Method::PUT, &at.path("/credentials")).json(&body(&keys));
    assert_eq!(put.send().await.is(200).text("/state"), "live");
    let paid = at.create("fjell-order-1", 49_900, "pay-1").send().await.is(201);
    assert!(paid.text("/redirectUrl").starts_with("http"), "{paid}");
}

async fn completed(gateway: &Gateway, key: &str) -> Answer {
    let made = order(&north(gateway), key).send().await.is(201);
    step(gateway, &made, Step::Submit);
    step(gateway, &made, Step::Complete);
    later(gateway, Duration::MINUTE).await;
    let done = read(gateway, &made).await;
    assert_eq!(done.text("/status"), "completed", "{done}");
    done
}

async fn a_completed_unit_may_be_served_by_the_partners_keys(kind: Kind) {
    let gateway = start(kind).await;
    let done = completed(&gateway, "order-1").await;
    let at = Desk {
        msn: done.text("/msn"),
        ..north(&gateway)
    };
    let mode = at
        .ask(Method::PUT, &at.path("/credential-mode"))
        .json(&json!({"credentialMode": "partner"}));
    let live = mode.send().await.is(200);
    assert_eq!(live.text("/state"), "live", "{live}");
    let _ = at.create("fjell-order-1", 49_900, "pay-1").send().await.is(201);
    // A narrowed token sees what came to be one of its sales units, and makes no order.
    let token = gateway.north_production.token(gateway.world.clock.now());
    let narrowed = gateway.desk(&token.msns(&[&at.msn]), &at.msn);
    let _ = order(&north(&gateway), "order-2").send().await.is(201);
    let list = narrowed
        .ask(Method::GET, "/v1/product-orders")
        .send()
        .await
        .is(200);
    let ids: Vec<_> = list
        .at("/data")
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    assert_eq!(ids, [done.at("/id")]);
    let _ = order(&narrowed, "order-3")
        .send()
        .await
        .problem(403, "token_narrowed");
    let _ = narrowed
        .ask(Method::DELETE, &path(&done))
        .send()
        .await
        .problem(403, "token_narrowed");
    let all = north(&gateway)
        .ask(Method::GET, "/v1/product-orders?limit=1")
        .send()
        .await
        .is(200);
    assert_eq!(
        (all.at("/hasMore"), all.at("/data/0/status")),
        (json!(true), json!("received"))
    );
    let next = format!("/v1/product-orders?cursor={}", all.text("/nextCursor"));
    let next = north(&gateway).ask(Method::GET, &next).send().await.is(200);
    assert_eq!(next.at("/data/0/id"), done.at("/id"), "{next}");
}

/// Everything happens at Vipps, and nobody hears of it.
fn lost(operation: &str) -> Rule {
    Rule::new("lost", Fault::AnswerLost).on(operation)
}

async fn an_answer_that_was_lost_leaves_one_order_at_vipps(kind: Kind) {
    let gateway = start(kind).await;
    vipps(&gateway).add_fault(lost("management.order").once());
    let made = order(&north(&gateway), "order-1").send().await.is(201);
    assert!(!made.is_replayed(), "{made}");
    assert_eq!(at_vipps(&gateway).len(), 1);
    let sent = seen(&gateway, "management.order");
    assert_eq!(sent.len(), 2);
    assert_eq!(
        (&sent[0].idempotency_key, &sent[0].body),
        (&sent[1].idempotency_key, &sent[1].body)
    );
    // Nobody waits any more: the job goes on with the same bytes, and the key tells afterwards.
    vipps(&gateway).add_fault(lost("management.order"));
    let pending = order(&north(&gateway), "order-2").wait(0).send().await.is(202);
    assert_eq!(pending.text("/status"), "pending", "{pending}");
    assert_eq!(pending.header("location"), Some(path(&pending).as_str()));
    let _ = delete(&gateway, &pending)
        .await
        .problem(409, "product_order_unsettled");
    later(&gateway, Duration::minutes(5)).await;
    assert_eq!(read(&gateway, &pending).await.text("/status"), "pending");
    vipps(&gateway).clear_faults();
    later(&gateway, Duration::minutes(5)).await;
    let told = order(&north(&gateway), "order-2").send().await.is(201);
    assert!(
        told.is_replayed() && told.text("/id") == pending.text("/id"),
        "{told}"
    );
    assert_eq!(at_vipps(&gateway).len(), 2);
    // What was asked is kept for as long as it may have to be sent again.
    assert_eq!(
        count(&gateway, "product_orders WHERE length(request) > 0").await,
        0
    );
}

async fn an_order_that_outlived_its_horizon_is_found_in_the_list_and_never_sent_again(kind: Kind) {
    let gateway = start(kind).await;
    vipps(&gateway).add_fault(lost("management.order"));
    let found = order(&north(&gateway), "order-1").wait(0).send().await.is(202);
    vipps(&gateway).clear_faults();
    vipps(&gateway).add_fault(Rule::new("down", Fault::ResetBeforeEffect).on("management.order"));
    later(&gateway, Duration::hours(2)).await;
    let found = read(&gateway, &found).await;
    assert_eq!(found.text("/status"), "received", "{found}");
    assert!(
        found.text("/prefillUrl").starts_with("https://portal."),
        "{found}"
    );
    assert_eq!(
        seen(&gateway, "management.order").len(),
        1,
        "nothing was sent again"
    );
    // One that never came about.
    let none = order(&north(&gateway), "order-2").wait(0).send().await.is(202);
    later(&gateway, Duration::hours(2)).await;
    assert_eq!(read(&gateway, &none).await.text("/status"), "not_created");
    let told = order(&north(&gateway), "order-2").send().await;
    let told = told.problem(409, "product_order_not_created");
    assert!(told.is_replayed(), "{told}");
    assert_eq!(at_vipps(&gateway).len(), 1);
    vipps(&gateway).clear_faults();
    let _ = order(&north(&gateway), "order-3").send().await.is(201);
}

async fn orders_that_cannot_be_told_apart_are_nobodys(kind: Kind) {
    let gateway = start(kind).await;
    vipps(&gateway).add_fault(lost("management.order"));
    let one = order(&north(&gateway), "order-1").wait(0).send().await.is(202);
    let two = order(&north(&gateway), "order-2").wait(0).send().await.is(202);
    vipps(&gateway).clear_faults();
    later(&gateway, Duration::hours(2)).await;
    for pending in [&one, &two] {
        assert_eq!(read(&gateway, pending).await.text("/status"), "pending");
    }
    // Nobody has their links: they end with them.
    later(&gateway, Duration::days(15)).await;
    for ended in [&one, &two] {
        assert_eq!(read(&gateway, ended).await.text("/status"), "expired");
    }
    assert_eq!(seen(&gateway, "management.order").len(), 2);
}

async fn one_order_that_two_requests_may_have_made_is_neithers(kind: Kind) {
    let gateway = start(kind).await;
    vipps(&gateway).add_fault(lost("management.order").once());
    let one = order(&north(&gateway), "order-1").wait(0).send().await.is(202);
    let never = Rule::new("never", Fault::ResetBeforeEffect).on("management.order");
    vipps(&gateway).add_fault(never);
    let two = order(&north(&gateway), "order-2").wait(0).send().await.is(202);
    later(&gateway, Duration::hours(2)).await;
    assert_eq!(at_vipps(&gateway).len(), 1);
    for pending in [&one, &two] {
        assert_eq!(read(&gateway, pending).await.text("/status"), "pending");
    }
}

async fn an_order_is_taken_back_until_it_is_signed(kind: Kind) {
    let gateway = start(kind).await;
    let made = order(&north(&gateway), "order-1").send().await.is(201);
    for _ in 0..2 {
        let deleted = delete(&gateway, &made).await.is(200);
        assert_eq!(deleted.text("/status"), "deleted", "{deleted}");
        assert_eq!(deleted.at("/prefillUrl"), Value::Null);
    }
    assert_eq!(at_vipps(&gateway), []);
    assert_eq!(seen(&gateway, "management.delete-order").len(), 1);
    assert_eq!(
        count(&gateway, "audit WHERE action = 'product_order.delete'").await,
        1
    );
    // Signed, and nobody here has looked since.
    let signed = order(&north(&gateway), "order-2").send().await.is(201);
    step(&gateway, &signed, Step::Submit);
    let refused = delete(&gateway, &signed)
        .await
        .problem(409, "product_order_closed");
    assert!(refused.text("/detail").contains("order_submitted"), "{refused}");
    assert_eq!(read(&gateway, &signed).await.text("/status"), "order_submitted");
    let _ = delete(&gateway, &signed)
        .await
        .problem(409, "product_order_closed");
    assert_eq!(seen(&gateway, "management.delete-order").len(), 2);
    // Completed meanwhile: what follows from that is not lost.
    let done = order(&north(&gateway), "order-3").send().await.is(201);
    step(&gateway, &done, Step::Submit);
    step(&gateway, &done, Step::Complete);
    let _ = delete(&gateway, &done).await.problem(409, "product_order_closed");
    gateway.work().await;
    assert_eq!(read(&gateway, &done).await.text("/status"), "completed");
    let nobody = "/v1/product-orders/por_0190a1b2c3d47e5f8091a2b3c4d5e6f7";
    let none = north(&gateway).ask(Method::DELETE, nobody).send().await;
    let _ = none.problem(404, "product_order_not_found");
}

async fn an_operator_looks_at_orders_and_never_sees_form_or_link(kind: Kind) {
    let gateway = start(kind).await;
    let first = order(&north(&gateway), "first").send().await.is(201);
    gateway.world.advance(Duration::SECOND).await;
    let _ = delete(&gateway, &first).await;
    later(&gateway, Duration::minutes(2)).await;
    let second = order(&north(&gateway), "second").send().await.is(201);
    let get = async |path: &str| {
        let path = format!("/admin/v1/product-orders{path}");
        gateway.operate("auditor", Method::GET, &path).send().await
    };
    let all = get("").await.is(200);
    assert_eq!(
        (all.at("/data/0/id"), all.at("/data/1/id")),
        (second.at("/id"), first.at("/id")),
        "newest first: {all}"
    );
    let page = get("?limit=1").await.is(200);
    assert_eq!(page.at("/data/0/id"), second.at("/id"));
    let rest = get(&format!("?limit=1&cursor={}", page.text("/nextCursor"))).await;
    let rest = rest.is(200);
    assert_eq!(
        (rest.at("/data/0/id"), rest.at("/hasMore")),
        (first.at("/id"), json!(false))
    );
    let souths = get(&format!("?partnerId={}", gateway.world.south.id)).await;
    assert_eq!(souths.is(200).at("/data"), json!([]));
    let shown = get(&format!("/{}", second.text("/id"))).await.is(200);
    assert_eq!(shown.json(), all.at("/data/0"));
    assert_eq!(shown.text("/partnerId"), gateway.world.north.id.to_string());
    let link = second.text("/prefillUrl");
    for answer in [&all, &shown] {
        let told = answer.to_string();
        assert!(!told.contains(&link) && !told.contains("fjell.example"), "{told}");
    }
    let wrong = get("?cursor=prt_1").await;
    let _ = wrong.problem(400, "invalid_cursor");
}

async fn a_deletion_whose_answer_was_lost_is_one(kind: Kind) {
    let gateway = start(kind).await;
    vipps(&gateway).add_fault(lost("management.delete-order").once());
    let made = order(&north(&gateway), "order-1").send().await.is(201);
    assert_eq!(delete(&gateway, &made).await.is(200).text("/status"), "deleted");
    assert_eq!(at_vipps(&gateway), []);
    // Nor can Vipps be asked: the caller asks again, or a look finds it gone.
    let gone = order(&north(&gateway), "order-2").send().await.is(201);
    let down = Fault::ServerError {
        status: 503,
        after_effect: true,
    };
    vipps(&gateway).add_fault(Rule::new("down", down).on("management.*"));
    let _ = delete(&gateway, &gone).await.problem(503, "vipps_unreachable");
    assert_eq!(read(&gateway, &gone).await.text("/status"), "received");
    vipps(&gateway).clear_faults();
    later(&gateway, Duration::hours(1)).await;
    assert_eq!(read(&gateway, &gone).await.text("/status"), "deleted");
}

async fn a_link_that_nobody_used_expires(kind: Kind) {
    let gateway = start(kind).await;
    let made = order(&north(&gateway), "order-1").send().await.is(201);
    later(&gateway, Duration::days(14) - Duration::MINUTE).await;
    assert_eq!(read(&gateway, &made).await.text("/status"), "received");
    later(&gateway, Duration::minutes(2)).await;
    let expired = read(&gateway, &made).await;
    assert_eq!(expired.text("/status"), "expired", "{expired}");
    assert_eq!(expired.at("/prefillUrl"), Value::Null);
    let _ = delete(&gateway, &made).await.problem(409, "product_order_closed");
    let replayed = order(&north(&gateway), "order-1").send().await.is(201);
    assert!(
        replayed.is_replayed() && replayed.text("/status") == "expired",
        "{replayed}"
    );
}

async fn an_order_of_another_partner_does_not_exist_and_proves_nothing(kind: Kind) {
    let gateway = start(kind).await;
    let south = gateway.world.south.id;
    let issuer = Issuer::new("https://id.south.example", "nordbro-production");
    gateway.register(&issuer, south, Environment::Production).await;
    serve_in_production(&gateway, "south", south).await;
    let as_south = || gateway.desk(&issuer.token(gateway.world.clock.now()), "600003");
    merchant(&as_south(), NUMBER).await;
    let norths = completed(&gateway, "order-1").await;
    let open = order(&north(&gateway), "order-2").send().await.is(201);
    let never = "/v1/product-orders/por_0190a1b2c3d47e5f8091a2b3c4d5e6f7";
    for method in [Method::GET, Method::DELETE] {
        let mut answers = Vec::new();
        for path in [&path(&norths), &path(&open), never] {
            gateway.world.advance(Duration::minutes(2)).await;
            let answer = as_south().ask(method.clone(), path).send().await;
            answers.push(answer.problem(404, "product_order_not_found").without_ids());
        }
        assert!(
            answers[0] == answers[2] && answers[1] == answers[2],
            "{answers:?}"
        );
    }
    // Nor does it exist in the partner's own other environment.
    for elsewhere in [as_south(), gateway.north()] {
        let list = elsewhere.ask(Method::GET, "/v1/product-orders").send().await;
        assert_eq!(list.is(200).at("/data"), json!([]));
    }
    for method in [Method::GET, Method::DELETE] {
        let in_test = gateway.north().ask(method, &path(&open)).send().await;
        let _ = in_test.problem(404, "product_order_not_found");
    }
    // The same caller's key is another partner's own.
    let mine = order(&as_south(), "order-1").send().await.is(201);
    assert!(
        !mine.is_replayed() && mine.text("/vippsId") != norths.text("/vippsId"),
        "{mine}"
    );
    // And the unit that came of north's order is nobody's but north's.
    let merchants = as_south().ask(Method::GET, "/v1/merchants").send().await.is(200);
    let draft = json!({"msn": norths.text("/msn"), "name": "Mine", "credentialMode": "partner"});
    let path = format!("/v1/merchants/{}/sales-units", merchants.text("/data/0/id"));
    let drafted = as_south()
        .ask(Method::POST, &path)
        .json(&draft)
        .send()
        .await
        .is(201);
    assert_eq!(drafted.text("/state"), "draft");
    let at = Desk {
        msn: norths.text("/msn"),
        ..as_south()
    };
    let probed = at.post("/probe").send().await.is(200);
    assert_eq!(
        (probed.text("/state"), probed.at("/claim")),
        ("draft".to_owned(), Value::Null)
    );
    later(&gateway, Duration::hours(2)).await;
    let at = Desk {
        token: as_south().token,
        ..at
    };
    assert_eq!(at.get("").send().await.is(200).text("/state"), "draft");
}

/// Vipps answers with this, and does nothing.
fn says(status: u16, body: &Value) -> Rule {
    let fault = Fault::Answer {
        status,
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        body: body.to_string(),
        after_effect: false,
    };
    Rule::new("says", fault)
}

async fn an_answer_about_something_else_proves_nothing(kind: Kind) {
    let gateway = start(kind).await;
    let made = order(&north(&gateway), "order-1").send().await.is(201);
    let told = |id: &str, number: &str, origin: &str| {
        json!({
            "productOrderId": id, "productOrderType": origin, "productType": "PAYMENT_INTEGRATION",
            "status": "COMPLETED", "salesUnit": {"msn": "500004", "name": "Somebody's"},
            "businessIdentifier": {"scheme": "business:NO:ORG", "id": number},
        })
    };
    let (mine, other) = (made.text("/vippsId"), Uuid::from_u128(7).to_string());
    for answer in [
        told(&other, NUMBER, "PREFILL"),
        told(&mine, "987654321", "PREFILL"),
        told(&mine, NUMBER, "MANUAL"),
    ] {
        let odd = says(200, &answer).on("management.order-details");
        vipps(&gateway).add_fault(odd);
        later(&gateway, Duration::hours(2)).await;
        vipps(&gateway).clear_faults();
        assert_eq!(
            read(&gateway, &made).await.text("/status"),
            "received",
            "{answer}"
        );
        let at = Desk {
            msn: "500004".to_owned(),
            ..north(&gateway)
        };
        let _ = at.get("").send().await.problem(404, "sales_unit_not_found");
    }
    later(&gateway, Duration::hours(2)).await;
    assert_eq!(read(&gateway, &made).await.text("/status"), "received");
}

async fn what_cannot_be_ordered_is_named_before_anything_leaves(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let in_test = gateway.north();
    merchant(&in_test, NUMBER).await;
    let _ = order(&in_test, "k").send().await.problem(409, "production_only");
    let none = order(&north(&gateway), "k")
        .send()
        .await
        .problem(400, "invalid_request");
    assert_eq!(
        none.violations(),
        [("businessIdentifier".to_owned(), "unknown".to_owned())]
    );
    merchant(&north(&gateway), NUMBER).await;
    let _ = order(&north(&gateway), "k")
        .send()
        .await
        .problem(409, "partner_without_keys");
    serve_in_production(&gateway, "north", gateway.world.north.id).await;
    let mut wrong = form();
    wrong["salesUnitName"] = json!("Fish & Chips");
    wrong["salesUnitLogo"] = json!("VGhlIGltYWdlIGdvZXMgaGVyZQ==");
    wrong["settlementBankAccount"] = json!({"scheme": "BBAN:NO", "id": "123"});
    let bare = north(&gateway)
        .ask(Method::POST, "/v1/product-orders")
        .json(&wrong);
    let bare = bare.send().await.problem(400, "invalid_request");
    let named: Vec<_> = bare.violations().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        named,
        [
            "header Idempotency-Key",
            "salesUnitName",
            "salesUnitLogo",
            "settlementBankAccount.id"
        ]
    );
    assert_eq!(seen(&gateway, "management.order").len(), 0);
    assert_eq!(count(&gateway, "product_orders").await, 0);
    // Nothing of all that has used the key up.
    let _ = order(&north(&gateway), "k").send().await.is(201);
}

async fn a_refusal_is_bound_to_its_key_and_one_at_the_door_is_not(kind: Kind) {
    let gateway = start(kind).await;
    let mut dear = form();
    dear["pricePackageId"] = json!(Uuid::from_u128(7).to_string());
    for is_again in [false, true] {
        let refused = order_of(&north(&gateway), "order-1", &dear).send().await;
        let refused = refused.problem(400, "vipps_invalid_request");
        assert_eq!(refused.violations()[0].0, "pricePackageId", "{refused}");
        assert_eq!(refused.is_replayed(), is_again, "{refused}");
    }
    assert_eq!(seen(&gateway, "management.order").len(), 1);
    let _ = order(&north(&gateway), "order-1")
        .send()
        .await
        .problem(422, "idempotency_key_reused");
    let closed = Fault::Answer {
        status: 403,
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        body: "{}".to_owned(),
        after_effect: false,
    };
    vipps(&gateway).add_fault(Rule::new("no right", closed).on("management.order"));
    let _ = order(&north(&gateway), "order-2")
        .send()
        .await
        .problem(409, "vipps_permission_missing");
    vipps(&gateway).clear_faults();
    let made = order(&north(&gateway), "order-2").send().await.is(201);
    assert!(!made.is_replayed(), "{made}");
    // Vipps keeps a refusal under its key: the second try had another one there.
    let sent = seen(&gateway, "management.order");
    assert_ne!(sent[1].idempotency_key, sent[2].idempotency_key);
    assert_eq!(at_vipps(&gateway).len(), 1);
}

async fn trouble_at_vipps_is_waited_out_without_hammering(kind: Kind) {
    let gateway = start(kind).await;
    let made = order(&north(&gateway), "order-1").send().await.is(201);
    vipps(&gateway).add_fault(Rule::new("down", down()).on("management.*"));
    let before = seen(&gateway, "management.order-details").len();
    for _ in 0..6 * 60 {
        later(&gateway, Duration::MINUTE).await;
    }
    let looks = seen(&gateway, "management.order-details").len() - before;
    assert!((1..20).contains(&looks), "{looks} looks in six hours");
    vipps(&gateway).clear_faults();
    step(&gateway, &made, Step::View);
    later(&gateway, Duration::hours(2)).await;
    assert_eq!(read(&gateway, &made).await.text("/status"), "merchant_viewed");
    // And none comes more often than once a minute while all is well.
    let fresh = order(&north(&gateway), "order-2").send().await.is(201);
    let id = fresh.text("/vippsId");
    for _ in 0..600 {
        gateway.world.advance(Duration::SECOND).await;
        gateway.work().await;
    }
    let looks = seen(&gateway, "management.order-details");
    let at: Vec<_> = looks
        .iter()
        .filter(|it| it.path.contains(&id))
        .map(|it| it.at)
        .collect();
    assert!(at.len() <= 10 && !at.is_empty(), "{at:?}");
}

async fn an_order_goes_forward_only_and_is_completed_by_its_sales_unit(kind: Kind) {
    let gateway = start(kind).await;
    let made = order(&north(&gateway), "order-1").send().await.is(201);
    step(&gateway, &made, Step::Submit);
    later(&gateway, Duration::MINUTE).await;
    // An answer that is older than the one before; and a completion without what it has completed.
    for word in ["MERCHANT_VIEWED", "COMPLETED"] {
        let details = json!({
            "productOrderId": made.text("/vippsId"), "productOrderType": "PREFILL", "status": word,
            "businessIdentifier": {"scheme": "business:NO:ORG", "id": NUMBER},
        });
        vipps(&gateway).add_fault(says(200, &details).on("management.order-details"));
        later(&gateway, Duration::hours(2)).await;
        let told = read(&gateway, &made).await;
        assert_eq!(told.text("/status"), "order_submitted", "{word}: {told}");
        vipps(&gateway).clear_faults();
    }
    step(&gateway, &made, Step::Complete);
    later(&gateway, Duration::hours(2)).await;
    let done = read(&gateway, &made).await;
    assert_eq!(done.text("/status"), "completed", "{done}");
    assert!(!done.text("/msn").is_empty(), "{done}");
}

async fn a_doubtful_order_is_not_sent_again_under_other_keys(kind: Kind) {
    let gateway = start(kind).await;
    vipps(&gateway).add_fault(lost("management.order"));
    let made = order(&north(&gateway), "order-1").wait(0).send().await.is(202);
    // For Vipps other keys may be another sender, to whom the key says nothing.
    let owner = Owner::Partner("north".to_owned());
    let new = vipps(&gateway).registry_mut().regenerate(&owner).unwrap();
    let owner = KeySetOwner::Partner(gateway.world.north.id);
    add_keys(&gateway, owner, Environment::Production, &new).await;
    vipps(&gateway).clear_faults();
    later(&gateway, Duration::minutes(5)).await;
    let found = read(&gateway, &made).await;
    assert_eq!(found.text("/status"), "received", "{found}");
    assert_eq!(seen(&gateway, "management.order").len(), 1, "sent again");
    assert_eq!(at_vipps(&gateway).len(), 1);
}

async fn an_order_that_vipps_names_twice_is_believed_once(kind: Kind) {
    let gateway = start(kind).await;
    let one = order(&north(&gateway), "order-1").send().await.is(201);
    let same = json!({"prefilledOrderId": one.text("/vippsId"), "prefillUrl": one.text("/prefillUrl")});
    vipps(&gateway).add_fault(says(201, &same).on("management.order").once());
    let two = order(&north(&gateway), "order-2").send().await.is(201);
    assert_ne!(two.text("/vippsId"), one.text("/vippsId"), "{two}");
    assert_ne!(two.text("/prefillUrl"), one.text("/prefillUrl"), "{two}");
    assert_eq!(at_vipps(&gateway).len(), 2);
}

async fn two_bodies_under_one_key_at_once_make_one_order(kind: Kind) {
    let gateway = start(kind).await;
    let mut other = form();
    other["salesUnitName"] = json!("Another one");
    let desk = north(&gateway);
    let (one, two) = tokio::join!(
        order(&desk, "order-1").send(),
        order_of(&desk, "order-1", &other).send()
    );
    let mut answers = [one, two];
    answers.sort_by_key(|it| it.status);
    let [made, refused] = answers;
    let _ = made.is(201);
    let _ = refused.problem(422, "idempotency_key_reused");
    assert_eq!(at_vipps(&gateway).len(), 1);
}
