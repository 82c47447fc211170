//! The way to a sales unit, and who finds it.

use std::collections::BTreeSet;

use app::registry::{
    Assignment, AssignmentState, KeySetOwner, Market, Orphans, Partner, key_sets, merchants, profiles,
    sales_units,
};
use app::{Caller, Error, Scopes, What};
use domain::{CredentialMode, Environment, KeySetKind, Msn, ProductProfile, Secret, TraceContext};

use crate::world::World;

fn caller(partner: &Partner, environment: Environment, units: Option<BTreeSet<Msn>>) -> Caller {
    Caller {
        partner: partner.id,
        environment,
        scopes: Scopes::all(),
        units,
        profile: None,
        subject: "s".to_owned(),
        trace: TraceContext::default(),
        request_id: "req_1".to_owned(),
    }
}

async fn draft(world: &World, partner: &Partner, msn: &Msn, mode: CredentialMode) -> Assignment {
    let add = merchants::Add {
        partner: partner.id,
        environment: Environment::Test,
        name: "Fjell".to_owned(),
        organisation_number: "918273645".to_owned(),
        country: "NO".to_owned(),
    };
    let merchant = merchants::add(&world.app, &testkit::operator(), add)
        .await
        .unwrap();
    let add = profiles::Add {
        partner: partner.id,
        environment: Environment::Test,
        name: "web".to_owned(),
        product: ProductProfile::new("Acme", "1", &partner.name, "2").unwrap(),
    };
    profiles::add(&world.app, &testkit::operator(), add)
        .await
        .unwrap();
    let add = sales_units::Add {
        partner: partner.id,
        environment: Environment::Test,
        merchant: merchant.id,
        msn: msn.clone(),
        name: "Storgata".to_owned(),
        market: Market::Norway,
        credential_mode: mode,
        profile: None,
        orphans: Orphans::CancelPush,
    };
    sales_units::add(&world.app, &testkit::operator(), add)
        .await
        .unwrap()
}

async fn give_keys(world: &World, owner: KeySetOwner) -> Result<app::registry::StoredKeySet, Error> {
    let keys = world.simulator.test().units().swap_remove(0).keys;
    let add = key_sets::Add {
        owner,
        environment: Environment::Test,
        client_id: keys.client_id,
        client_secret: Secret::new(keys.client_secret.as_str()),
        subscription_key: Secret::new(keys.primary_subscription_key.as_str()),
        secondary_subscription_key: None,
    };
    key_sets::add(&world.app, &testkit::operator(), add).await
}

async fn go_live(world: &World, assignment: &Assignment) -> Result<Assignment, Error> {
    let live = sales_units::Changes {
        state: Some(AssignmentState::Live),
        ..Default::default()
    };
    sales_units::set(&world.app, &testkit::operator(), assignment.id, live).await
}

fn msn_of(world: &World) -> Msn {
    world
        .simulator
        .test()
        .units()
        .swap_remove(0)
        .unit
        .msn
        .parse()
        .unwrap()
}

fn is_not_found<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::NotFound(What::SalesUnit)))
}

#[tokio::test]
async fn foreign_unknown_narrowed_and_other_environment_are_one_answer() {
    let world = World::new().await;
    let (north, south) = (world.partner("north").await, world.partner("south").await);
    let msn = msn_of(&world);
    let held = draft(&world, &north, &msn, CredentialMode::Own).await;
    let as_north = caller(&north, Environment::Test, None);
    assert!(
        is_not_found(&world.app.unit(&as_north, &msn).await),
        "a draft is found"
    );
    let owner = KeySetOwner::SalesUnit {
        partner: north.id,
        assignment: held.id,
    };
    give_keys(&world, owner).await.unwrap();
    go_live(&world, &held).await.unwrap();

    let unit = world.app.unit(&as_north, &msn).await.unwrap();
    assert_eq!(unit.assignment, held.id);
    let access = unit.access(TraceContext::default()).unwrap();
    assert_eq!(access.keys.kind, KeySetKind::SalesUnit);
    assert_eq!(access.product.headers()[2].1, "north");

    let unknown: Msn = "999999".parse().unwrap();
    for (who, which) in [
        (caller(&south, Environment::Test, None), &msn),
        (caller(&north, Environment::Test, None), &unknown),
        (caller(&north, Environment::Production, None), &msn),
        (caller(&north, Environment::Test, Some(BTreeSet::new())), &msn),
        (
            caller(&north, Environment::Test, Some([unknown.clone()].into())),
            &msn,
        ),
    ] {
        let answer = world.app.unit(&who, which).await;
        assert!(is_not_found(&answer), "{who:?} {which}");
    }
    let assigned = world
        .app
        .assigned_unit(south.id, Environment::Test, held.id)
        .await;
    assert!(is_not_found(&assigned));
    let as_south = caller(&south, Environment::Test, None);
    assert_eq!(world.app.held_units(&as_south).await.unwrap(), []);
    let held = world.app.held_units(&as_north).await.unwrap();
    let held: Vec<_> = held.into_iter().map(|one| one.unit).collect();
    assert_eq!(held, [unit]);
}

