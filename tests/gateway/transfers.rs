//! A sales unit changes its partner: drained, frozen where nobody knows, and switched. No money is ever sent for it by
//! two partners at once, and neither learns of the other.

use app::transfers::{self, TransferFilter};
use app::{jobs, operations};
use domain::Clock as _;
use domain::transfer::Stage;
use http::Method;
use simulator::{EventName, Fault, Rule, Seen};
use testkit::{Answer, Desk, Dice, Gateway, Kind, down, lose_capture, on_both_databases};
use time::Duration;

use crate::onboarding::{body, draft, put, unit_keys};

on_both_databases!(
    a_proven_claim_moves_the_unit_and_the_old_partner_reads_on_and_sends_nothing,
    what_the_old_partner_began_is_settled_with_its_keys_before_the_unit_moves,
    what_nobody_knows_is_frozen_and_never_sent_again,
    what_is_frozen_is_looked_at_and_not_sent_though_it_still_could_be,
    what_may_be_under_way_is_waited_for_from_when_the_mark_was_set,
    a_process_that_has_not_heard_of_it_begins_nothing_after_the_switch,
    a_crash_between_any_two_steps_leaves_the_next_process_the_rest,
    the_keys_that_were_shown_last_win_and_the_operator_has_the_last_word,
    one_transfer_of_a_unit_is_under_way_at_a_time,
    a_transfer_is_asked_for_with_a_proven_claim_only,
    a_receipt_waits_while_its_unit_is_frozen_and_is_ended_when_it_has_moved,
    a_receipt_goes_out_after_all_when_the_frozen_unit_stays,
    a_process_that_has_not_heard_of_it_takes_no_receipt_and_sends_none,
    whoever_holds_the_unit_alone_sends_for_it,
);

pub(crate) const UNIT: &str = "100001";
const REFERENCE: &str = "moved-order-1";

/// South proves its claim on north's unit.
pub(crate) async fn claimed(gateway: &Gateway) -> (Desk<'_>, Answer) {
    let (desk, _) = draft(&gateway.south(), UNIT, "own").await;
    let proven = put(&desk, &body(&unit_keys(gateway, UNIT))).await.is(200);
    (desk, proven)
}

pub(crate) fn south(gateway: &Gateway) -> Desk<'_> {
    gateway.desk(&gateway.south_token(), UNIT)
}

pub(crate) async fn state(desk: &Desk<'_>) -> String {
    desk.get("").send().await.is(200).text("/state")
}

async fn transfer(gateway: &Gateway) -> transfers::Transfer {
    let all = transfers::list(&gateway.world.app, TransferFilter::default())
        .await
        .unwrap();
    all.last().unwrap().clone()
}

async fn round(gateway: &Gateway) {
    let app = &gateway.world.app;
    jobs::move_units::run_once(app, app.clock().now()).await.unwrap();
}

/// What Vipps saw, and is forgotten.
fn seen(gateway: &Gateway) -> Vec<Seen> {
    let world = gateway.world.simulator.test();
    let seen = world.requests();
    world.clear_requests();
    seen
}

/// A capture of north's that Vipps carries out, or not, while neither its answer nor the log ever comes.
pub(crate) async fn unknown_capture(gateway: &Gateway, fault: Fault) -> Answer {
    let north = gateway.north();
    let _ = north.authorized(REFERENCE, 10_000).await;
    let test = gateway.world.simulator.test();
    lose_capture(test, fault);
    test.add_fault(Rule::new("no capture", down()).on("epayment.capture"));
    let open = north.capture(REFERENCE, 4_000, "lost").wait(1).send().await;
    open.is(202)
}

