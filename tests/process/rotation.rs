//! Every kind of key is replaced by the operator's commands while real gateways serve over their sockets, by the steps of
//! the runbook ("Rotating and leaks"), and no request fails.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::Clock as _;
use serde_json::{Value, json};
use server::clock::SystemClock;
use simulator::{Owner, Which};
use testkit::desk::{modification, web};
use testkit::{Issuer, Kind};
use tokio::sync::watch;
use tokio::task::{JoinHandle, block_in_place};
use tokio_util::sync::CancellationToken;

use crate::binary::{run, text};
use crate::caller::{Caller, Letter, Silence};
use crate::place::{Gateway, KEY_FILE, Place};
use crate::watch::until;

const LANES: usize = 4;
const MSN: &str = "100001";

/// All gateways have one address to the world, as behind a load balancer.
const SETTINGS: [(&str, &str); 1] = [("NORDBRO__PUBLIC__URL", "https://pay.example")];

/// What a partner asks with.
#[derive(Clone)]
struct Means {
    /// The gateways that the load balancer knows of.
    gateways: Vec<Caller>,
    /// Of its identity provider.
    token: String,
    /// Its client of our own token endpoint.
    client: String,
    secret: String,
}

impl Means {
    fn caller(&self, nth: usize, token: &str) -> Caller {
        self.gateways[nth % self.gateways.len()].with(token)
    }
}

/// Requests without a pause, in lanes beside each other.
struct Load {
    means: watch::Sender<Means>,
    /// How often each lane has gone round.
    rounds: watch::Sender<[usize; LANES]>,
    failures: Arc<Mutex<Vec<String>>>,
    stop: CancellationToken,
    lanes: Vec<JoinHandle<usize>>,
}

impl Load {
    fn start(place: &Place, means: Means) -> Self {
        let mut load = Self {
            means: watch::Sender::new(means),
            rounds: watch::Sender::new([0; LANES]),
            failures: Arc::default(),
            stop: CancellationToken::new(),
            lanes: Vec::new(),
        };
        for lane in 0..LANES {
            let (means, rounds, stop) = (load.means.subscribe(), load.rounds.clone(), load.stop.clone());
            let failures = Arc::clone(&load.failures);
            load.lanes.push(place.tasks.spawn(async move {
                let mut answered = 0;
                for round in 0.. {
                    if stop.is_cancelled() {
                        break;
                    }
                    match one_round(&means, lane, round).await {
                        Ok(answers) => answered += answers,
                        Err(failure) => failures.lock().unwrap().push(failure),
                    }
                    rounds.send_modify(|rounds| rounds[lane] += 1);
                }
                answered
            }));
        }
        load
    }

    /// From now on the partner asks in this way. Comes back when every lane has gone round with it.
    async fn change(&self, change: impl FnOnce(&mut Means)) {
        self.means.send_modify(change);
        self.go_round().await;
    }

    /// Comes back when every lane has begun and ended a round from here on.
    async fn go_round(&self) {
        let before = *self.rounds.borrow();
        let all_have = || {
            let now = self.rounds.borrow();
            now.iter().zip(before).all(|(now, before)| *now > before + 1)
        };
        until("a round of every lane", all_have).await;
        self.none_failed();
    }

    fn none_failed(&self) {
        let failures = self.failures.lock().unwrap();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    /// Returns how many requests were answered.
    async fn end(self) -> usize {
        self.stop.cancel();
        let mut answered = 0;
        for lane in self.lanes {
            answered += lane.await.unwrap();
        }
        let failures = self.failures.lock().unwrap();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        answered
    }
}

/// A payment from its creation to a capture, and a look at it with a token that is fetched for it.
async fn one_round(means: &watch::Receiver<Means>, lane: usize, round: usize) -> Result<usize, String> {
    let reference = format!("rotation-{lane}-{round}");
    let below = |what: &str| format!("/payments/{reference}{what}");
    let key = |what: &str| format!("{what}-{reference}");
    let customer = json!({"customer": {"phoneNumber": "4712345678"}});
    let letters = [
        Letter::post(MSN, "/payments", &key("create"), Some(web(&reference, 1_000))),
        Letter::post(MSN, &below("/approve"), &key("approve"), Some(customer)),
        Letter::post(MSN, &below("/capture"), &key("capture"), Some(modification(10))),
        Letter::get(MSN, &below("")),
    ];
    for (nth, letter) in letters.iter().enumerate() {
        let caller = {
            let means = means.borrow();
            means.caller(lane + nth, &means.token)
        };
        good(caller.ask(letter, 15).await)?;
    }
    let now = means.borrow().clone();
    let fetched = now.caller(lane, "").fetch_token(&now.client, &now.secret).await;
    let fetched = good(fetched)?;
    let caller = now.caller(lane + 1, &fetched.text("/access_token"));
    good(caller.ask(&letters[3], 15).await)?;
    Ok(letters.len() + 2)
}

fn good(answer: Result<testkit::Answer, Silence>) -> Result<testkit::Answer, String> {
    match answer {
        Ok(answer) if matches!(answer.status, 200 | 201) => Ok(answer),
        Ok(answer) => Err(answer.to_string()),
        Err(silence) => Err(silence.to_string()),
    }
}

/// A key file of its own for each gateway that starts, as each replica has one.
struct KeyFiles(PathBuf);

impl KeyFiles {
    fn of(&self, name: &str, lines: &[&str]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, lines.join("\n")).unwrap();
        path.display().to_string()
    }
}

