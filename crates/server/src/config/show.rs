//! Printing the settings that result.

use figment::value::{Dict, Value};

use super::Config;

/// The settings as TOML, one key a line, sections in the order of their names, secrets as dots.
pub fn show(config: &Config) -> String {
    let mut text = String::new();
    if let Ok(Value::Dict(_, dict)) = Value::serialize(config) {
        section(&mut text, "", &dict);
    }
    text
}

fn section(text: &mut String, path: &str, dict: &Dict) {
    for (key, value) in dict.iter().filter(|(_, value)| !matches!(value, Value::Dict(..))) {
        text.push_str(key);
        text.push_str(" = ");
        text.push_str(&literal(value));
        text.push('\n');
    }
    for (key, value) in dict {
        if let Value::Dict(_, inner) = value {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            if !text.is_empty() {
                text.push('\n');
            }
            text.push('[');
            text.push_str(&path);
            text.push_str("]\n");
            section(text, &path, inner);
        }
    }
}

/// A TOML literal. Strings of JSON and of TOML agree on quoting and escapes.
fn literal(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;

    #[test]
    fn what_is_shown_loads_again_and_hides_the_password() {
        let variables = [
            ("NORDBRO__DATABASE__URL", "postgres://u:hunter2@db/n"),
            ("NORDBRO__DATABASE__SYSTEM_URL", "postgres://across:hunter2@db/n"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = load(None, variables).unwrap();
        let shown = show(&config);
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("url = \"postgres://u:••••@db/n\""), "{shown}");
        assert!(
            shown.contains("system_url = \"postgres://across:••••@db/n\""),
            "{shown}"
        );

        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &shown).unwrap();
        let again = load(Some(file.path()), []).unwrap();
        assert_eq!(again.vipps, config.vipps);
        assert_eq!(again.public, config.public);
    }
}
