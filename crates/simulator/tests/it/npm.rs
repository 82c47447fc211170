//! Vipps' own JavaScript client, as it is published, against the simulator.

use std::process::Stdio;

use nordbro_simulator::{Options, Simulator};
use tokio::process::Command;

#[tokio::test]
async fn the_published_npm_client_completes_its_walk() {
    let simulator = Simulator::start(Options::default()).await.unwrap();
    let shop = simulator
        .test()
        .units()
        .into_iter()
        .find(|it| it.unit.msn == "100001")
        .unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/npm/run.sh");
    let directory = concat!(env!("CARGO_TARGET_TMPDIR"), "/npm-client");
    let output = Command::new(script)
        .args([&simulator.test().url(), directory])
        .env("CLIENT_ID", &shop.keys.client_id)
        .env("CLIENT_SECRET", &shop.keys.client_secret)
        .env("SUBSCRIPTION_KEY", &shop.keys.primary_subscription_key)
        .env("MSN", &shop.unit.msn)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (printed, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{printed}\n{errors}");
    let steps: Vec<String> = printed
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["step"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let expected = [
        "token",
        "webhook.register",
        "create",
        "get",
        "approve",
        "get",
        "capture",
        "refund",
        "cancel",
        "events",
        "webhook.list",
        "webhook.delete",
        "webhook.list",
    ];
    assert_eq!(steps, expected);
    simulator.shutdown().await;
}
