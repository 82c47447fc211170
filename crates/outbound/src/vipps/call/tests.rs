use domain::{Method, UpstreamKey};

use super::*;

fn envelope(path: &str, body: &str) -> Envelope {
    Envelope {
        method: Method::Post,
        path: path.to_owned(),
        key: Some(UpstreamKey::from_stored("K")),
        body: body.as_bytes().to_vec(),
    }
}

fn believed(path: &str, asked: &str, answer: &str) -> Result<(), String> {
    Call::of(&envelope(path, asked)).believe(answer.as_bytes())
}

const CREATE: &str = r#"{"reference":"acme-shop-1","amount":{"value":500,"currency":"NOK"},"more":[1]}"#;
const ASKED: &str = r#"{"modificationAmount":{"value":200,"currency":"NOK"}}"#;
const CAPTURE: &str = "/epayment/v1/payments/acme-shop-1/capture";
const REFUND: &str = "/epayment/v1/payments/acme-shop-1/refund";
const CANCEL: &str = "/epayment/v1/payments/acme-shop-1/cancel";

/// A modification's answer: amount, state, then authorized, captured, refunded, cancelled.
fn answer(amount: i64, state: &str, sums: [i64; 4]) -> String {
    let money = |value: i64| format!(r#"{{"currency":"NOK","value":{value}}}"#);
    let [authorized, captured, refunded, cancelled] = sums.map(money);
    let amount = money(amount);
    format!(
        r#"{{"amount":{amount},"state":"{state}","aggregate":{{"authorizedAmount":{authorized},"cancelledAmount":{cancelled},"capturedAmount":{captured},"refundedAmount":{refunded}}},"pspReference":"psp-1","reference":"acme-shop-1","new":{{}}}}"#
    )
}

#[test]
fn every_call_is_known_by_its_envelope() {
    for (path, name) in [
        ("/epayment/v1/payments", "create"),
        (CAPTURE, "capture"),
        (REFUND, "refund"),
        (CANCEL, "cancel"),
        ("/epayment/v1/test/payments/acme-shop-1/approve", "approve"),
        ("/order-management/v2/ecom/receipts/acme-shop-1", "receipt"),
        ("/epayment/v1/payments/acme-shop-1/novelty", "other"),
        ("/webhooks/v1/webhooks", "other"),
        ("/management/v1/product-orders", "order"),
    ] {
        assert_eq!(Call::of(&envelope(path, "")).endpoint().name, name, "{path}");
    }
}

#[test]
fn a_created_payment_is_the_one_that_was_asked_for() {
    let path = "/epayment/v1/payments";
    assert_eq!(believed(path, CREATE, r#"{"reference":"acme-shop-1"}"#), Ok(()));
    for nonsense in [
        r#"{"reference":"acme-shop-2"}"#,
        r#"{"reference":"ACME-SHOP-1"}"#,
        r#"{"reference":1}"#,
        r#"{"redirectUrl":"https://pay.vipps.no/x"}"#,
        "<html>Welcome</html>",
        r#"{"reference":"acme-sh"#,
        "",
    ] {
        assert!(believed(path, CREATE, nonsense).is_err(), "{nonsense}");
    }
    for (flow, leads_on) in [
        ("WEB_REDIRECT", true),
        ("NATIVE_REDIRECT", true),
        ("QR", true),
        ("PUSH_MESSAGE", false),
        ("NEW_FLOW", false),
    ] {
        let asked = format!(r#"{{"reference":"acme-shop-1","userFlow":"{flow}"}}"#);
        let complete = r#"{"reference":"acme-shop-1","redirectUrl":"https://pay.vipps.no/x"}"#;
        assert_eq!(believed(path, &asked, complete), Ok(()), "{flow}");
        for bare in [
            r#"{"reference":"acme-shop-1"}"#,
            r#"{"reference":"acme-shop-1","redirectUrl":null}"#,
            r#"{"reference":"acme-shop-1","redirectUrl":""}"#,
        ] {
            assert_eq!(believed(path, &asked, bare).is_err(), leads_on, "{flow}: {bare}");
        }
    }
    let unreadable = r#"{"reference":"acme-shop-1","reference":"acme-shop-2"}"#;
    assert!(believed(path, unreadable, r#"{"reference":"acme-shop-2"}"#).is_err());
}

#[test]
fn a_capture_is_proved_by_the_sum_and_not_by_the_status() {
    for plausible in [
        answer(200, "AUTHORIZED", [500, 200, 0, 0]),
        answer(200, "AUTHORIZED", [500, 400, 0, 0]),
        answer(400, "AUTHORIZED", [500, 400, 0, 0]),
        answer(500, "AUTHORIZED", [500, 200, 0, 300]),
    ] {
        assert_eq!(believed(CAPTURE, ASKED, &plausible), Ok(()), "{plausible}");
    }
    let good = answer(200, "AUTHORIZED", [500, 200, 0, 0]);
    for nonsense in [
        answer(200, "AUTHORIZED", [500, 0, 0, 0]),
        answer(200, "AUTHORIZED", [500, 199, 0, 0]),
        answer(77, "AUTHORIZED", [500, 200, 0, 0]),
        answer(200, "AUTHORIZED", [100, 200, 0, 0]),
        answer(200, "AUTHORIZED", [500, 200, 300, 0]),
        answer(200, "AUTHORIZED", [500, 200, 0, -1]),
        answer(200, "AUTHORIZED", [500, 200, 0, 400]),
        answer(200, "AUTHORIZED", [i64::MAX, i64::MAX, i64::MAX, i64::MAX]),
        answer(200, "CAPTURED", [500, 200, 0, 0]),
        good.replace("acme-shop-1", "acme-shop-2"),
        good.replace("NOK", "DKK"),
        good.replacen("NOK", "DKK", 1),
        good.replacen("NOK", "krone", 1),
        good.replace("\"psp-1\"", "\"\""),
        good.replace("200", "200.0"),
        good.replace("200", "\"200\""),
        good[..good.len() - 1].to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
    ] {
        assert!(believed(CAPTURE, ASKED, &nonsense).is_err(), "{nonsense}");
    }
    assert!(believed(CAPTURE, "{}", &good).is_err());
}

#[test]
fn a_refund_is_proved_by_what_was_given_back() {
    let given = answer(200, "AUTHORIZED", [500, 500, 200, 0]);
    let not_given = answer(200, "AUTHORIZED", [500, 500, 100, 0]);
    assert_eq!(believed(REFUND, ASKED, &given), Ok(()));
    assert!(believed(REFUND, ASKED, &not_given).is_err());
}

#[test]
fn a_cancel_is_proved_by_its_state_or_by_what_was_released() {
    for done in [
        answer(500, "TERMINATED", [0, 0, 0, 0]),
        answer(500, "AUTHORIZED", [500, 200, 0, 300]),
    ] {
        assert_eq!(
            believed(CANCEL, r#"{"cancelTransactionOnly":false}"#, &done),
            Ok(())
        );
    }
    for not_done in [
        answer(500, "CREATED", [0, 0, 0, 0]),
        answer(500, "AUTHORIZED", [500, 0, 0, 0]),
    ] {
        assert!(believed(CANCEL, "{}", &not_done).is_err(), "{not_done}");
    }
}

#[test]
fn a_receipt_is_taken_with_any_json_or_nothing_but_not_with_a_page() {
    let path = "/order-management/v2/ecom/receipts/acme-shop-1";
    for fine in ["", "\"16328cb8-d769-4c53-90ad-e19777823f0a\"", "{}"] {
        assert_eq!(believed(path, "{}", fine), Ok(()), "{fine}");
    }
    assert!(believed(path, "{}", "<html>Log in to the guest network</html>").is_err());
}
