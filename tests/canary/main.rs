//! Secrets and people are planted everywhere, everything is done that can be done with them, and then they are
//! looked for in all that the process said and kept: every event and span at trace level, whatever crate it comes
//! from (metrics and exported traces are made of these and of nothing else), every problem, and the database.
//!
//! Alone in its process, because it hears all of it.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

mod imported;
mod kept;
mod said;

use app::registry::clients;
use domain::{Environment, Secret};
use http::Method;
use serde_json::json;
use simulator::{Fault, Owner, Rule};
use testkit::canaries::{CLIENT_SECRET, DESCRIPTION, LINE, METADATA, PHONE, RETURN};
use testkit::{Answer, Canaries, Gateway, KEY_FILE, Kind, Setup, desk};
use time::Duration;

use said::Said;

#[tokio::test]
async fn no_secret_and_no_person_is_in_anything_that_is_said_or_kept() {
    let said = Said::listen();
    for kind in Kind::ALL {
        let gateway = Gateway::set_up(kind, Setup::default().impatient()).await;
        let mut canaries = Canaries::default();
        plant(&gateway, &mut canaries);
        let problems = Box::pin(live(&gateway, &mut canaries)).await;
        let people = people(&gateway).await;
        for (name, value) in people {
            canaries.plant(&name, &value);
        }
        for seen in gateway.world.simulator.test().requests() {
            if let Some(token) = seen
                .header("authorization")
                .and_then(|it| it.strip_prefix("Bearer "))
            {
                canaries.plant("an access token of Vipps", token);
            }
        }
        assert!(problems.len() >= 10, "nothing was refused");
        for problem in &problems {
            canaries.assert_absent(&problem.asked, problem.to_string().as_bytes());
        }
        let heard = said.so_far();
        // It does hear: what should be told is told.
        for told in ["epayment", "no trustworthy answer"] {
            assert!(heard.contains(told), "{told} was not heard");
        }
        canaries.assert_absent("what was said", heard.as_bytes());
        canaries.assert_absent(
            "the registry's values, printed",
            registry(&gateway).await.as_bytes(),
        );
        let kept = kept::bytes(&gateway.world.database).await;
        let found = String::from_utf8_lossy(&kept).contains("canary-0001");
        assert!(found, "the reference is not in the database that was read");
        canaries.assert_absent("the database", &kept);
    }
}

/// Everything that is secret before anybody has asked for anything.
fn plant(gateway: &Gateway, canaries: &mut Canaries) {
    for known in gateway.world.simulator.test().units() {
        canaries.plant("a client secret", &known.keys.client_secret);
        canaries.plant("a subscription key", &known.keys.primary_subscription_key);
        canaries.plant(
            "a second subscription key",
            &known.keys.secondary_subscription_key,
        );
    }
    canaries.plant("our own client's secret", CLIENT_SECRET);
    canaries.plant("the sealing key", KEY_FILE);
    canaries.plant("a phone number", PHONE);
    canaries.plant("a description", DESCRIPTION);
    canaries.plant("a receipt's line", LINE);
    canaries.plant("metadata", METADATA);
    canaries.plant("a return address", "canary-of-the-return");
}

fn create(reference: &str) -> serde_json::Value {
    let mut body = desk::web(reference, 10_000);
    body["customer"] = json!({"phoneNumber": PHONE});
    body["paymentDescription"] = DESCRIPTION.into();
    body["metadata"] = json!({"who": METADATA});
    body["returnUrl"] = RETURN.into();
    body["profile"] = json!({"scope": "name email phoneNumber address birthDate"});
    body
}

