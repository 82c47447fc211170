//! The names of the unique rules, as both databases report them.

/// One rule: what PostgreSQL calls it, and the columns `SQLite` names instead.
struct Rule {
    name: &'static str,
    columns: &'static str,
}

/// Every unique rule a caller may run into. A rule that is missing here is reported as `unknown`.
const RULES: &[Rule] = &[
    Rule {
        name: "uq_audit_sequence",
        columns: "audit.chain, audit.sequence",
    },
    Rule {
        name: "uq_partners_name",
        columns: "partners.name",
    },
    Rule {
        name: "uq_issuers_iss_aud",
        columns: "issuers.iss, issuers.aud",
    },
    Rule {
        name: "uq_clients_name",
        columns: "clients.partner_id, clients.environment, clients.name",
    },
    Rule {
        name: "pk_client_assertions",
        columns: "client_assertions.client_id, client_assertions.jti_hash",
    },
    Rule {
        name: "pk_revoked_tokens",
        columns: "revoked_tokens.signer, revoked_tokens.jti",
    },
    Rule {
        name: "pk_revoked_operator_tokens",
        columns: "revoked_operator_tokens.iss, revoked_operator_tokens.jti",
    },
    Rule {
        name: "uq_signing_keys_kid",
        columns: "signing_keys.kid",
    },
    Rule {
        name: "uq_product_profiles_name",
        columns: "product_profiles.partner_id, product_profiles.environment, product_profiles.name",
    },
    Rule {
        name: "uq_merchants_organisation",
        columns: "merchants.partner_id, merchants.environment, merchants.country, merchants.organisation_number",
    },
    Rule {
        name: "uq_sales_units_msn",
        columns: "sales_units.environment, sales_units.msn",
    },
    Rule {
        name: "uq_assignments_live",
        columns: "assignments.environment, assignments.msn",
    },
    Rule {
        name: "uq_assignments_open",
        columns: "assignments.partner_id, assignments.environment, assignments.msn",
    },
    Rule {
        name: "uq_transfers_unit",
        columns: "transfers.environment, transfers.msn",
    },
    Rule {
        name: "uq_transfers_open",
        columns: "transfers.assignment_id",
    },
    Rule {
        name: "uq_key_sets_unit",
        columns: "key_sets.assignment_id",
    },
    Rule {
        name: "uq_key_sets_partner",
        columns: "key_sets.partner_id, key_sets.environment",
    },
    Rule {
        name: "uq_key_sets_platform",
        columns: "key_sets.environment",
    },
    Rule {
        name: "uq_payments_reference",
        columns: "payments.assignment_id, payments.reference",
    },
    Rule {
        name: "pk_idempotency_keys",
        columns: "idempotency_keys.partner_id, idempotency_keys.environment, idempotency_keys.msn, idempotency_keys.key",
    },
    Rule {
        name: "uq_product_orders_key",
        columns: "product_orders.partner_id, product_orders.environment, product_orders.key",
    },
    Rule {
        name: "uq_product_orders_vipps",
        columns: "product_orders.environment, product_orders.vipps_id",
    },
    Rule {
        name: "uq_receipts_payment",
        columns: "receipts.payment_id",
    },
];

/// The rule that a violation names: PostgreSQL by constraint, `SQLite` by columns at the end of its message.
pub(crate) fn name_of(constraint: Option<&str>, message: &str) -> &'static str {
    RULES
        .iter()
        .find(|rule| match constraint {
            Some(constraint) => rule.name == constraint,
            None => message
                .rsplit_once("failed: ")
                .is_some_and(|(_, columns)| columns.trim() == rule.columns),
        })
        .map_or("unknown", |rule| rule.name)
}
