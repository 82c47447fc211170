//! What operators do over HTTP.

use app::audit::{Chain, Filter};
use http::Method;
use serde_json::{Value, json};
use testkit::{Answer, Gateway, Kind, lose_capture, on_both_databases};

use crate::operator_samples::SECRET;

on_both_databases!(
    a_partner_is_added_changed_suspended_and_removed,
    every_change_is_written_down_with_who_and_why,
    lists_come_in_pages,
    a_partner_goes_from_nothing_to_a_live_sales_unit_and_back,
    trust_is_taken_back_at_once,
    one_token_of_an_operator_is_taken_back,
    an_unknown_operation_is_abandoned_with_a_reason,
    open_operations_come_in_pages,
    the_audit_is_read_exported_and_verified,
    keys_go_in_and_nothing_of_them_comes_out,
    a_client_has_a_secret_of_the_operators_own_or_a_key,
    a_customer_is_erased_on_request,
    signing_keys_are_listed_and_replaced_when_one_has_leaked,
);

pub(crate) async fn owner(gateway: &Gateway, method: Method, path: &str, body: Option<Value>) -> Answer {
    let ask = gateway.operate("owner", method, &format!("/admin/v1{path}"));
    match body {
        Some(body) => ask.json(&body).send().await,
        None => ask.send().await,
    }
}

async fn a_partner_is_added_changed_suspended_and_removed(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let post = owner(&gateway, Method::POST, "/partners", Some(json!({"name": "east"}))).await;
    let added = post.is(201);
    let at = format!("/partners/{}", added.text("/id"));
    assert_eq!(added.header("location"), Some(format!("/admin/v1{at}").as_str()));
    let again = owner(&gateway, Method::POST, "/partners", Some(json!({"name": "east"}))).await;
    let _ = again.problem(400, "invalid_request").names("name", "unique");
    let renamed = json!({"name": "far east", "state": "suspended"});
    let changed = owner(&gateway, Method::PATCH, &at, Some(renamed)).await.is(200);
    assert_eq!(
        (changed.text("/name").as_str(), changed.text("/state").as_str()),
        ("far east", "suspended")
    );
    let read = owner(&gateway, Method::GET, &at, None).await.is(200);
    assert_eq!(read.json(), changed.json());
    let nothing = owner(&gateway, Method::PATCH, &at, Some(json!({}))).await;
    let _ = nothing.problem(400, "invalid_request");
    let days = format!("{at}/retention");
    let set = owner(&gateway, Method::PUT, &days, Some(json!({"days": 90})))
        .await
        .is(200);
    assert_eq!(set.at("/days"), 90);
    let back = owner(&gateway, Method::PUT, &days, Some(json!({"days": null})))
        .await
        .is(200);
    assert_eq!(back.at("/days"), 400);
    let unsaid = owner(&gateway, Method::PUT, &days, Some(json!({}))).await;
    let _ = unsaid.problem(400, "invalid_request").names("days", "required");
    let removed = owner(&gateway, Method::DELETE, &at, None).await.is(204);
    assert!(removed.bytes.is_empty());
    let gone = owner(&gateway, Method::GET, &at, None).await;
    let _ = gone.problem(404, "partner_not_found");
    // One that things belong to is suspended instead.
    let north = format!("/partners/{}", gateway.world.north.id);
    let refused = owner(&gateway, Method::DELETE, &north, None).await;
    let _ = refused.problem(400, "invalid_request").names("partner", "in_use");
    let suspended = owner(
        &gateway,
        Method::PATCH,
        &north,
        Some(json!({"state": "suspended"})),
    )
    .await;
    let _ = suspended.is(200);
    let _ = gateway.north().get("").send().await.is(401);
}

async fn every_change_is_written_down_with_who_and_why(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.world.north.id;
    let set = gateway
        .operate("owner", Method::PATCH, &format!("/admin/v1/partners/{north}"))
        .header("audit-reason", "navnet er endret på Brønnøysund")
        .json(&json!({"name": "north again"}));
    let _ = set.send().await.is(200);
    let filter = Filter {
        chain: Some(Chain::Partner(north)),
        action: Some("partner.set".to_owned()),
        limit: 10,
        ..Filter::default()
    };
    let entries = app::audit::list(&gateway.world.app, &filter).await.unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|it| (it.actor.as_str(), it.executor.as_str(), it.reason.as_str()))
        .collect();
    let expected = (
        "kari (https://id.operator.example)",
        "operator-api",
        "navnet er endret på Brønnøysund",
    );
    assert_eq!(told, [expected]);
    // A reason that would be cut is refused instead.
    let long = gateway
        .operate("owner", Method::PATCH, &format!("/admin/v1/partners/{north}"))
        .header("audit-reason", "x".repeat(501))
        .json(&json!({"name": "north for the third time"}));
    let _ = long
        .send()
        .await
        .problem(400, "invalid_request")
        .names("header Audit-Reason", "format");
}

