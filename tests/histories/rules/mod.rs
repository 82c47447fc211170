//! Histories of the rules alone: the decisions of `domain` between a small model of the books and a small model
//! of Vipps. Nothing here does any IO, so a seed plays the same history everywhere, and a million of them take
//! minutes.

mod books;
mod check;
mod history;
mod line;
mod owner;
mod vipps;

use crate::coverage::Coverage;
use crate::run::Seeds;
use history::History;

const USUAL: u64 = 50_000;
/// As many as this machine has cores to spare in tests.
const THREADS: u64 = 2;

/// What has to be met at least once.
const DEMANDED: [&str; 34] = [
    "answer: not created",
    "answer: not now, the key is free",
    "answer: not sent, the key is free",
    "answer: refused",
    "answer: succeeded",
    "crash after nothing left",
    "crash after send",
    "crash before leaving it open",
    "crash before look",
    "crash before send",
    "crash before settle",
    "crash between looks",
    "crash while asked to try again",
    "customer: approves",
    "customer: declines",
    "customer: never answers",
    "dial: cancels show no key",
    "dial: captures and refunds show no key",
    "dial: cancels show their key",
    "dial: events lag",
    "dial: failures are logged",
    "dial: keys belong to a client id",
    "dial: keys forgotten after 90 min",
    "dial: keys remembered for days",
    "dial: the payment lags",
    "fault: a read that fails",
    "fault: outage",
    "keys: another client id",
    "owner: overtaken after its lease",
    "partner: another operation was in the way",
    "portal: cancels",
    "portal: captures",
    "portal: refunds",
    "read: merged later than it began",
];

#[test]
fn the_rules_move_no_money_twice_and_lose_none() {
    let seeds = Seeds::asked_for(USUAL);
    let workers: Vec<_> = (0..THREADS)
        .map(|worker| {
            let seeds = seeds.clone();
            std::thread::spawn(move || {
                let mut coverage = Coverage::default();
                for seed in seeds.range.filter(|seed| seed % THREADS == worker) {
                    play(seed, seeds.told, &mut coverage);
                }
                coverage
            })
        })
        .collect();
    let mut coverage = Coverage::default();
    for worker in workers {
        coverage.add(
            worker
                .join()
                .expect("a history went wrong: its seed stands above"),
        );
    }
    println!(
        "{} histories of the rules met\n{coverage}",
        seeds.range.clone().count()
    );
    if !seeds.told {
        coverage.demand(&DEMANDED);
        coverage.demand(&line::names().collect::<Vec<_>>());
    }
}

fn play(seed: u64, told: bool, coverage: &mut Coverage) {
    let mut history = History::new(seed, told);
    if let Err(wrong) = history.play() {
        panic!("seed {seed}: {wrong}\nplay it again with NORDBRO_HISTORY={seed}");
    }
    coverage.add(history.coverage);
    coverage.add(history.line.coverage);
}
