//! The ways a request goes: to its end, to a caller who hangs up, into the death of the process at each step,
//! past the end of its lease, and beside another one.

use std::pin::pin;

use app::jobs::resolve;
use app::money::{Begun, Books, Drive, Driven, Ending, Intent, Waiting, intend, send, settle};
use app::payments;
use domain::Outcome;
use domain::operation::Verdict;
use simulator::{Fault, Rule};
use store::money::Ended;
use time::Duration;

use super::history::History;
use super::wish::Said;

/// Where a process can die, by the name in the table.
pub(super) const DEATHS: [&str; 7] = [
    "crash, and nobody looks for hours",
    "crash after intend",
    "crash after send",
    "crash after settle, before the answer",
    "crash between looks",
    "crash in the call",
    "crash in the resolver's call",
];

/// One request for a wish, in one of the ways.
pub(super) async fn ask(history: &mut History<'_>, wish: usize) -> Result<(), String> {
    match history.dice.up_to(99) {
        0..28 => Box::pin(waits(history, wish)).await,
        28..34 => Box::pin(is_forgotten(history, wish)).await?,
        34..42 => Box::pin(hangs_up(history, wish)).await,
        42..60 => Box::pin(dies_between_steps(history, wish)).await?,
        60..68 => Box::pin(dies_between_looks(history, wish)).await,
        68..76 => Box::pin(dies_in_the_call(history, wish)).await,
        76..86 => Box::pin(is_overtaken(history, wish)).await?,
        86..94 => Box::pin(comes_twice(history, wish)).await,
        _ => Box::pin(beside_a_slow_read(history, wish)).await,
    }
    Ok(())
}

async fn waits(history: &mut History<'_>, wish: usize) {
    let wanted = history.wishes[wish].clone();
    let world = &history.stage.world;
    let asked = wanted.ask(&history.app, &world.north, &history.reference);
    let answer = history.stage.finish(Box::pin(asked)).await;
    history.tell(|| format!("{wanted:?}: {answer:?}"));
    history.answers.push((wish, Said::of(&answer)));
}

async fn hangs_up(history: &mut History<'_>, wish: usize) {
    let wanted = history.wishes[wish].clone();
    history.coverage.met("partner: hangs up");
    let world = &history.stage.world;
    {
        let asked = pin!(wanted.ask(&history.app, &world.north, &history.reference));
        let mut asked = asked;
        history.stage.until_it_calls(&mut asked).await;
    }
    let tasks = history.app.tasks();
    tasks.close();
    history.stage.finish(tasks.wait()).await;
    tasks.reopen();
    history.tell(|| format!("hung up on {wanted:?}"));
    history.answers.push((wish, Said::StillOpen));
}

/// The first half. `None` = it was answered instead.
async fn begins(history: &mut History<'_>, wish: usize) -> Option<Box<Begun>> {
    let wanted = history.wishes[wish].clone();
    let world = &history.stage.world;
    let request = wanted
        .request(&history.app, &world.north, &history.reference)
        .await;
    let mut books = Books::AsTheyAre;
    loop {
        match intend(&history.app, &request, books).await {
            Ok(Intent::Begun(begun)) => return Some(begun),
            Ok(Intent::Unread) => {
                let north = &world.north;
                let caller = north.caller();
                let read = payments::get(&history.app, &caller, &north.msn, &history.reference);
                if history.stage.finish(read).await.is_err() {
                    return None;
                }
                books = Books::JustRead;
            }
            Ok(Intent::Known(_) | Intent::Occupied(_)) | Err(_) => return None,
        }
    }
}

/// What the process would write after this answer; `None` = it would go on asking.
fn ending(begun: &Begun, outcome: Outcome) -> Option<(Ended, Ending)> {
    let ended = match &outcome {
        Outcome::Accepted(_) => Ended::Accepted,
        Outcome::Rejected(_) => Ended::Rejected,
        Outcome::NotSent { .. } => Ended::NotSent,
        Outcome::Unknown { .. } => Ended::Unknown,
    };
    let ending = match Verdict::of(begun.operation.kind, outcome, false) {
        Verdict::Succeeded(accepted) => Ending::Succeeded {
            accepted: Some(accepted),
            reading: None,
        },
        Verdict::Refused(rejected) => Ending::Refused {
            rejected: Some(rejected),
            reading: None,
        },
        Verdict::Released(rejected) => Ending::Released(rejected),
        Verdict::NotSent => Ending::NotSent,
        Verdict::Again(_) | Verdict::Look(_) | Verdict::Unknown => return None,
    };
    Some((ended, ending))
}