async fn a_proven_claim_moves_the_unit_and_the_old_partner_reads_on_and_sends_nothing(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.north();
    let _ = north.authorized(REFERENCE, 10_000).await;
    let captured = north.capture(REFERENCE, 4_000, "first").send().await.is(200);
    let receipt = testkit::desk::receipt(10_000);
    let _ = north.put_receipt(REFERENCE, &receipt).send().await.is(202);
    gateway.work().await;

    let (_, proven) = claimed(&gateway).await;
    assert_eq!(proven.text("/state"), "transfer", "{proven}");
    let text = proven.to_string();
    let id = gateway.world.north.id.to_string();
    assert!(!text.contains("north") && !text.contains(&id), "{proven}");
    let listed = south(&gateway).get("/transfers").send().await.is(200);
    assert_eq!(listed.text("/data/0/state"), "under_way", "{listed}");
    assert_eq!(
        state(&gateway.north()).await,
        "live",
        "nothing has happened to north yet"
    );

    gateway.work().await;
    gateway.work().await;
    assert_eq!(state(&south(&gateway)).await, "live");
    let listed = south(&gateway).get("/transfers").send().await.is(200);
    assert_eq!(listed.text("/data/0/state"), "completed", "{listed}");

    // North reads what it did, and nothing at all leaves for it.
    seen(&gateway);
    let north = gateway.north();
    assert_eq!(state(&north).await, "moved");
    let read = north.payment(REFERENCE).send().await.is(200);
    assert_eq!(read.at("/aggregate/capturedAmount/value"), 4_000, "{read}");
    let listed = north.get("/payments").send().await.is(200);
    assert_eq!(listed.text("/data/0/reference"), REFERENCE);
    let operation = captured.text("/id");
    let _ = north.operation(REFERENCE, &operation).send().await.is(200);
    assert_eq!(
        north.receipt(REFERENCE).send().await.is(200).text("/status"),
        "sent"
    );
    let again = north.capture(REFERENCE, 4_000, "first").send().await.is(200);
    assert!(again.is_replayed(), "{again}");
    for refused in [
        north.create("moved-order-2", 100, "k1").send().await,
        north.capture(REFERENCE, 1_000, "k2").send().await,
        north.refund(REFERENCE, 1_000, "k3").send().await,
        north.cancel(REFERENCE, "k4").send().await,
        north.approve(REFERENCE).send().await,
        north.put_receipt(REFERENCE, &receipt).send().await,
        north.events(REFERENCE).send().await,
    ] {
        let refused = refused.problem(409, "sales_unit_closed");
        let south = gateway.world.south.id.to_string();
        assert!(!refused.to_string().contains("south") && !refused.to_string().contains(&south));
    }
    let _ = north
        .payment("never-heard-of-1")
        .send()
        .await
        .problem(404, "payment_not_found");
    gateway.pass(Duration::seconds(5)).await;
    gateway.world.advance(Duration::hours(25)).await;
    gateway.work().await;
    assert_eq!(seen(&gateway).len(), 0, "something left in north's name");

    // South takes over what is there, from Vipps' own word.
    let south = south(&gateway);
    let adopted = south.payment(REFERENCE).send().await.is(200);
    assert_eq!(adopted.at("/aggregate/capturedAmount/value"), 4_000, "{adopted}");
    let _ = south.capture(REFERENCE, 1_000, "south-1").send().await.is(200);
    assert_eq!(south.truth(REFERENCE).last(), Some(&(EventName::Captured, 1_000)));
    let _ = south
        .operation(REFERENCE, &operation)
        .send()
        .await
        .problem(404, "operation_not_found");
}

async fn what_the_old_partner_began_is_settled_with_its_keys_before_the_unit_moves(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let open = unknown_capture(&gateway, Fault::ResetBeforeEffect).await;
    let _ = claimed(&gateway).await;
    gateway.pass(Duration::seconds(3)).await;
    let north = gateway.north();
    let closing = north.get("").send().await.is(200);
    assert_eq!(closing.text("/state"), "closing", "{closing}");
    assert_eq!(transfer(&gateway).await.stage, Stage::Draining);
    assert_eq!(state(&south(&gateway)).await, "transfer");

    // Nothing new is begun; what is there is read, and the open one is asked after as ever.
    for refused in [
        north.create("moved-order-2", 100, "k1").send().await,
        north.capture(REFERENCE, 1_000, "k2").send().await,
        north.approve(REFERENCE).send().await,
    ] {
        let _ = refused.problem(409, "sales_unit_closed");
    }
    let _ = north.payment(REFERENCE).send().await.is(200);
    let _ = north
        .capture(REFERENCE, 4_000, "lost")
        .wait(1)
        .send()
        .await
        .is(202);
    assert_eq!(north.truth(REFERENCE).len(), 2, "created, authorized");

    // Vipps is back: north's own bytes go out again under north's key, and then the unit moves.
    gateway.world.simulator.test().clear_faults();
    gateway.pass(Duration::minutes(3)).await;
    assert_eq!(state(&south(&gateway)).await, "live");
    let north = gateway.north();
    let settled = north.operation(REFERENCE, &open.text("/id")).send().await.is(200);
    assert_eq!(settled.text("/status"), "succeeded", "{settled}");
    assert_eq!(north.truth(REFERENCE).last(), Some(&(EventName::Captured, 4_000)));
}

