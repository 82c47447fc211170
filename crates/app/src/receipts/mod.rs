//! Receipts: put once, sent from a durable outbox, looked up. Nothing here fails or delays a sale.

mod write;

use domain::{Forwarded, Msn, ReceiptFacts, Reference};
use serde_json::Value;

pub use write::{get, put};

/// A receipt to be written for a payment.
#[derive(Debug, Clone)]
pub struct Put {
    pub msn: Msn,
    pub reference: Reference,
    pub forwarded: Forwarded<ReceiptFacts>,
}

/// Whether two bodies are the same receipt: equal as JSON.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    match (
        serde_json::from_slice::<Value>(one),
        serde_json::from_slice::<Value>(other),
    ) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), _) | (_, Err(_)) => one == other,
    }
}

/// Whether what Vipps keeps is the receipt that was sent: everything that was sent is there. Vipps may add
/// members of its own, leave out what is null, and write numbers its own way.
pub(crate) fn holds(kept: &[u8], sent: &[u8]) -> bool {
    match (
        serde_json::from_slice::<Value>(kept),
        serde_json::from_slice::<Value>(sent),
    ) {
        (Ok(kept), Ok(sent)) => is_within(&kept, &sent),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

fn is_within(kept: &Value, sent: &Value) -> bool {
    match (kept, sent) {
        (Value::Object(kept), Value::Object(sent)) => sent.iter().all(|(name, sent)| match kept.get(name) {
            Some(kept) => is_within(kept, sent),
            None => sent.is_null(),
        }),
        (Value::Array(kept), Value::Array(sent)) => {
            kept.len() == sent.len() && kept.iter().zip(sent).all(|(kept, sent)| is_within(kept, sent))
        }
        (Value::Number(kept), Value::Number(sent)) => kept == sent || kept.as_f64() == sent.as_f64(),
        (kept, sent) => kept == sent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_recognised_in_what_vipps_made_of_it() {
        let sent = br#"{"orderLines":[{"id":"1","totalAmount":100,"discount":null}],"bottomLine":{"currency":"NOK"}}"#;
        let kept = br#"{"bottomLine":{"currency":"NOK","tipAmount":null},"orderLines":[{"id":"1","totalAmount":100.0,"isReturn":false}]}"#;
        assert!(holds(kept, sent));
        for other in [
            r#"{"orderLines":[{"id":"1","totalAmount":101}],"bottomLine":{"currency":"NOK"}}"#,
            r#"{"orderLines":[{"id":"1","totalAmount":100},{"id":"2"}],"bottomLine":{"currency":"NOK"}}"#,
            r#"{"orderLines":[{"id":"1","totalAmount":100}]}"#,
            "<html>",
        ] {
            assert!(!holds(other.as_bytes(), sent), "{other}");
        }
    }
}
