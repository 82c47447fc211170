use serde_json::Value;

use crate::binary::{Running, run, text};

/// The lines of `demo --json`: the overture, then the steps.
fn lines(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn assert_a_whole_payment(steps: &[Value]) {
    let told: Vec<_> = steps
        .iter()
        .map(|step| (step["step"].as_str().unwrap(), step["status"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("create", 201),
        ("approve", 200),
        ("capture", 200),
        ("refund", 200),
        ("receipt", 202),
    ];
    assert_eq!(told, expected);
    for step in steps {
        assert!(
            step["method"].is_string() && step["url"].is_string() && step["body"].is_object(),
            "{step}"
        );
    }
    let aggregate = &steps[3]["body"]["payment"]["aggregate"];
    assert_eq!(aggregate["authorizedAmount"]["value"], 49_900);
    assert_eq!(aggregate["capturedAmount"]["value"], 30_000);
    assert_eq!(aggregate["refundedAmount"]["value"], 10_000);
}

#[test]
fn the_demo_plays_a_whole_payment_and_tells_it_in_json() {
    let told = run(&["demo", "--once", "--json", "--port", "0"], &[]);
    assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
    let lines = lines(&text(&told.stdout));
    let overture = &lines[0];
    for address in ["gateway", "private", "simulator", "simulatorProduction"] {
        let url = overture[address].as_str().unwrap();
        assert!(
            url.starts_with("http://127.0.0.1:") && !url.ends_with('/'),
            "{address}: {url}"
        );
    }
    let partners = overture["partners"].as_array().unwrap();
    assert_eq!(partners.len(), 2);
    for partner in partners {
        for member in ["id", "clientId", "clientSecret", "token"] {
            assert!(
                partner[member].as_str().is_some_and(|text| !text.is_empty()),
                "{member}"
            );
        }
        let msns = partner["msns"].as_array().unwrap();
        assert!(msns.len() > 1);
        assert_eq!(partner["vipps"]["msn"], msns[0]);
        for member in ["clientId", "clientSecret", "subscriptionKey"] {
            assert!(partner["vipps"][member].is_string(), "vipps.{member}");
        }
    }
    assert_a_whole_payment(&lines[1..]);
}

#[test]
fn the_demo_in_prose_shows_every_real_answer_and_logs_nothing_beside_it() {
    let told = run(&["demo", "--once", "--port", "0"], &[]);
    let prose = text(&told.stdout);
    assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
    for part in [
        "1. ",
        "5. ",
        "Idempotency-Key",
        "201 after",
        "\"redirectUrl\"",
        "it reached Vipps",
    ] {
        assert!(prose.contains(part), "{part:?} is missing in:\n{prose}");
    }
    assert_eq!(text(&told.stderr), "");
}

#[test]
fn a_kept_directory_plays_again() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    for _ in 0..2 {
        let told = run(&["demo", "--once", "--json", "--port", "0", "--data", data], &[]);
        assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
        assert_a_whole_payment(&lines(&text(&told.stdout))[1..]);
    }
    assert!(directory.path().join("keys").exists() && directory.path().join("nordbro.db").exists());
}

#[tokio::test]
async fn the_demo_plays_on_postgresql_too() {
    let url = crate::databases::empty_postgres("process_demo").await;
    let told = run(
        &["demo", "--once", "--json", "--port", "0", "--database", &url],
        &[],
    );
    assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
    assert_a_whole_payment(&lines(&text(&told.stdout))[1..]);
}

#[test]
fn a_reader_that_goes_away_ends_the_demo_in_order_and_without_a_word() {
    for more in [&["--once", "--json"][..], &["--json"], &[]] {
        let mut demo = Running::start(&[&["demo", "--port", "0"], more].concat(), &[]);
        assert!(!demo.line().is_empty());
        let (code, errors) = demo.stop_reading();
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{more:?}");
    }
}

#[test]
fn without_once_the_gateway_stays_and_ends_on_sigterm() {
    let mut demo = Running::start(&["demo", "--json", "--port", "0"], &[]);
    let overture: Value = serde_json::from_str(&demo.line()).unwrap();
    let steps: Vec<Value> = (0..5)
        .map(|_| serde_json::from_str(&demo.line()).unwrap())
        .collect();
    assert_a_whole_payment(&steps);
    for address in ["gateway", "private", "simulator", "simulatorProduction"] {
        let url = overture[address].as_str().unwrap();
        std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    }
    let (code, rest, errors) = demo.terminate();
    assert_eq!((code, rest.as_str()), (Some(0), ""), "{errors}");
}
