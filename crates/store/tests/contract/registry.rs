//! The registry's rules that the schema holds.

use domain::{
    AssignmentId, CredentialMode, Environment, KeySet, KeySetId, KeySetKind, MerchantId, Msn, PartnerId,
    ProductProfile, ProfileId, SalesUnitId, Secret,
};
use store::registry::{
    Assignment, AssignmentState, KeySetOwner, Market, Merchant, Orphans, Part, Partner, PartnerState,
    Profile, SalesUnit, Unit, Which,
};
use store::{Error, Reader, Store};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::databases::{TEST, on_each, partner};

const NOW: OffsetDateTime = datetime!(2026-04-01 12:00:00.25 UTC);

pub(crate) fn msn() -> Msn {
    "123456".parse().unwrap()
}

fn tenant(number: u128) -> Partner {
    Partner {
        id: partner(number),
        name: format!("partner {number}"),
        state: PartnerState::Active,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn merchant(number: u128) -> Merchant {
    Merchant {
        id: MerchantId::from_uuid(Uuid::from_u128(number)),
        partner: partner(number),
        environment: TEST,
        name: "Fjellbutikken AS".to_owned(),
        organisation_number: "918273645".to_owned(),
        country: "NO".to_owned(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn sales_unit() -> SalesUnit {
    SalesUnit {
        id: SalesUnitId::from_uuid(Uuid::from_u128(50)),
        environment: TEST,
        msn: msn(),
        market: Market::Norway,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn assignment(number: u128, state: AssignmentState) -> Assignment {
    Assignment {
        id: AssignmentId::from_uuid(Uuid::from_u128(100 + number)),
        partner: partner(number),
        environment: TEST,
        merchant: MerchantId::from_uuid(Uuid::from_u128(number)),
        sales_unit: SalesUnitId::from_uuid(Uuid::from_u128(50)),
        msn: msn(),
        name: "Storgata".to_owned(),
        state,
        credential_mode: CredentialMode::Own,
        profile: None,
        orphans: Orphans::CancelPush,
        closing: None,
        market: None,
        live_from: (state != AssignmentState::Draft).then_some(NOW),
        ended_at: (state == AssignmentState::Ended).then_some(NOW),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn keys(number: u128) -> KeySet {
    KeySet {
        id: KeySetId::from_uuid(Uuid::from_u128(number)),
        version: 1,
        kind: KeySetKind::SalesUnit,
        environment: TEST,
        client_id: "a-client".to_owned(),
        client_secret: Secret::new("canary-secret"),
        subscription_key: Secret::new("canary-subscription"),
        secondary_subscription_key: None,
    }
}

fn owner(number: u128) -> KeySetOwner {
    KeySetOwner::SalesUnit {
        partner: partner(number),
        assignment: AssignmentId::from_uuid(Uuid::from_u128(100 + number)),
    }
}

/// A unit as a request finds it.
pub(crate) async fn serving(reader: &Reader, which: Which<'_>) -> Option<Unit> {
    let found = reader.scope().find_serving(which, None).await.unwrap();
    found.map(|serving| serving.unit)
}

/// Two partners with a merchant each, and one sales unit that nobody holds.
pub(crate) async fn two_partners(store: &Store) {
    let tx = store.begin_system("test").await.unwrap();
    let registry = tx.system().change_registry().await.unwrap();
    for number in [1, 2] {
        registry.add_partner(&tenant(number)).await.unwrap();
        registry.add_merchant(&merchant(number)).await.unwrap();
    }
    registry.known_sales_unit(&sales_unit()).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn add(store: &Store, assignment: &Assignment) -> Result<(), Error> {
    let tx = store.begin_system("test").await?;
    tx.system()
        .change_registry()
        .await?
        .add_assignment(assignment)
        .await?;
    tx.commit().await
}

#[tokio::test]
async fn what_is_added_is_found_as_it_was() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let held = assignment(1, AssignmentState::Live);
        add(&fresh.store, &held).await.unwrap();
        let reader = fresh.store.read_system("test");
        let found = reader.system().find_partner(partner(1)).await.unwrap();
        assert_eq!(found, Some(tenant(1)), "{}", fresh.name);
        assert_eq!(
            reader.system().list_merchants(None, Part::ALL).await.unwrap(),
            [merchant(1), merchant(2)]
        );
        let reader = fresh.store.read(partner(1), TEST);
        let unit = serving(&reader, Which::Live(&msn())).await.unwrap();
        assert_eq!(unit.assignment, held);
        assert_eq!(unit.market, Market::Norway);
    })
    .await;
}

#[tokio::test]
async fn a_unit_is_live_with_one_partner_in_the_whole_gateway_and_drafts_reserve_nothing() {
    on_each(async |fresh| {
        let store = &fresh.store;
        two_partners(store).await;
        add(store, &assignment(1, AssignmentState::Draft)).await.unwrap();
        add(store, &assignment(2, AssignmentState::Live)).await.unwrap();
        let mut late = assignment(1, AssignmentState::Live);
        let tx = store.begin_system("test").await.unwrap();
        let refused = tx
            .system()
            .change_registry()
            .await
            .unwrap()
            .save_assignment(&late)
            .await;
        assert!(
            matches!(refused, Err(Error::Duplicate("uq_assignments_live"))),
            "{} {refused:?}",
            fresh.name
        );
        drop(tx);
        late.id = AssignmentId::from_uuid(Uuid::from_u128(999));
        late.state = AssignmentState::Draft;
        let refused = add(store, &late).await;
        assert!(
            matches!(refused, Err(Error::Duplicate("uq_assignments_open"))),
            "{} {refused:?}",
            fresh.name
        );
    })
    .await;
}

#[tokio::test]
async fn a_foreign_unit_is_found_no_more_than_an_unknown_one() {
    on_each(async |fresh| {
        let store = &fresh.store;
        two_partners(store).await;
        add(store, &assignment(2, AssignmentState::Live)).await.unwrap();
        let as_first = store.read(partner(1), TEST);
        assert_eq!(serving(&as_first, Which::Live(&msn())).await, None);
        let foreign = assignment(2, AssignmentState::Live).id;
        assert_eq!(serving(&as_first, Which::Assigned(foreign)).await, None);
        assert_eq!(as_first.scope().list_held_units().await.unwrap(), []);
        let elsewhere = store.read(partner(2), Environment::Production);
        assert_eq!(
            serving(&elsewhere, Which::Live(&msn())).await,
            None,
            "{}",
            fresh.name
        );
    })
    .await;
}

#[tokio::test]
async fn a_row_cannot_point_into_another_partners_data() {
    on_each(async |fresh| {
        let store = &fresh.store;
        two_partners(store).await;
        let mut crossed = assignment(1, AssignmentState::Draft);
        crossed.merchant = merchant(2).id;
        let refused = add(store, &crossed).await;
        assert!(
            matches!(refused, Err(Error::Refused(_))),
            "{} {refused:?}",
            fresh.name
        );
        let mut elsewhere = assignment(1, AssignmentState::Draft);
        elsewhere.environment = Environment::Production;
        let refused = add(store, &elsewhere).await;
        assert!(
            matches!(refused, Err(Error::Refused(_))),
            "{} {refused:?}",
            fresh.name
        );
    })
    .await;
}

#[tokio::test]
async fn keys_serve_only_once_proven_and_newer_ones_replace_them() {
    on_each(async |fresh| {
        let store = &fresh.store;
        two_partners(store).await;
        add(store, &assignment(1, AssignmentState::Live)).await.unwrap();
        let unit = assignment(1, AssignmentState::Live).id;
        for number in [7, 8] {
            let tx = store.begin_system("test").await.unwrap();
            let registry = tx.system().change_registry().await.unwrap();
            registry.add_key_set(&keys(number), owner(1), NOW).await.unwrap();
            tx.commit().await.unwrap();
            let reader = store.read(partner(1), TEST);
            let serving = reader
                .scope()
                .serving_keys(unit, CredentialMode::Own)
                .await
                .unwrap();
            assert_ne!(
                serving.map(|keys| keys.id),
                Some(keys(number).id),
                "unproven keys serve"
            );

            let tx = store.begin_system("test").await.unwrap();
            let stored = tx.system().find_key_set(keys(number).id).await.unwrap().unwrap();
            let registry = tx.system().change_registry().await.unwrap();
            registry.activate_key_set(&stored, NOW).await.unwrap();
            tx.commit().await.unwrap();
            let serving = reader
                .scope()
                .serving_keys(unit, CredentialMode::Own)
                .await
                .unwrap();
            assert_eq!(serving, Some(keys(number)), "{}", fresh.name);
        }
        let as_other = store.read(partner(2), TEST);
        assert_eq!(
            as_other
                .scope()
                .serving_keys(unit, CredentialMode::Own)
                .await
                .unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn keys_sealed_under_another_master_key_are_refused_by_name_and_not_shown() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        add(&fresh.store, &assignment(1, AssignmentState::Live))
            .await
            .unwrap();
        let tx = fresh.store.begin_system("test").await.unwrap();
        let registry = tx.system().change_registry().await.unwrap();
        registry.add_key_set(&keys(7), owner(1), NOW).await.unwrap();
        tx.commit().await.unwrap();

        let other = store::Keyring::parse(store::Keyring::generate().unwrap().reveal()).unwrap();
        let stranger = Store::connect(&fresh.settings, other).await.unwrap();
        let refused = stranger
            .read_system("test")
            .system()
            .open_key_set(keys(7).id)
            .await
            .unwrap_err();
        let Error::Corrupt { table, source, .. } = &refused else {
            panic!("{refused:?}")
        };
        assert_eq!(*table, "key_sets");
        let reason = source.as_ref().unwrap().to_string();
        assert!(reason.contains("the key file does not hold"), "{reason}");
        assert!(!format!("{refused:?}").contains("canary"));
        stranger.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_version_rises_with_the_change_or_not_at_all() {
    on_each(async |fresh| {
        let store = &fresh.store;
        let version = async || {
            store
                .read_system("test")
                .system()
                .registry_version()
                .await
                .unwrap()
        };
        let before = version().await;
        let tx = store.begin_system("test").await.unwrap();
        let registry = tx.system().change_registry().await.unwrap();
        registry.add_partner(&tenant(1)).await.unwrap();
        assert_eq!(version().await, before, "{}: seen before the commit", fresh.name);
        tx.commit().await.unwrap();
        assert_eq!(version().await, before + 1);
        let tx = store.begin_system("test").await.unwrap();
        tx.system().change_registry().await.unwrap();
        drop(tx);
        assert_eq!(version().await, before + 1);
    })
    .await;
}

#[tokio::test]
async fn after_a_statement_that_failed_nothing_of_the_transaction_is_written() {
    on_each(async |fresh| {
        let store = &fresh.store;
        two_partners(store).await;
        let tx = store.begin_system("test").await.unwrap();
        let registry = tx.system().change_registry().await.unwrap();
        registry.add_partner(&tenant(3)).await.unwrap();
        let twice = registry
            .add_partner(&Partner {
                id: partner(4),
                ..tenant(1)
            })
            .await;
        assert!(
            matches!(twice, Err(Error::Duplicate("uq_partners_name"))),
            "{} {twice:?}",
            fresh.name
        );
        assert!(
            matches!(tx.commit().await, Err(Error::Unavailable(_))),
            "{}",
            fresh.name
        );
        let reader = store.read_system("test");
        assert_eq!(reader.system().find_partner(partner(3)).await.unwrap(), None);
        assert_eq!(store.open_transactions(), 0);
        let tx = store.begin_system("test").await.unwrap();
        tx.system()
            .change_registry()
            .await
            .unwrap()
            .add_partner(&tenant(3))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            reader.system().find_partner(partner(3)).await.unwrap(),
            Some(tenant(3))
        );
    })
    .await;
}

#[tokio::test]
async fn a_profile_in_use_is_not_removed() {
    on_each(async |fresh| {
        let store = &fresh.store;
        two_partners(store).await;
        let profile = Profile {
            id: ProfileId::from_uuid(Uuid::from_u128(9)),
            partner: PartnerId::from_uuid(Uuid::from_u128(1)),
            environment: TEST,
            name: "web".to_owned(),
            product: ProductProfile::new("Acme", "1.0", "acme-web", "2.3").unwrap(),
            created_at: NOW,
            updated_at: NOW,
        };
        let tx = store.begin_system("test").await.unwrap();
        tx.system()
            .change_registry()
            .await
            .unwrap()
            .add_profile(&profile)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let held = Assignment {
            profile: Some(profile.id),
            ..assignment(1, AssignmentState::Draft)
        };
        add(store, &held).await.unwrap();
        let tx = store.begin_system("test").await.unwrap();
        let refused = tx
            .system()
            .change_registry()
            .await
            .unwrap()
            .remove_profile(profile.id)
            .await;
        assert!(
            matches!(refused, Err(Error::Refused(_))),
            "{} {refused:?}",
            fresh.name
        );
        drop(tx);
        let reader = store.read(partner(1), TEST);
        assert_eq!(reader.scope().profiles().await.unwrap(), [profile]);
    })
    .await;
}
