//! What a scope finds and changes is of its own partner and environment, method by method. Whatever a request may do is
//! tried here with another's ids, so that no predicate rests on the one before it. (On PostgreSQL row-level security
//! stands behind these predicates; on SQLite they are the wall.)

mod writers;

use std::collections::BTreeSet;

use domain::operation::{Kind, Status};
use domain::transfer::Stage;
use domain::{
    Amount, ApiCall, AssignmentId, Blame, CredentialMode, Currency, Environment, KeySet, KeySetId,
    KeySetKind, MerchantId, PaymentId, ProductOrderId, ProductProfile, ProfileId, Proof, ReceiptId, Rejected,
    Secret, TransferId, UpstreamKey, product_order,
};
use store::Reader;
use store::data_keys::BODIES;
use store::money::{
    NewPayment, NewReceipt, NextStep, Operation, PaymentFilter, Presence, ReceiptEnd, Release, Settlement,
};
use store::product_orders::{NewProductOrder, Next, ProductOrder};
use store::quality::{Calls, QualityFilter};
use store::registry::{
    AssignmentState, Check, Claim, Disconnection, KeySetOwner, Profile, StoredKeySet, Transfer, Which,
};
use uuid::Uuid;

use crate::databases::{Fresh, TEST, on_each, partner};
use crate::money::{LEASE, NOW, id, intend, operation, payment, scope_of};
use crate::registry::assignment;

/// The payment that is busy with an unknown operation, one that is expected, and one on which all has ended.
const PAYMENTS: [u128; 3] = [900, 901, 902];
const CUSTOMER: &str = "aa.bb";

fn payment_id(number: u128) -> PaymentId {
    PaymentId::from_uuid(id(number))
}

fn unit() -> AssignmentId {
    AssignmentId::from_uuid(id(101))
}

fn new_payment(number: u128, reference: &str, presence: Presence) -> NewPayment {
    NewPayment {
        id: payment_id(number),
        assignment: unit(),
        msn: "123456".parse().unwrap(),
        reference: reference.parse().unwrap(),
        amount: Amount::new(1_000, Currency::NOK),
        presence,
        at: NOW,
    }
}

fn new_receipt(number: u128, payment: u128, reference: &str) -> NewReceipt {
    NewReceipt {
        id: ReceiptId::from_uuid(id(number)),
        payment: payment_id(payment),
        assignment: unit(),
        msn: "123456".parse().unwrap(),
        reference: reference.parse().unwrap(),
        sum: Amount::new(1_000, Currency::NOK),
        body: b"{}".to_vec(),
        at: NOW,
    }
}

/// The order of a merchant of partner 1, which waits for Vipps' answer.
pub(crate) fn ordered() -> ProductOrder {
    ProductOrder {
        id: ProductOrderId::from_uuid(id(950)),
        partner: partner(1),
        environment: TEST,
        merchant: MerchantId::from_uuid(id(1)),
        key: "order-950".parse().unwrap(),
        upstream_key: UpstreamKey::from_stored("U950"),
        generation: 0,
        keys: KeySetId::from_uuid(id(801)),
        scheme: "business:NO:ORG".to_owned(),
        number: "918273645".to_owned(),
        product_type: "CHECKOUT".to_owned(),
        status: product_order::Status::Pending,
        is_released: false,
        is_unwanted: false,
        request: b"{}".to_vec(),
        link: None,
        refusal: None,
        vipps_id: Some("vipps-950".to_owned()),
        msn: None,
        tries: 0,
        sent_at: NOW,
        due_at: Some(NOW + LEASE),
        fence: 1,
        expires_at: None,
        checked_at: None,
        created_at: NOW,
        ended_at: None,
    }
}

