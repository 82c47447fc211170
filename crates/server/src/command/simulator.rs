//! `nordbro simulator`: Vipps `MobilePay` in a box, without the gateway.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use simulator::{Options, Seed, Simulator, World};

use crate::config;
use crate::shutdown;
use crate::telemetry::Telemetry;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Port of the test world; the production world takes the next one. 0 takes free ones.
    #[arg(long, default_value_t = 9080)]
    port: u16,
    /// Address to listen on. The simulator knows no secrets, but anybody who reaches it can turn it.
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// A YAML or JSON file that says who there is and how Vipps behaves; otherwise the built-in world.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Everything that looks random follows from this number.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print one line of JSON with addresses and keys once both worlds answer.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, telemetry: &config::Telemetry) -> anyhow::Result<ExitCode> {
    let telemetry = Telemetry::start(telemetry)?;
    let signal = shutdown::listen().context("signals cannot be listened for")?;
    let world = match &arguments.world {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            Some(Seed::parse(&text).with_context(|| format!("{} describes no world", path.display()))?)
        }
    };
    let options = Options {
        address: arguments.address,
        test_port: arguments.port,
        production_port: second_port(arguments.port)?,
        seed: arguments.seed,
        world,
        ..Options::default()
    };
    let simulator = Simulator::start(options).await?;
    let told = if arguments.json {
        as_json(&simulator)
    } else {
        as_prose(&simulator)
    };
    writeln!(std::io::stdout(), "{told}")?;

    let signal = signal.await;
    tracing::info!(signal, "ending");
    simulator.shutdown().await;
    telemetry.flush();
    Ok(ExitCode::SUCCESS)
}

fn second_port(first: u16) -> anyhow::Result<u16> {
    if first == 0 {
        return Ok(0);
    }
    first
        .checked_add(1)
        .context("--port leaves no room for the production world's port")
}

fn as_json(simulator: &Simulator) -> String {
    let world = |world: &World| json!({ "url": world.url(), "salesUnits": world.units() });
    json!({ "test": world(simulator.test()), "production": world(simulator.production()) }).to_string()
}

fn as_prose(simulator: &Simulator) -> String {
    let mut text = format!(
        "Vipps MobilePay in a box.\n\n  test        {}\n  production  {}\n\nSales units of the test world:\n",
        simulator.test().url(),
        simulator.production().url()
    );
    let units = simulator.test().units();
    for unit in &units {
        let _ = writeln!(
            text,
            "  {}  {}  {}",
            unit.unit.msn,
            unit.unit.market.code(),
            unit.unit.name
        );
    }
    if let Some(first) = units.first() {
        let _ = write!(
            text,
            "\nA first access token, for {}:\n\n  curl -X POST {}/accesstoken/get \\\n    -H 'client_id: {}' \\\n    -H 'client_secret: {}' \\\n    -H 'Ocp-Apim-Subscription-Key: {}' \\\n    -H 'Merchant-Serial-Number: {}'\n\nCtrl-C ends it.",
            first.unit.name,
            simulator.test().url(),
            first.keys.client_id,
            first.keys.client_secret,
            first.keys.primary_subscription_key,
            first.unit.msn,
        );
    }
    text
}
