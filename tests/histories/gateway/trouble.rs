//! What goes wrong on the way to the simulator, and how its dials stand.

use simulator::{
    AfterGuarantee, Dials, EventName, Fault, KeyScope, RefundWindow, Rule, SystemHeaders, World,
};

use crate::coverage::Coverage;
use testkit::Dice;

/// The operations that a fault may strike; writes more often than the rest.
const WHERE: [&str; 13] = [
    "epayment.*",
    "epayment.*",
    "epayment.*",
    "epayment.*",
    "epayment.create",
    "epayment.capture",
    "epayment.capture",
    "epayment.refund",
    "epayment.cancel",
    "epayment.events",
    "epayment.get",
    "epayment.*",
    "token.standard",
];

/// Every kind of fault, by the name it has in the table.
pub(super) const FAULTS: [&str; 25] = [
    "fault: 401",
    "fault: 403",
    "fault: 408 after the effect",
    "fault: 423",
    "fault: 429",
    "fault: 429 with Retry-After",
    "fault: 500",
    "fault: 503",
    "fault: 503 after the effect",
    "fault: 6160",
    "fault: 6250",
    "fault: 6280",
    "fault: HTML",
    "fault: an answer with a state nobody knows",
    "fault: an answer in another currency",
    "fault: an answer whose sums have shrunk",
    "fault: another payment's answer",
    "fault: answer lost after the effect",
    "fault: garbage after the effect",
    "fault: latency beyond the socket's patience",
    "fault: redirect",
    "fault: reset before the effect",
    "fault: trickle",
    "fault: truncated answer",
    "fault: truncated head",
];

/// The operations that a lie may answer. A create's answer has no sums, and wrong ones of a GET that are sound
/// cannot be told from true ones.
const MODIFICATIONS: [&str; 3] = ["epayment.capture", "epayment.refund", "epayment.cancel"];