/// Writes an order like it down, under an id and a key of its own.
pub(crate) async fn order(tx: &store::Tx, number: u128) -> Result<(), store::Error> {
    let like = ordered();
    let facts = product_order::Facts {
        scheme: like.scheme,
        number: like.number,
        product_type: like.product_type,
    };
    let new = NewProductOrder {
        id: ProductOrderId::from_uuid(id(number)),
        merchant: like.merchant,
        key: &format!("order-{number}").parse().unwrap(),
        upstream_key: &UpstreamKey::from_stored(format!("U{number}")),
        generation: 0,
        keys: like.keys,
        facts: &facts,
        body: b"{}",
        identity: b"order",
        at: NOW,
        until: NOW + LEASE,
    };
    tx.scope().add_product_order(&new).await
}

/// An operation on the payment on which all has ended.
fn ended(number: u128) -> Operation {
    Operation {
        payment: payment_id(902),
        reference: "acme-shop-3".parse().unwrap(),
        key: format!("order-{number}").parse().unwrap(),
        ..operation(number)
    }
}

/// Everything of partner 1 in the test environment: whatever a finder may find and a writer may change.
async fn all_of_one(fresh: &Fresh) {
    payment(fresh).await;
    intend(&fresh.store, &operation(1), 1).await.unwrap();
    let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
    let scope = tx.scope();
    for (number, reference, presence) in [
        (901, "acme-shop-2", Presence::Expected),
        (902, "acme-shop-3", Presence::Present),
    ] {
        let new = new_payment(number, reference, presence);
        scope.add_payment(&new).await.unwrap();
    }
    let next = NextStep {
        first_sent_at: NOW,
        no: None,
        in_doubt: true,
        rounds: 1,
        missing: 0,
        at: NOW + LEASE,
    };
    scope.postpone(operation(1).id, next).await.unwrap();
    scope.add_late_payment(operation(1).id, NOW).await.unwrap();
    let (queued, refused) = (
        new_receipt(700, 900, "acme-shop-1"),
        new_receipt(701, 902, "acme-shop-3"),
    );
    for receipt in [&queued, &refused] {
        scope.add_receipt(receipt).await.unwrap();
    }
    let claimed = scope.claim_receipt(refused.id, NOW, NOW + LEASE).await.unwrap();
    let end = ReceiptEnd::Refused {
        reason: Rejected::default(),
        at: NOW,
    };
    scope.end_receipt_try(&claimed.unwrap(), &end).await.unwrap();
    scope.note_customer(payment_id(902), CUSTOMER).await.unwrap();
    scope.disconnect(&disconnection()).await.unwrap();
    scope.save_check(&check()).await.unwrap();
    order(&tx, 950).await.unwrap();
    let known = Next::of(&ordered(), NOW);
    scope.save_product_order(&ordered(), &known).await.unwrap();
    tx.commit().await.unwrap();
    ends(fresh, 2, Status::Refused, Some(Release::Rejected)).await;
    ends(fresh, 3, Status::Abandoned, None).await;
    registered(fresh).await;
}

/// An operation that has come to this end.
async fn ends(fresh: &Fresh, number: u128, status: Status, release: Option<Release>) {
    let operation = ended(number);
    let reader = fresh.store.read(partner(1), TEST);
    let record = reader.scope().find_payment_by_id(operation.payment).await;
    let version = record.unwrap().unwrap().payment.version;
    let held = intend(&fresh.store, &operation, version).await.unwrap();
    let tx = fresh.store.begin(partner(1), TEST).await.unwrap();
    tx.scope().vacate(&held).await.unwrap();
    let settlement = Settlement {
        status,
        answer: None,
        release,
        at: NOW,
    };
    tx.scope().settle(operation.id, &settlement).await.unwrap();
    tx.commit().await.unwrap();
}

