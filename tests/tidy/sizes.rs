//! How large a file may grow before it holds two subjects.

/// The most lines of production code in one file.
const PRODUCTION: usize = 500;
/// The most lines of one file of tests.
const TESTS: usize = 800;
/// The median of production files stays below this.
const MEDIAN: usize = 120;

/// Lines before the tests of a file.
fn production_lines(text: &str) -> usize {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .count()
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs")
}

#[test]
fn no_file_outgrows_its_subject() {
    let mut findings = Vec::new();
    let mut production = Vec::new();
    for (path, text) in super::files().iter().filter(|(path, _)| path.ends_with(".rs")) {
        if is_test(path) {
            let lines = text.lines().count();
            if lines > TESTS {
                findings.push(format!("{path}: {lines} lines of tests, {TESTS} allowed"));
            }
            continue;
        }
        let lines = production_lines(text);
        if lines > PRODUCTION {
            findings.push(format!("{path}: {lines} lines, {PRODUCTION} allowed"));
        }
        production.push(lines);
    }
    production.sort_unstable();
    let median = production[production.len() / 2];
    if median >= MEDIAN {
        findings.push(format!(
            "the median file has {median} lines, it should have fewer than {MEDIAN}"
        ));
    }
    super::none(&findings);
}