/// A day in the life of the gateway, good and bad. Returns every problem that was told.
async fn live(gateway: &Gateway, canaries: &mut Canaries) -> Vec<Answer> {
    let reference = "canary-0001";
    let mut problems = Vec::new();
    let id = clients::add(
        &gateway.world.app,
        &testkit::operator(),
        clients::Add {
            partner: gateway.world.north.id,
            environment: Environment::Test,
            name: "canary".to_owned(),
            terms: clients::Terms {
                jwks: None,
                scopes: app::Scopes::all(),
                msns: None,
                token_lifetime: Duration::hours(1),
                profile: None,
            },
            secret: Some(Secret::new(CLIENT_SECRET)),
        },
    )
    .await
    .unwrap()
    .id;
    for secret in [CLIENT_SECRET, "canary-wrong-secret-of-somebody"] {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let answer = gateway
            .ask(Method::POST, "/oauth/token")
            .bytes("application/x-www-form-urlencoded", form)
            .send()
            .await;
        match answer.status {
            200 => canaries.plant("a token of ours", &answer.text("/access_token")),
            _ => problems.push(answer),
        }
    }
    canaries.plant("a wrong secret", "canary-wrong-secret-of-somebody");
    let desk = gateway.north();
    for part in desk.token.split('.').skip(1) {
        canaries.plant("a partner's token", part);
    }
    let created = desk
        .post("/payments")
        .key("c")
        .json(&create(reference))
        .send()
        .await
        .is(201);
    let redirect = created.text("/redirectUrl");
    let token = redirect.split_once("token=").map_or("", |it| it.1);
    canaries.plant("the landing page's token", token);
    let approve = desk.post(&format!("/payments/{reference}/approve"));
    let approve = approve.json(&json!({"customer": {"phoneNumber": PHONE}}));
    let _ = approve.send().await.is(200);
    let _ = desk.capture(reference, 4_000, "k1").send().await.is(200);
    let mut receipt = desk::receipt(10_000);
    receipt["orderLines"][0]["name"] = LINE.into();
    let _ = desk.put_receipt(reference, &receipt).send().await.is(202);
    gateway.work().await;
    // What is wrong with a value is said without the value.
    let mut wrong = create("canary-0002");
    wrong["customer"] = json!({"phoneNumber": format!("+{PHONE}")});
    wrong["returnUrl"] = "http://shop.example/?canary-of-the-return".into();
    wrong["metadata"] = json!({"who": [METADATA]});
    problems.push(desk.post("/payments").key("w").json(&wrong).send().await.is(400));
    let cut = create("canary-0002").to_string();
    let cut = desk
        .post("/payments")
        .key("w")
        .bytes("application/json", &cut.as_bytes()[..cut.len() - 1]);
    problems.push(cut.send().await.is(400));
    let doubled = format!(r#"{{"customer":{{"phoneNumber":"{PHONE}","phoneNumber":"{PHONE}"}}}}"#);
    let doubled = desk.post("/payments").key("w").bytes("application/json", doubled);
    problems.push(doubled.send().await.is(400));
    problems.push(desk.capture(reference, 99_000, "k2").send().await.is(409));
    problems.push(desk.capture(reference, 1_000, "k1").send().await.is(422));
    let foreign = gateway.desk(&gateway.south_token(), "100001");
    problems.push(foreign.payment(reference).send().await.is(404));
    for token in [
        format!("{}x", desk.token),
        gateway.north_token().head("alg", "none").signed(),
    ] {
        let path = desk.path("");
        problems.push(
            gateway
                .ask(Method::GET, &path)
                .bearer(&token)
                .send()
                .await
                .is(401),
        );
    }
    problems.extend(imported::imported(gateway, canaries).await);
    problems.extend(trouble(gateway, reference).await);
    problems
}

/// Vipps out of order, and saying back what it was told.
async fn trouble(gateway: &Gateway, reference: &str) -> Vec<Answer> {
    let simulator = gateway.world.simulator.test();
    let mut problems = Vec::new();
    let echo = Fault::Answer {
        status: 500,
        content_type: Some("text/html".to_owned()),
        headers: Vec::new(),
        body: format!("<html>{PHONE} {DESCRIPTION}</html>"),
        after_effect: true,
    };
    for (nth, fault) in [
        Fault::AnswerLost,
        Fault::Garbage,
        Fault::Truncated { bytes: 40 },
        Fault::Latency { millis: 3_600_000 },
        echo,
        Fault::Redirect {
            status: 302,
            location: format!("http://127.0.0.1:9/{PHONE}"),
        },
    ]
    .into_iter()
    .enumerate()
    {
        for operation in [
            "epayment.create",
            "epayment.capture",
            "epayment.get",
            "orders.receipt",
        ] {
            simulator.add_fault(Rule::new(operation, fault.clone()).on(operation).once());
        }
        let desk = gateway.north();
        let body = create(&format!("canary-{nth}-trouble"));
        let _ = desk
            .post("/payments")
            .key(&format!("t{nth}"))
            .json(&body)
            .send()
            .await;
        let _ = desk.capture(reference, 100, &format!("c{nth}")).send().await;
        let read = desk.payment(reference).send().await;
        if read.status >= 400 {
            problems.push(read);
        }
        gateway.pass(Duration::seconds(70)).await;
    }
    simulator.clear_faults();
    // The keys are changed behind our back: refused, with everything that belongs to them at hand.
    let owner = Owner::SalesUnit("100001".to_owned());
    simulator.registry_mut().regenerate(&owner).unwrap();
    gateway.world.advance(Duration::hours(2)).await;
    let refused = gateway.north().payment(reference).send().await;
    assert!(refused.status >= 400, "{refused}");
    problems.push(refused);
    let refused = gateway.north().capture(reference, 100, "refused").send().await;
    assert!(refused.status >= 400, "{refused}");
    problems.push(refused);
    simulator.close().await;
    problems.push(gateway.south().payment("canary-0003").send().await.is(503));
    simulator.open().await.unwrap();
    problems
}

/// Who the customer is, as Vipps tells it to whoever asks with the right scopes.
async fn people(gateway: &Gateway) -> Vec<(String, String)> {
    let list = gateway
        .north()
        .get("/payments?referencePrefix=canary-0001")
        .send()
        .await
        .is(200);
    let details = list.at("/data/0/vipps/userDetails");
    let names = ["firstName", "lastName", "email", "mobileNumber"];
    let found: Vec<_> = names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), details[name].as_str()?.to_owned())))
        .filter(|(_, value)| value.len() >= 4)
        .collect();
    assert!(found.len() >= 2, "nobody is in the answer\n{list}");
    found
}

/// The registry's values as a careless log line would print them.
async fn registry(gateway: &Gateway) -> String {
    let app = &gateway.world.app;
    let keys = app::registry::key_sets::list(app, store::registry::KeySetFilter::default())
        .await
        .unwrap();
    let unit = app
        .unit(&gateway.world.north.caller(), &gateway.world.north.msn)
        .await
        .unwrap();
    let clients = clients::list(app, None).await.unwrap();
    format!("{keys:?}\n{unit:?}\n{clients:?}\n{app:?}")
}
