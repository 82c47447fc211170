//! Every kind of key is replaced while requests come in, by the steps of the runbook ("Rotating and leaks"), and none of
//! them fails.

use app::audit::{self, Chain, Filter};
use app::registry::clients::{self, Others};
use app::registry::data_keys::{self, Renew};
use app::registry::issuers::{self, Terms};
use app::registry::{Jwks, KeySetState, key_sets};
use axum::Router;
use domain::{ClientId, Clock as _, Environment, Secret};
use futures_util::future::join_all;
use futures_util::join;
use http::Method;
use serde_json::{Value, json};
use simulator::{Owner, Which};
use store::Keyring;
use store::registry::KeySetFilter;
use testkit::{Answer, Desk, Gateway, Issuer, KEY_FILE, Kind, Setup, on_both_databases};
use time::Duration;

on_both_databases!(
    the_key_file_and_every_data_key_are_replaced_under_load,
    a_client_secret_is_replaced_under_load_and_the_leaked_one_opens_nothing,
    an_issuer_key_is_replaced_under_load_and_the_leaked_one_signs_nothing,
    keys_at_vipps_are_replaced_under_load_and_the_leaked_ones_are_not_used_again,
    a_leaked_signing_key_is_replaced_and_what_it_signed_ends,
);

const ROUNDS: usize = 4;
const LANES: usize = 4;
const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
const NEXT_SECRET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz-_";

async fn busy(kind: Kind) -> Gateway {
    Gateway::set_up(kind, Setup::default().without_limits()).await
}

fn none_failed(answers: &[Answer]) {
    for answer in answers {
        assert!(matches!(answer.status, 200 | 201), "{answer}");
    }
}

/// Payments from before, one for each lane.
async fn before(desk: &Desk<'_>) {
    for lane in 0..LANES {
        let _ = desk.authorized(&format!("before-{lane}"), 100_000).await;
    }
}

/// Creates, approves, captures and reads through the processes in turn, several lanes at a time. Patiently, because the
/// clock is turned for others meanwhile.
async fn load(desk: &Desk<'_>, processes: &[&Router], name: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for round in 0..ROUNDS {
        let lanes = (0..LANES).map(|lane| {
            let router = processes[(round + lane) % processes.len()];
            let (new, old) = (format!("load-{name}-{round}-{lane}"), format!("before-{lane}"));
            let key = |what: &str| format!("{what}-{new}");
            let create = desk.create(&new, 1_000, &key("create")).wait(60).through(router);
            let approve = desk.approve(&new).through(router);
            let capture = desk.capture(&new, 10, &key("capture")).wait(60).through(router);
            let read = desk.payment(&old).through(router);
            async move {
                let created = create.now().await;
                let approved = approve.now().await;
                [created, approved, capture.now().await, read.now().await]
            }
        });
        answers.extend(join_all(lanes).await.into_iter().flatten());
    }
    answers
}

async fn add_client(gateway: &Gateway) -> ClientId {
    let add = clients::Add {
        partner: gateway.world.north.id,
        environment: Environment::Test,
        name: "web shop".to_owned(),
        terms: clients::Terms {
            jwks: None,
            scopes: app::Scopes::all(),
            msns: None,
            token_lifetime: Duration::minutes(30),
            profile: None,
        },
        secret: Some(Secret::new(SECRET)),
    };
    clients::add(&gateway.world.app, &testkit::operator(), add)
        .await
        .unwrap()
        .id
}

async fn token(gateway: &Gateway, client: ClientId, secret: &str, router: &Router) -> Answer {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &client.to_string())
        .append_pair("client_secret", secret);
    let ask = gateway
        .ask(Method::POST, "/oauth/token")
        .through(router)
        .bytes("application/x-www-form-urlencoded", form.finish());
    ask.now().await
}

/// A run that replaces no data key: wrapped anew, sealed anew, not opened. It stands in the audit.
async fn rotate(app: &app::App) -> (u64, u64, u64) {
    let told = async || {
        let filter = Filter {
            chain: Some(Chain::Gateway),
            action: Some("data_key.rotate".to_owned()),
            limit: 100,
            ..Filter::default()
        };
        audit::list(app, &filter).await.unwrap().len()
    };
    let before = told().await;
    let done = data_keys::rotate(app, &testkit::operator(), Renew::Nobody, 100)
        .await
        .unwrap();
    assert_eq!(told().await, before + 1);
    (done.rewrapped, done.resealed, done.shut)
}

