//! Layering the sources of settings.

use std::path::{Path, PathBuf};

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::{Config, DEFAULTS};

/// The beginning of every variable that is a setting.
const PREFIX: &str = "NORDBRO__";

/// Settings that cannot be used. `Display` names every key, the reason and where it was set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the configuration file {} cannot be read: {reason}", path.display())]
    File { path: PathBuf, reason: std::io::Error },
    #[error("the configuration is not usable:\n  {}", .0.join("\n  "))]
    Invalid(Vec<String>),
}

/// Reads the settings: defaults, then `file`, then the variables that begin with `NORDBRO__`.
///
/// # Errors
/// [`Error::File`] when the file cannot be read; [`Error::Invalid`] with every key that is unknown, of the wrong
/// type or out of range, and every contradiction between keys.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, Error> {
    let mut figment = Figment::from(Toml::string(DEFAULTS));
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|reason| Error::File {
            path: path.to_owned(),
            reason,
        })?;
        figment = figment.merge(Named {
            name: path.display().to_string(),
            inner: Toml::string(&text),
        });
    }
    let variables = Variables(
        environment
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect(),
    );
    let config: Config = figment
        .merge(variables)
        .extract()
        .map_err(|errors| Error::Invalid(errors.into_iter().map(|error| explain(&error)).collect()))?;
    let contradictions = config.contradictions();
    if contradictions.is_empty() {
        Ok(config)
    } else {
        Err(Error::Invalid(contradictions))
    }
}

/// One line per error: the key, the reason, the source. A value is not repeated: it may be a secret.
fn explain(error: &figment::Error) -> String {
    use figment::error::Kind;

    let key = error.path.join(".");
    let reason = match &error.kind {
        Kind::UnknownField(name, known) => {
            let key = if key.is_empty() { name } else { &key };
            let source = source(error);
            return format!(
                "{key}: there is no such setting (known here: {}){source}",
                known.join(", ")
            );
        }
        Kind::MissingField(name) => format!("`{name}` is missing"),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("must be {expected}"),
        Kind::Message(said) => without_excerpt(said),
        other @ (Kind::InvalidLength(..)
        | Kind::UnknownVariant(..)
        | Kind::DuplicateField(_)
        | Kind::ISizeOutOfRange(_)
        | Kind::USizeOutOfRange(_)
        | Kind::Unsupported(_)
        | Kind::UnsupportedKey(..)) => other.to_string(),
    };
    let key = if key.is_empty() {
        "configuration".to_owned()
    } else {
        key
    };
    format!("{key}: {reason}{}", source(error))
}

/// What a parser says of a file, without the line that it quotes, which may hold a password.
fn without_excerpt(said: &str) -> String {
    let is_excerpt = |line: &&str| {
        line.trim_start_matches([' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            .starts_with('|')
    };
    let kept: Vec<_> = said
        .lines()
        .filter(|line| !is_excerpt(line))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    kept.join(": ")
}

fn source(error: &figment::Error) -> String {
    error
        .metadata
        .as_ref()
        .map(|metadata| format!(", in {}", metadata.name))
        .unwrap_or_default()
}

/// A provider under a name of ours.
struct Named<P> {
    name: String,
    inner: P,
}

impl<P: Provider> Provider for Named<P> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        self.inner.data()
    }
}

/// `NORDBRO__SECTION__KEY` variables, as they came in.
struct Variables(Vec<(String, String)>);

impl Provider for Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named("the NORDBRO__ variables of the environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut root = Dict::new();
        for (name, text) in &self.0 {
            let path: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
            put(&mut root, &path, text);
        }
        Ok(Profile::Default.collect(root))
    }
}

