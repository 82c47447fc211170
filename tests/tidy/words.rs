//! Words that do not land: promises instead of work, and the machine of whoever wrote them.

/// Put together here, so that this file does not contain them.
fn words() -> Vec<(String, &'static str)> {
    let join = |parts: &[&str]| parts.concat();
    vec![
        (
            join(&["TO", "DO"]),
            "do it, or write an issue and leave the code out",
        ),
        (join(&["FIX", "ME"]), "fix it"),
        (join(&["XX", "X:"]), "say what is meant"),
        (join(&["todo", "!("]), "do it"),
        (join(&["un", "implemented!("]), "implement it"),
        (join(&["not ", "implemented"]), "implement it, or do not offer it"),
        (join(&["for ", "now"]), "say what holds and why"),
        (join(&["#[ig", "nore"]), "a test that does not run proves nothing"),
        (join(&["#[al", "low("]), "`expect` complains when it is stale"),
        (join(&["/ro", "ot/"]), "a path of somebody's machine"),
        (join(&["/ho", "me/"]), "a path of somebody's machine"),
        (join(&["/wo", "rk/"]), "a path of somebody's machine"),
        (
            join(&["registry.npm", "js.org"]),
            "a registry's host: tools come through their clients' own settings",
        ),
        (
            join(&["py", "pi.org"]),
            "a registry's host: tools come through their clients' own settings",
        ),
        (join(&["\"reso", "lved\""]), "a registry's host: see tools/.npmrc"),
    ]
}

/// Where a word is not ours to choose.
fn is_exempt(path: &str) -> bool {
    path == "Cargo.lock" || path == "LICENSE"
}

#[test]
fn no_promise_and_no_machine_is_left_in_the_tree() {
    let words = words();
    let mut findings = Vec::new();
    for (path, text) in super::files().iter().filter(|(path, _)| !is_exempt(path)) {
        for (number, line) in text.lines().enumerate() {
            for (word, remedy) in &words {
                if line.contains(word.as_str()) {
                    findings.push(format!("{path}:{}: `{word}`: {remedy}", number + 1));
                }
            }
        }
    }
    super::none(&findings);
}

#[test]
fn the_specifications_beside_the_checkout_are_named_in_one_place_only() {
    let beside = ["../sha", "red"].concat();
    let findings: Vec<_> = super::files()
        .iter()
        .filter(|(path, _)| path.ends_with(".rs") || path.ends_with(".md") || path == "test")
        .flat_map(|(path, text)| {
            let lines = text.lines().filter(|line| line.contains(&beside)).count();
            std::iter::repeat_n(path.clone(), lines)
        })
        .filter(|path| path != "test" && !path.contains("tests/"))
        .map(|path| format!("{path}: cite Vipps' API, operation and date"))
        .collect();
    super::none(&findings);
}
