//! Durations as people write them: a number and a unit.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, written `500ms`, `15s`, `10m`, `1h` or `2d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

/// The units, longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl Span {
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }

    pub const fn get(self) -> Duration {
        self.0
    }
}

/// The text is not a number followed by a unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a duration is a whole number and a unit, such as \"500ms\", \"15s\", \"10m\", \"1h\" or \"2d\"")]
pub struct NotADuration;

impl FromStr for Span {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, NotADuration> {
        let split = text
            .find(|character: char| !character.is_ascii_digit())
            .ok_or(NotADuration)?;
        let (number, unit) = text.split_at(split);
        let number: u64 = number.parse().map_err(|_| NotADuration)?;
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(NotADuration)?;
        number
            .checked_mul(*scale)
            .map(Self::from_millis)
            .ok_or(NotADuration)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        if milliseconds == 0 {
            return f.write_str("0s");
        }
        for (name, scale) in UNITS {
            let scale = u128::from(scale);
            if milliseconds.is_multiple_of(scale) {
                return write!(f, "{}{name}", milliseconds / scale);
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_print_as_people_write_them() {
        for text in ["500ms", "15s", "10m", "1h", "2d", "0s", "1500ms"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("90s".parse::<Span>().unwrap().get(), Duration::from_secs(90));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "15",
            "s",
            "1.5s",
            "-1s",
            "15 s",
            "1w",
            "99999999999999999999d",
        ] {
            assert_eq!(text.parse::<Span>(), Err(NotADuration), "{text:?}");
        }
    }
}