async fn the_key_file_and_every_data_key_are_replaced_under_load(kind: Kind) {
    let gateway = busy(kind).await;
    let world = &gateway.world;
    let north = gateway.north();
    before(&north).await;
    let client = add_client(&gateway).await;

    // Step 1: a process that unwraps with the new key and wraps with the old one. Step 2: one that wraps with the new.
    let new = Keyring::generate().unwrap();
    let waiting = world.process_with(&format!("{}\n{KEY_FILE}", new.reveal())).await;
    let moved = world.process_with(&format!("{KEY_FILE}\n{}", new.reveal())).await;
    let routers = [gateway.face_of(&waiting), gateway.face_of(&moved)];
    // Step 3, as after a leak.
    let by = testkit::operator();
    let rotation = Box::pin(data_keys::rotate(&moved, &by, Renew::Everybody, 3));
    let both = [&routers[0], &routers[1]];
    let requests = load(&north, &both, "during");
    let (rotated, answers) = world.finish(async { join!(rotation, requests) }).await;
    none_failed(&answers);
    let rotated = rotated.unwrap();
    assert!(
        rotated.renewed >= 2 && rotated.rewrapped >= 2 && rotated.resealed > 8,
        "{rotated:?}"
    );
    assert_eq!(rotated.shut, 0);
    // The clock was turned faster than requests were answered, so one of them may have sealed under a key that had been
    // retired for twelve seconds. The next run finds it, and the one after nothing.
    let _ = world.finish(rotate(&moved)).await;
    assert_eq!(world.finish(rotate(&moved)).await, (0, 0, 0));

    // Step 4: the old line is gone.
    let last = world.process_with(new.reveal()).await;
    let status = data_keys::status(&last).await.unwrap();
    assert_eq!(
        (status.missing().count(), status.damaged.len()),
        (0, 0),
        "{status:?}"
    );
    let last = gateway.face_of(&last);
    let repeated = world.finish(load(&north, &[&last], "during")).await;
    for (repeated, first) in repeated.iter().zip(&answers) {
        if repeated.asked.starts_with("POST") && !repeated.asked.ends_with("approve") {
            assert_eq!(
                repeated.header("idempotency-replayed"),
                Some("true"),
                "{repeated}"
            );
            assert_eq!(repeated.status, first.status);
        }
        assert!(repeated.status < 500, "{repeated}");
    }
    let fetched = token(&gateway, client, SECRET, &last).await;
    assert_eq!(fetched.status, 200, "a secret from before: {fetched}");
}

async fn a_client_secret_is_replaced_under_load_and_the_leaked_one_opens_nothing(kind: Kind) {
    let gateway = busy(kind).await;
    let world = &gateway.world;
    let client = add_client(&gateway).await;
    let fetch = async |secret: &str| {
        let fetches = (0..LANES * ROUNDS).map(|_| token(&gateway, client, secret, &gateway.router));
        join_all(fetches).await
    };
    let next = Secret::new(NEXT_SECRET);
    let by = testkit::operator();
    let adding = Box::pin(clients::add_secret(&world.app, &by, client, &next, Others::Keep));
    let (added, answers) = world.finish(async { join!(adding, fetch(SECRET)) }).await;
    added.unwrap();
    none_failed(&answers);
    let both = async { join!(fetch(NEXT_SECRET), fetch(SECRET)) };
    let (with_new, with_old) = world.finish(both).await;
    none_failed(&with_new);
    none_failed(&with_old);
    let last = Secret::new(format!("{NEXT_SECRET}-2"));
    clients::add_secret(&world.app, &testkit::operator(), client, &last, Others::Retire)
        .await
        .unwrap();
    none_failed(&world.finish(fetch(last.reveal())).await);
    for leaked in [SECRET, NEXT_SECRET] {
        let refused = token(&gateway, client, leaked, &gateway.router);
        let refused = world.finish(refused).await;
        assert_eq!(refused.status, 401, "{refused}");
    }
}

async fn an_issuer_key_is_replaced_under_load_and_the_leaked_one_signs_nothing(kind: Kind) {
    let gateway = busy(kind).await;
    let world = &gateway.world;
    let old = Issuer::new("https://id.keys.example", "nordbro");
    let mut new = Issuer::new("https://id.keys.example", "nordbro");
    new.kid = format!("{}-2", new.kid);
    gateway.register(&old, world.north.id, Environment::Test).await;
    let all = issuers::list(&world.app, Some(world.north.id)).await.unwrap();
    let id = all.iter().find(|issuer| issuer.iss == old.iss).unwrap().id;
    let set = async |jwks: String| {
        let terms = Terms {
            jwks: Jwks::Inline(jwks),
            algorithms: vec!["ES256".to_owned()],
            scopes: app::Scopes::all(),
            msns: None,
            max_lifetime: Duration::hours(1),
            demands_at_jwt: false,
        };
        issuers::set(&world.app, &testkit::operator(), id, terms)
            .await
            .unwrap();
    };
    let desk = |issuer: &Issuer| Desk {
        token: issuer.token(world.clock.now()).signed(),
        ..gateway.north()
    };
    let (with_old, with_new) = (desk(&old), desk(&new));
    before(&with_old).await;
    let here = [&gateway.router];

    // Both keys are published beside each other.
    let mut both: Value = serde_json::from_str(&old.jwks()).unwrap();
    let second: Value = serde_json::from_str(&new.jwks()).unwrap();
    both["keys"]
        .as_array_mut()
        .unwrap()
        .push(second["keys"][0].clone());
    let work = async { join!(load(&with_old, &here, "old"), set(both.to_string())) };
    none_failed(&world.finish(work).await.0);
    let work = async { join!(load(&with_old, &here, "beside"), load(&with_new, &here, "new")) };
    let (one, other) = world.finish(work).await;
    none_failed(&one);
    none_failed(&other);
    // The old one leaked: the set holds the new one alone.
    let work = async { join!(load(&with_new, &here, "after"), set(new.jwks())) };
    none_failed(&world.finish(work).await.0);
    let refused = with_old.payment("before-0").send().await;
    assert_eq!(refused.status, 401, "{refused}");
}

