//! URLs that a customer's phone opens.

use crate::body::At;

/// `https://…` or a scheme of an app (ePayment API 1.8.1, `returnUrl`, 2026-04).
pub(super) fn read(at: &At<'_>, most: usize) {
    let Some(text) = at.text_of(1, most) else { return };
    let Ok(url) = ::url::Url::parse(text) else {
        at.fault(
            "format",
            "must be an absolute URL: https://… or the scheme of an app",
        );
        return;
    };
    if matches!(
        url.scheme(),
        "http" | "ftp" | "ws" | "wss" | "file" | "data" | "javascript" | "vbscript" | "blob"
    ) {
        at.fault("format", "must begin with https:// or with the scheme of an app");
    }
}

/// A page that the customer may open in a browser (ePayment API 1.8.5, `merchantLegalLinks`, 2026-10).
pub(super) fn read_page(at: &At<'_>) {
    let Some(text) = at.text() else { return };
    if !::url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        at.fault("format", "must be an absolute URL: https://…");
    }
}

/// `https://…` and nothing else: Vipps calls it.
pub(super) fn read_https(at: &At<'_>) {
    let Some(text) = at.text() else { return };
    if !::url::Url::parse(text).is_ok_and(|url| url.scheme() == "https") {
        at.fault("format", "must be an absolute https:// URL");
    }
}
