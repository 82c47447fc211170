//! The sweep over the operators' document: every operation, asked by whoever may not. Who may is read from the table in
//! `docs/operators.md`, which is written by hand.

use std::collections::BTreeMap;

use app::audit::Filter;
use domain::{Clock as _, Environment, Secret};
use http::Method;
use testkit::contract::{Operation, operators_operations};
use testkit::{Answer, Gateway, Issuer, Kind, Setup, on_both_databases};
use time::Duration;

use crate::bad_tokens::bad_tokens;
use crate::operator_samples::{Named, SECRET, one_of_each, parameters, path, request};

on_both_databases!(
    a_token_that_is_no_operators_opens_no_operation_and_changes_nothing,
    an_operators_token_opens_nothing_of_the_partners,
    each_role_does_what_the_table_says_and_no_more,
    what_is_not_there_looks_the_same_however_it_is_named,
    nothing_of_it_is_on_the_public_listener,
    without_an_issuer_of_operators_nobody_is_let_in,
);

const ROLES: [&str; 3] = ["auditor", "support", "owner"];

/// The least role of each operation, as operators read it.
fn table() -> BTreeMap<String, String> {
    include_str!("../../docs/operators.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .filter_map(|(id, rest)| {
            let role = rest.trim_end_matches('|').rsplit('|').next()?.trim();
            ROLES.contains(&role).then(|| (id.to_owned(), role.to_owned()))
        })
        .collect()
}

#[test]
fn the_table_in_the_docs_and_the_document_say_the_same() {
    let document: BTreeMap<_, _> = operators_operations()
        .iter()
        .map(|operation| (operation.id.clone(), operation.scope.clone()))
        .collect();
    assert_eq!(table(), document);
}

/// How much has been written down about anything.
async fn acts(gateway: &Gateway) -> usize {
    let all = Filter {
        limit: 10_000,
        ..Filter::default()
    };
    app::audit::list(&gateway.world.app, &all).await.unwrap().len()
}

/// An id of its kind that nobody has.
fn unknown(named: &Named) -> Named {
    let of = |(parameter, id): &(&'static str, String)| {
        let id = match id.split_once('_') {
            Some((prefix, _)) => format!("{prefix}_0190a1b2c3d47e5f8091a2b3c4d5e6f7"),
            None => "gateway".to_owned(),
        };
        (*parameter, id)
    };
    Named(named.0.iter().map(of).collect())
}

/// Whoever may ask here must not be there, and whoever is there must not be told apart.
async fn refused_alike(
    gateway: &Gateway,
    operation: &Operation,
    named: &Named,
    token: Option<&str>,
    (status, code): (u16, &str),
    why: &str,
) {
    let mut answers = Vec::new();
    for named in [named, &unknown(named)] {
        let ask = request(gateway, operation, named);
        let ask = match token {
            Some(token) => ask.bearer(token),
            None => ask,
        };
        let answer = ask.send().await;
        let told = (answer.status, answer.code());
        assert_eq!(
            told,
            (status, code.to_owned()),
            "{}: {why}\n{answer}",
            operation.id
        );
        answers.push(answer.without_ids());
    }
    assert_eq!(answers[0], answers[1], "{}: {why}", operation.id);
}

/// A token of the gateway's own issuer.
async fn own_clients_token(gateway: &Gateway) -> String {
    use app::registry::clients::{self, Add, Terms};
    let add = Add {
        partner: gateway.world.north.id,
        environment: Environment::Test,
        name: "own client".to_owned(),
        terms: Terms {
            jwks: None,
            scopes: app::Scopes::all(),
            msns: None,
            token_lifetime: Duration::minutes(30),
            profile: None,
        },
        secret: Some(Secret::new(SECRET)),
    };
    let client = clients::add(&gateway.world.app, &testkit::operator(), add)
        .await
        .unwrap();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={SECRET}",
        client.id
    );
    let answer = gateway
        .ask(Method::POST, "/oauth/token")
        .bytes("application/x-www-form-urlencoded", form)
        .send()
        .await
        .is(200);
    answer.text("/access_token")
}

