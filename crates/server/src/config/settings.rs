//! The settings as values. What each means stands in `default.toml`, beside its default.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use domain::{ProductProfile, Violation};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;

use super::admission::{self, Admission, Breakers};
use super::duration::Span;
use super::operators::Operators;
use super::secret::{SecretText, SecretUrl};

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub public: Public,
    pub private: Private,
    pub operators: Operators,
    pub shutdown: Shutdown,
    pub database: Database,
    pub redis: Redis,
    pub vipps: Vipps,
    pub admission: Admission,
    pub breakers: Breakers,
    pub egress: Egress,
    pub transfers: Transfers,
    pub retention: Retention,
    pub sealing: Sealing,
    pub waiting: Waiting,
    pub limits: Limits,
    pub telemetry: Telemetry,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Public {
    pub listen: SocketAddr,
    pub url: String,
    pub trusted_proxies: Vec<IpNet>,
    pub header_timeout: Span,
    pub body_timeout: Span,
    pub idle_timeout: Span,
    pub max_header_bytes: u32,
    pub max_headers: usize,
    pub max_connections: usize,
    pub max_connections_per_address: usize,
    pub max_streams: u32,
    pub max_body_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Private {
    pub listen: SocketAddr,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    pub notice: Span,
    pub drain: Span,
    pub tasks: Span,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: SecretUrl,
    pub system_url: SecretUrl,
    pub migrate_url: SecretUrl,
    pub max_connections: u32,
    pub acquire_timeout: Span,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    pub url: SecretUrl,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Vipps {
    pub replay_horizon: Span,
    pub connect_timeout: Span,
    pub answer_timeout: Span,
    pub idle_timeout: Span,
    pub operator: Operator,
    pub test: VippsEnvironment,
    pub production: VippsEnvironment,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    pub system_name: String,
    pub system_version: String,
    pub plugin_name: String,
    pub plugin_version: String,
}

impl Operator {
    /// The values as Vipps gets them.
    ///
    /// # Errors
    /// Every value that cannot be a header.
    pub fn product(&self) -> Result<ProductProfile, Vec<Violation>> {
        let version = |text: &str| match text {
            "" => env!("CARGO_PKG_VERSION").to_owned(),
            text => text.to_owned(),
        };
        ProductProfile::new(
            &self.system_name,
            &version(&self.system_version),
            &self.plugin_name,
            &version(&self.plugin_version),
        )
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VippsEnvironment {
    pub url: Url,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    pub allow: Vec<IpNet>,
    pub connect_timeout: Span,
    pub answer_timeout: Span,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Transfers {
    pub drain: Span,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub idempotency_keys: Span,
    pub attempts: Span,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sealing {
    pub key_file: PathBuf,
    pub keys: SecretText,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    pub default: Span,
    pub longest: Span,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub address: Rate,
    pub partner: Rate,
    pub sales_unit: Rate,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub burst: NonZeroU32,
    pub per_second: NonZeroU32,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    pub log: String,
    pub otlp_url: String,
    pub sampled: f64,
}

impl Config {
    /// How the outside world writes the public address, without a trailing slash.
    pub fn public_url(&self) -> String {
        if self.public.url.is_empty() {
            format!("http://{}", self.public.listen)
        } else {
            self.public.url.clone()
        }
    }

    /// What is set and has no effect in this release, with what holds instead.
    pub fn without_effect(&self) -> Vec<(&'static str, &'static str)> {
        let mut found = Vec::new();
        if !self.database.system_url.is_empty() && !self.database.url.is_postgres() {
            found.push((
                "database.system_url",
                "SQLite has no users, so work across partners uses database.url like everything else",
            ));
        }
        if !self.redis.url.is_empty() {
            found.push((
                "redis.url",
                "each replica counts for itself, so divide the limits by the number of replicas",
            ));
        }
        found
    }

    /// What no single key can tell, as `key: reason and remedy`.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        let public = &self.public;
        if public.max_header_bytes < 8192 {
            found.push("public.max_header_bytes: must be at least 8192".to_owned());
        }
        let above_zero = [
            ("public.max_headers", public.max_headers as u64),
            ("public.max_connections", public.max_connections as u64),
            (
                "public.max_connections_per_address",
                public.max_connections_per_address as u64,
            ),
            ("public.max_streams", u64::from(public.max_streams)),
            ("public.max_body_bytes", public.max_body_bytes as u64),
            (
                "database.max_connections",
                u64::from(self.database.max_connections),
            ),
        ];
        for (key, value) in above_zero {
            if value == 0 {
                found.push(format!("{key}: must be above 0"));
            }
        }
        let longer_than_nothing = [
            ("public.header_timeout", public.header_timeout),
            ("public.body_timeout", public.body_timeout),
            ("public.idle_timeout", public.idle_timeout),
            ("database.acquire_timeout", self.database.acquire_timeout),
            ("vipps.connect_timeout", self.vipps.connect_timeout),
            ("vipps.answer_timeout", self.vipps.answer_timeout),
            ("vipps.idle_timeout", self.vipps.idle_timeout),
            ("egress.connect_timeout", self.egress.connect_timeout),
            ("egress.answer_timeout", self.egress.answer_timeout),
        ];
        for (key, value) in longer_than_nothing {
            if value.get().is_zero() {
                found.push(format!("{key}: must be longer than 0s"));
            }
        }
        for wrong in self.vipps.operator.product().err().into_iter().flatten() {
            let key = match wrong.field.as_str() {
                "systemName" => "system_name",
                "systemVersion" => "system_version",
                "pluginName" => "plugin_name",
                _ => "plugin_version",
            };
            found.push(format!("vipps.operator.{key}: {}", wrong.message));
        }
        for (key, span, least) in [
            (
                "retention.idempotency_keys",
                self.retention.idempotency_keys,
                app::Retention::LEAST_KEYS,
            ),
            (
                "retention.attempts",
                self.retention.attempts,
                app::Retention::LEAST_ATTEMPTS,
            ),
        ] {
            if span.get() < least.unsigned_abs() {
                found.push(format!("{key}: must be at least {}d", least.whole_days()));
            }
        }
        if self.retention.attempts < self.vipps.replay_horizon {
            found.push("retention.attempts: must not be shorter than vipps.replay_horizon".to_owned());
        }
        if self.waiting.default > self.waiting.longest {
            found.push("waiting.default: must not be longer than waiting.longest".to_owned());
        }
        if !(0.0..=1.0).contains(&self.telemetry.sampled) {
            found.push("telemetry.sampled: must be between 0 and 1".to_owned());
        }
        for (key, url) in [
            ("public.url", &public.url),
            ("telemetry.otlp_url", &self.telemetry.otlp_url),
        ] {
            if !url.is_empty() && !is_base_url(url) {
                found.push(format!(
                    "{key}: must be an http or https URL without a trailing slash, query or fragment"
                ));
            }
        }
        for (key, url) in [
            ("database.url", &self.database.url),
            ("database.system_url", &self.database.system_url),
            ("database.migrate_url", &self.database.migrate_url),
        ] {
            let optional = key != "database.url";
            let known = ["sqlite:", "postgres://", "postgresql://"];
            if !(optional && url.is_empty() || known.iter().any(|scheme| url.reveal().starts_with(scheme))) {
                found.push(format!("{key}: must begin with sqlite: or postgres://"));
            }
        }
        found.extend(self.database.contradictions());
        found.extend(self.operators.contradictions(&self.public_url()));
        found.extend(admission::contradictions(&self.admission, &self.breakers));
        found
    }
}

impl Database {
    /// PostgreSQL keeps partners apart by who asks, so each purpose has a user of its own.
    fn contradictions(&self) -> Vec<String> {
        let user = |url: &SecretUrl| {
            let parsed = Url::parse(url.reveal()).ok()?;
            Some(parsed.username().to_owned()).filter(|user| !user.is_empty())
        };
        let mut found = Vec::new();
        if !self.url.is_postgres() {
            return found;
        }
        if self.system_url.is_empty() {
            found.push(
                "database.system_url: PostgreSQL needs a second user, a member of nordbro_system, for background \
                 work; see docs/runbook.md, \"Database\""
                    .to_owned(),
            );
        }
        for (key, other, used) in [
            ("database.system_url", &self.system_url, "database.url"),
            ("database.migrate_url", &self.migrate_url, "database.url"),
        ] {
            if user(other).is_some_and(|name| Some(name) == user(&self.url)) {
                found.push(format!(
                    "{key}: names the same user as {used}; the wall between partners needs one for each"
                ));
            }
        }
        found
    }
}

fn is_base_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
            && !text.ends_with('/')
    })
}