fn put(into: &mut Dict, path: &[String], text: &str) {
    match path {
        [] => {}
        [key] => {
            let value = text.parse().unwrap_or_else(|_| Value::from(text));
            into.insert(key.clone(), value);
        }
        [section, rest @ ..] => {
            let inside = into
                .entry(section.clone())
                .or_insert_with(|| Value::Dict(Tag::Default, Dict::new()));
            if let Value::Dict(_, dict) = inside {
                put(dict, rest, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Span;

    fn with(variables: &[(&str, &str)]) -> Result<Config, Error> {
        load(
            None,
            variables
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
        )
    }

    #[test]
    fn the_defaults_are_complete_and_sound() {
        let config = with(&[]).unwrap();
        assert_eq!(config.vipps.replay_horizon, Span::from_secs(3600));
        assert_eq!(config.private.listen.port(), 8081);
    }

    #[test]
    fn a_variable_wins_over_the_file_and_the_file_over_the_default() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[public]\nmax_headers = 7\nmax_streams = 8\n").unwrap();
        let variables = [("NORDBRO__PUBLIC__MAX_STREAMS".to_owned(), "9".to_owned())];
        let config = load(Some(file.path()), variables).unwrap();
        assert_eq!((config.public.max_headers, config.public.max_streams), (7, 9));
        assert_eq!(config.public.max_connections, 8192);
    }

    #[test]
    fn nested_sections_are_reached_by_variables() {
        let config = with(&[("NORDBRO__VIPPS__TEST__URL", "http://127.0.0.1:9")]).unwrap();
        assert_eq!(config.vipps.test.url.as_str(), "http://127.0.0.1:9/");
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_key_and_source() {
        let error = with(&[("NORDBRO__PUBLIC__LISTN", "127.0.0.1:1")])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("public.listn: there is no such setting"),
            "{error}"
        );
        assert!(error.contains("NORDBRO__ variables"), "{error}");
    }

    #[test]
    fn an_unknown_section_in_a_file_names_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[publik]\nlisten = \"127.0.0.1:1\"\n").unwrap();
        let error = load(Some(file.path()), []).unwrap_err().to_string();
        assert!(error.contains("publik: there is no such setting"), "{error}");
        assert!(error.contains(&file.path().display().to_string()), "{error}");
    }

    #[test]
    fn a_wrong_value_is_named_by_key_and_not_repeated() {
        let error = with(&[("NORDBRO__PUBLIC__LISTEN", "hunter2")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("public.listen"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_line_that_is_no_toml_is_named_by_its_number_and_not_repeated() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for broken in [
            "url = \"hunter2",
            "url = \"a\"\nurl = \"hunter2\"",
            "url = hunter2",
            "hunter2",
        ] {
            std::fs::write(file.path(), format!("[database]\n{broken}\n")).unwrap();
            let error = load(Some(file.path()), []).unwrap_err().to_string();
            assert!(error.contains(" at line ") && error.contains(": "), "{error}");
            assert!(error.contains(&file.path().display().to_string()), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn contradictions_are_all_told_at_once() {
        let error = with(&[
            ("NORDBRO__WAITING__DEFAULT", "2h"),
            ("NORDBRO__PUBLIC__MAX_HEADER_BYTES", "10"),
            ("NORDBRO__DATABASE__URL", "mysql://x"),
            ("NORDBRO__PUBLIC__URL", "https://gateway.example/"),
        ])
        .unwrap_err()
        .to_string();
        for key in [
            "waiting.default",
            "public.max_header_bytes",
            "database.url",
            "public.url",
        ] {
            assert!(error.contains(key), "{key} in {error}");
        }
    }

    #[test]
    fn a_key_that_callers_may_still_repeat_cannot_be_forgotten() {
        let error = with(&[
            ("NORDBRO__RETENTION__IDEMPOTENCY_KEYS", "399d"),
            ("NORDBRO__RETENTION__ATTEMPTS", "23h"),
        ])
        .unwrap_err()
        .to_string();
        assert!(
            error.contains("retention.idempotency_keys: must be at least 400d"),
            "{error}"
        );
        assert!(
            error.contains("retention.attempts: must be at least 1d"),
            "{error}"
        );
        let error = with(&[
            ("NORDBRO__RETENTION__ATTEMPTS", "2d"),
            ("NORDBRO__VIPPS__REPLAY_HORIZON", "3d"),
        ]);
        assert!(error.unwrap_err().to_string().contains("vipps.replay_horizon"));
        assert!(with(&[("NORDBRO__RETENTION__IDEMPOTENCY_KEYS", "800d")]).is_ok());
    }

    #[test]
    fn the_operators_product_has_values_that_vipps_can_take() {
        let product = with(&[]).unwrap().vipps.operator.product().unwrap();
        let values = product.headers().map(|(_, value)| value);
        let release = env!("CARGO_PKG_VERSION");
        assert_eq!(values, ["Nordbro", release, "nordbro-gateway", release]);
        let error = with(&[("NORDBRO__VIPPS__OPERATOR__PLUGIN_NAME", "smørbrød")]).unwrap_err();
        let told = error.to_string();
        assert!(
            told.contains("vipps.operator.plugin_name: must be 1 to 30"),
            "{told}"
        );
    }

    #[test]
    fn what_has_no_effect_is_known_and_told() {
        assert!(with(&[]).unwrap().without_effect().is_empty());
        let config = with(&[
            ("NORDBRO__REDIS__URL", "redis://:hunter2@cache:6379"),
            ("NORDBRO__DATABASE__SYSTEM_URL", "postgres://system:hunter2@db/n"),
        ])
        .unwrap();
        let told = config.without_effect();
        assert_eq!(
            told.iter().map(|(key, _)| *key).collect::<Vec<_>>(),
            ["database.system_url", "redis.url"]
        );
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn variables_of_other_programs_are_left_alone() {
        assert!(with(&[("NORDBRO_BIN", "x"), ("PATH", "y")]).is_ok());
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load(Some(Path::new("/nonexistent/nordbro.toml")), [])
            .unwrap_err()
            .to_string();
        assert!(error.contains("/nonexistent/nordbro.toml"), "{error}");
    }
}