async fn a_token_that_is_no_operators_opens_no_operation_and_changes_nothing(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let named = one_of_each(&gateway).await;
    // The operators' identity provider serves a partner too, under another audience.
    let same_provider = Issuer::new(&gateway.operator_issuer.iss, "nordbro");
    gateway
        .register(&same_provider, gateway.world.north.id, Environment::Test)
        .await;
    let own = own_clients_token(&gateway).await;
    let before = acts(&gateway).await;
    for operation in operators_operations() {
        let now = gateway.world.clock.now();
        let good = || gateway.operator_token("owner");
        let owner = |token: testkit::Token<'_>| token.claim("nordbro_role", "owner").signed();
        let mut tokens = bad_tokens(now, &gateway.operator_issuer, good);
        tokens.extend([
            ("a partner's", owner(gateway.north_token())),
            (
                "a partner's of the same provider",
                owner(same_provider.token(now)),
            ),
            ("an own client's", own.clone()),
            (
                "a partner's and an operator's at once",
                good().claim("aud", vec!["nordbro-operators", "nordbro"]).signed(),
            ),
            (
                "too long a life",
                good()
                    .claim("exp", (now + Duration::hours(2)).unix_timestamp())
                    .signed(),
            ),
            ("a role that is no word", good().claim("nordbro_role", 7).signed()),
            ("not a token", "owner".to_owned()),
        ]);
        refused_alike(
            &gateway,
            operation,
            &named,
            None,
            (401, "unauthenticated"),
            "no token",
        )
        .await;
        for (fault, token) in tokens {
            let token = Some(token.as_str());
            refused_alike(
                &gateway,
                operation,
                &named,
                token,
                (401, "unauthenticated"),
                fault,
            )
            .await;
        }
    }
    assert_eq!(acts(&gateway).await, before);
}

async fn an_operators_token_opens_nothing_of_the_partners(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    // Also when its provider signs for a partner, and the token is for both.
    let both = Issuer::new(&gateway.operator_issuer.iss, "nordbro");
    gateway
        .register(&both, gateway.world.north.id, Environment::Test)
        .await;
    let good = || gateway.operator_token("owner").scope(&testkit::every_scope());
    for token in [
        good().signed(),
        good().claim("aud", vec!["nordbro-operators", "nordbro"]).signed(),
        good()
            .claim("aud", vec!["nordbro-operators", "nordbro"])
            .signed_by(&both),
    ] {
        let units = gateway.ask(Method::GET, "/v1/sales-units").bearer(&token);
        let _ = units.send().await.problem(401, "unauthenticated");
    }
    // And nobody can register the operators' own pair for a partner.
    let taken = app::registry::issuers::Add {
        partner: gateway.world.north.id,
        environment: Environment::Test,
        iss: gateway.operator_issuer.iss.clone(),
        aud: gateway.operator_issuer.aud.clone(),
        terms: app::registry::issuers::Terms {
            jwks: app::registry::Jwks::Inline(both.jwks()),
            algorithms: vec!["ES256".to_owned()],
            scopes: app::Scopes::all(),
            msns: None,
            max_lifetime: Duration::HOUR,
            demands_at_jwt: false,
        },
    };
    let refused = app::registry::issuers::add(&gateway.world.app, &testkit::operator(), taken).await;
    let refused = format!("{:?}", refused.unwrap_err());
    assert!(refused.contains("reserved"), "{refused}");
}