#[tokio::test]
async fn a_unit_that_moves_is_lost_at_once_and_its_old_work_can_still_be_finished() {
    let world = World::new().await;
    let (north, south) = (world.partner("north").await, world.partner("south").await);
    let msn = msn_of(&world);
    let first = draft(&world, &north, &msn, CredentialMode::Platform).await;
    let second = draft(&world, &south, &msn, CredentialMode::Platform).await;
    give_keys(&world, KeySetOwner::Platform).await.unwrap();
    go_live(&world, &first).await.unwrap();
    let taken = go_live(&world, &second).await;
    assert!(
        matches!(&taken, Err(Error::Invalid(faults)) if faults[0].field == "state"),
        "{taken:?}"
    );

    let as_north = caller(&north, Environment::Test, None);
    world.app.unit(&as_north, &msn).await.unwrap();
    let ended = sales_units::Changes {
        state: Some(AssignmentState::Ended),
        ..Default::default()
    };
    sales_units::set(&world.app, &testkit::operator(), first.id, ended)
        .await
        .unwrap();
    go_live(&world, &second).await.unwrap();
    assert!(is_not_found(&world.app.unit(&as_north, &msn).await));
    let as_south = caller(&south, Environment::Test, None);
    let moved = world.app.unit(&as_south, &msn).await.unwrap();
    assert_eq!(moved.assignment, second.id);
    assert_eq!(moved.product.as_ref().unwrap().headers()[2].1, "south");
    let old = world
        .app
        .assigned_unit(north.id, Environment::Test, first.id)
        .await
        .unwrap();
    assert!(old.access(TraceContext::default()).is_ok());
    assert!(
        go_live(&world, &first).await.is_err(),
        "an ended assignment came back"
    );
}

#[tokio::test]
async fn keys_that_vipps_refuses_or_cannot_judge_never_serve() {
    let world = World::new().await;
    let north = world.partner("north").await;
    let msn = msn_of(&world);
    let held = draft(&world, &north, &msn, CredentialMode::Own).await;
    let owner = KeySetOwner::SalesUnit {
        partner: north.id,
        assignment: held.id,
    };
    let wrong = key_sets::Add {
        owner,
        environment: Environment::Test,
        client_id: "nobody".to_owned(),
        client_secret: Secret::new("canary"),
        subscription_key: Secret::new("wrong"),
        secondary_subscription_key: None,
    };
    let refused = key_sets::add(&world.app, &testkit::operator(), wrong).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    assert!(!format!("{refused:?}").contains("canary"));
    assert!(matches!(go_live(&world, &held).await, Err(Error::Invalid(_))));
    let proven = give_keys(&world, owner).await.unwrap();
    go_live(&world, &held).await.unwrap();
    let again = key_sets::prove(&world.app, &testkit::operator(), proven.id).await;
    assert!(matches!(again, Err(Error::Invalid(_))), "{again:?}");
    key_sets::remove(&world.app, &testkit::operator(), proven.id)
        .await
        .unwrap();
    let as_north = caller(&north, Environment::Test, None);
    let unit = world.app.unit(&as_north, &msn).await.unwrap();
    assert!(matches!(
        unit.access(TraceContext::default()),
        Err(Error::WithoutKeys)
    ));
}

#[tokio::test]
async fn another_partners_merchant_or_unit_cannot_be_used() {
    let world = World::new().await;
    let (north, south) = (world.partner("north").await, world.partner("south").await);
    let held = draft(&world, &north, &msn_of(&world), CredentialMode::Own).await;
    let add = sales_units::Add {
        partner: south.id,
        environment: Environment::Test,
        merchant: held.merchant,
        msn: "555555".parse().unwrap(),
        name: "Stolen".to_owned(),
        market: Market::Norway,
        credential_mode: CredentialMode::Own,
        profile: None,
        orphans: Orphans::Announce,
    };
    let refused = sales_units::add(&world.app, &testkit::operator(), add).await;
    assert!(matches!(refused, Err(Error::NotFound(What::Merchant))));
    let owner = KeySetOwner::SalesUnit {
        partner: south.id,
        assignment: held.id,
    };
    assert!(is_not_found(&give_keys(&world, owner).await));
}
