//! Links between the papers.

/// The targets of `[text](target)` in a line.
fn targets(line: &str) -> Vec<&str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect()
}

#[test]
fn every_link_between_papers_leads_somewhere() {
    let root = super::root();
    let mut findings = Vec::new();
    for (path, text) in super::files().iter().filter(|(path, _)| path.ends_with(".md")) {
        let mut in_code = false;
        for line in text.lines() {
            in_code ^= line.trim_start().starts_with("```");
            if in_code {
                continue;
            }
            for target in targets(line) {
                let file = target.split('#').next().unwrap_or_default();
                if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                if !root.join(path).parent().unwrap().join(file).exists() {
                    findings.push(format!("{path}: `{target}` leads nowhere"));
                }
            }
        }
    }
    super::none(&findings);
}
