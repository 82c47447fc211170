//! Keys change while operations are open: what was begun under the old client id is finished under it, new operations
//! use the new keys, and then the old ones are erased and never used again.

use app::jobs;
use app::registry::{KeySetOwner, KeySetState, key_sets};
use domain::{Clock as _, Environment};
use simulator::{EventName, Fault, Owner, Seen};
use store::registry::KeySetFilter;
use testkit::{Desk, Gateway, Kind, lose_capture, on_both_databases};
use time::Duration;

use crate::onboarding::{add_keys, body, draft, keys_of, mode, profile, put, unit_keys};

on_both_databases!(
    a_level_up_finishes_under_the_old_keys_what_was_begun_under_them_and_erases_them,
    keys_that_were_made_anew_settle_what_the_dead_ones_began,
    a_unit_that_goes_back_in_time_has_its_own_keys_again,
    a_fourth_switch_at_once_is_refused_and_changes_nothing,
    a_crash_leaves_the_erasing_to_the_next_process,
);

const LEVEL_UP: &str = "500001";

/// North at a sales unit of the production world, served by the unit's own keys, with partner keys at hand.
async fn before_the_level_up(gateway: &Gateway) -> Desk<'_> {
    let north = gateway.world.north.id;
    profile(gateway, north).await;
    let production = gateway.world.simulator.production();
    let partners = keys_of(production, &Owner::Partner("north".to_owned()));
    let owner = KeySetOwner::Partner(north);
    add_keys(gateway, owner, Environment::Production, &partners).await;
    let (desk, _) = draft(&production_desk(gateway), LEVEL_UP, "own").await;
    let own = keys_of(production, &Owner::SalesUnit(LEVEL_UP.to_owned()));
    assert_eq!(put(&desk, &body(&own)).await.is(200).text("/state"), "live");
    desk
}

fn production_desk(gateway: &Gateway) -> Desk<'_> {
    let token = gateway.north_production.token(gateway.world.clock.now());
    gateway.desk(&token, LEVEL_UP)
}

/// Approved by the customer, in the production world.
async fn authorized(gateway: &Gateway, desk: &Desk<'_>, reference: &str) {
    let body = serde_json::json!({
        "amount": {"currency": "NOK", "value": 10_000}, "paymentMethod": {"type": "WALLET"},
        "reference": reference, "userFlow": "WEB_REDIRECT", "returnUrl": "https://shop.example/",
    });
    let made = desk.post("/payments").key(reference).json(&body).send().await;
    let _ = made.is(201);
    gateway
        .world
        .simulator
        .production()
        .approve(&desk.msn, reference)
        .unwrap();
    let _ = desk.payment(reference).send().await.is(200);
}

async fn retire(gateway: &Gateway) -> usize {
    let app = &gateway.world.app;
    let round = jobs::retire_keys::run_once(app, app.clock().now());
    gateway.world.finish(round).await.unwrap()
}

async fn states(gateway: &Gateway, environment: Environment) -> Vec<KeySetState> {
    let filter = KeySetFilter {
        partner: Some(gateway.world.north.id),
        ..KeySetFilter::default()
    };
    let all = key_sets::list(&gateway.world.app, filter).await.unwrap();
    all.iter()
        .filter(|keys| keys.owner.assignment().is_some() && keys.environment == environment)
        .map(|keys| keys.state)
        .collect()
}

/// Whether a call was made with these keys: its token call, or its subscription key.
fn is_by(seen: &Seen, keys: &simulator::KeySet) -> bool {
    seen.headers.iter().any(|(_, value)| {
        [
            &keys.client_id,
            &keys.primary_subscription_key,
            &keys.secondary_subscription_key,
        ]
        .contains(&value)
    })
}