async fn what_nobody_knows_is_frozen_and_never_sent_again(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let open = unknown_capture(&gateway, Fault::AnswerLost).await;
    let _ = claimed(&gateway).await;
    gateway.work().await;
    gateway.world.advance(Duration::minutes(59)).await;
    gateway.work().await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Draining);
    gateway.world.advance(Duration::minutes(1)).await;
    gateway.work().await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Frozen);
    assert_eq!(
        state(&south(&gateway)).await,
        "transfer",
        "a call may still be under way"
    );
    gateway.world.advance(Duration::seconds(59)).await;
    gateway.work().await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Frozen);
    gateway.world.advance(Duration::SECOND).await;
    gateway.work().await;
    assert_eq!(state(&south(&gateway)).await, "live");

    // Whatever Vipps does now, north's capture is not sent again; it is read, and that is all.
    seen(&gateway);
    for _ in 0..5 {
        gateway.world.advance(Duration::minutes(30)).await;
        gateway.work().await;
    }
    let north = gateway.north();
    let asked = north
        .capture(REFERENCE, 4_000, "lost")
        .wait(1)
        .send()
        .await
        .is(202);
    assert_eq!(asked.text("/status"), "unknown", "{asked}");
    let sent: Vec<_> = seen(&gateway)
        .into_iter()
        .filter(|it| it.method != "GET")
        .collect();
    assert!(
        sent.iter().all(|it| it.operation == Some("token.standard")),
        "{sent:?}"
    );
    // Its evidence is kept, and settles it when Vipps shows it while the old keys work.
    gateway.world.simulator.test().clear_faults();
    gateway.world.advance(Duration::hours(7)).await;
    gateway.work().await;
    let north = gateway.north();
    let settled = north.operation(REFERENCE, &open.text("/id")).send().await.is(200);
    assert_eq!(settled.text("/status"), "succeeded", "{settled}");
}

/// A round of the job may stand in line for long before it can set the mark; until then the same bytes still leave.
async fn what_may_be_under_way_is_waited_for_from_when_the_mark_was_set(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let _ = unknown_capture(&gateway, Fault::AnswerLost).await;
    let _ = claimed(&gateway).await;
    gateway.work().await;
    gateway.world.advance(Duration::minutes(60)).await;
    let app = &gateway.world.app;
    let other = app.store().begin_system("test: another change").await.unwrap();
    other.system().change_registry().await.unwrap();
    let waits = async {
        gateway.world.advance(Duration::seconds(50)).await;
        other.rollback().await.unwrap();
    };
    tokio::join!(round(&gateway), waits);
    let frozen_at = transfer(&gateway).await.frozen_at;
    assert_eq!(frozen_at, Some(gateway.world.clock.now()));
    gateway.world.advance(Duration::seconds(59)).await;
    gateway.work().await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Frozen);
}

/// The drain ends long before the time in which the same bytes could leave again: only the mark on the assignment keeps
/// them back.
async fn what_is_frozen_is_looked_at_and_not_sent_though_it_still_could_be(kind: Kind) {
    let mut setup = testkit::Setup::default();
    setup.app.transfer_drain = Duration::minutes(5);
    assert_eq!(setup.app.replay_horizon, Duration::hours(1));
    let gateway = Gateway::set_up(kind, setup).await;
    let open = unknown_capture(&gateway, Fault::ResetBeforeEffect).await;
    let begun = gateway.world.clock.now();
    let _ = claimed(&gateway).await;
    gateway.work().await;
    gateway.world.advance(Duration::minutes(5)).await;
    gateway.work().await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Frozen);

    // Vipps is back, and its log says nothing of the capture: before the freeze the same bytes went out again.
    gateway.world.simulator.test().clear_faults();
    seen(&gateway);
    for stage in [Stage::Frozen, Stage::Completed] {
        gateway.pass(Duration::seconds(55)).await;
        assert_eq!(transfer(&gateway).await.stage, stage);
        let asked = gateway.north().capture(REFERENCE, 4_000, "lost").wait(5);
        let asked = asked.send().await.is(202);
        assert_eq!(asked.text("/status"), "unknown", "{asked}");
        assert_looked_at_alone(&gateway, stage);
    }
    assert_eq!(state(&south(&gateway)).await, "live");
    for _ in 0..20 {
        gateway.world.advance(Duration::minutes(2)).await;
        gateway.work().await;
    }
    assert!(gateway.world.clock.now() < begun + Duration::minutes(55));
    assert_looked_at_alone(&gateway, Stage::Completed);

    // What is captured of it is south's.
    let south = south(&gateway);
    let _ = south.capture(REFERENCE, 10_000, "south-1").send().await.is(200);
    gateway.pass(Duration::seconds(40)).await;
    let captures = south.seen("epayment.capture", REFERENCE);
    assert_eq!(captures.len(), 1, "{captures:?}");
    assert_eq!(
        south.truth(REFERENCE).last(),
        Some(&(EventName::Captured, 10_000))
    );
    let north = gateway.north();
    let read = north.operation(REFERENCE, &open.text("/id")).send().await.is(200);
    assert_eq!(read.text("/status"), "unknown", "{read}");
}