async fn dies_between_steps(history: &mut History<'_>, wish: usize) -> Result<(), String> {
    let Some(begun) = begins(history, wish).await else {
        return Ok(());
    };
    let step = history.dice.up_to(2);
    if step == 0 {
        history.dies("crash after intend");
        return Ok(());
    }
    if history.dice.once_in(2) {
        // Between what the books said and what is sent.
        history.customer_acts().await;
    }
    let sending = send(&history.app, &begun.unit, &begun.held, &begun.operation.envelope);
    let outcome = history.stage.finish(sending).await;
    history.tell(|| format!("sent: {outcome:?}"));
    let Some((ended, ending)) = ending(&begun, outcome).filter(|_| step == 2) else {
        history.dies("crash after send");
        return Ok(());
    };
    let attempt = Some((begun.attempt, ended));
    let settled = settle(
        &history.app,
        &begun.held,
        &begun.operation,
        attempt,
        &ending,
        false,
    )
    .await;
    if !settled.as_ref().is_ok_and(Option::is_some) {
        return Err(format!("the owner could not write the end: {settled:?}"));
    }
    history.dies("crash after settle, before the answer");
    Ok(())
}

async fn dies_between_looks(history: &mut History<'_>, wish: usize) {
    let Some(begun) = begins(history, wish).await else {
        return;
    };
    let until = history.app.clock().now() + history.stage.world.north.patience;
    let turns = history.dice.up_to(4);
    // So that there is something to look for.
    let hold_up = Fault::ServerError {
        status: 503,
        after_effect: history.dice.once_in(2),
    };
    let operation = format!("epayment.{}", begun.operation.kind);
    let times = history.dice.up_to(3) + 1;
    let rule = Rule::new("hold up", hold_up).on(&operation).times(times);
    history.stage.world.simulator.test().add_fault(rule);
    let app = history.app.clone();
    let work = Box::pin(Drive::begun(*begun, Waiting::Caller(until)).run(&app));
    match history.stage.unless_it_dies(work, turns).await {
        None => history.dies("crash between looks"),
        Some(Ok(Driven::Settled(operation))) if operation.release.is_none() => {
            history.tell(|| format!("driven to {:?}", operation.status));
            history.answers.push((wish, Said::Ended(operation.status)));
        }
        Some(_) => {}
    }
}

/// The answer is lost, the process dies, and for hours nobody looks: longer than keys may be remembered.
async fn is_forgotten(history: &mut History<'_>, wish: usize) -> Result<(), String> {
    let Some(begun) = begins(history, wish).await else {
        return Ok(());
    };
    let operation = format!("epayment.{}", begun.operation.kind);
    let lost = Rule::new("lost", Fault::AnswerLost).on(&operation).once();
    let stage = history.stage;
    stage.world.simulator.test().add_fault(lost);
    let sending = send(&history.app, &begun.unit, &begun.held, &begun.operation.envelope);
    let outcome = stage.finish(Box::pin(sending)).await;
    history.tell(|| format!("sent and forgotten: {outcome:?}"));
    history.dies("crash, and nobody looks for hours");
    let hours = Duration::minutes(history.dice.between(91, 178));
    stage.world.advance(hours).await;
    for _ in 0..4 {
        resolver_looks(history).await?;
        stage.world.advance(Duration::seconds(30)).await;
    }
    Ok(())
}

/// The next request to Vipps stalls, and arrives later.
fn stall(history: &mut History<'_>, operation: &str) {
    let millis = u64::from(history.dice.up_to(20_000)) + 500;
    let rule = Rule::new("stall", Fault::Latency { millis }).on(operation).once();
    history.stage.world.simulator.test().add_fault(rule);
}

async fn dies_in_the_call(history: &mut History<'_>, wish: usize) {
    let Some(begun) = begins(history, wish).await else {
        return;
    };
    let operation = format!("epayment.{}", begun.operation.kind);
    stall(history, &operation);
    let app = history.app.clone();
    {
        let work = pin!(send(&app, &begun.unit, &begun.held, &begun.operation.envelope));
        let mut work = work;
        history.stage.until_it_calls(&mut work).await;
    }
    history.dies("crash in the call");
}