/// A payment of this reference and state on which nothing has happened yet.
fn untouched(reference: &str, state: &str, currency: &str) -> String {
    let sum = format!(r#"{{"currency":"{currency}","value":0}}"#);
    format!(
        r#"{{"reference":"{reference}","state":"{state}","pspReference":"p","amount":{sum},"aggregate":{{"authorizedAmount":{sum},"capturedAmount":{sum},"refundedAmount":{sum},"cancelledAmount":{sum}}}}}"#
    )
}

fn fault(name: &str, reference: &str, dice: &mut Dice) -> Fault {
    let answer = |status, body: &str, after_effect| Fault::Answer {
        status,
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        body: body.to_owned(),
        after_effect,
    };
    let domain = |code: u16| {
        let body = format!(
            r#"{{"type":"https://example.com","title":"Try again","detail":"Try again","traceId":"t","extraDetails":[{{"name":"ErrorCode","reason":"{code}"}}]}}"#
        );
        answer(400, &body, false)
    };
    match name {
        "fault: 401" => answer(
            401,
            r#"{"responseInfo":{"responseCode":401,"responseMessage":"Unauthorized"}}"#,
            false,
        ),
        "fault: 403" => answer(403, r#"{"title":"Forbidden"}"#, false),
        "fault: 408 after the effect" => answer(408, "{}", true),
        "fault: 423" => answer(423, r#"{"title":"Locked"}"#, false),
        "fault: 429" => Fault::TooManyRequests { retry_after: None },
        "fault: 429 with Retry-After" => Fault::TooManyRequests {
            retry_after: Some(dice.up_to(4)),
        },
        "fault: 500" => Fault::ServerError {
            status: 500,
            after_effect: dice.once_in(2),
        },
        "fault: 503" => Fault::ServerError {
            status: 503,
            after_effect: false,
        },
        "fault: 503 after the effect" => Fault::ServerError {
            status: 503,
            after_effect: true,
        },
        "fault: 6160" => domain(6160),
        "fault: 6250" => domain(6250),
        "fault: 6280" => domain(6280),
        "fault: HTML" => answer(200, "<html>welcome</html>", dice.once_in(2)),
        "fault: an answer with a state nobody knows" => {
            answer(200, &untouched(reference, "CAPTURED", "NOK"), dice.once_in(2))
        }
        "fault: an answer in another currency" => {
            answer(200, &untouched(reference, "AUTHORIZED", "SEK"), dice.once_in(2))
        }
        "fault: an answer whose sums have shrunk" => {
            answer(200, &untouched(reference, "AUTHORIZED", "NOK"), dice.once_in(2))
        }
        "fault: another payment's answer" => answer(
            200,
            &untouched("another-one", "AUTHORIZED", "NOK"),
            dice.once_in(2),
        ),
        "fault: answer lost after the effect" => Fault::AnswerLost,
        "fault: garbage after the effect" => Fault::Garbage,
        "fault: latency beyond the socket's patience" => Fault::Latency {
            millis: u64::from(dice.up_to(24_000)) + 100,
        },
        "fault: redirect" => Fault::Redirect {
            status: 307,
            location: "http://127.0.0.1:9/elsewhere".to_owned(),
        },
        "fault: reset before the effect" => Fault::ResetBeforeEffect,
        "fault: trickle" => Fault::Trickle {
            bytes: 40,
            every_millis: 700,
        },
        "fault: truncated answer" => Fault::Truncated { bytes: 20 },
        "fault: truncated head" => Fault::Truncated { bytes: 0 },
        other => panic!("no fault is called {other}"),
    }
}

/// Adds one rule; one of the same kind is replaced.
pub(super) fn add(world: &World, reference: &str, dice: &mut Dice) -> &'static str {
    let name = dice.pick(&FAULTS);
    let place = if name.starts_with("fault: an answer") {
        dice.pick(&MODIFICATIONS)
    } else {
        dice.pick(&WHERE)
    };
    let mut rule = Rule::new(name, fault(name, reference, dice)).on(place);
    rule = match dice.up_to(3) {
        0 => rule.once(),
        1 => rule.times(dice.up_to(5) + 2),
        2 => rule.chance(0.5),
        _ => rule,
    };
    world.add_fault(rule);
    name
}

/// All trouble is over: a "try again later" is not said for ever either.
pub(super) fn end_for_good(world: &World, coverage: &mut Coverage) {
    end(world, coverage);
    world.set_dials(|dials| {
        if dials.after_guarantee == AfterGuarantee::TryLater {
            dials.after_guarantee = AfterGuarantee::Captures;
        }
    });
}

/// Counts what has struck and ends it.
pub(super) fn end(world: &World, coverage: &mut Coverage) {
    for (rule, struck) in world.faults() {
        if let Some(name) = FAULTS.into_iter().find(|name| *name == rule.name) {
            coverage.count(name, u64::from(struck));
        }
    }
    world.clear_faults();
}

/// Every setting of a dial that is met, by its name in the table.
pub(super) const DIALS: [&str; 23] = [
    "dial: after the guarantee 6260",
    "dial: after the guarantee 6280",
    "dial: captures show no key",
    "dial: every event shows its key",
    "dial: events lag",
    "dial: keys forgotten after 90 min",
    "dial: keys remembered for ever",
    "dial: keys not scoped by client",
    "dial: keys not scoped by sales unit",
    "dial: keys scoped by operation",
    "dial: keys scoped by reference",
    "dial: modifications lock the payment",
    "dial: no Order Management",
    "dial: no status sticks",
    "dial: nothing is released at the deadline",
    "dial: refund window from reservation",
    "dial: refused calls count",
    "dial: system headers required",
    "dial: system headers required with partner keys",
    "dial: the payment lags",
    "dial: tokens live a minute",
    "dial: 429 names a wait",
    "dial: first approval by hand",
];

/// Turns the dials; gives the names of those that stand otherwise than by default.
pub(super) fn turn_dials(dials: &mut Dials, dice: &mut Dice) -> Vec<&'static str> {
    let mut turned = Vec::new();
    let mut on = |dice: &mut Dice, times, name| {
        let is_on = dice.once_in(times);
        if is_on {
            turned.push(name);
        }
        is_on
    };
    if on(dice, 2, "dial: keys forgotten after 90 min") {
        dials.keys_remembered_seconds = Some(90 * 60);
    } else if on(dice, 3, "dial: keys remembered for ever") {
        dials.keys_remembered_seconds = None;
    }
    dials.key_scope = KeyScope {
        client: !on(dice, 4, "dial: keys not scoped by client"),
        msn: !on(dice, 4, "dial: keys not scoped by sales unit"),
        operation: on(dice, 2, "dial: keys scoped by operation"),
        reference: on(dice, 3, "dial: keys scoped by reference"),
    };
    if on(dice, 8, "dial: no status sticks") {
        dials.sticky_statuses.clear();
    }
    if on(dice, 4, "dial: every event shows its key") {
        dials.events_without_key.clear();
    } else if on(dice, 3, "dial: captures show no key") {
        let moves = [EventName::Captured, EventName::Refunded];
        dials.events_without_key.extend(moves);
    }
    if on(dice, 4, "dial: the payment lags") {
        dials.get_lag_millis = u64::from(dice.up_to(9_000));
    }
    if on(dice, 4, "dial: events lag") {
        dials.events_lag_millis = u64::from(dice.up_to(9_000));
    }
    dials.first_approval_by_hand = on(dice, 4, "dial: first approval by hand");
    if on(dice, 6, "dial: after the guarantee 6280") {
        dials.after_guarantee = AfterGuarantee::TryLater;
    } else if on(dice, 6, "dial: after the guarantee 6260") {
        dials.after_guarantee = AfterGuarantee::FundsUnavailable;
    }
    if on(dice, 4, "dial: refund window from reservation") {
        dials.refund_window = RefundWindow::FromReservation;
    }
    if on(dice, 3, "dial: system headers required") {
        dials.system_headers = SystemHeaders::Required;
    } else if on(dice, 4, "dial: system headers required with partner keys") {
        dials.system_headers = SystemHeaders::RequiredWithPartnerKeys;
    }
    dials.release_at_deadline = !on(dice, 4, "dial: nothing is released at the deadline");
    dials.order_management = !on(dice, 8, "dial: no Order Management");
    if on(dice, 6, "dial: modifications lock the payment") {
        dials.processing_millis = u64::from(dice.up_to(4_000)) + 200;
    }
    dials.retry_after = on(dice, 3, "dial: 429 names a wait");
    dials.refused_calls_count = on(dice, 3, "dial: refused calls count");
    if on(dice, 4, "dial: tokens live a minute") {
        dials.token_life_seconds = Some(60);
    }
    turned
}