/// What the operator wrote for it.
async fn registered(fresh: &Fresh) {
    let tx = fresh.store.begin_system("test").await.unwrap();
    let registry = tx.system().change_registry().await.unwrap();
    registry.add_profile(&profile()).await.unwrap();
    let owner = KeySetOwner::SalesUnit {
        partner: partner(1),
        assignment: unit(),
    };
    let keys = KeySet {
        id: KeySetId::from_uuid(id(800)),
        version: 1,
        kind: KeySetKind::SalesUnit,
        environment: TEST,
        client_id: "client".to_owned(),
        client_secret: Secret::new("secret"),
        subscription_key: Secret::new("key"),
        secondary_subscription_key: None,
    };
    registry.add_key_set(&keys, owner, NOW).await.unwrap();
    let stored: StoredKeySet = tx.system().find_key_set(keys.id).await.unwrap().unwrap();
    registry.activate_key_set(&stored, NOW).await.unwrap();
    let newer = KeySet {
        id: KeySetId::from_uuid(id(801)),
        ..keys.clone()
    };
    registry.add_key_set(&newer, owner, NOW).await.unwrap();
    let stored: StoredKeySet = tx.system().find_key_set(newer.id).await.unwrap().unwrap();
    registry.activate_key_set(&stored, NOW).await.unwrap();
    let claim = Claim {
        assignment: unit(),
        proof: Proof::OwnKeys,
        keys: Some(keys.id),
        actor: "north".to_owned(),
        reason: String::new(),
        proven_at: NOW,
    };
    let live = assignment(1, AssignmentState::Live);
    registry.prove_claim(&live, &claim).await.unwrap();
    let scope = tx.system().scope(partner(1), TEST);
    scope.add_api_calls(&[call()]).await.unwrap();
    registry.add_transfer(&transfer()).await.unwrap();
    tx.commit().await.unwrap();
}

fn transfer() -> Transfer {
    Transfer {
        id: TransferId::from_uuid(id(650)),
        partner: partner(1),
        environment: TEST,
        assignment: unit(),
        msn: "123456".parse().unwrap(),
        from: None,
        stage: Stage::Waiting,
        forced: false,
        asked_at: NOW,
        drain_until: None,
        frozen_at: None,
        ended_at: None,
    }
}

fn check() -> Check {
    Check {
        assignment: unit(),
        partner: partner(1),
        environment: TEST,
        keys: None,
        trouble: None,
        checked_at: None,
        due_at: NOW + LEASE,
    }
}

fn call() -> (ApiCall, Calls) {
    let call = ApiCall {
        partner: partner(1),
        environment: TEST,
        day: NOW.date(),
        msn: "123456".parse().ok(),
        api: "epayment".into(),
        endpoint: "capture".into(),
        blame: Blame::Nobody,
        status: Some(200),
        code: None,
    };
    (call, Calls { calls: 1, last: NOW })
}

fn profile() -> Profile {
    Profile {
        id: ProfileId::from_uuid(id(600)),
        partner: partner(1),
        environment: TEST,
        name: "webshop".to_owned(),
        product: ProductProfile::new("Acme", "1.0", "acme-web", "2.3").unwrap(),
        created_at: NOW,
        updated_at: NOW,
    }
}

fn disconnection() -> Disconnection {
    Disconnection {
        assignment: unit(),
        partner: partner(1),
        environment: TEST,
        keys: KeySetId::from_uuid(id(800)),
        keys_version: 1,
        status: 401,
        because: "the keys are wrong".to_owned(),
        since: NOW,
    }
}

