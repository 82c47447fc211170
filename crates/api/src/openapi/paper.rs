//! The two documents, and what is particular to each.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::OpenApi;

use super::requests::{self, Requests};
use super::{classes, shared};
use crate::{admin, v1};

/// One document.
pub(super) struct Paper {
    /// Whether answers say where the caller stands with limits.
    pub is_limited: bool,
    pub requests: &'static Requests,
    /// What kinds of operation one is: path, method, itself.
    pub classes: fn(&str, &str, &Value) -> BTreeSet<String>,
    /// Everything but what all operations have in common.
    pub base: fn() -> Value,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nordbro",
        description = "The partner API of a gateway to Vipps MobilePay. One call per step of a payment, for any number of \
            sales units.\n\nRequest bodies of payments and receipts are Vipps' own and go on byte for byte; answers are the \
            gateway's. Money is in whole minor units, times are UTC, ids are prefixed.\n\nMoney moves once: each create, \
            capture, refund and cancel carries an `Idempotency-Key`, and asking again with the same key and the same body \
            gives the same answer. `202` means that the result is not known yet: ask again with the same key, or read the \
            operation.\n\nEvery answer that is not a success is a problem (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "Payments", description = "Create, read, search, and move money."),
        (name = "Receipts", description = "Order lines that the customer sees in the app."),
        (name = "Merchants", description = "Whom the partner acts for."),
        (name = "Sales units", description = "What the token may use, whose keys serve it, and how Vipps takes them."),
        (name = "Reports", description = "What happened, counted."),
    ),
    components(schemas(crate::problem::Document))
)]
struct Partner;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Nordbro for operators",
        description = "What the operators of a gateway do with its registry, over HTTP on the private listener. Callers are \
            tokens of the operators' own issuer (`operators.issuer`), whose claim `nordbro_role` says `auditor`, `support` or \
            `owner`; each may do what the one before it may, and each operation names the least of them.\n\nEvery change stands \
            in the audit with the token's subject, and with what the header `Audit-Reason` says. No answer ever holds a \
            secret.\n\nEvery answer that is not a success is a problem (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "Partners", description = "The tenants."),
        (name = "Issuers", description = "Who may sign tokens for a partner."),
        (name = "Clients", description = "Who fetches tokens at the gateway's own token endpoint."),
        (name = "Tokens", description = "Single tokens that are taken back."),
        (name = "Signing keys", description = "What tokens of the gateway's own issuer are signed with."),
        (name = "Profiles", description = "How partners' products name themselves to Vipps."),
        (name = "Merchants", description = "The businesses that are paid."),
        (name = "Sales units", description = "And which partner holds them."),
        (name = "Product orders", description = "What partners have ordered at Vipps for their merchants."),
        (name = "Transfers", description = "Sales units on their way from one partner to another."),
        (name = "Key sets", description = "Keys at Vipps, which go in and never come out."),
        (name = "Operations", description = "Money whose outcome nobody knows."),
        (name = "Keys at rest", description = "What hangs on which key of the key file."),
        (name = "Audit", description = "What was done, and by whom."),
    ),
    components(schemas(crate::problem::Document))
)]
struct Operator;

/// `/v1`.
pub(super) fn partner() -> Paper {
    Paper {
        is_limited: true,
        requests: requests::partner(),
        classes: classes::of_partner,
        base: || {
            let mut document = merged(Partner::openapi(), v1::routes().split_for_parts().1);
            shared::partner(&mut document);
            document
        },
    }
}

/// `/admin/v1`.
pub(super) fn operator() -> Paper {
    Paper {
        is_limited: false,
        requests: requests::operator(),
        classes: classes::of_operator,
        base: || {
            let mut document = merged(Operator::openapi(), admin::routes().split_for_parts().1);
            shared::operator(&mut document);
            document
        },
    }
}

fn merged(mut base: utoipa::openapi::OpenApi, described: utoipa::openapi::OpenApi) -> Value {
    base.merge(described);
    serde_json::to_value(base).unwrap_or_default()
}