async fn each_role_does_what_the_table_says_and_no_more(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let named = one_of_each(&gateway).await;
    let table = table();
    let rank = |role: &str| ROLES.iter().position(|it| *it == role).unwrap();
    let mut before = acts(&gateway).await;
    for operation in operators_operations() {
        let least = rank(&table[&operation.id]);
        for token in [
            gateway.operator_token("owner").without("nordbro_role"),
            gateway.operator_token("Owner"),
            gateway.operator_token("root"),
            gateway
                .operator_token("")
                .claim("nordbro_role", Vec::<String>::new()),
        ] {
            let token = token.signed();
            let why = "no role that is one";
            refused_alike(
                &gateway,
                operation,
                &named,
                Some(&token),
                (403, "role_missing"),
                why,
            )
            .await;
        }
        for role in ROLES {
            let token = gateway.operator_token(role).signed();
            if rank(role) < least {
                refused_alike(
                    &gateway,
                    operation,
                    &named,
                    Some(&token),
                    (403, "role_missing"),
                    role,
                )
                .await;
                assert_eq!(acts(&gateway).await, before, "{}: {role}", operation.id);
                continue;
            }
            let answer = request(&gateway, operation, &unknown(&named))
                .bearer(&token)
                .send()
                .await;
            assert!(
                ![401, 403].contains(&answer.status) && answer.status < 500,
                "{}: {role}\n{answer}",
                operation.id
            );
            before = acts(&gateway).await;
        }
    }
}

async fn what_is_not_there_looks_the_same_however_it_is_named(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let named = one_of_each(&gateway).await;
    let before = acts(&gateway).await;
    for operation in operators_operations() {
        for parameter in parameters(operation).into_iter().filter(|it| it.ends_with("Id")) {
            let mut answers: Vec<Answer> = Vec::new();
            let never = unknown(&named);
            for id in [
                never.get(parameter),
                // Of another kind, and of none.
                "pay_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
                "1",
                "%00",
                "..%2f",
            ] {
                let ask = request(&gateway, operation, &named.with(parameter, id));
                let token = gateway.operator_token("owner").signed();
                let answer = ask.bearer(&token).send().await;
                assert_eq!(answer.status, 404, "{}: {id}\n{answer}", operation.id);
                answers.push(answer);
            }
            let told: Vec<_> = answers.iter().map(Answer::without_ids).collect();
            assert!(
                told.iter().all(|it| *it == told[0]),
                "{}: {told:#?}",
                operation.id
            );
        }
    }
    assert_eq!(acts(&gateway).await, before);
}

async fn nothing_of_it_is_on_the_public_listener(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let named = one_of_each(&gateway).await;
    for operation in operators_operations() {
        let path = path(operation, &named);
        let publicly = async |path: &str, token: &str| {
            gateway.world.advance(Duration::minutes(2)).await;
            let method = operation.method.clone();
            gateway.ask(method, path).bearer(token).send().await
        };
        let partner = gateway.north_token().signed();
        let _ = publicly(&path, &partner).await.problem(404, "route_not_found");
        let operator = gateway.operator_token("owner").signed();
        let there = publicly(&path, &operator).await;
        let nowhere = publicly("/nowhere", &operator).await;
        assert_eq!(there.without_ids(), nowhere.without_ids());
        // And a path that is none is one here as there.
        let token = gateway.operator_token("owner").signed();
        let nowhere = gateway.ask_privately(operation.method.clone(), "/admin/v1/nowhere");
        let _ = nowhere
            .bearer(&token)
            .send()
            .await
            .problem(404, "route_not_found");
    }
    let unlisted = gateway.operate("owner", Method::PUT, "/admin/v1/partners");
    let unlisted = unlisted.send().await.problem(405, "method_not_allowed");
    assert_eq!(unlisted.header("allow"), Some("GET, POST"));
}

async fn without_an_issuer_of_operators_nobody_is_let_in(kind: Kind) {
    let setup = Setup {
        has_operators: false,
        ..Setup::default()
    };
    let gateway = Gateway::set_up(kind, setup).await;
    let named = one_of_each(&gateway).await;
    for operation in operators_operations() {
        let token = gateway.operator_token("owner").signed();
        let answer = request(&gateway, operation, &named).bearer(&token).send().await;
        let _ = answer.problem(501, "operators_not_configured");
    }
}
