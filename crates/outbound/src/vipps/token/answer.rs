//! The token service's answer (Access Token API 2.0.0, 2026-04). Every value is documented as a JSON string,
//! numbers included, and the specialised flow answers with numbers: both are read.

use serde::{Deserialize, Deserializer};
use time::{Duration, OffsetDateTime};

use domain::Secret;

/// What is needed of it.
pub(in crate::vipps) struct Granted {
    pub(in crate::vipps) secret: Secret,
    pub(in crate::vipps) life: Duration,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(deserialize_with = "secret")]
    access_token: Secret,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    expires_on: Option<i64>,
}

/// A token that does not say how long it lives is used for this long; a 401 ends it earlier.
const UNSTATED: Duration = Duration::minutes(5);
/// A stated life outside these bounds is a mistake: too short would fetch without end, too long would
/// keep a token that is long dead.
const SHORTEST: Duration = Duration::seconds(10);
const LONGEST: Duration = Duration::days(2);

/// # Errors
/// What is wrong with the answer, without a word of it.
pub(super) fn read(body: &[u8], now: OffsetDateTime) -> Result<Granted, String> {
    let wire: Wire =
        serde_json::from_slice(body).map_err(|error| super::super::wire::not_readable(&error))?;
    let token = wire.access_token.reveal();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the answer's access_token cannot be a token".to_owned());
    }
    let life = wire
        .expires_in
        .map(Duration::seconds)
        .or_else(|| {
            wire.expires_on
                .map(|at| Duration::seconds(at.saturating_sub(now.unix_timestamp())))
        })
        .unwrap_or(UNSTATED);
    Ok(Granted {
        secret: wire.access_token,
        life: life.clamp(SHORTEST, LONGEST),
    })
}

/// Moved, not copied: the text is wiped when the token goes.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

/// A number, a number in a string, or nothing of use, which is no reason to refuse a good token.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Whole(i64),
        Broken(f64),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Whole(seconds) => Some(seconds),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast from float saturates, and the life is clamped"
        )]
        Either::Broken(seconds) => Some(seconds as i64),
        Either::Text(text) => text.trim().parse().ok(),
        Either::Other(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

    fn life(body: &str) -> Result<i64, String> {
        read(body.as_bytes(), NOW).map(|granted| granted.life.whole_seconds())
    }

    #[test]
    fn a_life_is_read_from_strings_and_from_numbers() {
        for (body, seconds) in [
            (
                r#"{"access_token":"x","expires_in":"86398","expires_on":"1"}"#,
                86_398,
            ),
            (r#"{"access_token":"x","expires_in":900}"#, 900),
            (r#"{"access_token":"x","expires_in":900.7}"#, 900),
            (r#"{"access_token":"x","expires_on":"1795262460"}"#, 60),
            (r#"{"access_token":"x","expires_in":"soon","extra":[1]}"#, 300),
            (r#"{"access_token":"x","expires_in":null}"#, 300),
            (r#"{"access_token":"x"}"#, 300),
            (r#"{"access_token":"x","expires_in":"-5"}"#, 10),
            (
                r#"{"access_token":"x","expires_in":9223372036854775807}"#,
                172_800,
            ),
        ] {
            assert_eq!(life(body), Ok(seconds), "{body}");
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_refused_without_being_repeated() {
        for body in [
            r#"{"access_token":""}"#,
            r#"{"access_token":"two words"}"#,
            r#"{"access_token":7}"#,
            r#"{"token":"canary"}"#,
            "<html>canary</html>",
            "",
        ] {
            let said = life(body).unwrap_err();
            assert!(!said.contains("canary"), "{said}");
        }
    }
}
