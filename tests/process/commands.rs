use serde_json::Value;

use crate::binary::{Running, run, text};

#[test]
fn check_config_prints_every_setting_with_secrets_as_dots() {
    let told = run(
        &["check-config"],
        &[
            ("NORDBRO__DATABASE__URL", "postgres://nordbro:hunter2@db/nordbro"),
            (
                "NORDBRO__DATABASE__SYSTEM_URL",
                "postgres://across:hunter2@db/nordbro",
            ),
        ],
    );
    let shown = text(&told.stdout);
    assert!(told.status.success(), "{}", text(&told.stderr));
    assert!(
        shown.contains("url = \"postgres://nordbro:••••@db/nordbro\""),
        "{shown}"
    );
    assert!(shown.contains("replay_horizon = \"1h\""), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn the_printed_defaults_are_a_file_that_loads() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("nordbro.toml");
    std::fs::write(&file, run(&["check-config", "--defaults"], &[]).stdout).unwrap();
    let with_file = run(&["check-config", "--config", file.to_str().unwrap()], &[]);
    assert!(with_file.status.success(), "{}", text(&with_file.stderr));
    assert_eq!(text(&with_file.stdout), text(&run(&["check-config"], &[]).stdout));
}

#[test]
fn a_setting_that_does_not_exist_ends_the_process_with_its_name_and_the_known_ones() {
    let told = run(&["check-config"], &[("NORDBRO__PUBLIC__PORT", "8080")]);
    let error = text(&told.stderr);
    assert_eq!(told.status.code(), Some(1));
    assert!(error.contains("public.port: there is no such setting"), "{error}");
    assert!(error.contains("header_timeout"), "{error}");
    assert_eq!(text(&told.stdout), "");
}

#[test]
fn a_wrong_value_is_told_without_repeating_it() {
    let told = run(
        &["check-config"],
        &[("NORDBRO__PUBLIC__HEADER_TIMEOUT", "hunter2")],
    );
    let error = text(&told.stderr);
    assert_eq!(told.status.code(), Some(1));
    assert!(error.contains("public.header_timeout: a duration is"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn the_doctor_names_what_is_wrong_with_its_remedy_and_ends_with_1() {
    let told = run(&["doctor"], &[("NORDBRO__PUBLIC__PORT", "8080")]);
    assert_eq!(told.status.code(), Some(1));
    let prose = text(&told.stdout);
    assert!(
        prose.starts_with("failed    configuration")
            && prose.contains("public.port: there is no such setting"),
        "{prose}"
    );

    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", directory.path().join("nordbro.db").display());
    // Nothing listens on the discard port of this machine.
    let nowhere = "http://127.0.0.1:9";
    let told = run(
        &["doctor", "--json"],
        &[
            ("NORDBRO__DATABASE__URL", &database),
            ("NORDBRO__VIPPS__TEST__URL", nowhere),
            ("NORDBRO__VIPPS__PRODUCTION__URL", nowhere),
            ("NORDBRO__PUBLIC__LISTEN", "127.0.0.1:0"),
            ("NORDBRO__PRIVATE__LISTEN", "127.0.0.1:0"),
        ],
    );
    assert_eq!(told.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(report["ok"], false);
    let failed: Vec<_> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["status"] == "failed")
        .inspect(|check| assert!(check["remedy"].is_string(), "{check}"))
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["key file", "database", "vipps test", "vipps production"]);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn an_unknown_command_is_refused_with_the_usage() {
    let told = run(&["serv"], &[]);
    assert_eq!(told.status.code(), Some(2));
    assert!(text(&told.stderr).contains("Usage"), "{}", text(&told.stderr));
}

#[test]
fn the_simulator_runs_alone_tells_its_addresses_and_ends_on_sigterm() {
    let mut simulator = Running::start(&["simulator", "--port", "0", "--json"], &[]);
    let told: Value = serde_json::from_str(&simulator.line()).unwrap();
    for world in ["test", "production"] {
        let url = told[world]["url"].as_str().unwrap();
        std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        assert!(told[world]["salesUnits"].as_array().unwrap().len() > 1);
    }
    let (code, rest, errors) = simulator.terminate();
    assert_eq!((code, rest.as_str()), (Some(0), ""), "{errors}");
    for line in errors.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(
            line["timestamp"].is_string() && line["level"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let told = run(&["simulator", "--port", &port], &[]);
    assert_eq!(told.status.code(), Some(1));
    assert!(
        text(&told.stderr).contains(&format!("127.0.0.1:{port}")),
        "{}",
        text(&told.stderr)
    );
}
