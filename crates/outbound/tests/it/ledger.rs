//! Every call is counted, and what Vipps could not do is nobody else's fault.

use std::sync::Arc;

use domain::{KeySetKind, Outcome};
use nordbro_outbound::vipps::Vipps;
use time::macros::date;

use crate::clock::Hand;
use crate::house::{CAPTURED, access, capture, reference, vipps, vipps_within, with_keys};
use crate::upstream::{Upstream, say};

/// Endpoint, whose doing, status, code and how often, in order.
fn counted(vipps: &Vipps) -> Vec<String> {
    let mut lines: Vec<_> = vipps
        .tally()
        .take()
        .counts
        .into_iter()
        .map(|(call, count)| {
            format!(
                "{}/{} {} {} {} x{}",
                call.api,
                call.endpoint,
                call.blame.as_str(),
                call.status
                    .map_or_else(|| "-".to_owned(), |status| status.to_string()),
                call.code.as_deref().unwrap_or("-"),
                count.calls
            )
        })
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn a_yes_a_no_and_what_vipps_could_not_do_are_counted_apart() {
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    for answer in [
        say(200, CAPTURED),
        say(200, CAPTURED),
        say(400, r#"{"extraDetails":[{"name":"ErrorCode","reason":"6080"}]}"#),
        say(409, r#"{"extraDetails":[{"name":"ErrorCode","reason":"3010"}]}"#),
        say(400, r#"{"code":"customer 4791234567"}"#),
        say(503, "busy"),
        say(408, ""),
        say(200, "<html>"),
    ] {
        upstream.answers(answer);
        vipps.send(&capture(), &access()).await;
    }
    upstream.answers(say(404, ""));
    let read = vipps.read_payment(&access(), &reference()).await;
    assert!(read.is_err());

    let taken = vipps.tally().take();
    let [(first, _), ..] = taken.counts.as_slice() else {
        unreachable!("nothing was counted")
    };
    assert_eq!(
        (
            first.day,
            first.msn.as_ref().map(ToString::to_string),
            Some(first.partner)
        ),
        (date!(2026 - 11 - 21), Some("123456".to_owned()), access().partner)
    );
    vipps.tally().give_back(taken.counts);
    assert_eq!(
        counted(&vipps),
        [
            "access-token/get nobody 200 - x1",
            "epayment/capture caller 400 - x1",
            "epayment/capture caller 400 6080 x1",
            "epayment/capture nobody 200 - x2",
            "epayment/capture vipps 200 - x1",
            "epayment/capture vipps 408 - x1",
            "epayment/capture vipps 409 3010 x1",
            "epayment/capture vipps 503 - x1",
            "epayment/get caller 404 - x1",
        ]
    );
    assert!(counted(&vipps).is_empty());
}

#[tokio::test]
async fn a_request_that_goes_out_twice_counts_twice_as_at_vipps() {
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    upstream.answers(say(401, ""));
    upstream.answers(say(200, CAPTURED));
    let outcome = vipps.send(&capture(), &access()).await;
    assert!(matches!(outcome, Outcome::Accepted(_)));
    assert_eq!(
        counted(&vipps),
        [
            "access-token/get nobody 200 - x2",
            "epayment/capture caller 401 - x1",
            "epayment/capture nobody 200 - x1"
        ]
    );
}

#[tokio::test]
async fn a_call_without_a_token_did_not_leave_and_the_token_service_was_asked() {
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    upstream.token_answers(say(401, r#"{"error":"invalid_client"}"#));
    vipps.send(&capture(), &access()).await;
    assert_eq!(
        counted(&vipps),
        [
            "access-token/get caller 401 invalid_client x1",
            "epayment/capture not_sent - - x1"
        ]
    );
}

#[tokio::test]
async fn a_call_that_is_given_up_counts_as_one_without_an_answer() {
    let upstream = Upstream::start().await;
    let vipps = vipps_within(
        upstream.address,
        &Arc::new(Hand::new()),
        nordbro_outbound::Timeouts {
            answer: std::time::Duration::from_mins(1),
            ..crate::house::TIMEOUTS
        },
    );
    let held = upstream.hold_tokens();
    let (envelope, access) = (capture(), access());
    let call = vipps.send(&envelope, &access);
    assert!(futures_util::FutureExt::now_or_never(call).is_none());
    held.notify_one();
    vipps.settled().await;
    assert_eq!(
        counted(&vipps),
        [
            "access-token/get nobody 200 - x1",
            "epayment/capture vipps - - x1"
        ]
    );
}

#[tokio::test]
async fn the_operators_own_token_calls_are_in_no_partners_ledger() {
    let upstream = Upstream::start().await;
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    upstream.answers(say(200, CAPTURED));
    let platform = with_keys(|keys| keys.kind = KeySetKind::Platform);
    vipps.send(&capture(), &platform).await;
    assert_eq!(counted(&vipps), ["epayment/capture nobody 200 - x1"]);
}