/// How many of partner 1's things each finder finds.
async fn found(reader: &Reader) -> Vec<(&'static str, usize)> {
    let scope = reader.scope();
    let (unit, paid, merchant) = (unit(), payment_id(900), MerchantId::from_uuid(id(1)));
    let msn = "123456".parse().unwrap();
    let (busy, ended_on) = ("acme-shop-1".parse().unwrap(), "acme-shop-3".parse().unwrap());
    let (one, two) = (operation(1), ended(2));
    let of_one = PaymentFilter {
        reference_prefix: Some("acme-shop-1".to_owned()),
        limit: 10,
        ..PaymentFilter::default()
    };
    let today = QualityFilter {
        msns: None,
        from: NOW.date(),
        to: NOW.date(),
        after: None,
        limit: 10,
    };
    let mut all = Vec::new();
    // A finder of one thing finds none or one.
    macro_rules! finds {
        ($($finder:ident($($argument:expr),*)),* $(,)?) => {$(
            let found = scope.$finder($($argument),*).await.unwrap();
            all.push((stringify!($finder), found.into_iter().count()));
        )*};
    }
    finds!(
        find_held_unit(&msn),
        list_held_units(),
        find_serving(Which::Live(&msn), None),
        find_serving(Which::Held(&msn), None),
        find_serving(Which::Assigned(unit), None),
        list_serving(None),
        serving_keys(unit, CredentialMode::Own),
        profiles(),
        find_merchant(merchant),
        disconnections(),
        find_check(unit),
        list_checks(),
        find_claim(unit),
        list_claims(),
        asked_transfers(Some(unit)),
        asked_transfers(None),
        retiring_keys(Some(unit)),
        retiring_keys(None),
        open_by_client(),
        keys_of_client(unit, "client"),
        find_payment(unit, &busy),
        find_payment_by_id(paid),
        list_payments(unit, &of_one),
        payments_of_customer(&[CUSTOMER.to_owned()]),
        find_operation(one.id),
        open_operations(paid),
        oldest_unknown(),
        released_operations(&msn, &two.key, Kind::Capture, &ended_on),
        abandoned_operations(unit, &ended_on),
        sent_times(&msn, &busy, Kind::Capture, NOW - LEASE),
        last_send_in_doubt(one.id),
        find_key(&msn, &one.key, b"request"),
        find_receipt(paid),
        door_calls(&today),
        find_product_order(ordered().id),
        find_ordered(&ordered().key, b"order"),
        list_product_orders(None, 10),
        known_product_orders(&["vipps-950".to_owned()]),
    );
    let pending = scope.pending_like(&ordered()).await.unwrap();
    all.push(("pending_like", usize::try_from(pending).unwrap()));
    // The other partner has a merchant of its own, with the same organisation number.
    let theirs = scope.find_organisation("NO", "918273645").await.unwrap();
    let all_theirs = scope.list_merchants(None, 10).await.unwrap();
    for (finder, merchants) in [
        ("find_organisation", theirs.into_iter().collect()),
        ("list_merchants", all_theirs),
    ] {
        all.push((finder, merchants.iter().filter(|it| it.id == merchant).count()));
    }
    let envelopes = BODIES.iter().find(|it| it.column == "envelope").unwrap();
    let sealed = scope.find_old(envelopes, &BTreeSet::new(), None, 10).await;
    let of_operations = [one.id, two.id, ended(3).id].map(domain::Id::uuid);
    let found = sealed.unwrap().old.iter().any(|id| of_operations.contains(id));
    all.push(("find_old", usize::from(found)));
    all
}

/// Tried elsewhere: an audit is one chain over both environments, calls are counted by background work alone, and a
/// standing is held and not changed; partner keys are of production alone.
const TRIED_ELSEWHERE: [&str; 5] = [
    "was_done",
    "add_audit",
    "add_api_calls",
    "standing",
    "partner_keys",
];

