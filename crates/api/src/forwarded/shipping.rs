//! Express (ePayment API 1.8.1, `shipping`, 2026-04).

use super::url;
use crate::body::At;

/// Either fixed options or an address to ask for them.
pub(super) fn read(at: &At<'_>) {
    let Some(at) = at.clone().object() else { return };
    let (fixed, dynamic) = (at.field("fixedOptions"), at.field("dynamicOptions"));
    if fixed.is_present() == dynamic.is_present() {
        at.fault(
            "exactly_one",
            "must have exactly one of fixedOptions and dynamicOptions",
        );
    }
    if let Some(dynamic) = dynamic.optional().and_then(At::object) {
        if let Some(callback) = dynamic.field("callbackUrl").required() {
            url::read_https(&callback);
        }
        if let Some(token) = dynamic.field("callbackAuthorizationToken").optional() {
            let _ = token.text();
        }
    }
    if let Some(countries) = at.field("allowedCountries").optional() {
        for country in countries.list().unwrap_or_default() {
            let _ = country.text();
        }
    }
}