/// An owner stalls until its lease is over, another process takes its place, and then it wakes.
async fn is_overtaken(history: &mut History<'_>, wish: usize) -> Result<(), String> {
    let Some(begun) = begins(history, wish).await else {
        return Ok(());
    };
    let stage = history.stage;
    let (slow, reference) = (history.app.clone(), history.reference.clone());
    let has_sent = !history.dice.once_in(3);
    let outcome = if has_sent {
        let sending = send(&slow, &begun.unit, &begun.held, &begun.operation.envelope);
        Some(stage.finish(sending).await)
    } else {
        None
    };
    history.tell(|| format!("stalls after {outcome:?}"));
    history.app = stage.process();
    stage
        .world
        .advance(slow.settings().lease + Duration::SECOND)
        .await;
    let looks = history.dice.up_to(3);
    for _ in 0..looks {
        resolver_looks(history).await?;
        stage
            .world
            .advance(Duration::seconds(history.dice.between(1, 30)))
            .await;
    }
    let fence = stage.audit.payment(reference.as_str()).await.map(|row| row.fence);
    let is_overtaken = fence.is_some_and(|fence| fence > begun.held.fence);
    if is_overtaken {
        history.coverage.met("owner: overtaken after its lease");
    }
    let Some(outcome) = outcome else {
        let before = stage.writes();
        let until = slow.clock().now() + stage.world.north.patience;
        let driving = Box::pin(Drive::begun(*begun, Waiting::Caller(until)).run(&slow));
        let driven = stage.finish(driving).await;
        history.tell(|| format!("woke and drove to {driven:?}"));
        if is_overtaken && stage.writes() > before {
            return Err("an owner whose place was taken sent something".to_owned());
        }
        return Ok(());
    };
    let Some((ended, ending)) = ending(&begun, outcome) else {
        return Ok(());
    };
    let attempt = Some((begun.attempt, ended));
    let settled = settle(&slow, &begun.held, &begun.operation, attempt, &ending, false).await;
    history.tell(|| format!("woke and settled: {settled:?}"));
    if is_overtaken && !matches!(settled, Ok(None)) {
        return Err(format!(
            "an owner whose place was taken wrote an end: {settled:?}"
        ));
    }
    Ok(())
}

/// Two requests at once: of the same wish or of two, at one process or at two.
async fn comes_twice(history: &mut History<'_>, wish: usize) {
    history.coverage.met("partner: two requests at once");
    let other = if history.dice.once_in(2) {
        wish
    } else {
        usize::try_from(
            history
                .dice
                .up_to(u32::try_from(history.wishes.len() - 1).unwrap()),
        )
        .unwrap()
    };
    let second = if history.dice.once_in(2) {
        history.app.clone()
    } else {
        history.stage.process()
    };
    let (one, two) = (history.wishes[wish].clone(), history.wishes[other].clone());
    let world = &history.stage.world;
    let both = async {
        tokio::join!(
            one.ask(&history.app, &world.north, &history.reference),
            two.ask(&second, &world.north, &history.reference)
        )
    };
    let (first, other_answer) = history.stage.finish(Box::pin(both)).await;
    history.tell(|| format!("at once {one:?}: {first:?}\n  and {two:?}: {other_answer:?}"));
    history.answers.push((wish, Said::of(&first)));
    history.answers.push((other, Said::of(&other_answer)));
}

/// A GET that was answered before the request and arrives after it.
async fn beside_a_slow_read(history: &mut History<'_>, wish: usize) {
    history.coverage.met("read: arrives later than newer ones");
    let slow = history.stage.patient_process();
    let stage = history.stage;
    let (north, reference) = (&stage.world.north, history.reference.clone());
    let trickle = Fault::Trickle {
        bytes: 200,
        every_millis: 1_000,
    };
    let simulator = stage.world.simulator.test();
    simulator.add_fault(Rule::new("trickle", trickle).on("epayment.get").once());
    let caller = north.caller();
    let mut read = Box::pin(payments::get(&slow, &caller, &north.msn, &reference));
    if stage.until_it_calls(&mut read).await.is_none() {
        waits(history, wish).await;
        for _ in 0..40 {
            let done = tokio::select! {
                biased;
                _ = &mut read => true,
                () = stage.world.advance(Duration::SECOND) => false,
            };
            if done {
                break;
            }
            if stage.a_while(&mut read).await {
                break;
            }
        }
    }
    simulator.remove_fault("trickle");
}

pub(super) async fn resolver_looks(history: &mut History<'_>) -> Result<(), String> {
    let app = history.app.clone();
    let looking = Box::pin(resolve::run_once(&app, app.clock().now()));
    let looked = history.stage.finish(looking).await;
    match looked {
        Ok(taken) => {
            history.tell(|| format!("the resolver took {taken}"));
            Ok(())
        }
        Err(error) => Err(format!("the resolver failed: {error}")),
    }
}

pub(super) async fn resolver_dies(history: &mut History<'_>) {
    let operation = history
        .dice
        .pick(&["epayment.*", "epayment.events", "epayment.get"]);
    stall(history, operation);
    let app = history.app.clone();
    let looked = {
        let work = pin!(resolve::run_once(&app, app.clock().now()));
        let mut work = work;
        history.stage.until_it_calls(&mut work).await
    };
    history.stage.world.simulator.test().remove_fault("stall");
    if looked.is_none() {
        history.dies("crash in the resolver's call");
    }
}