/// The event log was asked for what is open, and nothing was sent.
fn assert_looked_at_alone(gateway: &Gateway, stage: Stage) {
    let seen = seen(gateway);
    assert!(
        seen.iter().any(|it| it.operation == Some("epayment.events")),
        "{stage:?}: nobody looked: {seen:?}"
    );
    let mut sent = seen.iter().filter(|it| it.method != "GET");
    assert!(
        sent.all(|it| it.operation == Some("token.standard")),
        "{stage:?}: {seen:?}"
    );
}

async fn a_process_that_has_not_heard_of_it_begins_nothing_after_the_switch(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let north = gateway.north();
    let _ = north.authorized(REFERENCE, 10_000).await;
    let other = gateway.replica().await;
    // It has read the registry, and believes for two seconds that nothing has changed.
    let read = north.payment(REFERENCE).through(&other).send().await;
    let _ = read.is(200);
    let _ = claimed(&gateway).await;
    let _ = north.payment(REFERENCE).through(&other).send().await.is(200);
    round(&gateway).await;
    let late = north
        .create("moved-order-2", 100, "k1")
        .through(&other)
        .send()
        .await;
    let _ = late.problem(409, "sales_unit_closed");
    round(&gateway).await;
    assert_eq!(state(&south(&gateway)).await, "live");
    seen(&gateway);
    let refused = north
        .create("moved-order-3", 100, "k2")
        .through(&other)
        .send()
        .await;
    let _ = refused.problem(409, "sales_unit_closed");
    let refused = north.capture(REFERENCE, 100, "k3").through(&other).send().await;
    let _ = refused.problem(409, "sales_unit_closed");
    let sent: Vec<_> = seen(&gateway)
        .into_iter()
        .filter(|it| it.method != "GET")
        .collect();
    assert!(
        sent.iter().all(|it| it.operation == Some("token.standard")),
        "{sent:?}"
    );
}

async fn a_crash_between_any_two_steps_leaves_the_next_process_the_rest(kind: Kind) {
    let mut gateway = Gateway::start(kind).await;
    let _ = unknown_capture(&gateway, Fault::AnswerLost).await;
    let _ = claimed(&gateway).await;
    let mut stages = Vec::new();
    for wait in [0, 1, 3_600, 1, 60, 1] {
        // Each step is another process's, and a second one looks at the same time.
        gateway = gateway.restarted().await;
        gateway.world.advance(Duration::seconds(wait)).await;
        let twin = gateway.world.another_process().await;
        let now = gateway.world.clock.now();
        let (one, two) = tokio::join!(
            jobs::move_units::run_once(&gateway.world.app, now),
            jobs::move_units::run_once(&twin, now),
        );
        assert!(one.unwrap() + two.unwrap() <= 1, "a step was taken twice");
        stages.push(transfer(&gateway).await.stage);
    }
    let expected = [
        Stage::Draining,
        Stage::Draining,
        Stage::Frozen,
        Stage::Frozen,
        Stage::Completed,
        Stage::Completed,
    ];
    assert_eq!(stages, expected);
    assert_eq!(state(&south(&gateway)).await, "live");
    assert_eq!(state(&gateway.north()).await, "moved");
}

