//! Money: integers of minor units with a currency, never a float.

use std::fmt;
use std::str::FromStr;

/// A currency code: three upper-case letters. Which currencies a sales unit may use is an open list
/// that Vipps keeps, so membership is not checked here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    pub const NOK: Self = Self(*b"NOK");
    pub const DKK: Self = Self(*b"DKK");
    pub const EUR: Self = Self(*b"EUR");

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three upper-case letters, such as NOK")]
pub struct NotACurrency;

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| NotACurrency)?;
        if letters.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(letters))
        } else {
            Err(NotACurrency)
        }
    }
}

/// An amount of money in minor units (øre, cents). 49900 NOK is 499 kroner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    pub value: i64,
    pub currency: Currency,
}

impl Amount {
    /// The most that one payment may be: 650,000.00 (ePayment API 1.8.1, create payment, 2026-04).
    pub const MOST: i64 = 65_000_000;

    pub const fn new(value: i64, currency: Currency) -> Self {
        Self { value, currency }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.value < 0 { "-" } else { "" };
        let value = self.value.unsigned_abs();
        write!(f, "{sign}{}.{:02} {}", value / 100, value % 100, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_prints_in_major_units() {
        assert_eq!(Amount::new(49_905, Currency::NOK).to_string(), "499.05 NOK");
        assert_eq!(Amount::new(-5, Currency::EUR).to_string(), "-0.05 EUR");
    }

    #[test]
    fn a_currency_is_three_capitals() {
        assert!("SEK".parse::<Currency>().is_ok());
        for illegal in ["nok", "NO", "NOKK", "N1K", ""] {
            assert_eq!(illegal.parse::<Currency>(), Err(NotACurrency));
        }
    }
}
