//! The play: one payment from its creation to its receipt.

use anyhow::{Context as _, bail};
use domain::Clock;
use http::Method;
use serde_json::{Value, json};

use super::ask::{Answer, Ask, Call};
use super::setting::Addresses;
use super::stage::Player;
use super::tell::Tell;

/// The customer of the play; any number is eligible in the simulated test environment but a few.
pub(super) const CUSTOMER: &str = "4712345678";
/// 499.00 kroner, of which 300.00 are taken and 100.00 given back.
pub(super) const PRICE: i64 = 49_900;
const TAKEN: i64 = 30_000;
const GIVEN_BACK: i64 = 10_000;
/// How long a receipt may take before the demo gives up on it.
const RECEIPT_PATIENCE: time::Duration = time::Duration::seconds(30);

/// One step, as it is told and asked.
pub(super) struct Step<'a> {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) why: &'static str,
    pub(super) method: Method,
    pub(super) url: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) body: Value,
    expected: u16,
}

pub(super) fn create_body(reference: &str) -> Value {
    json!({
        "amount": { "currency": "NOK", "value": PRICE },
        "paymentMethod": { "type": "WALLET" },
        "customer": { "phoneNumber": CUSTOMER },
        "reference": reference,
        "returnUrl": format!("https://shop.example.com/orders/{reference}"),
        "userFlow": "WEB_REDIRECT",
        "paymentDescription": "Five bags of coffee",
    })
}

fn receipt_body() -> Value {
    let line = |id: &str, name: &str, total: i64| {
        let tax = total - total * 100 / 125;
        json!({
            "id": id,
            "name": name,
            "totalAmount": total,
            "totalAmountExcludingTax": total - tax,
            "totalTaxAmount": tax,
            "taxRate": 2500,
        })
    };
    json!({
        "orderLines": [line("coffee", "Coffee, five bags", 45_000), line("freight", "Home delivery", 4_900)],
        "bottomLine": { "currency": "NOK", "receiptNumber": "1001" },
    })
}

/// Plays it with the first partner's first sales unit.
///
/// # Errors
/// A step that was not answered as it should be, named.
pub(super) async fn play(
    ask: &Ask,
    tell: &Tell,
    addresses: &Addresses,
    cast: &[Player],
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    let player = cast.first().context("there is no partner to play with")?;
    let unit = player.first_unit()?;
    let reference = format!("demo-{}", &clock.new_id().simple().to_string()[..12]);
    tell.curtain(player, unit, &reference)?;

    let payments = format!("{}/v1/sales-units/{}/payments", addresses.gateway, unit.unit.msn);
    let payment = format!("{payments}/{reference}");
    let under = |what: &str| format!("{payment}/{what}");
    let (approve, capture, refund, receipt) = (
        under("approve"),
        under("capture"),
        under("refund"),
        under("receipt"),
    );
    let key = |what: &str| format!("{reference}-{what}");
    let (create_key, capture_key, refund_key) = (key("create"), key("capture"), key("refund"));
    let amount = |value: i64| json!({ "modificationAmount": { "currency": "NOK", "value": value } });
    let steps = [
        Step {
            name: "create",
            title: "The shop creates a payment",
            why: "The body is Vipps' own and goes on byte for byte; the gateway adds keys, token and headers.",
            method: Method::POST,
            url: &payments,
            key: Some(&create_key),
            body: create_body(&reference),
            expected: 201,
        },
        Step {
            name: "approve",
            title: "The customer approves",
            why: "In the app, on the phone. In the test environment a call can do it.",
            method: Method::POST,
            url: &approve,
            key: None,
            body: json!({ "customer": { "phoneNumber": CUSTOMER } }),
            expected: 200,
        },
        Step {
            name: "capture",
            title: "The shop ships most of it and captures 300 of 499 kroner",
            why: "Stored before it is sent: a crash, a timeout or a second try under this key never captures twice.",
            method: Method::POST,
            url: &capture,
            key: Some(&capture_key),
            body: amount(TAKEN),
            expected: 200,
        },
        Step {
            name: "refund",
            title: "One bag was torn: 100 kroner go back",
            why: "",
            method: Method::POST,
            url: &refund,
            key: Some(&refund_key),
            body: amount(GIVEN_BACK),
            expected: 200,
        },
        Step {
            name: "receipt",
            title: "The receipt, for the customer's app",
            why: "Taken at once and sent by the gateway, as often as it takes: a receipt never delays a sale.",
            method: Method::PUT,
            url: &receipt,
            key: None,
            body: receipt_body(),
            expected: 202,
        },
    ];
    for (number, step) in steps.iter().enumerate() {
        let began = clock.now();
        let answer = ask
            .call(&Call {
                method: step.method.clone(),
                url: step.url,
                token: &player.token,
                key: step.key,
                body: Some(&step.body),
            })
            .await?;
        tell.step(number + 1, step, &answer, clock.now() - began)?;
        if answer.status != step.expected {
            bail!(
                "the step {} was answered {}, not {}",
                step.name,
                answer.status,
                step.expected
            );
        }
    }
    let sent = sent_receipt(ask, &receipt, &player.token, clock).await?;
    tell.receipt_sent(&sent)
}

/// Asks until the receipt is out.
async fn sent_receipt(ask: &Ask, url: &str, token: &str, clock: &dyn Clock) -> anyhow::Result<Answer> {
    let until = clock.now() + RECEIPT_PATIENCE;
    loop {
        let call = Call {
            method: Method::GET,
            url,
            token,
            key: None,
            body: None,
        };
        let answer = ask.call(&call).await?;
        match answer.body["status"].as_str() {
            Some("sent") => return Ok(answer),
            Some("queued") if clock.now() < until => {
                clock
                    .sleep_until(clock.now() + time::Duration::milliseconds(100))
                    .await;
            }
            _ => bail!("the receipt was not sent: {} {}", answer.status, answer.body),
        }
    }
}
