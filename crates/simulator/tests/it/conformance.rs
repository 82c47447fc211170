//! `docs/simulator-conformance.md` names the tests that hold the rules; they must be there.

use std::path::Path;

/// Every Rust source of the crate, tests included, as one text.
fn sources(directory: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|it| it == "rs") {
            text += &std::fs::read_to_string(&path).unwrap();
        }
    }
    text
}

/// The tests in a line: what stands in back-ticks as `module::a_sentence`.
fn named(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter_map(|it| it.rsplit_once("::"))
}

#[test]
fn every_test_that_the_conformance_list_names_exists() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&here.join("src")) + &sources(&here.join("tests"));
    let list = std::fs::read_to_string(here.join("../../docs/simulator-conformance.md")).unwrap();
    let mut names = 0;
    for (number, line) in list.lines().enumerate() {
        for (module, test) in named(line).filter(|(_, test)| *test != "*") {
            names += 1;
            let is_there = sources.contains(&format!("fn {test}("));
            assert!(is_there, "line {}: there is no test {module}::{test}", number + 1);
        }
    }
    assert!(names > 50, "only {names} tests are named");
}