#[tokio::test]
async fn whatever_a_scope_may_do_is_tried_with_the_ids_of_another() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut methods = BTreeSet::new();
    let mut directories = vec![sources];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                methods.extend(methods_of_scopes(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(methods.len() > 50, "{methods:?}");
    on_each(async |fresh| {
        let finders = found(&fresh.store.read(partner(1), TEST)).await;
        let tried: BTreeSet<_> = finders
            .into_iter()
            .map(|(finder, _)| finder)
            .chain(writers::WRITERS)
            .chain(TRIED_ELSEWHERE)
            .map(str::to_owned)
            .collect();
        assert_eq!(methods, tried);
    })
    .await;
}

#[tokio::test]
async fn the_keys_of_a_partner_are_found_by_itself_in_production_alone() {
    on_each(async |fresh| {
        all_of_one(fresh).await;
        let tx = fresh.store.begin_system("test").await.unwrap();
        let registry = tx.system().change_registry().await.unwrap();
        let keys = KeySet {
            id: KeySetId::from_uuid(id(890)),
            version: 1,
            kind: KeySetKind::Partner,
            environment: Environment::Production,
            client_id: "client".to_owned(),
            client_secret: Secret::new("secret"),
            subscription_key: Secret::new("key"),
            secondary_subscription_key: None,
        };
        let owner = KeySetOwner::Partner(partner(1));
        registry.add_key_set(&keys, owner, NOW).await.unwrap();
        let stored = tx.system().find_key_set(keys.id).await.unwrap().unwrap();
        registry.activate_key_set(&stored, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let found = async |who, environment| {
            let reader = fresh.store.read(partner(who), environment);
            reader.scope().partner_keys().await.unwrap()
        };
        assert_eq!(
            found(1, Environment::Production).await,
            Some(keys),
            "{}",
            fresh.name
        );
        for (who, environment) in [(1, TEST), (2, Environment::Production), (2, TEST)] {
            assert_eq!(found(who, environment).await, None, "{}: {who}", fresh.name);
        }
    })
    .await;
}

/// The names of what a scope lets the rest of the house do.
fn methods_of_scopes(source: &str) -> Vec<String> {
    let mut of_scope = false;
    let mut methods = Vec::new();
    for line in source.lines() {
        if line.starts_with("impl") {
            of_scope = line.contains(" Scope<'_");
        }
        if let Some(rest) = line.strip_prefix("    pub async fn ").filter(|_| of_scope) {
            methods.push(rest.split('(').next().unwrap().to_owned());
        }
    }
    methods
}

#[tokio::test]
async fn no_finder_finds_what_is_another_partners_or_of_another_environment() {
    on_each(async |fresh| {
        all_of_one(fresh).await;
        for (finder, many) in found(&fresh.store.read(partner(1), TEST)).await {
            assert_eq!(many, 1, "{}: {finder} finds its own", fresh.name);
        }
        for (who, environment) in [(2, TEST), (1, Environment::Production), (3, TEST)] {
            for (finder, many) in found(&fresh.store.read(partner(who), environment)).await {
                assert_eq!(many, 0, "{}: {finder} as {who} in {environment:?}", fresh.name);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_holds_the_standing_of_anothers_sales_unit() {
    on_each(async |fresh| {
        all_of_one(fresh).await;
        for (who, environment, may) in [
            (1, TEST, true),
            (2, TEST, false),
            (1, Environment::Production, false),
        ] {
            let tx = fresh.store.begin(partner(who), environment).await.unwrap();
            let standing = tx.scope().standing(unit()).await;
            assert_eq!(
                standing.is_ok(),
                may,
                "{}: {who} in {environment:?}: {standing:?}",
                fresh.name
            );
        }
    })
    .await;
}

/// Ids of rows that stand nowhere are no way in either.
#[tokio::test]
async fn a_key_of_a_stranger_is_not_given_free_with_ones_own_operation() {
    on_each(async |fresh| {
        all_of_one(fresh).await;
        let first = operation(1);
        let tx = fresh.store.begin(partner(2), TEST).await.unwrap();
        let bound = tx
            .scope()
            .bind_key(&scope_of(&first), b"request", first.id, NOW)
            .await;
        assert!(
            bound.is_err(),
            "{}: another's operation was bound to a key",
            fresh.name
        );
        drop(tx);
        let unknown = Uuid::from_u128(77);
        let reader = fresh.store.read(partner(2), TEST);
        let none = reader
            .scope()
            .find_payment_by_id(PaymentId::from_uuid(unknown))
            .await
            .unwrap();
        assert!(none.is_none());
    })
    .await;
}
