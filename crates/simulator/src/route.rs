//! Which operation a request asks for. Every API lists its routes; a world asks them in turn.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{Method, StatusCode};

use crate::answer::Answer;
use crate::call::Call;
use crate::world::World;

pub(crate) type Handler = fn(Arc<World>, Call) -> BoxFuture<'static, Answer>;

/// One operation of one API.
pub(crate) struct Route {
    /// `api.operation`, such as `epayment.capture`. Unique in the crate.
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// `{name}` stands for one segment and becomes a path parameter.
    pub(crate) path: &'static str,
    pub(crate) handler: Handler,
}

pub(crate) enum Found<'a> {
    Route(&'a Route, Vec<(&'static str, String)>),
    /// The path exists, the method does not.
    OtherMethod,
    Nothing,
}

pub(crate) fn find<'a>(routes: &'a [Route], method: &Method, path: &str) -> Found<'a> {
    let mut found = Found::Nothing;
    for route in routes {
        let Some(params) = matches(route.path, path) else {
            continue;
        };
        if route.method == *method {
            return Found::Route(route, params);
        }
        found = Found::OtherMethod;
    }
    found
}

/// Literal segments compare without case (`/accesstoken/get` is also seen as `/accessToken/get`).
fn matches(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut params = Vec::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(params),
            (Some(want), Some(got)) => match want.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                Some(_) if got.is_empty() => return None,
                Some(name) => params.push((name, decoded(got))),
                None if want.eq_ignore_ascii_case(got) => {}
                None => return None,
            },
            (Some(_), None) | (None, Some(_)) => return None,
        }
    }
}

fn decoded(segment: &str) -> String {
    // `+` is a plus in a path; only a query reads it as a space.
    let query = format!("v={}", segment.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(query.as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

/// What Azure API Management says to a path that no API has.
pub(crate) fn unknown(found: &Found<'_>) -> Answer {
    let status = match found {
        Found::OtherMethod => StatusCode::METHOD_NOT_ALLOWED,
        Found::Nothing | Found::Route(..) => StatusCode::NOT_FOUND,
    };
    let body = serde_json::json!({ "statusCode": status.as_u16(), "message": "Resource not found" });
    Answer::json(status, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_in_braces_is_read_percent_decoded() {
        let found = matches(
            "/management/v1/merchants/{scheme}/{id}",
            "/management/v1/merchants/business%3ANO%3AORG/9",
        );
        assert_eq!(
            found,
            Some(vec![
                ("scheme", "business:NO:ORG".to_owned()),
                ("id", "9".to_owned())
            ])
        );
    }

    #[test]
    fn the_token_path_is_known_in_both_spellings() {
        assert_eq!(matches("/accesstoken/get", "/accessToken/get"), Some(vec![]));
    }

    #[test]
    fn a_path_with_a_segment_too_many_is_another_path() {
        assert_eq!(
            matches("/epayment/v1/payments/{reference}", "/epayment/v1/payments/a/b"),
            None
        );
        assert_eq!(
            matches("/epayment/v1/payments/{reference}", "/epayment/v1/payments/"),
            None
        );
    }
}
