//! From an intent to the exact request. Pure and without a secret: what is made here is stored before the
//! call and replayed byte for byte.

use domain::{
    CancelFacts, CaptureFacts, CreateFacts, Envelope, Forwarded, Method, Reference, RefundFacts, UpstreamKey,
};

/// An absent or empty cancel body makes Vipps answer with type errors, so it is spelt out
/// (ePayment API 1.8.1, cancel payment, 2026-04; the official `WooCommerce` plugin 6.0.5 does the same).
const CANCEL_ALL: &[u8] = br#"{"cancelTransactionOnly":false}"#;

/// `POST /epayment/v1/payments`: the caller's bytes as they came.
pub fn create(forwarded: &Forwarded<CreateFacts>, key: &UpstreamKey) -> Envelope {
    post("/epayment/v1/payments".to_owned(), Some(key), &forwarded.body)
}

/// `POST /epayment/v1/payments/{reference}/capture`: the caller's bytes as they came.
pub fn capture(reference: &Reference, forwarded: &Forwarded<CaptureFacts>, key: &UpstreamKey) -> Envelope {
    modify(reference, "capture", key, &forwarded.body)
}

/// `POST /epayment/v1/payments/{reference}/refund`: the caller's bytes as they came.
pub fn refund(reference: &Reference, forwarded: &Forwarded<RefundFacts>, key: &UpstreamKey) -> Envelope {
    modify(reference, "refund", key, &forwarded.body)
}

/// `POST /epayment/v1/payments/{reference}/cancel`: the caller's bytes as they came, unless there are none.
pub fn cancel(reference: &Reference, forwarded: &Forwarded<CancelFacts>, key: &UpstreamKey) -> Envelope {
    let body = if forwarded.body.trim_ascii().is_empty() {
        CANCEL_ALL
    } else {
        &forwarded.body
    };
    modify(reference, "cancel", key, body)
}

/// `POST /epayment/v1/test/payments/{reference}/approve`, in the test environment only. It has no
/// idempotency key.
pub fn approve(reference: &Reference, body: &[u8]) -> Envelope {
    post(
        format!("/epayment/v1/test/payments/{reference}/approve"),
        None,
        body,
    )
}

/// `POST /order-management/v2/ecom/receipts/{orderId}`: ePayment's payments are `ecom` there, by their
/// reference. It has no idempotency key; a receipt is written once (Order Management API 2.1, 2025-06).
pub fn receipt(reference: &Reference, body: &[u8]) -> Envelope {
    post(
        format!("/order-management/v2/ecom/receipts/{reference}"),
        None,
        body,
    )
}

fn modify(reference: &Reference, what: &str, key: &UpstreamKey, body: &[u8]) -> Envelope {
    post(
        format!("/epayment/v1/payments/{reference}/{what}"),
        Some(key),
        body,
    )
}

fn post(path: String, key: Option<&UpstreamKey>, body: &[u8]) -> Envelope {
    Envelope {
        method: Method::Post,
        path,
        key: key.cloned(),
        body: body.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Amount, Currency};

    use super::*;

    fn key() -> UpstreamKey {
        UpstreamKey::from_stored("TNIBU7IIXWW6YH6PF7SOYDG5KAIZD23WIGTLVC2S")
    }

    fn reference() -> Reference {
        "acme-shop-1".parse().unwrap()
    }

    fn is(envelope: &Envelope, path: &str, body: &[u8]) {
        assert_eq!(envelope.method, Method::Post);
        assert_eq!(envelope.path, path);
        assert_eq!(envelope.body, body, "{}", String::from_utf8_lossy(&envelope.body));
    }

    #[test]
    fn a_create_body_leaves_byte_for_byte_with_its_unknown_fields_and_spaces() {
        let body = b"{ \"reference\":\"acme-shop-1\",\t\"brandNew\" : [1.0,2e3],\n\"amount\":{\"value\":100,\"currency\":\"NOK\"}}\n";
        let forwarded = Forwarded {
            body: body.to_vec(),
            facts: CreateFacts {
                reference: reference(),
                amount: Amount::new(100, Currency::NOK),
                user_flow: "WEB_REDIRECT".to_owned(),
                has_receipt: false,
            },
        };
        let envelope = create(&forwarded, &key());
        is(&envelope, "/epayment/v1/payments", body);
        assert_eq!(envelope.key, Some(key()));
    }

    #[test]
    fn capture_and_refund_name_the_payment_in_the_path_and_keep_the_body() {
        let body = br#"{"modificationAmount": {"currency":"NOK","value":49900},"x":null}"#;
        let amount = Amount::new(49_900, Currency::NOK);
        let captured = capture(
            &reference(),
            &Forwarded {
                body: body.to_vec(),
                facts: CaptureFacts { amount },
            },
            &key(),
        );
        is(&captured, "/epayment/v1/payments/acme-shop-1/capture", body);
        let refunded = refund(
            &reference(),
            &Forwarded {
                body: body.to_vec(),
                facts: RefundFacts { amount },
            },
            &key(),
        );
        is(&refunded, "/epayment/v1/payments/acme-shop-1/refund", body);
        assert_eq!((captured.key, refunded.key), (Some(key()), Some(key())));
    }

    fn cancel_of(body: &[u8]) -> Envelope {
        let forwarded = Forwarded {
            body: body.to_vec(),
            facts: CancelFacts {
                transaction_only: false,
            },
        };
        cancel(&reference(), &forwarded, &key())
    }

    #[test]
    fn only_an_empty_cancel_body_is_spelt_out() {
        let path = "/epayment/v1/payments/acme-shop-1/cancel";
        for empty in [&b""[..], b" \r\n"] {
            is(&cancel_of(empty), path, br#"{"cancelTransactionOnly":false}"#);
        }
        for full in [&b"{}"[..], br#"{"cancelTransactionOnly":true,"why":"x"}"#] {
            is(&cancel_of(full), path, full);
        }
        assert_eq!(cancel_of(b"").key, Some(key()));
    }

    #[test]
    fn approve_and_receipt_have_no_key() {
        let approved = approve(&reference(), b"{\"customer\":{\"phoneNumber\":\"4712345678\"}}");
        is(
            &approved,
            "/epayment/v1/test/payments/acme-shop-1/approve",
            b"{\"customer\":{\"phoneNumber\":\"4712345678\"}}",
        );
        let receipt = receipt(&reference(), b"{\"orderLines\":[]}");
        is(
            &receipt,
            "/order-management/v2/ecom/receipts/acme-shop-1",
            b"{\"orderLines\":[]}",
        );
        assert_eq!((approved.key, receipt.key), (None, None));
    }
}
