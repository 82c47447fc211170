//! What a token claims, and whether it may claim it now.

use std::collections::BTreeSet;

use domain::Msn;
use serde::{Deserialize, Deserializer};
use time::{Duration, OffsetDateTime};

use super::refusal::Reason;

/// How far another clock may be from ours.
pub(super) const SKEW: Duration = Duration::seconds(60);

/// The longest `iss` that can be registered.
const LONGEST_NAME: usize = 255;

/// The claims that are read. Known ones may not come twice; required ones may not be missing or null.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) aud: Audience,
    exp: NumericDate,
    iat: NumericDate,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<NumericDate>,
    /// Words separated by spaces; absent = none.
    #[serde(default)]
    pub(super) scope: String,
    /// Absent = all sales units; null is not absent but of the wrong type.
    #[serde(default, deserialize_with = "present")]
    msns: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) client_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) jti: Option<String>,
}

/// One audience or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(super) fn contains(&self, aud: &str) -> bool {
        match self {
            Self::One(one) => one == aud,
            Self::Several(several) => several.iter().any(|one| one == aud),
        }
    }
}

/// Seconds since 1970, possibly with a fraction (RFC 7519, section 2).
#[derive(Debug, Clone, Copy)]
struct NumericDate(OffsetDateTime);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(value)?;
        let at = if let Some(seconds) = number.as_i64() {
            OffsetDateTime::from_unix_timestamp(seconds).ok()
        } else {
            number
                .as_f64()
                .and_then(Duration::checked_seconds_f64)
                .and_then(|since| OffsetDateTime::UNIX_EPOCH.checked_add(since))
        };
        at.map(Self)
            .ok_or_else(|| serde::de::Error::custom("not a date in seconds"))
    }
}

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

impl Claims {
    pub(super) fn parse(payload: &[u8]) -> Result<Self, Reason> {
        let claims: Self = serde_json::from_slice(payload).map_err(|_| Reason::Claims)?;
        if claims.sub.is_empty() || claims.iss.is_empty() {
            return Err(Reason::Claims);
        }
        // No such name can be registered, and PostgreSQL takes no U+0000 to look it up by.
        if claims.iss.len() > LONGEST_NAME || claims.iss.chars().any(char::is_control) {
            return Err(Reason::Issuer);
        }
        Ok(claims)
    }

    /// When the token says it was signed.
    pub(super) const fn issued_at(&self) -> OffsetDateTime {
        self.iat.0
    }

    /// Whether the token is good at `now`. Answers until when it is.
    pub(super) fn check_times(
        &self,
        now: OffsetDateTime,
        max_lifetime: Duration,
    ) -> Result<OffsetDateTime, Reason> {
        let (exp, iat) = (self.exp.0, self.iat.0);
        let good_until = exp.checked_add(SKEW).ok_or(Reason::Claims)?;
        if now >= good_until {
            return Err(Reason::Expired);
        }
        let is_ahead = |at: OffsetDateTime| at > now.saturating_add(SKEW);
        if is_ahead(iat) || self.nbf.is_some_and(|nbf| is_ahead(nbf.0)) {
            return Err(Reason::NotYet);
        }
        if exp <= iat || exp - iat > max_lifetime {
            return Err(Reason::Lifetime);
        }
        Ok(good_until)
    }

    /// The sales units the token is narrowed to; an empty list is none.
    pub(super) fn msns(&self) -> Result<Option<BTreeSet<Msn>>, Reason> {
        let Some(msns) = &self.msns else { return Ok(None) };
        msns.iter()
            .map(|msn| msn.parse().map_err(|_| Reason::Claims))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}
