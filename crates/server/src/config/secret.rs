//! Values that are secrets, or addresses that carry one.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;
use zeroize::Zeroizing;

/// A database URL. Printed with dots where its password stands; only the code that connects calls [`Self::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(Zeroizing<String>);

impl SecretUrl {
    pub fn new(url: impl Into<String>) -> Self {
        Self(Zeroizing::new(url.into()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn is_postgres(&self) -> bool {
        self.0.starts_with("postgres:") || self.0.starts_with("postgresql:")
    }

    fn masked(&self) -> String {
        if self.0.starts_with("sqlite:") {
            return self.0.to_string();
        }
        match Url::parse(&self.0) {
            Ok(mut url) => {
                let had_password = url.password().is_some();
                if had_password && url.set_password(Some("MASKED")).is_err() {
                    return "••••".to_owned();
                }
                // A driver takes a password from the query as well.
                if url
                    .query_pairs()
                    .any(|(name, _)| name.to_ascii_lowercase().contains("password"))
                {
                    url.set_query(Some("MASKED"));
                }
                url.to_string().replace("MASKED", "••••")
            }
            // Whatever it is, it may hold a password.
            Err(_) if self.0.is_empty() => String::new(),
            Err(_) => "••••".to_owned(),
        }
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl<'de> Deserialize<'de> for SecretUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.masked())
    }
}

/// A secret as it is. Printed as dots, unless it is empty; wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn masked(&self) -> &'static str {
        if self.is_empty() { "" } else { "••••" }
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.masked())
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_as_dots() {
        let secret = SecretText(Zeroizing::new("hunter2".to_owned()));
        assert_eq!(format!("{secret:?}"), "••••");
        assert_eq!(serde_json::to_value(&secret).unwrap(), "••••");
        assert_eq!(format!("{:?}", SecretText::default()), "");
    }

    #[test]
    fn a_password_is_shown_as_dots_wherever_it_stands() {
        let shown = |text: &str| format!("{:?}", SecretUrl::new(text));
        assert_eq!(
            shown("postgres://u:hunter2@db/n?sslmode=require"),
            "postgres://u:••••@db/n?sslmode=require"
        );
        assert_eq!(
            shown("postgres://db/n?user=u&password=hunter2"),
            "postgres://db/n?••••"
        );
        assert_eq!(shown("hunter2"), "••••");
        assert_eq!(shown("sqlite:/var/lib/nordbro/db"), "sqlite:/var/lib/nordbro/db");
        assert_eq!(shown(""), "");
    }
}
