//! Whose tokens the operators' API believes.

use app::identity::OperatorIssuer;
use app::registry::Jwks;
use serde::{Deserialize, Serialize};

use super::duration::Span;
use crate::assemble::whole;

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Operators {
    pub issuer: String,
    pub audience: String,
    pub jwks_url: String,
    pub jwks: String,
    pub algorithms: Vec<String>,
    pub max_lifetime: Span,
    pub at_jwt: bool,
}

impl Operators {
    /// The issuer; absent = nobody is believed.
    pub fn trusted(&self) -> Option<OperatorIssuer> {
        (!self.issuer.is_empty()).then(|| OperatorIssuer {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            jwks: if self.jwks_url.is_empty() {
                Jwks::Inline(self.jwks.clone())
            } else {
                Jwks::Url(self.jwks_url.clone())
            },
            algorithms: self.algorithms.clone(),
            max_lifetime: whole(self.max_lifetime),
            demands_at_jwt: self.at_jwt,
        })
    }

    /// `own` = the gateway's own issuer.
    pub(super) fn contradictions(&self, own: &str) -> Vec<String> {
        let Some(trusted) = self.trusted() else {
            let others = [
                ("audience", &self.audience),
                ("jwks_url", &self.jwks_url),
                ("jwks", &self.jwks),
            ];
            let set = others.into_iter().filter(|(_, value)| !value.is_empty());
            return set
                .map(|(key, _)| format!("operators.{key}: has no effect without operators.issuer"))
                .collect();
        };
        if self.jwks_url.is_empty() == self.jwks.is_empty() {
            return vec!["operators.jwks_url: set either this or operators.jwks".to_owned()];
        }
        let key = |field: &str| match field {
            "iss" => "issuer",
            "aud" => "audience",
            "jwksUrl" => "jwks_url",
            "jwks" => "jwks",
            "maxLifetime" => "max_lifetime",
            _ => "algorithms",
        };
        trusted
            .faults(own)
            .into_iter()
            .map(|wrong| format!("operators.{}: {}", key(&wrong.field), wrong.message))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(change: impl FnOnce(&mut Operators)) -> Vec<String> {
        let mut operators = Operators {
            issuer: "https://id.operator.example".to_owned(),
            audience: "nordbro-operators".to_owned(),
            jwks_url: "https://id.operator.example/jwks.json".to_owned(),
            jwks: String::new(),
            algorithms: vec!["ES256".to_owned()],
            max_lifetime: Span::from_secs(3600),
            at_jwt: false,
        };
        change(&mut operators);
        operators.contradictions("https://gateway.example")
    }

    #[test]
    fn an_issuer_is_whole_or_not_there() {
        assert_eq!(set(|_| {}), [""; 0]);
        let beginning = |faults: Vec<String>| {
            let keys = faults.iter().map(|it| it.split(':').next().unwrap().to_owned());
            keys.collect::<Vec<_>>()
        };
        for (change, key) in [
            (
                (|it| it.issuer = "https://gateway.example".to_owned()) as fn(&mut Operators),
                "operators.issuer",
            ),
            (|it| it.audience = String::new(), "operators.audience"),
            (|it| it.jwks_url = String::new(), "operators.jwks_url"),
            (|it| it.jwks = "{}".to_owned(), "operators.jwks_url"),
            (|it| it.jwks_url = "id.operator".to_owned(), "operators.jwks_url"),
            (
                |it| it.algorithms = vec!["HS256".to_owned()],
                "operators.algorithms",
            ),
            (|it| it.algorithms = Vec::new(), "operators.algorithms"),
            (
                |it| it.max_lifetime = Span::from_secs(2 * 86_400),
                "operators.max_lifetime",
            ),
        ] {
            assert_eq!(beginning(set(change)), [key]);
        }
        let forgotten = set(|it| it.issuer = String::new());
        assert_eq!(beginning(forgotten), ["operators.audience", "operators.jwks_url"]);
        let inline = |set_to: &'static str| {
            set(move |it| {
                it.jwks_url = String::new();
                it.jwks = set_to.to_owned();
            })
        };
        assert_eq!(beginning(inline(r#"{"keys":[]}"#)), ["operators.jwks"]);
        assert_eq!(
            beginning(inline(r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#)),
            ["operators.jwks"]
        );
    }
}