async fn a_level_up_finishes_under_the_old_keys_what_was_begun_under_them_and_erases_them(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = before_the_level_up(&gateway).await;
    let production = gateway.world.simulator.production();
    let own = keys_of(production, &Owner::SalesUnit(LEVEL_UP.to_owned()));
    let partners = keys_of(production, &Owner::Partner("north".to_owned()));
    authorized(&gateway, &desk, "level-up-1").await;
    authorized(&gateway, &desk, "level-up-2").await;
    lose_capture(production, Fault::ResetBeforeEffect);
    let open = desk
        .capture("level-up-1", 4_000, "old")
        .wait(1)
        .send()
        .await
        .is(202);

    let changed = mode(&desk, "partner").await.is(200);
    assert_eq!(changed.text("/credentialMode"), "partner", "{changed}");
    assert_eq!(changed.at("/keySwitch/openOperations"), 1, "{changed}");
    assert!(!changed.text("/keySwitch/since").is_empty(), "{changed}");
    assert_eq!(
        states(&gateway, Environment::Production).await,
        [KeySetState::Retiring]
    );

    // New work goes out under the new keys at once.
    production.clear_requests();
    let _ = desk.capture("level-up-2", 1_000, "new").send().await.is(200);
    let captures = |it: &Seen| it.operation == Some("epayment.capture");
    let sent: Vec<_> = production.requests().into_iter().filter(captures).collect();
    assert!(sent.len() == 1 && is_by(&sent[0], &partners), "{sent:?}");

    // Vipps is back: the old one is sent again, the same bytes under the keys it began under.
    production.clear_faults();
    production.clear_requests();
    gateway.pass(Duration::minutes(3)).await;
    let sent: Vec<_> = production.requests().into_iter().filter(captures).collect();
    assert!(sent.len() == 1 && is_by(&sent[0], &own), "{sent:?}");
    let desk = production_desk(&gateway);
    let settled = desk
        .operation("level-up-1", &open.text("/id"))
        .send()
        .await
        .is(200);
    assert_eq!(settled.text("/status"), "succeeded", "{settled}");
    assert_eq!(retire(&gateway).await, 0, "within the horizon they are kept");

    gateway.world.advance(Duration::hours(1)).await;
    assert_eq!(retire(&gateway).await, 1);
    assert_eq!(
        states(&gateway, Environment::Production).await,
        [KeySetState::Retired]
    );
    assert_eq!(retire(&gateway).await, 0);
    // Nothing is done with them any more, whatever is asked.
    production.clear_requests();
    let desk = production_desk(&gateway);
    let after = desk.get("").send().await.is(200);
    assert_eq!(after.at("/keySwitch"), serde_json::Value::Null, "{after}");
    authorized(&gateway, &desk, "level-up-3").await;
    let _ = desk.capture("level-up-3", 1_000, "later").send().await.is(200);
    let _ = desk.post("/probe").send().await.is(200);
    gateway.world.advance(Duration::hours(25)).await;
    for _ in 0..3 {
        gateway.look().await;
        gateway.work().await;
    }
    let seen = production.requests();
    assert!(!seen.is_empty());
    assert!(!seen.iter().any(|it| is_by(it, &own)), "the old keys were used");
    // And nobody can have them back.
    let desk = production_desk(&gateway);
    let _ = mode(&desk, "own").await.problem(409, "sales_unit_without_keys");
}

