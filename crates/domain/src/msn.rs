//! The merchant serial number.

use std::fmt;
use std::str::FromStr;

/// A sales unit's number at Vipps: 4 to 10 digits, an identifier and never a number to count with
/// (ePayment API 1.8.1, header `Merchant-Serial-Number`, 2026-04).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Msn(String);

impl Msn {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Msn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a merchant serial number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a merchant serial number is 4 to 10 digits")]
pub struct NotAnMsn;

impl FromStr for Msn {
    type Err = NotAnMsn;

    fn from_str(text: &str) -> Result<Self, NotAnMsn> {
        let legal = (4..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if legal {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnMsn)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_to_ten_digits_are_a_number_and_nothing_else_is() {
        for legal in ["1234", "0012345", "1234567890"] {
            assert_eq!(
                legal.parse::<Msn>().map(|msn| msn.to_string()),
                Ok(legal.to_owned())
            );
        }
        for illegal in ["", "123", "12345678901", "12a45", " 1234", "１２３４"] {
            assert_eq!(illegal.parse::<Msn>(), Err(NotAnMsn), "{illegal}");
        }
    }
}
