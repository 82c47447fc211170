//! The partner's name for a payment.

use std::fmt;
use std::str::FromStr;

/// Unique within a sales unit and case-sensitive: 8 to 64 of `A-Z a-z 0-9 -`
/// (ePayment API 1.8.1, create payment, `reference`, 2026-04).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference(String);

impl Reference {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text cannot name a payment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a reference is 8 to 64 letters (A-Z, a-z), digits or hyphens")]
pub struct NotAReference;

impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        let legal = (8..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if legal {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAReference)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_keeps_its_case_and_its_bounds() {
        let longest = "a".repeat(64);
        for legal in ["acme-shop-1", "ABCDEFGH", longest.as_str()] {
            assert_eq!(
                legal.parse::<Reference>().map(|it| it.to_string()),
                Ok(legal.to_owned())
            );
        }
        let too_long = "a".repeat(65);
        for illegal in [
            "short-7",
            too_long.as_str(),
            "under_score",
            "with space",
            "blåbær-1",
            "a/b/c/d/e",
        ] {
            assert_eq!(illegal.parse::<Reference>(), Err(NotAReference), "{illegal}");
        }
    }
}
