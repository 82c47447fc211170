//! What the audit tells of the registry's nouns. A key is told by its id and state, never by its value; public
//! keys are public.

use std::collections::BTreeSet;

use domain::{Environment, Msn, PartnerId};
use serde_json::{Value, json};
use store::audit::Chain;
use store::money::Operation;
use store::product_orders::ProductOrder;
use store::registry::{
    Assignment, Client, Issuer, Jwks, Merchant, Partner, Profile, RevokedOperatorToken, RevokedToken,
    SigningKey, StoredKeySet,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Subject;

/// RFC 3339 in UTC.
pub(crate) fn moment(at: OffsetDateTime) -> Value {
    at.format(&Rfc3339).map_or(Value::Null, Value::String)
}

fn listed(msns: Option<&BTreeSet<Msn>>) -> Option<Vec<&str>> {
    msns.map(|msns| msns.iter().map(Msn::as_str).collect())
}

/// In its own chain and in the gateway's: so neither can vanish as a whole without the other telling.
impl Subject for Partner {
    const NOUN: &'static str = "partner";

    fn partner(&self) -> Option<PartnerId> {
        Some(self.id)
    }

    fn environment(&self) -> Option<Environment> {
        None
    }

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn facts(&self) -> Value {
        json!({ "name": self.name, "state": self.state.as_str() })
    }

    fn also(&self) -> Option<Chain> {
        Some(Chain::Gateway)
    }
}

impl Subject for Issuer {
    const NOUN: &'static str = "issuer";

    fn partner(&self) -> Option<PartnerId> {
        Some(self.partner)
    }

    fn environment(&self) -> Option<Environment> {
        Some(self.environment)
    }

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn facts(&self) -> Value {
        let (url, inline) = match &self.jwks {
            Jwks::Url(url) => (Some(url), None),
            Jwks::Inline(set) => (None, Some(set)),
        };
        json!({
            "iss": self.iss,
            "aud": self.aud,
            "jwksUrl": url,
            "jwks": inline,
            "algorithms": self.algorithms,
            "scopes": self.scopes,
            "msns": listed(self.msns.as_ref()),
            "maxLifetime": self.max_lifetime.whole_seconds(),
            "atJwt": self.demands_at_jwt,
            "state": self.state.as_str(),
        })
    }
}

impl Subject for Client {
    const NOUN: &'static str = "client";

    fn partner(&self) -> Option<PartnerId> {
        Some(self.partner)
    }

    fn environment(&self) -> Option<Environment> {
        Some(self.environment)
    }

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn facts(&self) -> Value {
        json!({
            "name": self.name,
            "jwks": self.jwks,
            "scopes": self.scopes,
            "msns": listed(self.msns.as_ref()),
            "tokenLifetime": self.token_lifetime.whole_seconds(),
            "profileId": self.profile.map(|profile| profile.to_string()),
            "state": self.state.as_str(),
        })
    }
}

impl Subject for Profile {
    const NOUN: &'static str = "profile";

    fn partner(&self) -> Option<PartnerId> {
        Some(self.partner)
    }

    fn environment(&self) -> Option<Environment> {
        Some(self.environment)
    }

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn facts(&self) -> Value {
        let [system_name, system_version, plugin_name, plugin_version] =
            self.product.headers().map(|(_, value)| value);
        json!({
            "name": self.name,
            "systemName": system_name,
            "systemVersion": system_version,
            "pluginName": plugin_name,
            "pluginVersion": plugin_version,
        })
    }
}

impl Subject for Merchant {
    const NOUN: &'static str = "merchant";

    fn partner(&self) -> Option<PartnerId> {
        Some(self.partner)
    }

    fn environment(&self) -> Option<Environment> {
        Some(self.environment)
    }

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn facts(&self) -> Value {
        json!({
            "name": self.name,
            "organisationNumber": self.organisation_number,
            "country": self.country,
        })
    }
}

impl Subject for Assignment {
    const NOUN: &'static str = "sales_unit";

    fn partner(&self) -> Option<PartnerId> {
        Some(self.partner)
    }

    fn environment(&self) -> Option<Environment> {
        Some(self.environment)
    }

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn facts(&self) -> Value {
        json!({
            "msn": self.msn.as_str(),
            "merchantId": self.merchant.to_string(),
            "name": self.name,
            "state": self.state.as_str(),
            "credentialMode": self.credential_mode.as_str(),
            "profileId": self.profile.map(|profile| profile.to_string()),
            "orphans": self.orphans.as_str(),
            "closing": self.closing.map(domain::Closing::as_str),
            "liveFrom": self.live_from.map(moment),
            "endedAt": self.ended_at.map(moment),
        })
    }
}

impl Subject for ProductOrder {
    const NOUN: &'static str = "product_order";

    fn partner(&self) -> Option<PartnerId> {
        Some(self.partner)
    }

    fn environment(&self) -> Option<Environment> {
        Some(self.environment)
    }

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn facts(&self) -> Value {
        json!({
            "merchantId": self.merchant.to_string(),
            "productType": self.product_type,
            "status": self.status.as_str(),
            "vippsId": self.vipps_id,
            "msn": self.msn.as_ref().map(Msn::as_str),
        })
    }
}

impl Subject for StoredKeySet {
    const NOUN: &'static str = "key_set";

    fn partner(&self) -> Option<PartnerId> {
        self.owner.partner()
    }

    fn environment(&self) -> Option<Environment> {
        Some(self.environment)
    }

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn facts(&self) -> Value {
        json!({
            "kind": self.owner.kind().as_str(),
            "salesUnit": self.owner.assignment().map(|assignment| assignment.to_string()),
            "state": self.state.as_str(),
            "version": self.version,
            "provenAt": self.proven_at.map(moment),
        })
    }
}

impl Subject for SigningKey {
    const NOUN: &'static str = "signing_key";

    fn partner(&self) -> Option<PartnerId> {
        None
    }

    fn environment(&self) -> Option<Environment> {
        None
    }

    fn target(&self) -> String {
        self.kid.clone()
    }

    fn facts(&self) -> Value {
        json!({
            "signsFrom": moment(self.signs_from),
            "signsUntil": moment(self.signs_until),
            "publishedUntil": moment(self.published_until),
        })
    }
}

/// Neither its body nor the caller's key: they are the partner's.
impl Subject for Operation {
    const NOUN: &'static str = "operation";

    fn partner(&self) -> Option<PartnerId> {
        Some(self.partner)
    }

    fn environment(&self) -> Option<Environment> {
        Some(self.environment)
    }

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn facts(&self) -> Value {
        json!({
            "status": self.status.as_str(),
            "type": self.kind.as_str(),
            "msn": self.msn.as_str(),
            "reference": self.reference.as_str(),
            "value": self.amount.map(|amount| amount.value),
            "currency": self.amount.map(|amount| amount.currency.as_str().to_owned()),
            "sends": self.sends,
            "firstSentAt": moment(self.sent.first),
            "lastSentAt": moment(self.sent.last),
        })
    }
}

impl Subject for RevokedToken {
    const NOUN: &'static str = "token";

    fn partner(&self) -> Option<PartnerId> {
        Some(self.partner)
    }

    fn environment(&self) -> Option<Environment> {
        Some(self.environment)
    }

    fn target(&self) -> String {
        self.jti.clone()
    }

    fn facts(&self) -> Value {
        json!({ "signer": self.signer.simple().to_string(), "until": moment(self.until) })
    }
}

impl Subject for RevokedOperatorToken {
    const NOUN: &'static str = "operator_token";

    fn partner(&self) -> Option<PartnerId> {
        None
    }

    fn environment(&self) -> Option<Environment> {
        None
    }

    fn target(&self) -> String {
        self.jti.clone()
    }

    fn facts(&self) -> Value {
        json!({ "iss": self.iss, "until": moment(self.until) })
    }
}
