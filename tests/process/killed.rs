//! A gateway that is killed with `kill -9` while money is on its way: the next one on the same database settles
//! each operation exactly once, and says to whoever asks again what truly happened.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use simulator::{EventName, Fault, Outcome, Rule, Seen};
use testkit::desk::{modification, web};
use testkit::{Answer, Kind};

use crate::caller::{Caller, Letter};
use crate::place::Place;
use crate::watch::until;

/// The sales unit whose access token is there already.
const FIRST: &str = "100001";
/// The sales unit for which a new process has to fetch one.
const SECOND: &str = "100002";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_killed_while_money_is_on_its_way_leaves_nothing_twice_and_nothing_lost_on_sqlite() {
    is_killed_on(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_killed_while_money_is_on_its_way_leaves_nothing_twice_and_nothing_lost_on_postgresql() {
    is_killed_on(Kind::Postgres).await;
}

/// How far a request had come when the process was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// The intent is committed, and no byte of the request has left.
    Stored,
    /// Vipps has the request and will do as it says.
    Arrived,
    /// Vipps has the request, and something breaks there before it is done.
    Broken,
    /// It is done, and the answer is on its way.
    Done,
}

/// One request that is under way when the process is killed.
struct UnderWay {
    reference: &'static str,
    what: &'static str,
    effect: EventName,
    reached: Reached,
    letter: Letter,
}

impl UnderWay {
    fn new(reference: &'static str, what: &'static str, reached: Reached) -> Self {
        let (effect, body) = match what {
            "create" => (EventName::Created, Some(web(reference, 10_000))),
            "capture" => (EventName::Captured, Some(modification(4_000))),
            "refund" => (EventName::Refunded, Some(modification(1_000))),
            _ => (EventName::Cancelled, None),
        };
        let path = match what {
            "create" => "/payments".to_owned(),
            _ => format!("/payments/{reference}/{what}"),
        };
        let msn = if reached == Reached::Stored { SECOND } else { FIRST };
        let letter = Letter::post(msn, &path, &format!("{what}-{reference}"), body);
        Self {
            reference,
            what,
            effect,
            reached,
            letter,
        }
    }

    fn all() -> Vec<Self> {
        vec![
            Self::new("killed-create-1", "create", Reached::Arrived),
            Self::new("killed-create-2", "create", Reached::Broken),
            Self::new("killed-create-3", "create", Reached::Done),
            Self::new("killed-capture-1", "capture", Reached::Arrived),
            Self::new("killed-capture-2", "capture", Reached::Broken),
            Self::new("killed-capture-3", "capture", Reached::Done),
            Self::new("killed-capture-4", "capture", Reached::Stored),
            Self::new("killed-refund-1", "refund", Reached::Arrived),
            Self::new("killed-refund-2", "refund", Reached::Done),
            Self::new("killed-cancel-1", "cancel", Reached::Arrived),
            Self::new("killed-cancel-2", "cancel", Reached::Broken),
            Self::new("killed-cancel-3", "cancel", Reached::Done),
        ]
    }

    /// What holds the request, where it is to be when the process is killed.
    fn faults(&self) -> Vec<Rule> {
        let rule = |name: &str, fault| {
            Rule::new(&format!("{name} {}", self.reference), fault)
                .on(&format!("epayment.{}", self.what))
                .reference(self.reference)
                .once()
        };
        let held = rule("held", Fault::Latency { millis: 5_000 });
        match self.reached {
            // Its token is held instead.
            Reached::Stored => Vec::new(),
            Reached::Arrived => vec![held],
            Reached::Broken => vec![held, rule("broken", Fault::ResetBeforeEffect)],
            Reached::Done => {
                let trickle = Fault::Trickle {
                    bytes: 1,
                    every_millis: 60_000,
                };
                vec![rule("trickle", trickle)]
            }
        }
    }

    /// The requests of this kind that the simulator saw.
    fn seen(&self, place: &Place) -> Vec<Seen> {
        let mut seen = place.simulator.test().requests();
        let operation = format!("epayment.{}", self.what);
        seen.retain(|it| it.operation == Some(&operation) && it.reference.as_deref() == Some(self.reference));
        seen
    }

    fn effects(&self, place: &Place) -> usize {
        let ledger = place.simulator.test().ledger_of(&self.letter.msn, self.reference);
        ledger.iter().filter(|it| it.name == self.effect).count()
    }

    fn is_there(&self, place: &Place) -> bool {
        let seen = self.seen(place);
        match self.reached {
            Reached::Stored => place
                .simulator
                .test()
                .requests()
                .iter()
                .any(|it| it.operation == Some("token.standard") && it.outcome == Outcome::Open),
            Reached::Arrived | Reached::Broken => !seen.is_empty(),
            Reached::Done => matches!(
                seen.as_slice(),
                [Seen {
                    outcome: Outcome::Answered {
                        status: 200 | 201,
                        sent: false,
                        ..
                    },
                    ..
                }]
            ),
        }
    }
}

async fn is_killed_on(kind: Kind) {
    let place = Place::of(kind).await;
    let gateway = place.start();
    let all = UnderWay::all();
    for one in all.iter().filter(|one| one.what != "create") {
        is_authorized(&gateway.caller, one).await;
    }
    // Killed without work it leaves no trace, and the next process knows no access token.
    gateway.kill();
    let gateway = place.start();
    let _ = gateway
        .caller
        .get(FIRST, "/payments/killed-capture-1")
        .await
        .is(200);
    let simulator = place.simulator.test();
    for rule in all.iter().flat_map(UnderWay::faults) {
        simulator.add_fault(rule);
    }
    let token = Rule::new("token", Fault::Latency { millis: 3_600_000 }).on("token.standard");
    simulator.add_fault(token.once());

    let asked: Vec<_> = all
        .iter()
        .map(|one| {
            let (caller, letter) = (gateway.caller.clone(), one.letter.clone());
            place.tasks.spawn(async move { caller.ask(&letter, 60).await })
        })
        .collect();
    for one in &all {
        until(one.reference, || one.is_there(&place)).await;
    }
    gateway.kill();
    for answer in asked {
        let answer = answer.await.unwrap();
        assert!(answer.is_err(), "nobody was answered: {}", answer.unwrap());
    }
    for one in &all {
        match one.reached {
            Reached::Stored => assert_eq!(one.seen(&place).len(), 0, "{}", one.reference),
            Reached::Done => assert_eq!(one.effects(&place), 1, "{}", one.reference),
            Reached::Arrived | Reached::Broken => {}
        }
    }

    let gateway = place.start();
    join_all(
        all.iter()
            .map(|one| is_settled_once(&place, &gateway.caller, one)),
    )
    .await;
}

async fn is_authorized(caller: &Caller, one: &UnderWay) {
    let (msn, reference) = (one.letter.msn.as_str(), one.reference);
    let post = async |what: &str, body| {
        let path = format!("/payments{what}");
        let letter = Letter::post(msn, &path, &format!("before-{what}-{reference}"), Some(body));
        caller.ask(&letter, 15).await.unwrap()
    };
    let _ = post("", web(reference, 10_000)).await.is(201);
    let approve = json!({"customer": {"phoneNumber": "4712345678"}});
    let _ = post(&format!("/{reference}/approve"), approve).await.is(200);
    if one.what == "refund" {
        let _ = post(&format!("/{reference}/capture"), modification(2_000))
            .await
            .is(200);
    }
}

async fn is_settled_once(place: &Place, caller: &Caller, one: &UnderWay) {
    let (msn, reference) = (one.letter.msn.as_str(), one.reference);
    let settled = asked_until_settled(caller, &one.letter).await;
    if one.what == "create" && one.reached == Reached::Broken && settled.status != 201 {
        // A create that broke is made again for whoever still asks in time; then its reference is burnt.
        let no = settled.problem(409, "payment_not_created");
        assert_eq!(one.effects(place), 0, "{no}");
        return;
    }
    let created = one.what == "create";
    let settled = settled.is(if created { 201 } else { 200 });
    assert_eq!(one.effects(place), 1, "{reference}");
    let again = caller.ask(&one.letter, 15).await.unwrap().is(settled.status);
    assert!(again.is_replayed(), "{again}");
    assert_eq!(again.json(), settled.json(), "{reference}");

    let payment = caller.get(msn, &format!("/payments/{reference}")).await.is(200);
    let ledger = place.simulator.test().ledger_of(msn, reference);
    for (sum, name) in [
        ("authorizedAmount", EventName::Authorized),
        ("capturedAmount", EventName::Captured),
        ("refundedAmount", EventName::Refunded),
        ("cancelledAmount", EventName::Cancelled),
    ] {
        let happened = ledger.iter().filter(|it| it.name == name);
        let happened: i64 = happened.map(|it| it.amount).sum();
        assert_eq!(
            payment.at(&format!("/aggregate/{sum}/value")),
            happened,
            "{payment}"
        );
    }
    if !created {
        let id = settled.text("/id");
        let path = format!("/payments/{reference}/operations/{id}");
        let operation = caller.get(msn, &path).await.is(200);
        assert_eq!(operation.at("/status"), "succeeded", "{operation}");
    }

    // Whatever left, left under one key with one body.
    let seen = one.seen(place);
    let letters: BTreeSet<_> = seen.iter().map(|it| (&it.idempotency_key, &it.body)).collect();
    assert_eq!(letters.len(), 1, "{letters:?}");
    // What broke on its way goes out once more.
    let sent = if one.reached == Reached::Broken { 2 } else { 1 };
    assert_eq!(seen.len(), sent, "{reference}");
}

/// The dead process's right to the payment ends after 45 s; a caller may wait for 60 s.
async fn asked_until_settled(caller: &Caller, letter: &Letter) -> Answer {
    for _ in 0..3 {
        let answer = caller.ask(letter, 60).await.unwrap();
        if answer.status != 202 {
            return answer;
        }
    }
    panic!("{letter:?} is not settled");
}