fn start(place: &Place, key_file: &str) -> Gateway {
    let mut settings = SETTINGS.to_vec();
    settings.push((KEY_FILE, key_file));
    block_in_place(|| place.start_with(&settings))
}

/// One command of the operator's.
fn command(place: &Place, key_file: &str, arguments: &[&str], more: &[(&str, &str)]) -> Value {
    let mut variables = SETTINGS.to_vec();
    variables.push((KEY_FILE, key_file));
    variables.extend(more);
    let told = block_in_place(|| run(arguments, &place.variables(&variables)));
    assert!(told.status.success(), "{arguments:?}: {}", text(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_key_is_replaced_while_gateways_serve_and_no_request_fails() {
    let place = Place::of(Kind::Postgres).await;
    let directory = tempfile::tempdir().unwrap();
    let files = KeyFiles(directory.path().to_owned());
    let old = place.sealing_key();
    let first_file = files.of("first", &[&old]);
    let first = start(&place, &first_file);
    let add = "client add --partner north --environment test --name shop --scopes all --json";
    let add: Vec<_> = add.split(' ').collect();
    let client = command(&place, &first_file, &add, &[]);
    let means = Means {
        gateways: vec![first.caller.clone()],
        token: place.token(),
        client: client["id"].as_str().unwrap().to_owned(),
        secret: client["clientSecret"].as_str().unwrap().to_owned(),
    };
    let load = Load::start(&place, means);
    load.go_round().await;

    let last_file = key_file_and_data_keys(&place, &load, first, &files, &old).await;
    client_secret(&place, &load, &last_file.0).await;
    issuer_key(&place, &load, &last_file.0).await;
    keys_at_vipps(&place, &load, &last_file.0).await;
    let answered = load.end().await;
    println!("{answered} requests were answered, all of them well");
    assert!(answered > 100, "{answered}");
    let (code, ..) = block_in_place(|| last_file.1.terminate());
    assert_eq!(code, Some(0));
}

/// "A key of the key file", as after a leak: gateways are replaced one after the other, each by one that knows more.
async fn key_file_and_data_keys(
    place: &Place,
    load: &Load,
    first: Gateway,
    files: &KeyFiles,
    old: &str,
) -> (String, Gateway) {
    let drawn = command(
        place,
        &files.of("first", &[old]),
        &["keys", "generate", "--json"],
        &[],
    );
    let new = drawn["key"].as_str().unwrap();
    let mut serving = first;
    let mut rotated = Value::Null;
    let steps = [
        ("opens with both", vec![new, old]),
        ("wraps with the new", vec![old, new]),
        ("knows the new alone", vec![new]),
    ];
    for (step, lines) in steps {
        let file = files.of(step, &lines);
        let next = start(place, &file);
        let both = vec![serving.caller.clone(), next.caller.clone()];
        load.change(|means| means.gateways = both).await;
        let alone = vec![next.caller.clone()];
        load.change(|means| means.gateways = alone).await;
        let (code, _, errors) = block_in_place(|| serving.terminate());
        assert_eq!(code, Some(0), "{step}: {errors}");
        serving = next;
        if step == "wraps with the new" {
            rotated = command(place, &file, &["keys", "rotate", "--data-keys", "--json"], &[]);
            load.go_round().await;
        }
    }
    assert_eq!(rotated["notOpened"], 0, "{rotated}");
    assert!(rotated["wrappedAnew"].as_u64().unwrap() >= 2, "{rotated}");
    assert!(rotated["sealedAnew"].as_u64().unwrap() >= 8, "{rotated}");
    assert_eq!(rotated["mayGo"].as_array().unwrap().len(), 1, "{rotated}");
    (files.of("last", &[new]), serving)
}

/// "A client secret". The last step ends all that were before, so it comes when the partner is at rest.
async fn client_secret(place: &Place, load: &Load, key_file: &str) {
    let (client, leaked) = {
        let means = load.means.borrow();
        (means.client.clone(), means.secret.clone())
    };
    let set = ["client", "set", &client, "--new-secret", "--json"];
    let drawn = command(place, key_file, &set, &[]);
    let secret = drawn["clientSecret"].as_str().unwrap().to_owned();
    assert_ne!(secret, leaked);
    // The partner changes over when the new one opens, which takes two seconds at most.
    let gateway = load.means.borrow().gateways[0].clone();
    let end = SystemClock.now() + time::Duration::seconds(10);
    while gateway.fetch_token(&client, &secret).await.unwrap().status != 200 {
        assert!(SystemClock.now() < end, "the new secret does not open");
        load.go_round().await;
    }
    load.change(|means| means.secret = secret).await;
}

/// "An issuer's key".
async fn issuer_key(place: &Place, load: &Load, key_file: &str) {
    let listed = command(place, key_file, &["issuer", "list", "--json"], &[]);
    let id = listed["data"][0]["id"].as_str().unwrap();
    let old = place.issuer();
    let mut new = Issuer::new(&old.iss, &old.aud);
    new.kid = format!("{}-2", new.kid);
    let mut both: Value = serde_json::from_str(&old.jwks()).unwrap();
    let second: Value = serde_json::from_str(&new.jwks()).unwrap();
    let keys = both["keys"].as_array_mut().unwrap();
    keys.push(second["keys"][0].clone());
    let set = ["issuer", "set", id, "--jwks", "env:JWKS", "--json"];
    let _ = command(place, key_file, &set, &[("JWKS", &both.to_string())]);
    load.go_round().await;
    let fresh = new.token(SystemClock.now()).signed();
    // The partner signs with the new key when the gateway knows it, which takes two seconds at most.
    let gateway = load.means.borrow().gateways[0].with(&fresh);
    is_answered(&gateway, 200).await;
    load.change(|means| means.token = fresh).await;
    let _ = command(place, key_file, &set, &[("JWKS", &new.jwks())]);
    load.go_round().await;
    is_answered(&gateway.with(&place.token()), 401).await;
    load.go_round().await;
}

/// Comes back when the gateway answers so, which is what it does within two seconds of a change.
async fn is_answered(caller: &Caller, status: u16) {
    let end = SystemClock.now() + time::Duration::seconds(10);
    loop {
        let path = "/payments/rotation-0-0";
        let answer = caller.get(MSN, path).await;
        if answer.status == status {
            break;
        }
        assert!(SystemClock.now() < end, "not {status}: {answer}");
    }
}

/// "A partner's keys at Vipps".
async fn keys_at_vipps(place: &Place, load: &Load, key_file: &str) {
    let vipps = place.simulator.test();
    let owner = Owner::SalesUnit(MSN.to_owned());
    let drawn = vipps.registry_mut().rotate(&owner, Which::Secondary).unwrap();
    let units = command(place, key_file, &["sales-unit", "list", "--json"], &[]);
    let units = units["data"].as_array().unwrap();
    let unit = units.iter().find(|unit| unit["msn"] == MSN).unwrap();
    let add = [
        "keys",
        "add",
        "--sales-unit",
        unit["id"].as_str().unwrap(),
        "--client-id",
        &drawn.client_id,
        "--client-secret",
        "env:SECRET",
        "--subscription-key",
        "env:KEY",
        "--json",
    ];
    let secrets = [
        ("SECRET", drawn.client_secret.as_str()),
        ("KEY", drawn.secondary_subscription_key.as_str()),
    ];
    let added = command(place, key_file, &add, &secrets);
    assert_eq!(added["state"], "active", "{added}");
    // Until the gateway has heard of them the old ones serve.
    until("a call with the new key", || {
        let seen = vipps.requests();
        let last = seen.iter().rfind(|seen| seen.operation == Some("epayment.get"));
        let with = last.and_then(|seen| seen.header("ocp-apim-subscription-key"));
        with == Some(drawn.secondary_subscription_key.as_str())
    })
    .await;
    load.go_round().await;
    vipps.registry_mut().rotate(&owner, Which::Primary).unwrap();
    load.go_round().await;
}
