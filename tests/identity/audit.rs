//! What the audit tells of the registry's changes, and what it finds out about itself.

use app::audit::{self, Actor, Chain, Executor, Fault, Filter, Head};
use app::registry::{PartnerState, clients, issuers, partners};
use app::{Error, Scopes};
use domain::{Environment, Secret};
use sea_orm::{ConnectionTrait, Database};
use time::Duration;

use crate::signer::Signer;
use crate::world::{World, terms};

fn kari() -> Actor {
    Actor::new("Kari", Executor::Cli).because("asked for by the partner")
}

async fn told(world: &World, chain: Chain) -> Vec<(i64, String)> {
    let mut told = Vec::new();
    let tell = |entry: &audit::Entry| {
        told.push((entry.sequence, entry.action.clone()));
        Ok::<_, Error>(())
    };
    audit::export(&world.app, Some(chain), tell).await.unwrap();
    told
}

#[tokio::test]
async fn every_change_of_the_registry_stands_in_the_audit_with_who_and_why_and_what_it_was_before() {
    let world = World::new().await;
    let app = &world.app;
    let acme = partners::add(app, &kari(), "Acme").await.unwrap();
    let suspended = partners::Changes {
        state: Some(PartnerState::Suspended),
        ..partners::Changes::default()
    };
    partners::set(app, &kari(), acme.id, suspended).await.unwrap();
    let filter = Filter {
        chain: Some(Chain::Partner(acme.id)),
        limit: 1,
        ..Filter::default()
    };
    let entry = audit::list(app, &filter).await.unwrap().remove(0);
    assert_eq!(
        (
            entry.actor.as_str(),
            entry.executor.as_str(),
            entry.reason.as_str()
        ),
        ("Kari", "cli", "asked for by the partner")
    );
    assert_eq!(
        (entry.action.as_str(), entry.target),
        ("partner.set", acme.id.to_string())
    );
    assert_eq!(entry.before, r#"{"name":"Acme","state":"active"}"#);
    assert_eq!(entry.after, r#"{"name":"Acme","state":"suspended"}"#);
    // A partner's own acts stand in the gateway's chain too.
    let both = [(1, "partner.add".to_owned()), (2, "partner.set".to_owned())];
    assert_eq!(told(&world, Chain::Gateway).await, both);
    assert_eq!(told(&world, Chain::Partner(acme.id)).await, both);
}

#[tokio::test]
async fn a_change_that_is_refused_leaves_nothing_in_the_audit() {
    let world = World::new().await;
    let acme = world.partner("Acme").await;
    world.partner("Beta").await;
    let before = told(&world, Chain::Gateway).await;
    let taken = partners::Changes {
        name: Some("Beta".to_owned()),
        ..partners::Changes::default()
    };
    partners::set(&world.app, &kari(), acme.id, taken)
        .await
        .unwrap_err();
    partners::add(&world.app, &kari(), "Acme").await.unwrap_err();
    assert_eq!(told(&world, Chain::Gateway).await, before);
}

#[tokio::test]
async fn no_secret_stands_in_the_audit() {
    let world = World::new().await;
    let acme = world.partner("Acme").await;
    let secret = "a-secret-of-at-least-two-hundred-and-fifty-six-bits";
    let add = clients::Add {
        partner: acme.id,
        environment: Environment::Test,
        name: "till".to_owned(),
        terms: clients::Terms {
            jwks: None,
            scopes: Scopes::all(),
            msns: None,
            token_lifetime: Duration::HOUR,
            profile: None,
        },
        secret: Some(Secret::new(secret.to_owned())),
    };
    let client = clients::add(&world.app, &kari(), add).await.unwrap();
    let another = Secret::new(format!("{secret}-2"));
    clients::add_secret(&world.app, &kari(), client.id, &another, clients::Others::Retire)
        .await
        .unwrap();
    clients::remove(&world.app, &kari(), client.id).await.unwrap();
    let mut lines = String::new();
    let write = |entry: &audit::Entry| {
        lines.push_str(&audit::line(entry).to_string());
        Ok::<_, Error>(())
    };
    assert_eq!(audit::export(&world.app, None, write).await.unwrap(), 5);
    assert!(
        lines.contains("client.add_secret") && lines.contains("client.remove"),
        "{lines}"
    );
    assert!(!lines.contains("a-secret-of"), "{lines}");
}

#[tokio::test]
async fn what_a_removed_partner_was_stays_told() {
    let world = World::new().await;
    let acme = world.partner("Acme").await;
    let issuer = world
        .issuer(&acme, terms(&[&Signer::new("k", jsonwebtoken::Algorithm::ES256)]))
        .await;
    issuers::remove(&world.app, &kari(), issuer.id).await.unwrap();
    partners::remove(&world.app, &kari(), acme.id).await.unwrap();
    let actions: Vec<_> = told(&world, Chain::Partner(acme.id))
        .await
        .into_iter()
        .map(|(_, it)| it)
        .collect();
    assert_eq!(
        actions,
        ["partner.add", "issuer.add", "issuer.remove", "partner.remove"]
    );
    let report = audit::verify(&world.app, None, &[]).await.unwrap();
    assert_eq!((report.broken, report.entries), (vec![], 6));
}

#[tokio::test]
async fn a_chain_that_vanished_as_a_whole_is_missed_by_the_others() {
    for (gone, is_gateway) in [("partner_id IS NOT NULL", false), ("partner_id IS NULL", true)] {
        let world = World::new().await;
        let acme = world.partner("Acme").await;
        let connection = Database::connect(&world.url).await.unwrap();
        for statement in [
            "DROP TRIGGER audit_no_delete".to_owned(),
            "DROP TRIGGER audit_heads_no_delete".to_owned(),
            format!("DELETE FROM audit WHERE {gone}"),
            format!("DELETE FROM audit_heads WHERE {gone}"),
        ] {
            connection.execute_unprepared(&statement).await.unwrap();
        }
        let chain = if is_gateway {
            Chain::Gateway
        } else {
            Chain::Partner(acme.id)
        };
        let report = audit::verify(&world.app, None, &[]).await.unwrap();
        let broken: Vec<_> = report.broken.iter().map(|it| (it.chain, it.fault)).collect();
        assert_eq!(broken, [(chain, Fault::ChainMissing)]);
    }
}

#[tokio::test]
async fn a_head_that_was_kept_elsewhere_has_to_stand_still() {
    let world = World::new().await;
    let acme = world.partner("Acme").await;
    let kept = audit::verify(&world.app, None, &[]).await.unwrap().heads;
    world.partner("Beta").await;
    let report = audit::verify(&world.app, None, &kept).await.unwrap();
    assert_eq!(report.broken, []);
    let head = Head {
        chain: Chain::Partner(acme.id),
        sequence: 2,
        hash: kept[1].hash.clone(),
    };
    let report = audit::verify(&world.app, None, std::slice::from_ref(&head))
        .await
        .unwrap();
    let broken: Vec<_> = report
        .broken
        .iter()
        .map(|it| (it.chain, it.sequence, it.fault))
        .collect();
    assert_eq!(broken, [(head.chain, 2, Fault::NotAsNoted)]);
}
