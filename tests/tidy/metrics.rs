//! The table of metrics in `docs/logging.md` against what the sources emit.

use std::collections::BTreeSet;

/// How an instrument is written in an event of target `metric`, and what Prometheus adds to its name.
const KINDS: [(&str, &str); 4] = [
    ("monotonic_counter.", "_total"),
    (" counter.", ""),
    ("histogram.", ""),
    ("gauge.", ""),
];
const TABLE: &str = "docs/logging.md";

/// The name that `text` begins with.
fn name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_lowercase() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Every metric that a text emits, by its name on `/metrics`.
fn emitted(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (kind, suffix) in KINDS {
        for rest in text.split(kind).skip(1) {
            if rest.starts_with("nordbro_") {
                found.insert(format!("{}{suffix}", name(rest)));
            }
        }
    }
    found
}

#[test]
fn every_metric_stands_in_the_table_and_the_table_names_no_other() {
    let files = super::files();
    let sources = files.iter().filter(|(path, _)| {
        path.starts_with("crates/")
            && path.contains("/src/")
            && path.ends_with(".rs")
            && !path.ends_with("/tests.rs")
    });
    let emitted_by_us: BTreeSet<_> = sources
        .flat_map(|(_, text)| emitted(text.split("#[cfg(test)]").next().unwrap_or_default()))
        .collect();
    assert!(
        emitted_by_us.len() > 5,
        "the sources emit metrics: {emitted_by_us:?}"
    );
    let (_, table) = files.iter().find(|(path, _)| path == TABLE).unwrap();
    let rows: BTreeSet<_> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `nordbro_"))
        .map(|rest| format!("nordbro_{}", name(rest)))
        .collect();
    let mut findings: Vec<_> = emitted_by_us
        .difference(&rows)
        .map(|name| format!("{TABLE}: `{name}` is missing"))
        .chain(
            rows.difference(&emitted_by_us)
                .map(|name| format!("{TABLE}: nothing emits `{name}`")),
        )
        .collect();
    // Examples and alerts name what there is.
    for (path, text) in &files {
        if path.ends_with(".md") {
            let others = emitted(text).into_iter().filter(|name| !rows.contains(name));
            findings.extend(others.map(|name| format!("{path}: nothing emits `{name}`")));
        }
        if path.ends_with(".md") || path.starts_with("helm/") {
            for rest in text.split("(nordbro_").skip(1) {
                let asked = format!("nordbro_{}", name(rest));
                if !rows.contains(&asked) {
                    findings.push(format!("{path}: nothing emits `{asked}`"));
                }
            }
        }
    }
    super::none(&findings);
}
