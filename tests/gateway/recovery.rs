//! How long a definite answer takes when Vipps is back after an outage that was shorter than the replay horizon.
//!
//! `NORDBRO_OUTAGES=N` plays so many outages instead of the usual few; the figures are in `docs/measured.md`.

use domain::Clock as _;
use simulator::{Fault, Rule};
use testkit::{Desk, Dice, Gateway, Kind, Setup, on_both_databases};
use time::Duration;

on_both_databases!(after_an_outage_every_outcome_is_known_within_the_published_time);

const USUAL: u64 = 3;
/// For a capture, a refund or a cancel.
const PUBLISHED: Duration = Duration::seconds(60);
/// A create may meet one back-off more: 25 s and a fifth.
const OF_CREATE: Duration = Duration::seconds(60 + 30);
const KINDS: [&str; 4] = ["capture", "refund", "cancel", "create"];

fn outages() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "how many outages are played is for whoever runs the tests to say"
    )]
    let asked = std::env::var("NORDBRO_OUTAGES").ok();
    asked.map_or(USUAL, |asked| asked.parse().expect("NORDBRO_OUTAGES is a number"))
}

/// What becomes of everything that is asked of Vipps while it is out.
fn trouble(dice: &mut Dice) -> Fault {
    let after_effect = dice.once_in(2);
    match dice.up_to(3) {
        0 => Fault::AnswerLost,
        1 => Fault::ResetBeforeEffect,
        2 => Fault::Garbage,
        _ => Fault::ServerError {
            status: 503,
            after_effect,
        },
    }
}

/// An operation nobody has an answer to yet.
struct Open {
    kind: usize,
    reference: String,
    id: String,
}

/// Payments that wait for each kind of operation, made while Vipps is well.
async fn prepared(gateway: &Gateway, nth: u64, of_each: u64) -> Vec<(usize, String)> {
    let desk = gateway.north();
    let mut ready = Vec::new();
    for number in 0..of_each {
        for (kind, name) in KINDS.iter().enumerate() {
            let reference = format!("outage-{nth:04}-{name}-{number:03}");
            if *name != "create" {
                let _ = desk.authorized(&reference, 10_000).await;
            }
            if *name == "refund" {
                let _ = desk.capture(&reference, 5_000, &reference).send().await.is(200);
            }
            ready.push((kind, reference));
        }
    }
    ready
}

async fn asked(desk: &Desk<'_>, kind: usize, reference: String) -> Option<Open> {
    let key = format!("{reference}-out");
    let ask = match KINDS[kind] {
        "capture" => desk.capture(&reference, 4_000, &key),
        "refund" => desk.refund(&reference, 1_000, &key),
        "cancel" => desk.cancel(&reference, &key),
        _ => desk.create(&reference, 10_000, &key),
    };
    let answer = ask.wait(1).send().await;
    // Others are settled already, or were not let out because Vipps is out: that is an answer too.
    (answer.status == 202).then(|| Open {
        kind,
        reference,
        id: answer.text("/id"),
    })
}

/// One outage: what was asked during it, and how long after its end each outcome was known.
async fn outage(gateway: &Gateway, seed: u64) -> Vec<(usize, Duration)> {
    let mut dice = Dice::new(seed);
    let world = &gateway.world;
    // Most are short; some last nearly as long as the horizon, which is an hour.
    let longest = dice.pick(&[20, 120, 900, 3_400]);
    let lasts = Duration::seconds(dice.between(5, 4 + longest));
    let of_each = if lasts < Duration::MINUTE { 2 } else { 8 };
    let ready = prepared(gateway, seed, of_each).await;
    let out = Rule::new("out", trouble(&mut dice)).on("epayment.*");
    world.simulator.test().add_fault(out);
    let began = world.clock.now();
    let mut open = Vec::new();
    for (kind, reference) in ready {
        if world.clock.now() - began + Duration::seconds(2) >= lasts {
            break;
        }
        open.extend(asked(&gateway.north(), kind, reference).await);
        gateway.pass(Duration::seconds(dice.between(0, 2))).await;
    }
    while world.clock.now() - began < lasts {
        let left = lasts - (world.clock.now() - began);
        world.advance(left.min(Duration::seconds(3))).await;
        gateway.work().await;
    }
    world.simulator.test().clear_faults();
    let back = world.clock.now();
    let mut known = Vec::new();
    while !open.is_empty() {
        gateway.pass(Duration::SECOND).await;
        let since = world.clock.now() - back;
        assert!(
            since < Duration::minutes(10),
            "seed {seed}: never known: {}",
            open[0].reference
        );
        let mut still = Vec::new();
        for it in open {
            let told = gateway
                .north()
                .operation(&it.reference, &it.id)
                .send()
                .await
                .is(200);
            if ["pending", "unknown"].contains(&told.text("/status").as_str()) {
                still.push(it);
            } else {
                known.push((it.kind, since));
            }
        }
        open = still;
    }
    known
}

#[expect(clippy::print_stdout, reason = "the figures are published")]
async fn after_an_outage_every_outcome_is_known_within_the_published_time(kind: Kind) {
    let gateway = Gateway::set_up(kind, Setup::default().without_limits()).await;
    let mut waits: [Vec<Duration>; 4] = Default::default();
    for seed in 0..outages() {
        for (kind, wait) in outage(&gateway, seed).await {
            waits[kind].push(wait);
        }
        gateway.pass(Duration::seconds(30)).await;
    }
    println!("{kind:?}, {} outages, seeds from 0", outages());
    for (name, waits) in KINDS.iter().zip(&mut waits) {
        waits.sort_unstable();
        assert!(!waits.is_empty(), "no {name} was ever unknown");
        let at = |part: usize| waits[(waits.len() - 1) * part / 100];
        println!(
            "{name:8} {:5} unknown, known after: median {}, p99 {}, longest {}",
            waits.len(),
            at(50),
            at(99),
            at(100),
        );
        let published = if *name == "create" { OF_CREATE } else { PUBLISHED };
        assert!(at(99) < published, "{name}: {}", at(99));
    }
}