async fn keys_that_were_made_anew_settle_what_the_dead_ones_began(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.north();
    let _ = north.authorized("made-anew-1", 10_000).await;
    let test = gateway.world.simulator.test();
    lose_capture(test, Fault::AnswerLost);
    let open = north
        .capture("made-anew-1", 4_000, "old")
        .wait(1)
        .send()
        .await
        .is(202);
    // Its caller may leave before the capture has arrived.
    while north.truth("made-anew-1").last() != Some(&(EventName::Captured, 4_000)) {
        tokio::task::yield_now().await;
    }
    // The merchant makes new keys in the portal; the old ones open nothing from then on.
    let new = {
        let mut registry = test.registry_mut();
        registry
            .regenerate(&Owner::SalesUnit("100001".to_owned()))
            .unwrap()
    };
    let put = put(&north, &body(&new)).await.is(200);
    assert_eq!(put.at("/keySwitch/openOperations"), 1, "{put}");
    test.clear_faults();
    gateway.pass(Duration::minutes(3)).await;
    let north = gateway.north();
    let settled = north
        .operation("made-anew-1", &open.text("/id"))
        .send()
        .await
        .is(200);
    assert_eq!(settled.text("/status"), "succeeded", "{settled}");
    let taken: Vec<_> = north.truth("made-anew-1");
    assert_eq!(taken.last(), Some(&(EventName::Captured, 4_000)), "{taken:?}");
    assert_eq!(north.get("").send().await.is(200).text("/state"), "live");
}

async fn a_unit_that_goes_back_in_time_has_its_own_keys_again(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let desk = before_the_level_up(&gateway).await;
    let _ = mode(&desk, "partner").await.is(200);
    gateway.world.advance(Duration::minutes(30)).await;
    let desk = production_desk(&gateway);
    let back = mode(&desk, "own").await.is(200);
    assert_eq!(back.text("/credentialMode"), "own");
    assert_eq!(
        states(&gateway, Environment::Production).await,
        [KeySetState::Active]
    );
    gateway.world.advance(Duration::hours(2)).await;
    assert_eq!(retire(&gateway).await, 0, "they are in use");
    let desk = production_desk(&gateway);
    authorized(&gateway, &desk, "back-again-1").await;
}

async fn a_fourth_switch_at_once_is_refused_and_changes_nothing(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let keys = body(&unit_keys(&gateway, "100001"));
    let north = gateway.north();
    for _ in 0..3 {
        let _ = put(&north, &keys).await.is(200);
    }
    let _ = put(&north, &keys).await.problem(409, "key_switch_under_way");
    let _ = north.created("still-served-1", 100).await;
    gateway.world.advance(Duration::hours(1)).await;
    assert_eq!(retire(&gateway).await, 3);
    let _ = put(&gateway.north(), &keys).await.is(200);
}

async fn a_crash_leaves_the_erasing_to_the_next_process(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.north();
    let _ = north.authorized("crashed-key-1", 10_000).await;
    let test = gateway.world.simulator.test();
    lose_capture(test, Fault::ResetBeforeEffect);
    let _ = north
        .capture("crashed-key-1", 4_000, "old")
        .wait(1)
        .send()
        .await
        .is(202);
    let new = {
        let mut registry = test.registry_mut();
        registry
            .regenerate(&Owner::SalesUnit("100001".to_owned()))
            .unwrap()
    };
    let _ = put(&north, &body(&new)).await.is(200);
    let gateway = gateway.restarted().await;
    gateway.world.advance(Duration::hours(2)).await;
    assert_eq!(retire(&gateway).await, 0, "something is open under them");
    gateway.world.simulator.test().clear_faults();
    gateway.world.advance(Duration::hours(7)).await;
    gateway.work().await;
    // Vipps never got it and it is too old to be sent again: an operator closes it, and only then the keys go.
    let app = &gateway.world.app;
    let filter = app::operations::OpenFilter::default();
    let (open, _) = app::operations::page_open(app, filter, 10).await.unwrap();
    assert_eq!(open.len(), 1);
    let by = testkit::operator().because("looked at in the portal");
    app::operations::abandon(app, &by, open[0].id).await.unwrap();
    let twin = gateway.world.another_process().await;
    let now = app.clock().now();
    let (one, two) = tokio::join!(
        jobs::retire_keys::run_once(app, now),
        jobs::retire_keys::run_once(&twin, now),
    );
    assert_eq!(one.unwrap() + two.unwrap(), 1, "erased once");
    assert_eq!(
        states(&gateway, Environment::Test).await,
        [KeySetState::Retired, KeySetState::Active, KeySetState::Active]
    );
}
