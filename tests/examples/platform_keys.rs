//! What the trouble of one sales unit costs the others on one key set: `just bench-platform-keys`.
//!
//! Seven interleaved runs of three: well, well again, and with one unit broken and hammered and another slow. The
//! ratio of the others' p99 (well again : well) says how much two equal runs differ; the ratio (sick : well) should
//! lie within.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the machine's clock and prints what it found"
)]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use testkit::Kind;
use testkit::platform::{Platform, UnderWay};

const RUNS: usize = 7;
const SECONDS: usize = 60;

/// The 99th percentile of what the well ones waited for their answers.
async fn p99(is_sick: bool) -> Duration {
    let platform = Platform::start(Kind::Sqlite, 100).await;
    if is_sick {
        platform.fall_sick();
    }
    let waited = Mutex::new(Vec::new());
    let mut slow = UnderWay::new();
    for nth in 0..SECONDS {
        let timed = async |ask: testkit::Ask<'_>| {
            let began = Instant::now();
            let answer = ask.now().await;
            if let Ok(mut waited) = waited.lock() {
                waited.push(began.elapsed());
            }
            answer
        };
        let (well, _) = platform.second(nth, &mut slow, timed).await;
        assert!(well.iter().all(|answer| answer.status < 300), "a well one failed");
    }
    let mut waited = waited.into_inner().unwrap_or_default();
    waited.sort_unstable();
    let place = waited.len() * 99 / 100;
    waited.get(place).copied().unwrap_or_default()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // The first run of a process pays for what all later ones find warm.
    let _cold = p99(false).await;
    let (mut equal, mut sick) = (Vec::new(), Vec::new());
    println!("run   well      well again   sick      A/A     A/B");
    for run in 1..=RUNS {
        let (well, again, ill) = (p99(false).await, p99(false).await, p99(true).await);
        let (same, other) = (again.div_duration_f64(well), ill.div_duration_f64(well));
        println!("{run}     {well:>8.1?}  {again:>8.1?}     {ill:>8.1?}  {same:.3}   {other:.3}");
        equal.push(same);
        sick.push(other);
    }
    equal.sort_unstable_by(f64::total_cmp);
    sick.sort_unstable_by(f64::total_cmp);
    let (low, high, median) = (equal[0], equal[RUNS - 1], sick[RUNS / 2]);
    println!(
        "A/A from {low:.3} to {high:.3}; median of A/B {median:.3}: within = {}",
        median <= high
    );
}
