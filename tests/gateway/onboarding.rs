//! From nothing to a sales unit that takes payments, by the partner alone; and what nobody can get that way.

use app::registry::{AssignmentState, KeySetOwner, key_sets, profiles, sales_units};
use domain::{Clock as _, Environment, PartnerId, ProductProfile, Secret};
use http::Method;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use simulator::{Fault, KeySet, Owner, Rule, Which, World};
use testkit::{Answer, Desk, Gateway, Kind, on_both_databases};
use time::Duration;

on_both_databases!(
    four_calls_lead_from_nothing_to_a_payment,
    a_draft_is_the_same_whoever_holds_the_unit_and_blocks_nobody,
    wrong_keys_are_told_apart_and_none_is_kept,
    keys_that_go_wrong_do_not_replace_those_in_use,
    a_unit_without_the_product_is_verified_and_says_what_is_missing,
    a_deactivated_unit_is_found_by_the_daily_look_and_left_alone,
    keys_that_were_regenerated_are_found_when_calls_start_to_fail,
    platform_keys_never_prove_a_claim,
    partner_keys_prove_a_claim_by_the_management_api_and_no_other_way,
    a_claim_on_a_unit_that_is_live_elsewhere_waits_without_a_hint,
    an_operator_answers_for_a_claim_with_a_reason,
    a_merchant_and_a_unit_are_made_once,
    vipps_out_of_reach_changes_nothing,
);

pub(crate) fn keys_of(world: &World, owner: &Owner) -> KeySet {
    world.registry().keys_of(owner).unwrap().clone()
}

pub(crate) fn unit_keys(gateway: &Gateway, msn: &str) -> KeySet {
    keys_of(gateway.world.simulator.test(), &Owner::SalesUnit(msn.to_owned()))
}

pub(crate) fn body(keys: &KeySet) -> Value {
    json!({
        "clientId": keys.client_id,
        "clientSecret": keys.client_secret,
        "subscriptionKey": keys.primary_subscription_key,
        "secondarySubscriptionKey": keys.secondary_subscription_key,
    })
}

pub(crate) async fn merchant(desk: &Desk<'_>, number: &str) -> String {
    let new = json!({"name": "Havnens Cykler", "organisationNumber": number, "country": "DK"});
    let made = desk
        .ask(Method::POST, "/v1/merchants")
        .json(&new)
        .send()
        .await
        .is(201);
    let id = made.text("/id");
    assert_eq!(
        made.header("location"),
        Some(format!("/v1/merchants/{id}").as_str())
    );
    id
}

/// A draft at a merchant made for it.
pub(crate) async fn draft<'g>(desk: &Desk<'g>, msn: &str, mode: &str) -> (Desk<'g>, Answer) {
    let merchant = merchant(desk, &format!("99{msn}")).await;
    let new = json!({"msn": msn, "name": "Havnegade 1", "credentialMode": mode});
    let path = format!("/v1/merchants/{merchant}/sales-units");
    let answer = desk.ask(Method::POST, &path).json(&new).send().await.is(201);
    let place = format!("/v1/sales-units/{msn}");
    assert_eq!(answer.header("location"), Some(place.as_str()));
    let at = Desk {
        msn: msn.to_owned(),
        ..desk.clone()
    };
    (at, answer)
}

pub(crate) async fn put(desk: &Desk<'_>, keys: &Value) -> Answer {
    let path = desk.path("/credentials");
    desk.ask(Method::PUT, &path).json(keys).send().await
}

async fn probe(desk: &Desk<'_>) -> Answer {
    desk.post("/probe").send().await
}

pub(crate) async fn mode(desk: &Desk<'_>, mode: &str) -> Answer {
    let path = desk.path("/credential-mode");
    desk.ask(Method::PUT, &path)
        .json(&json!({"credentialMode": mode}))
        .send()
        .await
}

