//! A million payments in memory: time per operation as their number grows, processor time for the
//! whole life of a payment (create, approve, capture, get), and bytes per payment.
//!
//! `cargo run --release -p nordbro-simulator --example million [payments]`
//!
//! Requests go straight to the world, without sockets, so that the figures are the simulator's own.

use std::error::Error;
use std::time::Instant;

use nordbro_simulator::{ClockMode, Options, Simulator, UnitWithKeys, World};

/// Milestones at which a line is printed.
const STEPS: u32 = 10;

struct Client<'a> {
    world: &'a std::sync::Arc<World>,
    keys: UnitWithKeys,
    token: String,
}

impl Client<'_> {
    async fn send(&self, method: &str, path: &str, key: &str, body: String) -> Result<u16, Box<dyn Error>> {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("Authorization", format!("Bearer {}", self.token))
            .header(
                "Ocp-Apim-Subscription-Key",
                &self.keys.keys.primary_subscription_key,
            )
            .header("Merchant-Serial-Number", &self.keys.unit.msn)
            .header("Idempotency-Key", key)
            .header("Content-Type", "application/json")
            .body(body)?;
        Ok(self
            .world
            .call(request)
            .await
            .ok_or("the connection was dropped")?
            .status()
            .as_u16())
    }
}

async fn token(world: &std::sync::Arc<World>, keys: &UnitWithKeys) -> Result<String, Box<dyn Error>> {
    let request = http::Request::builder()
        .method("POST")
        .uri("/accesstoken/get")
        .header("client_id", &keys.keys.client_id)
        .header("client_secret", &keys.keys.client_secret)
        .header("Ocp-Apim-Subscription-Key", &keys.keys.primary_subscription_key)
        .body(String::new())?;
    let response = world.call(request).await.ok_or("no answer")?;
    let body = axum::body::to_bytes(response.into_body(), 64 * 1024).await?;
    let body: serde_json::Value = serde_json::from_slice(&body)?;
    Ok(body["access_token"].as_str().ok_or("no token")?.to_owned())
}

/// Processor time used so far, in microseconds: what others do on the machine does not count.
fn processor_time() -> Result<f64, Box<dyn Error>> {
    let schedule = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(schedule
        .split_whitespace()
        .next()
        .ok_or("no figure")?
        .parse::<f64>()?
        / 1_000.0)
}

/// Resident memory, in bytes.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .ok_or("no VmRSS")?;
    Ok(line
        .split_whitespace()
        .nth(1)
        .ok_or("no figure")?
        .parse::<u64>()?
        * 1024)
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time"
)]
async fn main() -> Result<(), Box<dyn Error>> {
    let payments: u32 = std::env::args().nth(1).map_or(Ok(1_000_000), |it| it.parse())?;
    let start = time::macros::datetime!(2026-11-02 12:00 UTC);
    let simulator = Simulator::start(Options {
        clock: ClockMode::Virtual { start },
        ring_capacity: 1_000,
        ..Options::default()
    })
    .await?;
    let world = simulator.test();
    world.set_dials(|dials| dials.token_life_seconds = Some(400 * 86_400));
    let keys = world.units().into_iter().next().ok_or("no unit")?;
    let client = Client {
        world,
        token: token(world, &keys).await?,
        keys,
    };
    let before = resident()?;
    println!(
        "{:>10} {:>12} {:>12} {:>12} {:>16} {:>12}",
        "payments", "create us", "capture us", "get us", "processor us", "bytes each"
    );
    let per_step = payments / STEPS;
    for step in 0..STEPS {
        let (mut create, mut capture, mut get) = (0.0, 0.0, 0.0);
        let used = processor_time()?;
        for nth in 0..per_step {
            let reference = format!("order-{:010}", step * per_step + nth);
            let body = format!(
                r#"{{"amount":{{"currency":"NOK","value":49900}},"paymentMethod":{{"type":"WALLET"}},"reference":"{reference}","returnUrl":"https://example.com/return","userFlow":"WEB_REDIRECT","paymentDescription":"One pair of socks"}}"#
            );
            let begun = Instant::now();
            let status = client
                .send("POST", "/epayment/v1/payments", &format!("c-{reference}"), body)
                .await?;
            create += begun.elapsed().as_secs_f64();
            world.approve(&client.keys.unit.msn, &reference)?;
            let body = r#"{"modificationAmount":{"currency":"NOK","value":49900}}"#.to_owned();
            let path = format!("/epayment/v1/payments/{reference}");
            let begun = Instant::now();
            let captured = client
                .send(
                    "POST",
                    &format!("{path}/capture"),
                    &format!("k-{reference}"),
                    body,
                )
                .await?;
            capture += begun.elapsed().as_secs_f64();
            let begun = Instant::now();
            let read = client.send("GET", &path, "", String::new()).await?;
            get += begun.elapsed().as_secs_f64();
            if (status, captured, read) != (201, 200, 200) {
                return Err(format!("{reference}: {status} {captured} {read}").into());
            }
            if nth % 100 == 0 {
                simulator.advance(std::time::Duration::from_secs(1)).await;
            }
        }
        let each = |seconds: f64| seconds * 1e6 / f64::from(per_step);
        let made = (step + 1) * per_step;
        let bytes = resident()?.saturating_sub(before) / u64::from(made);
        println!(
            "{made:>10} {:>12.1} {:>12.1} {:>12.1} {:>16.1} {bytes:>12}",
            each(create),
            each(capture),
            each(get),
            (processor_time()? - used) / f64::from(per_step)
        );
    }
    simulator.shutdown().await;
    Ok(())
}
