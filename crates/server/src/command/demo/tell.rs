//! What the demo says on standard output: prose, or lines of JSON.

use std::io::Write as _;

use serde_json::{Value, json};
use simulator::UnitWithKeys;
use time::Duration;

use super::ask::Answer;
use super::play::{CUSTOMER, Step, create_body};
use super::setting::Addresses;
use super::stage::Player;

/// Whoever read standard output has gone: `nordbro demo | head`. No mistake of anybody's.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads standard output any more")]
pub(super) struct NobodyListens;

pub(super) struct Tell {
    json: bool,
}

impl Tell {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    fn line(text: &str) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(NobodyListens.into()),
            told => Ok(told?),
        }
    }

    /// Every listener answers.
    pub(super) fn opening(&self, addresses: &Addresses, cast: &[Player]) -> anyhow::Result<()> {
        if self.json {
            return Self::line(&overture(addresses, cast).to_string());
        }
        let width = cast
            .iter()
            .map(|player| player.name.chars().count())
            .max()
            .unwrap_or_default();
        let partners: Vec<_> = cast
            .iter()
            .map(|player| {
                let msns: Vec<_> = player.units.iter().map(|unit| unit.unit.msn.as_str()).collect();
                format!("    {:width$}   sales units {}", player.name, msns.join(", "))
            })
            .collect();
        Self::line(&format!(
            "\n  Nordbro {}: a partner gateway for Vipps MobilePay\n\
             \n    gateway      {}   what partners call; the API's reference is at /docs\
             \n    private      {}   /metrics and probes, for operators\
             \n    simulator    {}   Vipps' test environment, simulated\
             \n                 {}   Vipps' production environment, simulated\n\
             \n  Two partners share this gateway; neither can see the other:\n\n{}\n",
            env!("CARGO_PKG_VERSION"),
            addresses.gateway,
            addresses.private,
            addresses.simulator,
            addresses.simulator_production,
            partners.join("\n"),
        ))
    }

    /// The play begins.
    pub(super) fn curtain(
        &self,
        player: &Player,
        unit: &UnitWithKeys,
        reference: &str,
    ) -> anyhow::Result<()> {
        if self.json {
            return Ok(());
        }
        Self::line(&format!(
            "  A payment of 499 kroner at {} ({}), through {}. Its reference is {reference}.",
            unit.unit.name, unit.unit.msn, player.name
        ))
    }

    pub(super) fn step(
        &self,
        number: usize,
        step: &Step<'_>,
        answer: &Answer,
        took: Duration,
    ) -> anyhow::Result<()> {
        if self.json {
            let line = json!({
                "step": step.name,
                "method": step.method.as_str(),
                "url": step.url,
                "status": answer.status,
                "body": answer.body,
            });
            return Self::line(&line.to_string());
        }
        let why = if step.why.is_empty() {
            String::new()
        } else {
            format!("     {}\n", step.why)
        };
        let key = step
            .key
            .map(|key| format!("\n     Idempotency-Key: {key}"))
            .unwrap_or_default();
        Self::line(&format!(
            "\n  {number}. {}\n{why}\n     {} {}{key}\n{}\n\n     {} after {} ms\n{}",
            step.title,
            step.method,
            step.url,
            indented(&step.body),
            answer.status,
            took.whole_milliseconds(),
            indented(&answer.body),
        ))
    }

    pub(super) fn receipt_sent(&self, answer: &Answer) -> anyhow::Result<()> {
        if self.json {
            return Ok(());
        }
        let at = answer.body["endedAt"].as_str().unwrap_or("just now");
        Self::line(&format!(
            "\n     and it reached Vipps: sent at {at}\n\n  The payment is complete: 300 kroner taken, 100 of them given back, the receipt in the app."
        ))
    }

    /// The play is over and the gateway stays.
    pub(super) fn closing(&self, addresses: &Addresses, cast: &[Player]) -> anyhow::Result<()> {
        if self.json {
            return Ok(());
        }
        let [first, second, ..] = cast else { return Ok(()) };
        let unit = first.first_unit()?;
        let payments = format!("{}/v1/sales-units/{}/payments", addresses.gateway, unit.unit.msn);
        let body = create_body("my-order-1");
        Self::line(&format!(
            "\n  Now you. The gateway stays up until Ctrl-C. Paste this:\n\
             \nNORTH={north}\n\
             \n# Create a payment; again with the same key, and it is the same payment.\
             \ncurl -i {payments} \\\n  -H \"Authorization: Bearer $NORTH\" -H 'Idempotency-Key: my-order-1' \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'\n\
             \n# Approve it as the customer, capture 100 kroner, and look at it.\
             \ncurl {payments}/my-order-1/approve -H \"Authorization: Bearer $NORTH\" \\\n  -H 'Content-Type: application/json' -d '{{\"customer\":{{\"phoneNumber\":\"{CUSTOMER}\"}}}}'\
             \ncurl {payments}/my-order-1/capture -H \"Authorization: Bearer $NORTH\" -H 'Idempotency-Key: my-capture-1' \\\n  -H 'Content-Type: application/json' -d '{{\"modificationAmount\":{{\"currency\":\"NOK\",\"value\":10000}}}}'\
             \ncurl {payments}/my-order-1 -H \"Authorization: Bearer $NORTH\"\n\
             \n# {other} asks for the same payment: for them it does not exist.\
             \nSOUTH={south}\
             \ncurl -i {payments}/my-order-1 -H \"Authorization: Bearer $SOUTH\"\n\
             \n# A token of your own, for twelve hours.\
             \ncurl {gateway}/oauth/token -d grant_type=client_credentials -d client_id={client} -d client_secret={secret}\n",
            north = first.token,
            south = second.token,
            other = second.name,
            gateway = addresses.gateway,
            client = first.client_id,
            secret = first.client_secret,
        ))
    }
}

