//! Operators decide over HTTP who gets a sales unit that two partners claim.

use http::Method;
use serde_json::{Value, json};
use simulator::Fault;
use testkit::{Answer, Gateway, Kind, on_both_databases};
use time::Duration;

use crate::onboarding::{body, put, unit_keys};
use crate::operators::{get, owner, post};
use crate::transfers::{UNIT, claimed, south, state, unknown_capture};

on_both_databases!(
    a_transfer_is_refused_with_a_reason_and_asked_for_again,
    a_transfer_is_forced_and_the_unit_changes_over,
    transfers_are_decided_by_owners_alone,
);

fn ids(page: &Answer) -> Vec<Value> {
    let data = page.at("/data");
    data.as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].clone())
        .collect()
}

/// What one partner's chain says of this act, with who did it.
async fn told(gateway: &Gateway, partner: domain::PartnerId, act: &str) -> Value {
    let acts = get(gateway, &format!("/audit?chain={partner}&action={act}")).await;
    acts.at("/data")
}

async fn a_transfer_is_refused_with_a_reason_and_asked_for_again(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (norths, souths) = (gateway.world.north.id, gateway.world.south.id);
    let none = get(&gateway, "/transfers").await;
    assert_eq!(none.at("/data"), json!([]));
    let _ = claimed(&gateway).await;
    let open = get(&gateway, &format!("/transfers?partnerId={souths}")).await;
    let id = open.text("/data/0/id");
    assert_eq!(
        (
            open.text("/data/0/stage"),
            open.text("/data/0/msn"),
            open.at("/data/0/forced")
        ),
        ("waiting".to_owned(), UNIT.to_owned(), json!(false)),
    );
    let at = format!("/transfers/{id}");
    let shown = get(&gateway, &at).await;
    assert_eq!(shown.json(), open.at("/data/0"));
    assert_eq!(shown.text("/partnerId"), souths.to_string());

    for (wrong, field, rule) in [
        (json!({}), "reason", "required"),
        (json!({"reason": ""}), "reason", "length"),
        (json!({"reason": "no", "to": "north"}), "to", "unknown"),
    ] {
        let wrong = post(&gateway, &format!("{at}/refuse"), wrong).await;
        let _ = wrong.problem(400, "invalid_request").names(field, rule);
    }
    let because = json!({"reason": "the merchant has not asked for it"});
    let refused = post(&gateway, &format!("{at}/refuse"), because.clone())
        .await
        .is(200);
    assert_eq!(refused.text("/stage"), "refused");
    assert!(refused.at("/endedAt").is_string(), "{refused}");
    assert_eq!(get(&gateway, &at).await.json(), refused.json());
    for act in ["force", "refuse"] {
        let again = post(&gateway, &format!("{at}/{act}"), because.clone()).await;
        let _ = again.problem(400, "invalid_request").names("transfer", "state");
    }
    assert_eq!(state(&gateway.north()).await, "live");
    let acts = told(&gateway, souths, "sales_unit.refuse_transfer").await;
    assert_eq!(
        (&acts[0]["reason"], &acts[0]["executor"], &acts[0]["actor"]),
        (
            &because["reason"],
            &json!("operator-api"),
            &json!("kari (https://id.operator.example)")
        ),
        "{acts}"
    );

    // A newer proof asks again: the one that is over is listed on demand alone.
    gateway.world.advance(Duration::SECOND).await;
    let keys = body(&unit_keys(&gateway, UNIT));
    let _ = put(&south(&gateway), &keys).await.is(200);
    let second = get(&gateway, "/transfers").await;
    assert_ne!(ids(&second), [json!(id)], "{second}");
    let all = get(&gateway, "/transfers?all=true").await;
    assert_eq!(ids(&all), [json!(id), second.at("/data/0/id")], "oldest first");
    let first = get(&gateway, "/transfers?all=true&limit=1").await;
    assert_eq!(
        (ids(&first), first.at("/hasMore")),
        (vec![json!(id)], json!(true))
    );
    let cursor = first.text("/nextCursor");
    let rest = get(&gateway, &format!("/transfers?all=true&limit=1&cursor={cursor}")).await;
    assert_eq!(
        (ids(&rest), rest.at("/hasMore"), rest.at("/nextCursor")),
        (ids(&second), json!(false), Value::Null)
    );
    // North holds the unit: it is listed there once it is drained.
    let norths = format!("/transfers?partnerId={norths}");
    assert_eq!(get(&gateway, &norths).await.at("/data"), json!([]));
    let _ = unknown_capture(&gateway, Fault::AnswerLost).await;
    gateway.work().await;
    assert_eq!(ids(&get(&gateway, &norths).await), ids(&second));
    let wrong = owner(&gateway, Method::GET, "/transfers?all=yes&partnerId=north", None).await;
    let _ = wrong
        .problem(400, "invalid_request")
        .names("query all", "format")
        .names("query partnerId", "format");
    let wrong = owner(&gateway, Method::GET, "/transfers?cursor=prt_1", None).await;
    let _ = wrong.problem(400, "invalid_cursor");
}

async fn a_transfer_is_forced_and_the_unit_changes_over(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (norths, souths) = (gateway.world.north.id, gateway.world.south.id);
    let _ = unknown_capture(&gateway, Fault::AnswerLost).await;
    let _ = claimed(&gateway).await;
    gateway.work().await;
    let open = get(&gateway, "/transfers").await;
    assert_eq!(
        (open.text("/data/0/stage"), open.text("/data/0/fromPartnerId")),
        ("draining".to_owned(), norths.to_string())
    );
    let at = format!("/transfers/{}", open.text("/data/0/id"));
    let because = json!({"reason": "letter of consent of 2026-11-20"});
    let forced = post(&gateway, &format!("{at}/force"), because.clone())
        .await
        .is(200);
    assert_eq!(forced.at("/forced"), true);
    gateway.pass(Duration::seconds(63)).await;
    let over = get(&gateway, &at).await;
    assert_eq!(over.text("/stage"), "completed", "{over}");
    assert!(over.at("/frozenAt").is_string(), "{over}");
    assert_eq!(state(&south(&gateway)).await, "live");
    assert_eq!(state(&gateway.north()).await, "moved");
    // Each partner's chain has the act and its reason, and not the other partner.
    for (chain, other) in [(norths, souths), (souths, norths)] {
        let acts = told(&gateway, chain, "sales_unit.force_transfer").await;
        assert_eq!(acts[0]["reason"], because["reason"], "{acts}");
        assert!(!acts.to_string().contains(&other.to_string()), "{acts}");
    }
}

async fn transfers_are_decided_by_owners_alone(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let _ = claimed(&gateway).await;
    let id = get(&gateway, "/transfers").await.text("/data/0/id");
    for act in ["force", "refuse"] {
        let path = format!("/admin/v1/transfers/{id}/{act}");
        let because = json!({"reason": "said so"});
        for role in ["auditor", "support"] {
            let ask = gateway.operate(role, Method::POST, &path).json(&because);
            let _ = ask.send().await.problem(403, "role_missing");
        }
        let partner = gateway.north_token().claim("nordbro_role", "owner").signed();
        let ask = gateway.ask_privately(Method::POST, &path).bearer(&partner);
        let _ = ask.json(&because).send().await.problem(401, "unauthenticated");
    }
    let path = format!("/admin/v1/transfers/{id}");
    let looked = gateway.operate("auditor", Method::GET, &path).send().await;
    assert_eq!(looked.is(200).text("/stage"), "waiting", "nobody has decided it");
}