pub(crate) async fn count(gateway: &Gateway, sql: &str) -> i64 {
    let database = Database::connect(&gateway.world.database.url).await.unwrap();
    let backend = database.get_database_backend();
    let sql = format!("SELECT CAST(count(*) AS BIGINT) AS n FROM {sql}");
    let row = database.query_one_raw(Statement::from_string(backend, sql)).await;
    let count = row.unwrap().unwrap().try_get("", "n").unwrap();
    database.close().await.unwrap();
    count
}

async fn four_calls_lead_from_nothing_to_a_payment(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (desk, made) = draft(&gateway.north(), "100003", "own").await;
    assert_eq!(
        (made.text("/state"), made.text("/market")),
        ("draft".to_owned(), "DK".to_owned())
    );
    let _ = desk
        .create("too-early-1", 100, "k")
        .send()
        .await
        .problem(404, "sales_unit_not_found");
    let read = desk.get("").send().await.is(200);
    assert_eq!(read.text("/state"), "draft");
    assert_eq!(read.text("/health/status"), "without_keys");
    assert!(read.text("/reason").contains("put its own keys"), "{read}");

    let keys = unit_keys(&gateway, "100003");
    let live = put(&desk, &body(&keys)).await.is(200);
    assert_eq!(live.text("/state"), "live", "{live}");
    assert_eq!(live.text("/claim/proof"), "own_keys");
    assert_eq!(live.text("/health/status"), "connected");
    assert!(!live.text("/health/checkedAt").is_empty() && !live.text("/liveFrom").is_empty());
    let listed = desk.ask(Method::GET, "/v1/sales-units").send().await.is(200);
    for answer in [&live, &listed, &desk.get("").send().await] {
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        for secret in [
            &keys.client_secret,
            &keys.primary_subscription_key,
            &keys.client_id,
        ] {
            assert!(!text.contains(secret.as_str()), "{answer}");
        }
    }
    let danish = json!({
        "amount": {"currency": "DKK", "value": 100}, "paymentMethod": {"type": "WALLET"},
        "reference": "first-payment-1", "userFlow": "WEB_REDIRECT", "returnUrl": "https://shop.example/",
    });
    let _ = desk.post("/payments").key("k").json(&danish).send().await.is(201);
}