fn overture(addresses: &Addresses, cast: &[Player]) -> Value {
    let partners: Vec<_> = cast
        .iter()
        .map(|player| {
            let msns: Vec<_> = player.units.iter().map(|unit| unit.unit.msn.as_str()).collect();
            let vipps = player.units.first().map(|UnitWithKeys { unit, keys }| {
                json!({
                    "clientId": keys.client_id,
                    "clientSecret": keys.client_secret,
                    "subscriptionKey": keys.primary_subscription_key,
                    "msn": unit.msn,
                })
            });
            json!({
                "id": player.id.to_string(),
                "clientId": player.client_id,
                "clientSecret": player.client_secret,
                "token": player.token,
                "msns": msns,
                "vipps": vipps,
            })
        })
        .collect();
    json!({
        "gateway": addresses.gateway,
        "private": addresses.private,
        "simulator": addresses.simulator,
        "simulatorProduction": addresses.simulator_production,
        "partners": partners,
    })
}

/// JSON as people read it, five columns in: what fits on a line stands on one.
fn indented(value: &Value) -> String {
    format!("     {}", pretty(value, 5))
}

/// The longest object or list on one line.
const ONE_LINE: usize = 72;

fn pretty(value: &Value, column: usize) -> String {
    let inner = " ".repeat(column + 2);
    let (open, parts, close) = match value {
        Value::Object(members) => {
            let parts = members
                .iter()
                .map(|(name, value)| format!("{}: {}", json!(name), pretty(value, column + 2)))
                .collect::<Vec<_>>();
            ("{", parts, "}")
        }
        Value::Array(items) => (
            "[",
            items.iter().map(|item| pretty(item, column + 2)).collect(),
            "]",
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return value.to_string(),
    };
    if parts.is_empty() {
        return format!("{open}{close}");
    }
    let line = parts.join(", ");
    if line.len() <= ONE_LINE && !line.contains('\n') {
        return format!("{open} {line} {close}");
    }
    format!(
        "{open}\n{inner}{}\n{}{close}",
        parts.join(&format!(",\n{inner}")),
        " ".repeat(column)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_on_a_line_stands_on_one_and_it_is_the_same_json() {
        let value = json!({
            "amount": { "currency": "NOK", "value": 49_900 },
            "empty": {},
            "long": "x".repeat(80),
            "list": [1, 2, { "a": null }],
        });
        let text = pretty(&value, 0);
        assert!(
            text.contains("\n  \"amount\": { \"currency\": \"NOK\", \"value\": 49900 },\n"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
