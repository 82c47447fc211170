//! Histories of the whole gateway: its use cases one step at a time, a real database, and the simulator over
//! sockets in virtual time. Process deaths are steps that are not taken.

mod audit;
mod check;
mod history;
mod stage;
mod trouble;
mod ways;
mod wish;

use testkit::Kind;

use crate::coverage::Coverage;
use crate::run::Seeds;
use history::History;
use stage::Stage;

/// About a minute of one processor each; `just histories` plays more.
const USUAL: u64 = 500;
/// Stages beside each other, each with a database of its own.
const STAGES: u64 = 2;

#[test]
fn the_gateway_moves_no_money_twice_and_loses_none_on_sqlite() {
    play_all(Kind::Sqlite);
}

#[test]
fn the_gateway_moves_no_money_twice_and_loses_none_on_postgresql() {
    play_all(Kind::Postgres);
}

fn play_all(kind: Kind) {
    let seeds = Seeds::asked_for(USUAL);
    if !seeds.told {
        // Thousands of lines that are all meant to be there.
        let _first_one_counts = tracing_subscriber::fmt()
            .with_max_level(tracing::level_filters::LevelFilter::OFF)
            .try_init();
    }
    let stages: Vec<_> = (0..STAGES)
        .map(|stage| {
            let seeds = seeds.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let mut coverage = Coverage::default();
                runtime.block_on(async {
                    let place = Stage::set(kind).await;
                    for seed in seeds.range.filter(|seed| seed % STAGES == stage) {
                        play(&place, seed, seeds.told, &mut coverage).await;
                    }
                });
                coverage
            })
        })
        .collect();
    let mut coverage = Coverage::default();
    for stage in stages {
        let Ok(met) = stage.join() else {
            panic!("a history went wrong: its seed stands above");
        };
        coverage.add(met);
    }
    println!(
        "{} histories on {kind:?} met\n{coverage}",
        seeds.range.clone().count()
    );
    if seeds.range.clone().count() >= 300 {
        coverage.demand(&trouble::FAULTS);
        coverage.demand(&trouble::DIALS);
        coverage.demand(&ways::DEATHS);
    }
}

async fn play(stage: &Stage, seed: u64, told: bool, coverage: &mut Coverage) {
    let mut history = History::new(stage, seed, told);
    if let Err(wrong) = Box::pin(history.play()).await {
        panic!(
            "seed {seed} on {:?}: {wrong}\n{}\nVipps saw\n{}\nplay it again with NORDBRO_HISTORY={seed}",
            stage.world.database.kind,
            history.story.borrow().join("\n"),
            stage.seen().join("\n")
        );
    }
    let reference = history.reference.clone();
    coverage.add(history.coverage);
    stage.audit.abandon(reference.as_str()).await;
}
