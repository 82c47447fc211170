//! Express (ePayment API 1.8.1, `shipping`, 2026-04).

use super::{amount, url};
use crate::body::At;

/// Either fixed options or an address to ask for them.
pub(super) fn read(at: &At<'_>) {
    let (fixed, dynamic) = (at.field("fixedOptions"), at.field("dynamicOptions"));
    if fixed.is_present() == dynamic.is_present() {
        at.fault(
            "exactly_one",
            "must have exactly one of fixedOptions and dynamicOptions",
        );
    }
    if let Some(groups) = fixed.optional() {
        for group in groups.list().unwrap_or_default() {
            read_group(&group);
        }
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

/// One way of delivery and its choices. Which ways and carriers there are is Vipps' to say.
fn read_group(at: &At<'_>) {
    let Some(at) = at.clone().object() else { return };
    for name in ["type", "brand"] {
        if let Some(word) = at.field(name).required() {
            let _ = word.text();
        }
    }
    let Some(options) = at.field("options").required() else {
        return;
    };
    for option in options.list().unwrap_or_default() {
        let Some(option) = option.object() else { continue };
        for name in ["id", "name"] {
            if let Some(text) = option.field(name).required() {
                let _ = text.text();
            }
        }
        amount::read_charge(&option.field("amount"));
    }
}