async fn the_keys_that_were_shown_last_win_and_the_operator_has_the_last_word(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let app = &gateway.world.app;
    let keys = body(&unit_keys(&gateway, UNIT));
    let _ = unknown_capture(&gateway, Fault::AnswerLost).await;
    let _ = claimed(&gateway).await;
    gateway.work().await;
    assert_eq!(state(&gateway.north()).await, "closing");
    // North shows the keys after south did.
    gateway.world.advance(Duration::SECOND).await;
    let shown = put(&gateway.north(), &keys).await.is(200);
    assert_eq!(shown.text("/state"), "closing", "{shown}");
    gateway.world.simulator.test().clear_faults();
    gateway.pass(Duration::minutes(3)).await;
    assert_eq!(state(&gateway.north()).await, "live");
    let _ = gateway.north().created("kept-order-1", 100).await;
    let refused = south(&gateway).get("/transfers").send().await.is(200);
    assert_eq!(refused.text("/data/0/state"), "refused", "{refused}");
    assert_eq!(state(&south(&gateway)).await, "verified");
    // Asking again without a newer proof changes nothing.
    let again = south(&gateway).post("/transfers").send().await.is(200);
    assert_eq!(again.text("/state"), "refused");

    // South shows them again, and the operator refuses.
    gateway.world.advance(Duration::SECOND).await;
    let proven = put(&south(&gateway), &keys).await.is(200);
    assert_eq!(proven.text("/state"), "transfer", "{proven}");
    let id = transfer(&gateway).await.id;
    let operator = testkit::operator();
    let blank = transfers::refuse(app, &operator, id).await;
    assert!(matches!(blank, Err(app::Error::Invalid(_))), "{blank:?}");
    let by = operator.clone().because("the merchant has not asked for it");
    transfers::refuse(app, &by, id).await.unwrap();
    gateway.pass(Duration::seconds(3)).await;
    assert_eq!(state(&gateway.north()).await, "live");
    assert!(transfers::force(app, &by, id).await.is_err(), "it is over");

    // And once more, with something open; north shows its keys last, and the operator decides all the same.
    gateway.world.advance(Duration::SECOND).await;
    let test = gateway.world.simulator.test();
    let north = gateway.north();
    let _ = north.authorized("moved-order-9", 10_000).await;
    lose_capture(test, Fault::AnswerLost);
    let _ = north
        .capture("moved-order-9", 100, "open")
        .wait(1)
        .send()
        .await
        .is(202);
    let _ = put(&south(&gateway), &keys).await.is(200);
    gateway.work().await;
    gateway.world.advance(Duration::SECOND).await;
    let _ = put(&gateway.north(), &keys).await.is(200);
    let by = operator.because("letter of consent of 2026-11-20");
    transfers::force(app, &by, transfer(&gateway).await.id)
        .await
        .unwrap();
    gateway.pass(Duration::seconds(63)).await;
    assert_eq!(state(&south(&gateway)).await, "live");
    assert_eq!(state(&gateway.north()).await, "moved");
    // Both chains hold together and neither names the other.
    let (norths, souths) = (gateway.world.north.id, gateway.world.south.id);
    for (chain, other) in [(norths, souths), (souths, norths)] {
        let filter = app::audit::Filter {
            chain: Some(app::audit::Chain::Partner(chain)),
            limit: 1_000,
            ..Default::default()
        };
        let entries = app::audit::list(app, &filter).await.unwrap();
        let told: Vec<String> = entries.iter().map(|entry| format!("{entry:?}")).collect();
        assert!(
            told.iter().any(|entry| entry.contains("force_transfer")),
            "{told:?}"
        );
        assert!(told.iter().any(|entry| entry.contains("refuse_transfer")) || chain == norths);
        assert!(
            !told.iter().any(|entry| entry.contains(&other.to_string())),
            "{told:?}"
        );
    }
    let all = operations::page_open(app, operations::OpenFilter::default(), 10);
    let (all, _) = all.await.unwrap();
    assert_eq!(all.len(), 1, "what is frozen stays for the operator");
}