async fn keys_at_vipps_are_replaced_under_load_and_the_leaked_ones_are_not_used_again(kind: Kind) {
    let gateway = busy(kind).await;
    let world = &gateway.world;
    let north = gateway.north();
    before(&north).await;
    let here = [&gateway.router];
    let at_vipps = Owner::SalesUnit("100001".to_owned());
    let rotate = |which| {
        let mut registry = world.simulator.test().registry_mut();
        registry.rotate(&at_vipps, which).unwrap()
    };
    let list = async || {
        let filter = KeySetFilter {
            partner: Some(world.north.id),
            ..KeySetFilter::default()
        };
        key_sets::list(&world.app, filter).await.unwrap()
    };
    let owner = list().await[0].owner;

    // Step 1: the secondary key is drawn anew. Step 2: the gateway changes over to it.
    let drawn = rotate(Which::Secondary);
    let keys = key_sets::Add {
        owner,
        environment: Environment::Test,
        client_id: drawn.client_id.clone(),
        client_secret: Secret::new(drawn.client_secret.as_str()),
        subscription_key: Secret::new(drawn.secondary_subscription_key.as_str()),
        secondary_subscription_key: None,
    };
    let by = testkit::operator();
    let work = async {
        join!(
            key_sets::add(&world.app, &by, keys),
            load(&north, &here, "during")
        )
    };
    let (added, answers) = world.finish(work).await;
    assert_eq!(added.unwrap().state, KeySetState::Active);
    none_failed(&answers);
    // Step 3: the leaked one ends.
    let work = async {
        join!(load(&north, &here, "after"), async {
            rotate(Which::Primary);
        })
    };
    none_failed(&world.finish(work).await.0);
    // Step 4.
    let states: Vec<_> = list()
        .await
        .iter()
        .filter(|keys| keys.owner == owner)
        .map(|keys| keys.state)
        .collect();
    assert_eq!(states, [KeySetState::Retiring, KeySetState::Active]);
}

async fn a_leaked_signing_key_is_replaced_and_what_it_signed_ends(kind: Kind) {
    let gateway = busy(kind).await;
    let world = &gateway.world;
    let client = add_client(&gateway).await;
    let desk = async || {
        let fetched = token(&gateway, client, SECRET, &gateway.router);
        Desk {
            token: world.finish(fetched).await.is(200).text("/access_token"),
            ..gateway.north()
        }
    };
    let leaked = desk().await;
    before(&leaked).await;
    let elsewhere = gateway.replica().await;
    let seen = leaked.payment("before-0").through(&elsewhere).send().await;
    assert_eq!(seen.status, 200, "{seen}");

    // Tokens of other issuers know nothing of it.
    let others = gateway.north();
    let by = testkit::operator();
    let replacing = Box::pin(api::identity::own_keys::replace(&world.app, &by));
    let here = [&gateway.router];
    let work = async { join!(replacing, load(&others, &here, "during")) };
    let (replaced, answers) = world.finish(work).await;
    let signs = replaced.unwrap();
    none_failed(&answers);
    let refused = leaked.payment("before-0").send().await;
    assert_eq!(refused.status, 401, "{refused}");
    world.advance(Duration::milliseconds(2_001)).await;
    let refused = leaked.payment("before-0").through(&elsewhere).send().await;
    assert_eq!(refused.status, 401, "in another process: {refused}");
    assert_eq!(desk().await.payment("before-0").send().await.status, 200);
    let published = gateway.ask(Method::GET, "/.well-known/jwks.json").send().await;
    let published: Value = serde_json::from_slice(&published.is(200).bytes).unwrap();
    assert_eq!(published["keys"].as_array().unwrap().len(), 1);
    assert_eq!(published["keys"][0]["kid"], json!(signs.kid));
}
