//! The codes that the gateway itself raises.

/// A code of the problem table. What Vipps says is found by number instead, and has no constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(&'static str);

impl Code {
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal),* $(,)?) => {
        impl Code {
            $(pub const $name: Self = Self($code);)*

            /// All of them, for the test that looks each up.
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

codes! {
    UNAUTHENTICATED = "unauthenticated",
    SCOPE_MISSING = "scope_missing",
    ROLE_MISSING = "role_missing",
    OPERATORS_NOT_CONFIGURED = "operators_not_configured",
    PARTNER_NOT_FOUND = "partner_not_found",
    ISSUER_NOT_FOUND = "issuer_not_found",
    CLIENT_NOT_FOUND = "client_not_found",
    PROFILE_NOT_FOUND = "profile_not_found",
    KEY_SET_NOT_FOUND = "key_set_not_found",
    AUDIT_CHAIN_NOT_FOUND = "audit_chain_not_found",
    ROUTE_NOT_FOUND = "route_not_found",
    METHOD_NOT_ALLOWED = "method_not_allowed",
    SALES_UNIT_NOT_FOUND = "sales_unit_not_found",
    PAYMENT_NOT_FOUND = "payment_not_found",
    MERCHANT_NOT_FOUND = "merchant_not_found",
    PRODUCT_ORDER_NOT_FOUND = "product_order_not_found",
    PRODUCT_ORDER_UNSETTLED = "product_order_unsettled",
    PRODUCT_ORDER_CLOSED = "product_order_closed",
    PRODUCT_ORDER_NOT_CREATED = "product_order_not_created",
    PRODUCTION_ONLY = "production_only",
    PARTNER_WITHOUT_KEYS = "partner_without_keys",
    MERCHANT_EXISTS = "merchant_exists",
    SALES_UNIT_EXISTS = "sales_unit_exists",
    TOKEN_NARROWED = "token_narrowed",
    CREDENTIALS_REFUSED = "credentials_refused",
    OPERATION_NOT_FOUND = "operation_not_found",
    RECEIPT_NOT_FOUND = "receipt_not_found",
    INVALID_REQUEST = "invalid_request",
    BODY_NOT_JSON = "body_not_json",
    BODY_TOO_DEEP = "body_too_deep",
    BODY_TOO_LARGE = "body_too_large",
    BODY_INCOMPLETE = "body_incomplete",
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type",
    INVALID_CURSOR = "invalid_cursor",
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused",
    PAYMENT_BUSY = "payment_busy",
    PAYMENT_UNSETTLED = "payment_unsettled",
    REFERENCE_BURNT = "reference_burnt",
    REFERENCE_EXISTS = "reference_exists",
    RATE_LIMITED = "rate_limited",
    PAYMENT_RATE_LIMITED = "payment_rate_limited",
    TOO_MANY_AT_ONCE = "too_many_at_once",
    VIPPS_UNREACHABLE = "vipps_unreachable",
    VIPPS_UNAVAILABLE = "vipps_unavailable",
    UNAVAILABLE = "unavailable",
    INTERNAL = "internal",
    SALES_UNIT_WITHOUT_KEYS = "sales_unit_without_keys",
    SALES_UNIT_UNPROVEN = "sales_unit_unproven",
    SALES_UNIT_DISCONNECTED = "sales_unit_disconnected",
    SALES_UNIT_CLOSED = "sales_unit_closed",
    KEY_SWITCH_UNDER_WAY = "key_switch_under_way",
    CLAIM_UNPROVEN = "claim_unproven",
    TRANSFER_NOT_FOUND = "transfer_not_found",
    TRANSFER_NOT_NEEDED = "transfer_not_needed",
    TEST_ONLY = "test_only",
    CAPTURE_EXCEEDS_AUTHORIZED = "capture_exceeds_authorized",
    REFUND_EXCEEDS_CAPTURED = "refund_exceeds_captured",
    CURRENCY_DIFFERS = "currency_differs",
    PAYMENT_NOT_AUTHORIZED = "payment_not_authorized",
    NOTHING_TO_CANCEL = "nothing_to_cancel",
    PAYMENT_ALREADY_APPROVED = "payment_already_approved",
    PAYMENT_IN_WRONG_STATE = "payment_in_wrong_state",
    RECEIPT_WRITTEN = "receipt_written",
    OPERATION_ABANDONED = "operation_abandoned",
    PAYMENT_NOT_CREATED = "payment_not_created",
    VIPPS_REFUSED = "vipps_refused",
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::Code;

    #[test]
    fn every_code_that_the_gateway_raises_has_a_row() {
        for code in Code::ALL {
            assert_eq!(
                table().find(code.as_str()).map(|row| row.code.as_str()),
                Some(code.as_str())
            );
        }
    }
}
