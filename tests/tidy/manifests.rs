//! Arrows between crates and owners of dependencies, read from the manifests.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

/// Which of our crates a crate may use. Requests only go down; the simulator stands beside the gateway.
const ARROWS: [(&str, &[&str]); 10] = [
    ("domain", &[]),
    ("migrations", &[]),
    ("store", &["domain", "migrations"]),
    ("outbound", &["domain"]),
    ("app", &["domain", "store", "outbound"]),
    ("api", &["app", "domain"]),
    ("simulator", &[]),
    // Takes single files of outbound, api and store in as they are; a workspace of its own.
    ("fuzz", &["domain"]),
    (
        "server",
        &[
            "domain",
            "store",
            "outbound",
            "app",
            "api",
            "simulator",
            "migrations",
        ],
    ),
    (
        "tests",
        &[
            "domain",
            "store",
            "outbound",
            "app",
            "api",
            "simulator",
            "server",
            "migrations",
        ],
    ),
];

/// Who may use a dependency that is a decision, in the gateway and in the simulator. To replace one is to rewrite one
/// room. What stands here with two rooms of one side has them by design.
const OWNERS: [(&[&str], &[&str]); 18] = [
    (&["axum"], &["api", "server", "simulator"]),
    (&["hyper", "hyper-util"], &["server", "simulator"]),
    (&["utoipa-axum", "utoipa-swagger-ui"], &["api", "simulator"]),
    // Their fuzz targets take the rooms' files in as they are.
    (&["utoipa"], &["api", "simulator", "fuzz"]),
    (&["jsonwebtoken"], &["api", "fuzz"]),
    (&["aws-lc-rs", "governor"], &["api"]),
    (&["reqwest"], &["outbound", "simulator"]),
    // Where we may call; whose forwarding we believe.
    (&["ipnet"], &["outbound", "server"]),
    // Files that operators import.
    (&["csv"], &["app", "fuzz"]),
    // Access tokens; the registry's answers.
    (&["moka"], &["outbound", "app"]),
    (&["sea-orm", "sea-query-sqlx", "sqlx", "sqlx-core"], &["store"]),
    (&["chacha20poly1305"], &["store", "fuzz"]),
    (&["sea-orm-migration"], &["migrations"]),
    (
        &[
            "clap",
            "figment",
            "tracing-subscriber",
            "tracing-opentelemetry",
            "prometheus",
        ],
        &["server"],
    ),
    (
        &[
            "opentelemetry",
            "opentelemetry_sdk",
            "opentelemetry-otlp",
            "opentelemetry-http",
            "opentelemetry-prometheus",
            // The way to a collector; calls to Vipps have their own in `reqwest`.
            "hyper-rustls",
        ],
        &["server"],
    ),
    (&["anyhow"], &["server"]),
    (&["serde-saphyr"], &["simulator"]),
    (&["insta", "jsonschema", "proptest", "rcgen", "tokio-rustls"], &[]),
];

/// All that the rules may know: no runtime, no wire format, no log.
const DOMAIN_MAY_USE: [&str; 6] = ["data-encoding", "sha2", "thiserror", "time", "uuid", "zeroize"];

/// Rooms that collect what belongs nowhere.
const NO_SUCH_ROOM: [&str; 7] = ["common", "utils", "util", "types", "prelude", "helpers", "misc"];

struct Manifest {
    /// The name used inside the workspace.
    room: String,
    path: String,
    table: Table,
}

impl Manifest {
    fn dependencies(&self, section: &str) -> BTreeMap<String, Value> {
        self.table
            .get(section)
            .and_then(Value::as_table)
            .map(|table| {
                table
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            })
            .unwrap_or_default()
    }
}

fn manifests() -> Vec<Manifest> {
    let found: Vec<_> = super::files()
        .into_iter()
        .filter(|(path, _)| path.ends_with("/Cargo.toml"))
        .map(|(path, text)| {
            let room = path
                .trim_end_matches("/Cargo.toml")
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned();
            Manifest {
                room,
                table: text.parse().unwrap(),
                path,
            }
        })
        .collect();
    assert!(found.len() >= ARROWS.len(), "the manifests were not found");
    found
}

#[test]
fn no_arrow_between_crates_points_up_or_sideways() {
    let arrows: BTreeMap<_, BTreeSet<_>> = ARROWS
        .iter()
        .map(|(room, below)| (*room, below.iter().copied().collect()))
        .collect();
    let mut findings = Vec::new();
    for manifest in manifests() {
        let Some(allowed) = arrows.get(manifest.room.as_str()) else {
            findings.push(format!(
                "{}: the room is not on the map: add its arrows here and in ARCHITECTURE.md",
                manifest.path
            ));
            continue;
        };
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for name in manifest.dependencies(section).keys() {
                if arrows.contains_key(name.as_str()) && !allowed.contains(name.as_str()) {
                    findings.push(format!(
                        "{}: `{}` may not use `{name}`",
                        manifest.path, manifest.room
                    ));
                }
            }
        }
    }
    super::none(&findings);
}

#[test]
fn each_heavy_dependency_stays_with_its_owner() {
    let mut findings = Vec::new();
    for manifest in manifests().iter().filter(|manifest| manifest.room != "tests") {
        for name in manifest.dependencies("dependencies").keys() {
            let owners = OWNERS
                .iter()
                .find(|(dependencies, _)| dependencies.contains(&name.as_str()));
            if let Some((_, owners)) = owners
                && !owners.contains(&manifest.room.as_str())
            {
                findings.push(format!("{}: `{name}` belongs to {owners:?}", manifest.path));
            }
            if manifest.room == "domain" && !DOMAIN_MAY_USE.contains(&name.as_str()) {
                findings.push(format!("{}: the rules do not know `{name}`", manifest.path));
            }
        }
    }
    super::none(&findings);
}

#[test]
fn versions_stand_in_one_place_and_every_crate_inherits_the_lints() {
    let mut findings = Vec::new();
    for manifest in manifests() {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in manifest.dependencies(section) {
                let inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
                if !inherited || value.get("version").is_some() {
                    findings.push(format!("{}: `{name}` must say `workspace = true`", manifest.path));
                }
            }
        }
        let lints = manifest
            .table
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(Value::as_bool);
        if lints != Some(true) {
            findings.push(format!(
                "{}: `[lints] workspace = true` is missing",
                manifest.path
            ));
        }
    }
    super::none(&findings);
}

#[test]
fn no_room_collects_what_belongs_nowhere() {
    let findings: Vec<_> = super::files()
        .into_iter()
        .filter(|(path, _)| path.ends_with(".rs"))
        .filter(|(path, _)| {
            path.split('/').any(|part| {
                NO_SUCH_ROOM.contains(&part.trim_end_matches(".rs").trim_start_matches("nordbro-"))
            })
        })
        .map(|(path, _)| format!("{path}: name it after what is in it"))
        .collect();
    super::none(&findings);
}

#[test]
fn every_crate_opens_with_its_purpose() {
    let findings: Vec<_> = super::files()
        .into_iter()
        .filter(|(path, _)| path.ends_with("src/lib.rs") || path.ends_with("src/main.rs"))
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| format!("{path}: the first line says what the crate is for"))
        .collect();
    super::none(&findings);
}