async fn a_draft_is_the_same_whoever_holds_the_unit_and_blocks_nobody(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let south = gateway.south();
    // North has the first live, the second is drafted by north, nobody has heard of the third.
    let _ = draft(&gateway.north(), "100004", "own").await;
    let mut answers = Vec::new();
    for msn in ["100001", "100004", "654321"] {
        gateway.world.advance(Duration::seconds(20)).await;
        let (desk, made) = draft(&south, msn, "own").await;
        assert_eq!(made.text("/market"), "DK", "not what somebody else said: {made}");
        gateway.world.advance(Duration::seconds(20)).await;
        let read = desk.get("").send().await.is(200);
        let probed = probe(&desk).await.problem(409, "sales_unit_without_keys");
        let merchant = made.text("/merchantId");
        let same = |answer: &Answer| {
            answer
                .without_ids()
                .replace(msn, "MSN")
                .replace(&merchant, "MERCHANT")
        };
        answers.push([same(&made), same(&read), same(&probed)]);
        let _ = desk
            .create("not-yet-mine-1", 100, "k")
            .send()
            .await
            .problem(404, "sales_unit_not_found");
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    // North does not notice, and draws no line either.
    let _ = gateway.north().created("north-order-1", 100).await;
    let north = gateway.desk(&gateway.north_token(), "100004");
    let keys = unit_keys(&gateway, "100004");
    assert_eq!(put(&north, &body(&keys)).await.is(200).text("/state"), "live");
}

async fn wrong_keys_are_told_apart_and_none_is_kept(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (desk, _) = draft(&gateway.north(), "100003", "own").await;
    let good = body(&unit_keys(&gateway, "100003"));
    let with = |name: &str, value: &str| {
        let mut keys = good.clone();
        keys[name] = json!(value);
        keys
    };
    let production = gateway.world.simulator.production();
    let production = keys_of(production, &Owner::SalesUnit("500003".to_owned()));
    let other = unit_keys(&gateway, "100002");
    let before = count(&gateway, "key_sets").await;
    for (keys, trouble, field) in [
        (body(&production), "wrong_environment", "credentials"),
        (
            with("clientId", "00000000-0000-0000-0000-000000000000"),
            "wrong_pair",
            "clientId",
        ),
        (
            with("clientSecret", "bm90IHRoZSBzZWNyZXQ="),
            "wrong_pair",
            "clientSecret",
        ),
        (
            with("subscriptionKey", "0123456789abcdef"),
            "wrong_subscription_key",
            "subscriptionKey",
        ),
        (
            with("secondarySubscriptionKey", "0123456789abcdef"),
            "wrong_subscription_key",
            "secondarySubscriptionKey",
        ),
        (body(&other), "wrong_unit", "credentials"),
    ] {
        gateway.world.advance(Duration::minutes(1)).await;
        let refused = put(&desk, &keys).await.problem(422, "credentials_refused");
        let refused = refused.names(field, trouble);
        assert!(refused.text("/detail").len() > 60, "{refused}");
        assert!(
            refused.at("/vipps/status").as_u64().is_some_and(|it| it >= 400),
            "{refused}"
        );
        let text = String::from_utf8_lossy(&refused.bytes).into_owned();
        let secret = keys["clientSecret"].as_str().unwrap();
        assert!(!text.contains(secret), "{refused}");
        assert_eq!(desk.get("").send().await.is(200).text("/state"), "draft");
    }
    for (keys, field, rule) in [
        (with("clientSecret", "with space"), "clientSecret", "format"),
        (with("msn", "100003"), "msn", "unknown"),
        (json!({"clientId": "a"}), "subscriptionKey", "required"),
    ] {
        let _ = put(&desk, &keys)
            .await
            .problem(400, "invalid_request")
            .names(field, rule);
    }
    assert_eq!(
        count(&gateway, "key_sets").await,
        before,
        "refused keys were kept"
    );
    assert_eq!(put(&desk, &good).await.is(200).text("/state"), "live");
}

async fn keys_that_go_wrong_do_not_replace_those_in_use(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.north();
    let other = body(&unit_keys(&gateway, "100002"));
    let _ = put(&north, &other)
        .await
        .problem(422, "credentials_refused")
        .names("credentials", "wrong_unit");
    let _ = north.created("still-working-1", 100).await;
    // A subscription key is rotated: the unit never stops.
    let owner = Owner::SalesUnit("100001".to_owned());
    let rotated = {
        let mut registry = gateway.world.simulator.test().registry_mut();
        registry.rotate(&owner, Which::Primary).unwrap()
    };
    let again = put(&north, &body(&rotated)).await.is(200);
    assert_eq!(again.text("/state"), "live");
    let _ = north.created("still-working-2", 100).await;
    assert_eq!(count(&gateway, "key_sets WHERE state = 'draft'").await, 0);
}

/// Vipps' 403 where a product is missing.
fn no_product() -> Rule {
    let fault = Fault::Answer {
        status: 403,
        content_type: Some("application/problem+json".to_owned()),
        headers: Vec::new(),
        body: r#"{"type":"x","title":"Forbidden","status":403,"traceId":"t"}"#.to_owned(),
        after_effect: false,
    };
    Rule {
        operation: Some("epayment.*".to_owned()),
        msn: Some("100003".to_owned()),
        ..Rule::new("no product", fault)
    }
}

async fn a_unit_without_the_product_is_verified_and_says_what_is_missing(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (desk, _) = draft(&gateway.north(), "100003", "own").await;
    gateway.world.simulator.test().add_fault(no_product());
    let put = put(&desk, &body(&unit_keys(&gateway, "100003"))).await.is(200);
    assert_eq!(put.text("/claim/proof"), "own_keys");
    assert_eq!(put.text("/state"), "disconnected");
    assert_eq!(put.text("/health/trouble"), "missing_product", "{put}");
    assert!(put.text("/health/remedy").contains("portal"));
    gateway.world.simulator.test().clear_faults();
    let well = probe(&desk).await.is(200);
    assert_eq!(well.text("/state"), "live", "{well}");
    assert_eq!(well.at("/health/trouble"), Value::Null);
}

/// What Vipps saw of payments at the unit.
fn tried(gateway: &Gateway, msn: &str) -> usize {
    let seen = gateway.world.simulator.test().requests();
    seen.iter()
        .filter(|it| it.msn.as_deref() == Some(msn) && it.operation == Some("epayment.create"))
        .count()
}

async fn a_deactivated_unit_is_found_by_the_daily_look_and_left_alone(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (desk, _) = draft(&gateway.north(), "100003", "own").await;
    let _ = put(&desk, &body(&unit_keys(&gateway, "100003"))).await.is(200);
    let activity = |active| {
        let mut registry = gateway.world.simulator.test().registry_mut();
        registry.set_active("100003", active).unwrap();
    };
    activity(false);
    gateway.look().await;
    let token = gateway.north_token();
    let desk = gateway.desk(&token, "100003");
    assert_eq!(
        desk.get("").send().await.text("/state"),
        "live",
        "nobody has looked yet"
    );
    gateway.world.advance(Duration::hours(25)).await;
    for _ in 0..3 {
        gateway.look().await;
    }
    let desk = gateway.desk(&gateway.north_token(), "100003");
    let found = desk.get("").send().await.is(200);
    assert_eq!(found.text("/state"), "disconnected", "{found}");
    assert_eq!(found.text("/health/trouble"), "deactivated");
    // The others of the partner are well.
    assert_eq!(gateway.north().get("").send().await.text("/state"), "live");
    let before = tried(&gateway, "100003");
    for number in 0..20 {
        let reference = format!("turned-away-{number}");
        let refused = desk.create(&reference, 100, &reference).send().await;
        // One may go through to find out whether things are better.
        assert!(matches!(refused.status, 409 | 503), "{refused}");
    }
    assert!(
        tried(&gateway, "100003") - before <= 1,
        "a disconnected unit hammers Vipps"
    );
    activity(true);
    assert_eq!(probe(&desk).await.is(200).text("/state"), "live");
    let danish = json!({
        "amount": {"currency": "DKK", "value": 100}, "paymentMethod": {"type": "WALLET"},
        "reference": "welcome-back-1", "userFlow": "WEB_REDIRECT", "returnUrl": "https://shop.example/",
    });
    let _ = desk.post("/payments").key("k").json(&danish).send().await.is(201);
}

async fn keys_that_were_regenerated_are_found_when_calls_start_to_fail(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.north();
    let _ = north.created("before-1", 100).await;
    gateway.look().await;
    let owner = Owner::SalesUnit("100001".to_owned());
    let new = {
        let mut registry = gateway.world.simulator.test().registry_mut();
        registry.regenerate(&owner).unwrap()
    };
    let refused = north.create("afterwards-1", 100, "after-1").send().await;
    assert_eq!(refused.status, 502, "{refused}");
    gateway.world.app.tasks().close();
    gateway.world.finish(gateway.world.app.tasks().wait()).await;
    gateway.world.app.tasks().reopen();
    gateway.look().await;
    let found = north.get("").send().await.is(200);
    assert_eq!(found.text("/health/trouble"), "wrong_pair", "{found}");
    assert_eq!(found.text("/state"), "disconnected");
    assert_eq!(put(&north, &body(&new)).await.is(200).text("/state"), "live");
    let _ = north.created("afterwards-2", 100).await;
}

pub(crate) async fn add_keys(gateway: &Gateway, owner: KeySetOwner, environment: Environment, keys: &KeySet) {
    let add = key_sets::Add {
        owner,
        environment,
        client_id: keys.client_id.clone(),
        client_secret: Secret::new(keys.client_secret.as_str()),
        subscription_key: Secret::new(keys.primary_subscription_key.as_str()),
        secondary_subscription_key: None,
    };
    gateway
        .world
        .finish(key_sets::add(&gateway.world.app, &testkit::operator(), add))
        .await
        .unwrap();
}

async fn platform_keys_never_prove_a_claim(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    // The operator's keys open this unit, whoever claims it.
    let keys = unit_keys(&gateway, "100003");
    add_keys(&gateway, KeySetOwner::Platform, Environment::Test, &keys).await;
    let (desk, _) = draft(&gateway.south(), "100003", "platform").await;
    let read = desk.get("").send().await.is(200);
    assert_eq!(
        (read.text("/state"), read.at("/claim")),
        ("draft".to_owned(), Value::Null)
    );
    assert!(read.text("/reason").contains("prove nothing"), "{read}");
    // They do not even look: a foreign unit and one that nobody has are the same, and Vipps sees nothing.
    let (nobodys, _) = draft(&gateway.south(), "777777", "platform").await;
    for desk in [&desk, &nobodys] {
        let _ = probe(desk).await.problem(409, "sales_unit_unproven");
    }
    for _ in 0..2 {
        gateway.world.advance(Duration::hours(25)).await;
        gateway.look().await;
    }
    let seen = gateway.world.simulator.test().requests();
    let about = |msn: &str| seen.iter().filter(|it| it.msn.as_deref() == Some(msn)).count();
    assert_eq!([about("100003"), about("777777")], [0, 0], "{seen:?}");
    let desk = Desk {
        token: gateway.south().token,
        ..desk
    };
    // Nor by a way round: another mode and back.
    let _ = mode(&desk, "own").await.problem(409, "sales_unit_without_keys");
    let _ = mode(&desk, "partner").await.problem(400, "invalid_request");
    let (other, _) = draft(&gateway.south(), "100004", "own").await;
    let _ = mode(&other, "platform").await.problem(409, "sales_unit_unproven");
    let _ = desk
        .create("not-mine-1", 100, "k")
        .send()
        .await
        .problem(404, "sales_unit_not_found");
    // Its own keys do, and then the operator's may serve.
    let live = put(&desk, &body(&keys)).await.is(200);
    assert_eq!(
        (live.text("/state"), live.text("/claim/proof")),
        ("live".to_owned(), "own_keys".to_owned())
    );
    assert_eq!(live.text("/credentialMode"), "platform");
    assert_eq!(mode(&desk, "own").await.is(200).text("/credentialMode"), "own");
}

pub(crate) async fn profile(gateway: &Gateway, partner: PartnerId) {
    let add = profiles::Add {
        partner,
        environment: Environment::Production,
        name: "web".to_owned(),
        product: ProductProfile::new("Acme", "1.0", "acme-web", "2.3").unwrap(),
    };
    profiles::add(&gateway.world.app, &testkit::operator(), add)
        .await
        .unwrap();
}

async fn partner_keys_prove_a_claim_by_the_management_api_and_no_other_way(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.world.north.id;
    profile(&gateway, north).await;
    let production = gateway.world.simulator.production().clone();
    let keys = keys_of(&production, &Owner::Partner("north".to_owned()));
    add_keys(
        &gateway,
        KeySetOwner::Partner(north),
        Environment::Production,
        &keys,
    )
    .await;
    let desk = |gateway: &Gateway| gateway.north_production.token(gateway.world.clock.now()).signed();
    let token = desk(&gateway);
    let as_north = Desk {
        token,
        ..gateway.north()
    };
    let (mine, made) = draft(&as_north, "500003", "partner").await;
    assert!(made.text("/reason").contains("probe it"), "{made}");
    let live = probe(&mine).await.is(200);
    assert_eq!(
        (live.text("/state"), live.text("/claim/proof")),
        ("live".to_owned(), "management".to_owned())
    );
    // A unit that is connected to somebody else, and one that nobody has.
    for msn in ["600003", "777777"] {
        let (foreign, _) = draft(&as_north, msn, "partner").await;
        let probed = probe(&foreign).await.is(200);
        assert_eq!(probed.text("/state"), "draft", "{probed}");
        assert_eq!(probed.text("/health/trouble"), "disconnected", "{probed}");
    }
    // Webhooks alone would show it, but Management does not.
    let silent = testkit::down();
    production.add_fault(Rule {
        operation: Some("management.*".to_owned()),
        ..Rule::new("no management", silent)
    });
    let (unseen, _) = draft(&as_north, "500004", "partner").await;
    let _ = probe(&unseen).await.problem(503, "vipps_unreachable");
    assert_eq!(unseen.get("").send().await.text("/state"), "draft");
    production.clear_faults();
    // Keys without a right to Management show nothing either, though they open the unit.
    let closed = Fault::Answer {
        status: 403,
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        body: "{}".to_owned(),
        after_effect: false,
    };
    production.add_fault(Rule {
        operation: Some("management.*".to_owned()),
        ..Rule::new("no right to management", closed)
    });
    let unproven = probe(&unseen).await.is(200);
    assert_eq!(unproven.text("/state"), "draft", "{unproven}");
    assert_eq!(unproven.text("/health/status"), "connected");
    production.clear_faults();
    // The unit leaves the partner: found by the daily look.
    production
        .registry_mut()
        .connect("500003", Some("south"))
        .unwrap();
    gateway.world.advance(Duration::hours(25)).await;
    for _ in 0..3 {
        gateway.look().await;
    }
    let mine = Desk {
        token: desk(&gateway),
        ..mine
    };
    let gone = mine.get("").send().await.is(200);
    assert_eq!(
        (gone.text("/state"), gone.text("/health/trouble")),
        ("disconnected".to_owned(), "disconnected".to_owned())
    );
    // Nobody is told how a unit stands whose assignment has ended.
    let app = &gateway.world.app;
    let known = async || {
        let now = gateway.world.clock.now();
        app::jobs::watch_connections::run_once(app, now).await.unwrap()
    };
    let before = known().await;
    end(app, gateway.world.north.id, "500003").await;
    assert_eq!(known().await, before - 1);
}

/// The operator ends a partner's assignment.
pub(crate) async fn end(app: &app::App, partner: PartnerId, msn: &str) {
    let all = sales_units::list(app, Some(partner)).await.unwrap();
    let held = all.iter().find(|it| it.msn.as_str() == msn).unwrap();
    let ended = sales_units::Changes {
        state: Some(AssignmentState::Ended),
        ..sales_units::Changes::default()
    };
    sales_units::set(app, &testkit::operator(), held.id, ended)
        .await
        .unwrap();
}

async fn a_claim_on_a_unit_that_is_live_elsewhere_waits_without_a_hint(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (desk, _) = draft(&gateway.south(), "100001", "own").await;
    let proven = put(&desk, &body(&unit_keys(&gateway, "100001"))).await.is(200);
    assert_eq!(
        (proven.text("/state"), proven.text("/claim/proof")),
        ("transfer".to_owned(), "own_keys".to_owned())
    );
    let text = proven.to_string();
    let north = gateway.world.north.id.to_string();
    assert!(!text.contains("north") && !text.contains(&north), "{proven}");
    let _ = desk
        .create("not-yet-1", 100, "k")
        .send()
        .await
        .problem(404, "sales_unit_not_found");
    assert_eq!(probe(&desk).await.is(200).text("/state"), "transfer");
    let _ = gateway.north().created("north-order-1", 100).await;
    // The earlier assignment ends; the next look takes the unit over.
    end(&gateway.world.app, gateway.world.north.id, "100001").await;
    assert_eq!(probe(&desk).await.is(200).text("/state"), "live");
    let _ = gateway
        .north()
        .create("too-late-1", 100, "k")
        .send()
        .await
        .problem(404, "sales_unit_not_found");
    let _ = desk.created("south-order-1", 100).await;
}

async fn an_operator_answers_for_a_claim_with_a_reason(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let app = &gateway.world.app;
    let keys = unit_keys(&gateway, "100003");
    add_keys(&gateway, KeySetOwner::Platform, Environment::Test, &keys).await;
    let (desk, _) = draft(&gateway.south(), "100003", "platform").await;
    let all = sales_units::list(app, Some(gateway.world.south.id))
        .await
        .unwrap();
    let id = all.iter().find(|it| it.msn.as_str() == "100003").unwrap().id;
    let verify = app::onboarding::verify_by_operator;
    let ops = testkit::operator();
    assert!(matches!(
        verify(app, &ops.clone().because(" "), id).await,
        Err(app::Error::Invalid(_))
    ));
    verify(app, &ops.because("letter of consent of 2026-11-20"), id)
        .await
        .unwrap();
    let live = desk.get("").send().await.is(200);
    assert_eq!(
        (live.text("/state"), live.text("/claim/proof")),
        ("live".to_owned(), "operator".to_owned())
    );
    assert!(!live.to_string().contains("letter"), "{live}");
}

async fn a_merchant_and_a_unit_are_made_once(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.north();
    let id = merchant(&north, "11223344").await;
    let again = json!({"name": "Again", "organisationNumber": "11223344", "country": "DK"});
    let _ = north
        .ask(Method::POST, "/v1/merchants")
        .json(&again)
        .send()
        .await
        .problem(409, "merchant_exists");
    // Another partner may know the same business.
    let _ = merchant(&gateway.south(), "11223344").await;
    let path = format!("/v1/merchants/{id}/sales-units");
    let unit = json!({"msn": "100001", "name": "Twice"});
    let _ = north
        .ask(Method::POST, &path)
        .json(&unit)
        .send()
        .await
        .problem(409, "sales_unit_exists");
    for (body, field, rule) in [
        (json!({"msn": 100_003, "name": "x"}), "msn", "type"),
        (json!({"msn": "1", "name": "x"}), "msn", "format"),
        (
            json!({"msn": "100003", "name": "x", "market": "GB"}),
            "market",
            "enum",
        ),
        (
            json!({"msn": "100003", "name": "x", "credentialMode": "partner"}),
            "credentialMode",
            "enum",
        ),
        (json!({"msn": "100003", "name": " x"}), "name", "format"),
    ] {
        let _ = north
            .ask(Method::POST, &path)
            .json(&body)
            .send()
            .await
            .problem(400, "invalid_request")
            .names(field, rule);
    }
    // Pages, oldest first.
    for number in ["21223344", "31223344"] {
        let _ = merchant(&north, number).await;
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = north
            .ask(Method::GET, &format!("/v1/merchants{query}"))
            .send()
            .await
            .is(200);
        let data = page.at("/data");
        seen.extend(
            data.as_array()
                .unwrap()
                .iter()
                .map(|it| it["organisationNumber"].as_str().unwrap().to_owned()),
        );
        if page.at("/hasMore") == json!(false) {
            break;
        }
        query = format!("?limit=2&cursor={}", page.text("/nextCursor"));
    }
    assert_eq!(seen, ["987654321", "11223344", "21223344", "31223344"]);
    let _ = north
        .ask(Method::GET, "/v1/merchants?limit=0")
        .send()
        .await
        .problem(400, "invalid_request");
    let _ = north
        .ask(Method::GET, "/v1/merchants?cursor=x")
        .send()
        .await
        .problem(400, "invalid_cursor");
}

async fn vipps_out_of_reach_changes_nothing(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (desk, _) = draft(&gateway.north(), "100003", "own").await;
    let simulator = gateway.world.simulator.test();
    let keys = body(&unit_keys(&gateway, "100003"));
    for operation in ["token.standard", "webhooks.list"] {
        simulator.add_fault(Rule {
            operation: Some(operation.to_owned()),
            ..Rule::new("out", Fault::ResetBeforeEffect)
        });
        let answer = put(&desk, &keys).await.problem(503, "vipps_unreachable");
        assert!(answer.header("retry-after").is_some());
        assert_eq!(desk.get("").send().await.text("/state"), "draft");
        simulator.clear_faults();
    }
    let before = gateway.north().get("").send().await.text("/state");
    simulator.add_fault(Rule::new("out", Fault::ResetBeforeEffect));
    let _ = probe(&gateway.north()).await.problem(503, "vipps_unreachable");
    assert_eq!(
        gateway.north().get("").send().await.text("/state"),
        before,
        "an outage is no trouble of the unit"
    );
    simulator.clear_faults();
    assert_eq!(put(&desk, &keys).await.is(200).text("/state"), "live");
}
