//! What the queries of all lists have in common: every parameter by name, once, with its faults.

use std::str::FromStr;

use domain::Violation;

use crate::problem::Problem;

/// How long a page is when nobody says.
pub(crate) const LIMIT: u32 = 50;
const MOST: u32 = 200;

/// Hands each parameter to `take`, which says whether it knows the name. One that stands twice is a fault, unless it
/// is `repeatable`; so is one that `take` does not know.
///
/// # Errors
/// What `take` refuses at once.
pub(crate) fn each<T>(
    query: &str,
    repeatable: &[&str],
    faults: &mut Vec<Violation>,
    mut take: T,
) -> Result<(), Problem>
where
    T: FnMut(&str, &str, &mut Vec<Violation>) -> Result<bool, Problem>,
{
    let mut seen = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if seen.contains(&name) {
            faults.push(fault(&name, "duplicate", "stands more than once"));
        } else if !take(&name, &value, faults)? {
            faults.push(fault(&name, "unknown", "is no parameter of this list"));
        } else if !repeatable.contains(&&*name) {
            // Only names that are known and may stand once are remembered: there may be thousands of others.
            seen.push(name);
        }
    }
    Ok(())
}

pub(crate) fn fault(name: &str, rule: &'static str, message: &str) -> Violation {
    let name: String = name.chars().take(64).collect();
    Violation::new(format!("query {name}"), rule, message)
}

/// How long a page may be.
pub(crate) fn limit(name: &str, text: &str, faults: &mut Vec<Violation>) -> u32 {
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    if limit.is_none() {
        faults.push(fault(name, "range", "must be 1 to 200"));
    }
    limit.unwrap_or(LIMIT)
}

pub(crate) fn parsed<T: FromStr>(
    name: &str,
    text: &str,
    message: &str,
    faults: &mut Vec<Violation>,
) -> Option<T> {
    let value = text.parse().ok();
    if value.is_none() {
        faults.push(fault(name, "format", message));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that were taken, and what was wrong with which.
    fn read(query: &str) -> (Vec<String>, Vec<(String, &'static str)>) {
        let (mut faults, mut taken) = (Vec::new(), Vec::new());
        each(query, &["many"], &mut faults, |name, _, _| {
            taken.push(name.to_owned());
            Ok(matches!(name, "once" | "many"))
        })
        .unwrap();
        let faults = faults.into_iter().map(|it| (it.field, it.rule)).collect();
        (taken, faults)
    }

    #[test]
    fn a_name_stands_once_unless_it_may_be_repeated_and_an_unknown_one_is_told_each_time() {
        let (taken, faults) = read("once=1&many=1&once=2&many=2&other=1&other=2");
        assert_eq!(taken, ["once", "many", "many", "other", "other"]);
        let expected = [
            ("query once", "duplicate"),
            ("query other", "unknown"),
            ("query other", "unknown"),
        ];
        assert_eq!(faults, expected.map(|(field, rule)| (field.to_owned(), rule)));
    }
}