async fn one_transfer_of_a_unit_is_under_way_at_a_time(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let _ = unknown_capture(&gateway, Fault::AnswerLost).await;
    let _ = claimed(&gateway).await;
    gateway.work().await;
    // North's claim on what it has lost waits behind south's transfer.
    gateway.world.simulator.test().clear_faults();
    gateway.pass(Duration::minutes(3)).await;
    assert_eq!(state(&south(&gateway)).await, "live");
    let _ = unknown_for(&gateway, &south(&gateway)).await;
    let (back, _) = draft_again(&gateway).await;
    let keys = body(&unit_keys(&gateway, UNIT));
    assert_eq!(put(&back, &keys).await.is(200).text("/state"), "transfer");
    gateway.work().await;
    assert_eq!(state(&south(&gateway)).await, "closing");
    let all = transfers::list(&gateway.world.app, TransferFilter::default())
        .await
        .unwrap();
    let under_way: Vec<_> = all.iter().filter(|it| !it.stage.is_over()).collect();
    assert_eq!(under_way.len(), 1, "{under_way:?}");
    gateway.world.simulator.test().clear_faults();
    gateway.pass(Duration::minutes(3)).await;
    assert_eq!(state(&gateway.north()).await, "live");
    assert_eq!(state(&south(&gateway)).await, "moved");
    // What north did before it lost the unit hangs on another assignment; Vipps knows it all the same.
    let read = gateway.north().payment(REFERENCE).send().await.is(200);
    assert_eq!(read.at("/aggregate/capturedAmount/value"), 4_000, "{read}");
}

async fn unknown_for(gateway: &Gateway, desk: &Desk<'_>) -> Answer {
    let _ = desk.authorized("souths-order-1", 10_000).await;
    let test = gateway.world.simulator.test();
    lose_capture(test, Fault::AnswerLost);
    let open = desk.capture("souths-order-1", 100, "open").wait(1).send().await;
    open.is(202)
}

/// North drafts the unit that it has lost.
async fn draft_again(gateway: &Gateway) -> (Desk<'_>, Answer) {
    draft(&gateway.north(), UNIT, "own").await
}

async fn a_transfer_is_asked_for_with_a_proven_claim_only(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let (desk, _) = draft(&gateway.south(), UNIT, "own").await;
    let _ = desk
        .post("/transfers")
        .send()
        .await
        .problem(409, "claim_unproven");
    let none = desk.get("/transfers").send().await.is(200);
    assert_eq!(none.at("/data"), serde_json::json!([]));
    let live = gateway.north().post("/transfers").send().await;
    let _ = live.problem(409, "transfer_not_needed");
    // A unit that nobody holds goes live at once, and looks like any other that was asked for.
    let (free, _) = draft(&gateway.south(), "100003", "own").await;
    let _ = put(&free, &body(&unit_keys(&gateway, "100003"))).await.is(200);
    assert_eq!(state(&free).await, "live");
    let _ = put(&desk, &body(&unit_keys(&gateway, UNIT))).await.is(200);
    let asked = desk.post("/transfers").send().await.is(200);
    let again = desk.post("/transfers").send().await.is(200);
    assert_eq!(
        asked.text("/id"),
        again.text("/id"),
        "asked for twice is asked for once"
    );
    assert_eq!(asked.text("/state"), "under_way");
    // The token's own reach holds here too.
    let narrowed = gateway.south_token().msns(&["200001"]);
    let narrowed = gateway.desk(&narrowed, UNIT);
    for method in [Method::GET, Method::POST] {
        let path = narrowed.path("/transfers");
        let answer = narrowed.ask(method, &path).send().await;
        let _ = answer.problem(404, "sales_unit_not_found");
    }
}