async fn lists_come_in_pages(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let page = async |query: &str| {
        let path = format!("/partners{query}");
        owner(&gateway, Method::GET, &path, None).await.is(200)
    };
    let all = page("").await;
    let names = |answer: &Answer| {
        let data = answer.at("/data");
        let data = data.as_array().unwrap().iter();
        data.map(|it| it["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&all), ["north", "south"]);
    assert_eq!(
        (all.at("/hasMore"), all.at("/nextCursor")),
        (json!(false), Value::Null)
    );
    let first = page("?limit=1").await;
    assert_eq!(
        (names(&first), first.at("/hasMore")),
        (vec!["north".to_owned()], json!(true))
    );
    let second = page(&format!("?limit=1&cursor={}", first.text("/nextCursor"))).await;
    assert_eq!(
        (names(&second), second.at("/hasMore")),
        (vec!["south".to_owned()], json!(false))
    );
    let wrong = owner(
        &gateway,
        Method::GET,
        "/partners?cursor=south&limit=0&colour=red",
        None,
    )
    .await;
    let _ = wrong.problem(400, "invalid_cursor");
    let wrong = owner(&gateway, Method::GET, "/partners?limit=0&colour=red", None).await;
    let _ = wrong
        .problem(400, "invalid_request")
        .names("query limit", "range")
        .names("query colour", "unknown");
}

pub(crate) async fn post(gateway: &Gateway, path: &str, body: Value) -> Answer {
    owner(gateway, Method::POST, path, Some(body)).await
}

pub(crate) async fn get(gateway: &Gateway, path: &str) -> Answer {
    owner(gateway, Method::GET, path, None).await.is(200)
}

async fn go(gateway: &Gateway, path: &str) -> Answer {
    owner(gateway, Method::POST, path, None).await.is(200)
}

async fn gone(gateway: &Gateway, path: &str) {
    let _ = owner(gateway, Method::DELETE, path, None).await.is(204);
    let _ = owner(gateway, Method::GET, path, None).await.is(404);
}

/// The keys of a sales unit at the simulator.
fn keys_of(gateway: &Gateway, msn: &str) -> Value {
    let units = gateway.world.simulator.test().units();
    let keys = &units.iter().find(|it| it.unit.msn == msn).unwrap().keys;
    json!({
        "clientId": keys.client_id, "clientSecret": keys.client_secret,
        "subscriptionKey": keys.primary_subscription_key,
    })
}

fn with(mut body: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn a_partner_goes_from_nothing_to_a_live_sales_unit_and_back(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let partner = post(&gateway, "/partners", json!({"name": "east"})).await.is(201);
    let of = json!({"partnerId": partner.text("/id"), "environment": "test"});
    let identity = testkit::Issuer::new("https://id.east.example", "nordbro");
    let keys: Value = serde_json::from_str(&identity.jwks()).unwrap();
    let issuer =
        json!({"iss": identity.iss, "aud": identity.aud, "jwks": keys, "scopes": ["merchants:read"]});
    let issuer = post(&gateway, "/issuers", with(issuer, &of)).await.is(201);
    assert_eq!(issuer.at("/jwks"), keys, "public keys are public");
    let profile = json!({
        "name": "till", "systemName": "Acme", "systemVersion": "1.0", "pluginName": "acme-pos", "pluginVersion": "2.3",
    });
    let profile = post(&gateway, "/profiles", with(profile, &of)).await.is(201);
    let at_profile = format!("/profiles/{}", profile.text("/id"));
    let release = json!({"systemName": "Acme", "systemVersion": "1.1", "pluginName": "acme-pos", "pluginVersion": "2.4"});
    let release = owner(&gateway, Method::PUT, &at_profile, Some(release))
        .await
        .is(200);
    assert_eq!(get(&gateway, &at_profile).await.json(), release.json());
    let wrong = json!({"systemName": "Åcme", "systemVersion": "1", "pluginName": "a", "pluginVersion": "1"});
    let wrong = owner(&gateway, Method::PUT, &at_profile, Some(wrong)).await;
    let _ = wrong
        .problem(400, "invalid_request")
        .names("systemName", "format");
    let merchant = json!({"name": "Fjell AS", "organisationNumber": "918273645", "country": "NO"});
    let merchant = post(&gateway, "/merchants", with(merchant, &of)).await.is(201);
    let at_merchant = format!("/merchants/{}", merchant.text("/id"));
    let renamed = owner(
        &gateway,
        Method::PATCH,
        &at_merchant,
        Some(json!({"name": "Fjell"})),
    )
    .await;
    assert_eq!(renamed.is(200).json(), get(&gateway, &at_merchant).await.json());
    let unit =
        json!({"merchantId": merchant.text("/id"), "msn": "100003", "name": "Storgata 1", "market": "NO"});
    let unit = post(&gateway, "/sales-units", with(unit, &of)).await.is(201);
    let at_unit = format!("/sales-units/{}", unit.text("/id"));
    let early = owner(&gateway, Method::PATCH, &at_unit, Some(json!({"state": "live"}))).await;
    let _ = early
        .problem(400, "invalid_request")
        .names("credentialMode", "keys");
    let keys = json!({"kind": "sales_unit", "salesUnitId": unit.text("/id")});
    let keys = post(&gateway, "/key-sets", with(keys, &keys_of(&gateway, "100003")))
        .await
        .is(201);
    assert_eq!(keys.text("/state"), "active");
    let live = owner(&gateway, Method::PATCH, &at_unit, Some(json!({"state": "live"})))
        .await
        .is(200);
    assert_eq!(live.text("/state"), "live");
    let probed = go(&gateway, &format!("{at_unit}/probe")).await;
    assert_eq!(
        (probed.text("/standing/stage"), probed.at("/standing/trouble")),
        ("live".to_owned(), Value::Null)
    );
    let shown = get(&gateway, &at_unit).await;
    assert_eq!(shown.at("/standing"), probed.at("/standing"));
    let verified = post(
        &gateway,
        &format!("{at_unit}/verify"),
        json!({"reason": "letter of the merchant"}),
    )
    .await;
    assert_eq!(verified.is(200).text("/standing/stage"), "live");
    // And the partner sees it with a token of its own.
    let token = identity.token(domain::Clock::now(&gateway.world.clock)).signed();
    let seen = gateway.ask(Method::GET, "/v1/sales-units/100003").bearer(&token);
    assert_eq!(seen.send().await.is(200).text("/state"), "live");

    let of_east = format!("?partnerId={}", partner.text("/id"));
    for (list, id) in [
        ("/issuers", &issuer),
        ("/profiles", &profile),
        ("/merchants", &merchant),
        ("/sales-units", &unit),
        ("/key-sets", &keys),
    ] {
        let listed = get(&gateway, &format!("{list}{of_east}")).await;
        let ids: Vec<_> = listed
            .at("/data")
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].clone())
            .collect();
        assert_eq!(ids, [id.at("/id")], "{list}");
        let first = get(&gateway, &format!("{list}?limit=1")).await;
        assert_eq!(first.at("/hasMore"), true, "{list}");
        let next = first.text("/nextCursor");
        let second = get(&gateway, &format!("{list}?limit=1&cursor={next}")).await;
        assert_ne!(second.at("/data/0/id"), first.at("/data/0/id"), "{list}");
    }
    let of_unit = get(&gateway, &format!("/key-sets?salesUnitId={}", unit.text("/id"))).await;
    assert_eq!(of_unit.at("/data/0/id"), keys.at("/id"));

    // Back again, as far as there is a way.
    let ended = owner(&gateway, Method::PATCH, &at_unit, Some(json!({"state": "ended"})))
        .await
        .is(200);
    assert!(ended.at("/endedAt").is_string());
    let never = owner(&gateway, Method::PATCH, &at_unit, Some(json!({"state": "live"}))).await;
    let _ = never.problem(400, "invalid_request").names("state", "state");
    gone(&gateway, &format!("/key-sets/{}", keys.text("/id"))).await;
    gone(&gateway, &format!("/issuers/{}", issuer.text("/id"))).await;
    gone(&gateway, &at_profile).await;
    let held = owner(&gateway, Method::DELETE, &at_merchant, None).await;
    let _ = held.problem(400, "invalid_request").names("merchant", "in_use");
    let other = json!({"name": "Vidde AS", "organisationNumber": "918273646", "country": "NO"});
    let other = post(&gateway, "/merchants", with(other, &of)).await.is(201);
    gone(&gateway, &format!("/merchants/{}", other.text("/id"))).await;
    // What a body points at and is not there is told as in a path.
    let lost = json!({"name": "x", "organisationNumber": "918273647", "country": "NO", "environment": "test",
        "partnerId": "prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7"});
    let _ = post(&gateway, "/merchants", lost)
        .await
        .problem(404, "partner_not_found");
}

async fn trust_is_taken_back_at_once(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = format!("?partnerId={}", gateway.world.north.id);
    let issuers = get(&gateway, &format!("/issuers{north}")).await;
    let id = issuers.text("/data/0/id");
    let at = format!("/issuers/{id}");
    let asks = async |status: u16| {
        let units = gateway.ask(Method::GET, "/v1/sales-units");
        let units = units.bearer(&gateway.north_token().claim("jti", "t-1").signed());
        assert_eq!(units.send().await.status, status);
    };
    asks(200).await;
    let support = gateway.operate("support", Method::POST, &format!("/admin/v1{at}/suspend"));
    let suspended = support.send().await.is(200);
    assert_eq!(suspended.text("/state"), "suspended");
    asks(401).await;
    // Who may take trust back may not give it.
    let support = gateway.operate("support", Method::POST, &format!("/admin/v1{at}/activate"));
    let _ = support.send().await.problem(403, "role_missing");
    let _ = go(&gateway, &format!("{at}/activate")).await;
    asks(200).await;
    let narrowed = owner(
        &gateway,
        Method::PATCH,
        &at,
        Some(json!({"scopes": ["payments:read"]})),
    )
    .await;
    assert_eq!(narrowed.is(200).at("/scopes"), json!(["payments:read"]));
    asks(403).await;
    let widened = json!({"scopes": ["payments:read", "merchants:read"], "msns": ["100001"]});
    let widened = owner(&gateway, Method::PATCH, &at, Some(widened)).await.is(200);
    assert_eq!(widened.at("/msns"), json!(["100001"]));
    asks(200).await;
    let revoked = json!({"jti": "t-1", "issuerId": id});
    let revoked = post(&gateway, "/revoked-tokens", revoked).await.is(200);
    assert_eq!(revoked.text("/jti"), "t-1");
    asks(401).await;
    let nobody = json!({"jti": "t-1"});
    let nobody = post(&gateway, "/revoked-tokens", nobody).await;
    let _ = nobody
        .problem(400, "invalid_request")
        .names("issuerId", "required");
}

async fn one_token_of_an_operator_is_taken_back(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let leaked = gateway.operator_token("owner").claim("jti", "op-1").signed();
    let other = gateway.operator_token("owner").claim("jti", "op-2").signed();
    let nameless = gateway.operator_token("owner").signed();
    let asks = async |gateway: &Gateway, token: &str| {
        let ask = gateway.ask_privately(Method::GET, "/admin/v1/partners");
        ask.bearer(token).send().await.status
    };
    // A partner's token of the same name is another token.
    let partners = gateway.north_token().claim("jti", "op-1").signed();
    let units = async |gateway: &Gateway| {
        let ask = gateway.ask(Method::GET, "/v1/sales-units").bearer(&partners);
        ask.send().await.status
    };
    for token in [&leaked, &other, &nameless] {
        assert_eq!(asks(&gateway, token).await, 200);
    }
    let path = "/admin/v1/revoked-operator-tokens";
    let revoke = async |role: &str, body: Value| {
        let ask = gateway.operate(role, Method::POST, path);
        let ask = ask.header("audit-reason", "found in a log");
        ask.json(&body).send().await
    };
    let _ = revoke("auditor", json!({"jti": "op-1"}))
        .await
        .problem(403, "role_missing");
    let ask = gateway.ask_privately(Method::POST, path).bearer(&partners);
    let refused = ask.json(&json!({"jti": "op-1"})).send().await;
    let _ = refused.problem(401, "unauthenticated");
    let wrong = revoke("support", json!({"jti": "op-1", "iss": "x"})).await;
    let _ = wrong.problem(400, "invalid_request").names("iss", "unknown");
    let wrong = revoke("support", json!({"jti": "op-\u{7}"})).await;
    let _ = wrong.problem(400, "invalid_request").names("jti", "format");
    assert_eq!(asks(&gateway, &leaked).await, 200);
    let revoked = revoke("support", json!({"jti": "op-1"})).await.is(200);
    assert_eq!(
        (revoked.text("/jti"), revoked.text("/iss")),
        ("op-1".to_owned(), gateway.operator_issuer.iss.clone())
    );
    assert_eq!(asks(&gateway, &leaked).await, 401);
    for token in [&other, &nameless] {
        assert_eq!(asks(&gateway, token).await, 200);
    }
    assert_eq!(units(&gateway).await, 200);
    let again = revoke("support", json!({"jti": "op-1"})).await;
    let _ = again.problem(400, "invalid_request").names("jti", "unique");
    let acts = get(&gateway, "/audit?chain=gateway&action=operator_token.revoke").await;
    assert_eq!(
        (acts.text("/data/0/target"), acts.text("/data/0/reason")),
        ("op-1".to_owned(), "found in a log".to_owned())
    );
    // It is kept as long as a token of that name could live, and over a restart.
    let gateway = gateway.restarted().await;
    assert_eq!(asks(&gateway, &leaked).await, 401);
    gateway.world.advance(time::Duration::hours(23)).await;
    let anew = gateway.operator_token("owner").claim("jti", "op-1").signed();
    assert_eq!(asks(&gateway, &anew).await, 401);
}

async fn an_unknown_operation_is_abandoned_with_a_reason(kind: Kind) {
    use simulator::Fault;
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let _ = desk.authorized("unknown-0001", 10_000).await;
    let test = gateway.world.simulator.test();
    lose_capture(test, Fault::AnswerLost);
    let open = desk.capture("unknown-0001", 6_000, "k").send().await.is(202);
    let id = open.text("/id");
    let listed = get(&gateway, "/operations?environment=test&limit=10").await;
    assert_eq!(listed.at("/data/0/id"), open.at("/id"), "{listed}");
    assert_eq!(
        listed.at("/data/0/amount"),
        json!({"currency": "NOK", "value": 6_000})
    );
    let abandon = async |body: Value| {
        let path = format!("/admin/v1/operations/{id}/abandon");
        let ask = gateway.operate("support", Method::POST, &path);
        ask.json(&body).send().await
    };
    let because = json!({"reason": "the bank has confirmed that nothing was drawn"});
    let early = abandon(because.clone()).await;
    let _ = early.problem(400, "invalid_request").names("operation", "state");
    gateway
        .world
        .advance(gateway.world.app.settings().replay_horizon)
        .await;
    let _ = abandon(json!({}))
        .await
        .problem(400, "invalid_request")
        .names("reason", "required");
    let done = abandon(because).await.is(200);
    assert_eq!(done.text("/status"), "abandoned");
    assert_eq!(
        get(&gateway, &format!("/operations/{id}")).await.json(),
        done.json()
    );
    assert_eq!(get(&gateway, "/operations").await.at("/data"), json!([]));
    let acts = get(&gateway, &format!("/audit?target={id}")).await;
    assert_eq!(
        (acts.text("/data/0/reason"), acts.text("/data/0/executor")),
        (
            "the bank has confirmed that nothing was drawn".to_owned(),
            "operator-api".to_owned()
        )
    );
}

async fn open_operations_come_in_pages(kind: Kind) {
    use simulator::Fault;
    let gateway = Gateway::start(kind).await;
    let desk = gateway.north();
    let mut began = Vec::new();
    for nth in 0..3 {
        let reference = format!("unknown-000{nth}");
        let _ = desk.authorized(&reference, 10_000).await;
        lose_capture(gateway.world.simulator.test(), Fault::AnswerLost);
        let open = desk.capture(&reference, 6_000, &reference).wait(1).send().await;
        began.push(open.is(202).text("/id"));
    }
    let (mut paged, mut query) = (Vec::new(), "?limit=1".to_owned());
    loop {
        let page = get(&gateway, &format!("/operations{query}")).await;
        paged.push(page.text("/data/0/id"));
        if page.at("/hasMore") == json!(false) {
            break;
        }
        query = format!("?limit=1&cursor={}", page.text("/nextCursor"));
    }
    assert_eq!(paged, began, "each once, the oldest first");
    let north = format!("partnerId={}&environment=test", gateway.world.north.id);
    let first = get(&gateway, &format!("/operations?{north}&limit=2")).await;
    let next = first.text("/nextCursor");
    let rest = get(&gateway, &format!("/operations?{north}&limit=2&cursor={next}")).await;
    assert_eq!(
        (rest.text("/data/0/id"), rest.at("/nextCursor")),
        (began[2].clone(), Value::Null)
    );
    let wrong = owner(&gateway, Method::GET, "/operations?cursor=op_1", None).await;
    let _ = wrong.problem(400, "invalid_cursor");
}

async fn the_audit_is_read_exported_and_verified(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.world.north.id.to_string();
    for nth in 0..3 {
        let at = format!("/partners/{north}");
        let renamed = owner(
            &gateway,
            Method::PATCH,
            &at,
            Some(json!({"name": format!("north {nth}")})),
        )
        .await;
        let _ = renamed.is(200);
    }
    // Page by page it is what it is at once, whatever the chains are.
    let all = get(&gateway, "/audit?limit=200").await.at("/data");
    let all = all.as_array().unwrap().clone();
    let (mut paged, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = get(&gateway, &format!("/audit{query}")).await;
        paged.extend(page.at("/data").as_array().unwrap().clone());
        if page.at("/hasMore") == json!(false) {
            break;
        }
        query = format!("?limit=2&cursor={}", page.text("/nextCursor"));
    }
    assert_eq!(paged, all);
    let sets = get(&gateway, &format!("/audit?chain={north}&action=partner.set")).await;
    assert_eq!(sets.at("/data").as_array().unwrap().len(), 3, "{sets}");
    assert_eq!(sets.at("/data/0/after/name"), "north 2");
    let later = get(&gateway, "/audit?since=2099-01-01T00:00:00Z").await;
    assert_eq!(later.at("/data"), json!([]));
    let wrong = owner(&gateway, Method::GET, "/audit?since=yesterday&chain=north", None).await;
    let wrong = wrong.problem(400, "invalid_request");
    let _ = wrong
        .names("query since", "format")
        .names("query chain", "format");

    let chains = get(&gateway, "/audit/chains").await.at("/data");
    let chains: Vec<_> = chains
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["chain"].clone())
        .collect();
    assert_eq!(chains.len(), 3, "{chains:?}");
    assert_eq!(chains[0], "gateway");
    let first = get(&gateway, &format!("/audit/chains/{north}/entries?limit=2")).await;
    assert_eq!(
        (first.at("/data/0/sequence"), first.at("/data/1/sequence")),
        (json!(1), json!(2))
    );
    assert!(first.at("/data/0/after").is_string() && first.at("/data/0/seal").is_string());
    let next = first.text("/nextCursor");
    let second = get(
        &gateway,
        &format!("/audit/chains/{north}/entries?limit=200&cursor={next}"),
    )
    .await;
    assert_eq!(second.at("/data/0/sequence"), 3);
    let nobody = owner(&gateway, Method::GET, "/audit/chains/north/entries", None).await;
    let _ = nobody.problem(404, "audit_chain_not_found");

    let whole = owner(&gateway, Method::POST, "/audit/verify", None).await.is(200);
    assert_eq!(
        (whole.at("/whole"), whole.at("/broken")),
        (json!(true), json!([]))
    );
    let mut heads = whole.at("/heads");
    let again = post(&gateway, "/audit/verify", json!({"heads": heads}))
        .await
        .is(200);
    assert_eq!(again.at("/whole"), true);
    heads[0]["hash"] = json!("0".repeat(64));
    let other = post(&gateway, "/audit/verify", json!({"heads": heads}))
        .await
        .is(200);
    assert_eq!(
        (other.at("/whole"), other.text("/broken/0/fault")),
        (json!(false), "not_as_noted".to_owned())
    );
}

async fn keys_go_in_and_nothing_of_them_comes_out(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let unit = get(
        &gateway,
        &format!("/sales-units?partnerId={}", gateway.world.north.id),
    )
    .await;
    let whose = json!({"kind": "sales_unit", "salesUnitId": unit.text("/data/0/id")});
    let keys = keys_of(&gateway, "100001");
    let put = post(&gateway, "/key-sets", with(whose.clone(), &keys))
        .await
        .is(201);
    let at = format!("/key-sets/{}", put.text("/id"));
    let refused = with(
        whose,
        &json!({"clientId": "c4nary-id", "clientSecret": "c4nary-secret", "subscriptionKey": "c4nary-key"}),
    );
    let refused = post(&gateway, "/key-sets", refused)
        .await
        .problem(400, "invalid_request");
    let draft = get(&gateway, "/key-sets?limit=200").await;
    let drafts: Vec<_> = draft
        .at("/data")
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["state"] == "draft")
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect();
    let prove = format!("/admin/v1/key-sets/{}/prove", drafts[0]);
    let proven = gateway.operate("support", Method::POST, &prove).send().await;
    let proven = proven.problem(400, "invalid_request");
    let again = gateway
        .operate("support", Method::POST, &format!("/admin/v1{at}/prove"))
        .send()
        .await;
    let again = again.problem(400, "invalid_request").names("state", "state");
    let shown = get(&gateway, &at).await;
    let audit = get(&gateway, "/audit?limit=200").await;
    let at_rest = get(&gateway, "/sealing-keys").await;
    assert_eq!(at_rest.at("/data/0/newest"), true);
    let secrets =
        ["clientId", "clientSecret", "subscriptionKey"].map(|name| keys[name].as_str().unwrap().to_owned());
    for answer in [put, refused, draft, proven, again, shown, audit, at_rest] {
        let told = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(!told.contains("c4nary"), "{answer}");
        for secret in &secrets {
            assert!(!told.contains(secret.as_str()), "{answer}");
        }
    }
    let foreign =
        json!({"kind": "platform", "environment": "test", "partnerId": gateway.world.north.id.to_string()});
    let foreign = post(&gateway, "/key-sets", with(foreign, &keys)).await;
    let _ = foreign
        .problem(400, "invalid_request")
        .names("partnerId", "conflict");
}

