//! From what is asked to the request on the wire: the only place where secrets meet a request.

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Request};
use url::Url;
use zeroize::Zeroizing;

use domain::{Environment, KeySetKind, Method, ProductProfile, Secret, UpstreamKey};

use super::Access;
use super::settings::Settings;
use super::token::{Which, names_merchant};

const SUBSCRIPTION_KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");
const SERIAL_NUMBER: HeaderName = HeaderName::from_static("merchant-serial-number");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What is asked of Vipps, without a secret.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) key: Option<&'a UpstreamKey>,
    pub(super) body: &'a [u8],
}

impl<'a> Ask<'a> {
    pub(super) const fn get(path: &'a str) -> Self {
        Self {
            method: Method::Get,
            path,
            key: None,
            body: &[],
        }
    }
}

/// # Errors
/// Which part cannot be sent. Nothing has left then.
pub(super) fn api(
    settings: &Settings,
    ask: Ask<'_>,
    access: &Access,
    token: &Secret,
    which: Which,
) -> Result<Request, String> {
    let mut request = Request::new(method(ask.method), url(settings, access.environment, ask.path)?);
    let headers = request.headers_mut();
    common(headers, &access.product, access)?;
    if let Some(msn) = &access.msn {
        headers.insert(SERIAL_NUMBER, value("the serial number", msn.as_str())?);
    }
    let bearer = Zeroizing::new(format!("Bearer {}", token.reveal()));
    let mut bearer = value("the access token", &bearer)?;
    bearer.set_sensitive(true);
    headers.insert(AUTHORIZATION, bearer);
    headers.insert(
        SUBSCRIPTION_KEY,
        secret("the subscription key", which.of(access))?,
    );
    if let Some(key) = ask.key {
        headers.insert(IDEMPOTENCY_KEY, value("the idempotency key", key.as_str())?);
    }
    if ask.body.is_empty() {
        if ask.method != Method::Get {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
    } else {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(Body::from(ask.body.to_vec()));
    }
    Ok(request)
}

/// `POST /accesstoken/get`: keys in headers, no body (Access Token API 2.0.0, 2026-04).
///
/// # Errors
/// Which part cannot be sent.
pub(super) fn access_token(settings: &Settings, access: &Access, which: Which) -> Result<Request, String> {
    let url = url(settings, access.environment, "/accesstoken/get")?;
    let mut request = Request::new(reqwest::Method::POST, url);
    let headers = request.headers_mut();
    // A token of platform keys serves all partners: whichever of them made it be fetched is not its owner.
    let product = match access.keys.kind {
        KeySetKind::Platform => &settings.operator,
        KeySetKind::SalesUnit | KeySetKind::Partner | KeySetKind::Accounting => &access.product,
    };
    common(headers, product, access)?;
    if let Some(msn) = access.msn.as_ref().filter(|_| names_merchant(access.keys.kind)) {
        headers.insert(SERIAL_NUMBER, value("the serial number", msn.as_str())?);
    }
    headers.insert("client_id", value("the client id", &access.keys.client_id)?);
    headers.insert(
        "client_secret",
        secret("the client secret", &access.keys.client_secret)?,
    );
    headers.insert(
        SUBSCRIPTION_KEY,
        secret("the subscription key", which.of(access))?,
    );
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    Ok(request)
}

/// The product's four headers, and the trace if it is one. A trace is a courtesy: a broken one is left out.
fn common(headers: &mut HeaderMap, product: &ProductProfile, access: &Access) -> Result<(), String> {
    for (name, text) in product.headers() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a product header has no name")?;
        headers.insert(name, value("a product header", text)?);
    }
    let trace = [
        ("traceparent", &access.trace.traceparent),
        ("tracestate", &access.trace.tracestate),
    ];
    for (name, text) in trace {
        if let Some(value) = text.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    }
    Ok(())
}

fn url(settings: &Settings, environment: Environment, path: &str) -> Result<Url, String> {
    let root = settings.url(environment).as_str().trim_end_matches('/');
    Url::parse(&format!("{root}{path}")).map_err(|_| "the address cannot be built".to_owned())
}

fn value(what: &str, text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| format!("{what} cannot be a header"))
}

fn secret(what: &str, secret: &Secret) -> Result<HeaderValue, String> {
    let mut value = value(what, secret.reveal())?;
    value.set_sensitive(true);
    Ok(value)
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}