/// Seeded: both partners go on asking for money while the unit moves from one to the other and back, under faults, and
/// ask two processes: the one that moves the unit, and one that still believes what it read before. Vipps must see the
/// one partner, then the other, and never both by turns within one holding.
async fn whoever_holds_the_unit_alone_sends_for_it(kind: Kind) {
    for seed in 1..=3_u64 {
        let mut dice = Dice::new(seed);
        let gateway = Gateway::set_up(kind, testkit::Setup::default().without_limits()).await;
        let other = gateway.replica().await;
        let keys = body(&unit_keys(&gateway, UNIT));
        let _ = draft(&gateway.south(), UNIT, "own").await;
        let (mut nth, mut moves, mut late) = (0_u32, 0_u32, 0_u32);
        for turn in 0..60 {
            gateway.world.advance(Duration::seconds(20)).await;
            // Once in each direction nothing is open when the unit moves, so it is closed and moved in one moment.
            let is_quiet = (12..=15).contains(&(turn % 30));
            if dice.once_in(4) && !is_quiet {
                let fault = if dice.once_in(2) {
                    Fault::AnswerLost
                } else {
                    Fault::ResetBeforeEffect
                };
                let rule = Rule::new("lost", fault).on("epayment.create").once();
                gateway.world.simulator.test().add_fault(rule);
            }
            // Whoever has it not shows the keys, now and then.
            if turn % 10 == 5 {
                let north_has_it = matches!(state(&gateway.north()).await.as_str(), "live" | "closing");
                let loser = if north_has_it {
                    south(&gateway)
                } else {
                    gateway.north()
                };
                if state(&loser).await == "moved" {
                    let number = format!("{}", 50_000_000 + nth);
                    let merchant = crate::onboarding::merchant(&loser, &number).await;
                    let new = serde_json::json!({"msn": UNIT, "name": "Again"});
                    let path = format!("/v1/merchants/{merchant}/sales-units");
                    let _ = loser.ask(Method::POST, &path).json(&new).send().await.is(201);
                }
                let _ = put(&loser, &keys).await.is(200);
                moves += 1;
            }
            // The other process reads the registry, and in the same moment the unit may be closed and moved.
            let partners = [("n", gateway.north_token()), ("s", gateway.south_token())];
            for (_, token) in &partners {
                let desk = gateway.desk(token, UNIT);
                let _ = desk.payment("never-asked-1").through(&other).send().await;
                let _ = desk.get("").through(&other).send().await;
            }
            gateway.work().await;
            gateway.work().await;
            for process in [&gateway.router, &other] {
                for (name, token) in &partners {
                    nth += 1;
                    let reference = format!("{name}-{seed}-{nth:08}");
                    let desk = gateway.desk(token, UNIT);
                    let create = desk.create(&reference, 100, &reference).through(process);
                    // Whoever waits a moment only has the clock turned, and the other process's view grows old.
                    let create = if is_quiet { create } else { create.wait(1) };
                    let _ = create.send().await;
                }
            }
            for (_, token) in &partners {
                let desk = gateway.desk(token, UNIT);
                let believed = desk.get("").through(&other).send().await.is(200);
                let is_late = believed.text("/state") == "live" && state(&desk).await == "moved";
                late += u32::from(is_late);
            }
        }
        gateway.world.simulator.test().clear_faults();
        gateway.pass(Duration::minutes(2)).await;
        let requests = gateway.world.simulator.test().requests();
        let whose: String = requests
            .iter()
            .filter(|it| it.operation == Some("epayment.create"))
            .filter_map(|it| it.reference.as_deref()?.chars().next())
            .collect();
        let turns = whose
            .chars()
            .zip(whose.chars().skip(1))
            .filter(|(a, b)| a != b)
            .count();
        let completed = transfers::list(&gateway.world.app, TransferFilter::default())
            .await
            .unwrap()
            .iter()
            .filter(|it| it.stage == Stage::Completed)
            .count();
        assert!(
            completed >= 2 && moves >= 2,
            "seed {seed}: the unit hardly moved: {whose}"
        );
        assert!(
            late >= 2,
            "seed {seed}: the other process was late {late} times: {whose}"
        );
        assert!(
            turns <= completed,
            "seed {seed}: {turns} turns by {completed} transfers: {whose}"
        );
    }
}

/// North's receipt that Vipps does not take, while south waits for the unit. Gives back how many left for it.
async fn stuck_receipt(gateway: &Gateway) -> usize {
    let north = gateway.north();
    let _ = north.authorized(REFERENCE, 10_000).await;
    let test = gateway.world.simulator.test();
    test.add_fault(Rule::new("no receipt", down()).on("orders.receipt"));
    let body = testkit::desk::receipt(10_000);
    let _ = north.put_receipt(REFERENCE, &body).send().await.is(202);
    let _ = claimed(gateway).await;
    gateway.work().await;
    assert_eq!(transfer(gateway).await.stage, Stage::Draining);
    north.seen("orders.receipt", REFERENCE).len()
}

