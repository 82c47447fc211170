//! The house's own rules, checked from its files: who may know whom, who owns which dependency, how large a room may
//! grow, which words do not land, which tables hold no partner, and which metrics there are.

#![expect(
    clippy::unwrap_used,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a helper of a test fails by panicking; our files' names are lower case"
)]

mod links;
mod manifests;
mod metrics;
mod sizes;
mod tables;
mod words;

use std::path::{Path, PathBuf};

/// Directories that hold nothing we wrote.
const NOT_OURS: [&str; 5] = [".git", "target", "node_modules", "__pycache__", "corpus"];

/// The top of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file of the project, as (path from the top, contents). Files that are not text are left out.
fn files() -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !NOT_OURS.contains(&name.as_str()) && !name.starts_with("target-") {
                    directories.push(path);
                }
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.push((
                    path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(),
                    text,
                ));
            }
        }
    }
    found.sort();
    found
}

/// Fails with one line per finding.
#[track_caller]
fn none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}