async fn a_client_has_a_secret_of_the_operators_own_or_a_key(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let of = json!({"partnerId": gateway.world.north.id.to_string(), "environment": "test", "name": "shop", "scopes": ["merchants:read"]});
    let none = post(&gateway, "/clients", of.clone())
        .await
        .problem(400, "invalid_request");
    let none = none.names("clientSecret", "required");
    assert!(
        none.text("/violations/0/message").contains("nordbro client add"),
        "{none}"
    );
    let short = with(of.clone(), &json!({"clientSecret": "hunter2"}));
    let short = post(&gateway, "/clients", short)
        .await
        .problem(400, "invalid_request");
    assert!(!short.to_string().contains("hunter2"), "{short}");
    let client = with(of, &json!({"clientSecret": SECRET}));
    let client = post(&gateway, "/clients", client).await.is(201);
    let id = client.text("/id");
    let at = format!("/clients/{id}");
    let fetch = async |secret: &str| {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let ask = gateway.ask(Method::POST, "/oauth/token");
        gateway.world.advance(time::Duration::minutes(2)).await;
        ask.bytes("application/x-www-form-urlencoded", form)
            .send()
            .await
            .status
    };
    assert_eq!(fetch(SECRET).await, 200);
    let other = SECRET.replace('0', "9");
    let further = json!({"clientSecret": other});
    let shown = post(&gateway, &format!("{at}/secrets"), further).await.is(200);
    assert!(!shown.to_string().contains(&other), "{shown}");
    assert_eq!((fetch(SECRET).await, fetch(&other).await), (200, 200));
    // It has changed over: the one before ends, and no other is drawn. The last that opens is never taken.
    let retire =
        async |keep: &str| post(&gateway, &format!("{at}/retire-secrets"), json!({"keep": keep})).await;
    let _ = retire("newest").await.is(200);
    assert_eq!((fetch(SECRET).await, fetch(&other).await), (401, 200));
    for keep in ["newest", "none"] {
        let kept = retire(keep).await.problem(400, "invalid_request");
        let kept = kept.names("keep", "secrets");
        let message = kept.text("/violations/0/message");
        assert!(message.contains("nothing to open with"), "{kept}");
    }
    let _ = retire("all").await.problem(400, "invalid_request");
    assert_eq!(fetch(&other).await, 200);
    let last = SECRET.replace('1', "9");
    let retiring = json!({"clientSecret": last, "retireOthers": true});
    let _ = post(&gateway, &format!("{at}/secrets"), retiring).await.is(200);
    assert_eq!(
        (fetch(SECRET).await, fetch(&other).await, fetch(&last).await),
        (401, 401, 200)
    );
    let _ = go(&gateway, &format!("{at}/suspend")).await;
    assert_eq!(fetch(&last).await, 401);
    let _ = go(&gateway, &format!("{at}/activate")).await;
    assert_eq!(fetch(&last).await, 200);
    let set = owner(
        &gateway,
        Method::PATCH,
        &at,
        Some(json!({"tokenLifetime": 60, "msns": []})),
    )
    .await
    .is(200);
    assert_eq!(
        (set.at("/tokenLifetime"), set.at("/msns")),
        (json!(60), json!([]))
    );
    assert_eq!(get(&gateway, &at).await.json(), set.json());
    let listed = get(
        &gateway,
        &format!("/clients?partnerId={}", gateway.world.north.id),
    )
    .await;
    assert_eq!(listed.at("/data/0/id"), client.at("/id"));
    gone(&gateway, &at).await;
    assert_eq!(fetch(&last).await, 401);
}