async fn a_receipt_waits_while_its_unit_is_frozen_and_is_ended_when_it_has_moved(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    assert!(stuck_receipt(&gateway).await > 0, "what is drained goes out");
    gateway.world.advance(Duration::hours(1)).await;
    gateway.work().await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Frozen);
    gateway.world.simulator.test().clear_faults();
    let tried = gateway.north().seen("orders.receipt", REFERENCE).len();
    gateway.pass(Duration::seconds(55)).await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Frozen);
    let north = gateway.north();
    let waits = north.receipt(REFERENCE).send().await.is(200);
    assert_eq!(waits.text("/status"), "queued", "{waits}");

    // A minute after the freeze the unit moves, and a minute later at the latest nobody tries any more.
    gateway.pass(Duration::seconds(65)).await;
    assert_eq!(state(&south(&gateway)).await, "live");
    let ended = north.receipt(REFERENCE).send().await.is(200);
    assert_eq!(ended.text("/status"), "abandoned", "{ended}");
    assert!(ended.text("/note").contains("went to another partner"), "{ended}");
    assert!(ended.at("/endedAt").is_string(), "{ended}");
    let souths = gateway.world.south.id.to_string();
    assert!(!ended.to_string().contains(&souths), "{ended}");
    assert_eq!(north.seen("orders.receipt", REFERENCE).len(), tried);
    let reader = gateway.world.app.store().read_system("receipts that wait");
    let late = gateway.world.clock.now() + Duration::days(30);
    let due = reader.system().due_receipts(late, 10).await.unwrap();
    drop(reader);
    assert_eq!(due, [], "it is tried for ever");
    // The new partner puts its own, and it is the only one that Vipps ever has.
    let _ = south(&gateway).payment(REFERENCE).send().await.is(200);
    let body = testkit::desk::receipt(10_000);
    let put = south(&gateway).put_receipt(REFERENCE, &body).send().await;
    let _ = put.is(202);
    gateway.work().await;
    let sent = south(&gateway).receipt(REFERENCE).send().await.is(200);
    assert_eq!(sent.text("/status"), "sent", "{sent}");
    assert_eq!(north.seen("orders.receipt", REFERENCE).len(), tried + 1);
}

async fn a_receipt_goes_out_after_all_when_the_frozen_unit_stays(kind: Kind) {
    let gateway = Gateway::start(kind).await;
    let _ = stuck_receipt(&gateway).await;
    gateway.world.advance(Duration::hours(1)).await;
    gateway.work().await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Frozen);
    gateway.world.simulator.test().clear_faults();
    gateway.pass(Duration::seconds(5)).await;
    let by = testkit::operator().because("the merchant has not asked for it");
    let id = transfer(&gateway).await.id;
    transfers::refuse(&gateway.world.app, &by, id).await.unwrap();
    gateway.pass(Duration::seconds(62)).await;
    let sent = gateway.north().receipt(REFERENCE).send().await.is(200);
    assert_eq!(sent.text("/status"), "sent", "{sent}");
}

async fn a_process_that_has_not_heard_of_it_takes_no_receipt_and_sends_none(kind: Kind) {
    let mut setup = testkit::Setup::default();
    setup.app.batch = 1;
    let gateway = Gateway::set_up(kind, setup).await;
    let north = gateway.north();
    let test = gateway.world.simulator.test();
    test.add_fault(Rule::new("no receipt", down()).on("orders.receipt"));
    let body = testkit::desk::receipt(10_000);
    let references = ["moved-order-1", "moved-order-2", "moved-order-3"];
    for reference in references {
        let _ = north.authorized(reference, 10_000).await;
    }
    for reference in &references[..2] {
        let _ = north.put_receipt(reference, &body).send().await.is(202);
    }
    let twin = gateway.world.another_process().await;
    let other = gateway.face_of(&twin);
    let read = north.payment("moved-order-3").through(&other).send().await;
    let _ = read.is(200);
    let _ = claimed(&gateway).await;
    // It reads the registry, and believes for two seconds that nothing has changed.
    let read = north.payment("moved-order-3").through(&other).send().await;
    let _ = read.is(200);
    round(&gateway).await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Draining);
    let late = north.put_receipt("moved-order-3", &body).through(&other);
    let _ = late.send().await.problem(409, "sales_unit_closed");

    gateway.world.advance(Duration::hours(1)).await;
    test.clear_faults();
    let now = gateway.world.clock.now();
    let sent = || {
        let seen = |reference: &&str| north.seen("orders.receipt", reference).len();
        references.iter().map(seen).sum::<usize>()
    };
    assert_eq!(jobs::push_receipts::run_once(&twin, now).await.unwrap(), 1);
    assert_eq!(sent(), 1, "what is drained goes out");
    round(&gateway).await;
    assert_eq!(transfer(&gateway).await.stage, Stage::Frozen);
    jobs::push_receipts::run_once(&twin, now).await.unwrap();
    assert_eq!(sent(), 1, "a receipt left for a frozen unit");
    gateway.pass(Duration::seconds(120)).await;
    assert_eq!(state(&south(&gateway)).await, "live");
    assert_eq!(sent(), 1, "a receipt left in north's name");
}
