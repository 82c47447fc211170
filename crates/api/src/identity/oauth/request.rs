//! A request for a token, read strictly: a parameter comes once, and one way of authentication is used.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};

use super::answer::Fault;

/// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer` (RFC 7523, section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What was asked, and by which proof.
pub(super) struct Request {
    pub(super) proof: Proof,
    pub(super) scope: Option<String>,
}

/// How a client proves itself.
pub(super) enum Proof {
    Secret {
        client: String,
        secret: Secret,
        /// Whether it came as `client_secret_basic`.
        basic: bool,
    },
    Assertion {
        /// The parameter `client_id`, which must agree with the assertion when it comes.
        client: Option<String>,
        assertion: String,
    },
}

pub(super) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Request, Fault> {
    let mut form = form(headers, body)?;
    match form.remove("grant_type").as_deref() {
        Some("client_credentials") => {}
        Some(_) => return Err(Fault::UnsupportedGrantType),
        None => return Err(Fault::InvalidRequest("grant_type is required")),
    }
    let basic = basic(headers)?;
    let (client, secret) = (form.remove("client_id"), form.remove("client_secret"));
    let (kind, assertion) = (
        form.remove("client_assertion_type"),
        form.remove("client_assertion"),
    );
    let proof = match (basic, secret, assertion) {
        (Some((id, secret)), None, None) => {
            if client.is_some_and(|client| client != id) {
                return Err(Fault::InvalidRequest(
                    "client_id and the Authorization header disagree",
                ));
            }
            Proof::Secret {
                client: id,
                secret,
                basic: true,
            }
        }
        (None, Some(secret), None) => Proof::Secret {
            client: client.ok_or(Fault::InvalidRequest(
                "client_id is required beside client_secret",
            ))?,
            secret: Secret::new(secret),
            basic: false,
        },
        (None, None, Some(assertion)) => {
            if kind.as_deref() != Some(JWT_BEARER) {
                return Err(Fault::InvalidRequest(
                    "client_assertion_type must be the URN of jwt-bearer",
                ));
            }
            Proof::Assertion { client, assertion }
        }
        (None, None, None) => return Err(Fault::InvalidClient { basic: false }),
        (Some(_), _, _) | (None, Some(_), Some(_)) => {
            return Err(Fault::InvalidRequest(
                "a client proves itself in one way, not in several",
            ));
        }
    };
    Ok(Request {
        proof,
        scope: form.remove("scope"),
    })
}

fn form(headers: &HeaderMap, body: &[u8]) -> Result<BTreeMap<String, String>, Fault> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = kind.is_some_and(|kind| {
        let essence = kind.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    });
    if !is_form {
        return Err(Fault::InvalidRequest(
            "the body must be application/x-www-form-urlencoded",
        ));
    }
    let mut form = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        if form.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(Fault::InvalidRequest("a parameter came twice"));
        }
    }
    Ok(form)
}

/// `client_secret_basic`: both halves are form-encoded before they are joined (RFC 6749, section 2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, Secret)>, Fault> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let refused = Fault::InvalidClient { basic: true };
    let text = value.to_str().map_err(|_| refused)?;
    let (scheme, encoded) = text.split_once(' ').ok_or(refused)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(refused);
    }
    let bytes = STANDARD.decode(encoded.trim()).map_err(|_| refused)?;
    let pair = String::from_utf8(bytes).map_err(|_| refused)?;
    let (id, secret) = pair.split_once(':').ok_or(refused)?;
    Ok(Some((decoded(id), Secret::new(decoded(secret)))))
}

fn decoded(text: &str) -> String {
    let joined = format!("v={text}");
    url::form_urlencoded::parse(joined.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