async fn a_customer_is_erased_on_request(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let path = format!("/partners/{}/erase-customer", gateway.world.north.id);
    let body = json!({"phoneNumber": "+47 12 34 56 78"});
    let none = post(&gateway, &path, body).await.is(200);
    assert_eq!(none.at("/payments"), 0);
    let wrong = post(&gateway, &path, json!({"phoneNumber": "five"})).await;
    let wrong = wrong.problem(400, "invalid_request");
    assert!(!wrong.to_string().contains("five"), "{wrong}");
}

async fn signing_keys_are_listed_and_replaced_when_one_has_leaked(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let none = get(&gateway, "/signing-keys").await;
    assert_eq!(none.at("/data"), json!([]), "looking draws none");
    let of = json!({"partnerId": gateway.world.north.id.to_string(), "environment": "test", "name": "shop",
        "scopes": ["merchants:read"], "clientSecret": SECRET});
    let client = post(&gateway, "/clients", of).await.is(201).text("/id");
    let fetched = async || {
        let form = format!("grant_type=client_credentials&client_id={client}&client_secret={SECRET}");
        let ask = gateway.ask(Method::POST, "/oauth/token");
        let ask = ask.bytes("application/x-www-form-urlencoded", form);
        ask.send().await.is(200).text("/access_token")
    };
    let opens = async |token: &str| {
        let units = gateway.ask(Method::GET, "/v1/sales-units").bearer(token);
        units.send().await.status
    };
    let old = fetched().await;
    assert_eq!(opens(&old).await, 200);
    let first = get(&gateway, "/signing-keys").await;
    assert_eq!(first.at("/data/0/signs"), true, "{first}");
    let leaked = first.text("/data/0/kid");

    let replace = "/admin/v1/signing-keys/replace";
    for role in ["auditor", "support"] {
        let refused = gateway.operate(role, Method::POST, replace).send().await;
        let _ = refused.problem(403, "role_missing");
    }
    let partner = gateway.north_token().claim("nordbro_role", "owner").signed();
    let refused = gateway.ask_privately(Method::POST, replace).bearer(&partner);
    let _ = refused.send().await.problem(401, "unauthenticated");
    assert_eq!(get(&gateway, "/signing-keys").await.json(), first.json());

    let replaced = gateway
        .operate("owner", Method::POST, replace)
        .header("audit-reason", "found in a log")
        .send()
        .await
        .is(200);
    let new = replaced.text("/kid");
    assert_ne!(new, leaked);
    let standing = get(&gateway, "/signing-keys").await;
    assert_eq!(standing.at("/data"), json!([replaced.json()]));
    assert_eq!(opens(&old).await, 401, "what the leaked key signed");
    assert_eq!(opens(&fetched().await).await, 200);
    let acts = get(&gateway, "/audit?chain=gateway&action=signing_key.replace").await;
    assert_eq!(
        (
            acts.text("/data/0/target"),
            acts.text("/data/0/reason"),
            acts.text("/data/0/executor")
        ),
        (new, "found in a log".to_owned(), "operator-api".to_owned())
    );
    for answer in [first, replaced, standing, acts] {
        assert!(!answer.to_string().contains("\"d\":"), "{answer}");
        assert!(!answer.to_string().to_lowercase().contains("private"), "{answer}");
    }
}
