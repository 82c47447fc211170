//! A partner at one sales unit, asking over HTTP.

use http::Method;
use serde_json::{Value, json};
use simulator::{EventName, Seen};

use crate::{Answer, Ask, Gateway};

/// Who asks, and for which sales unit.
#[derive(Clone)]
pub struct Desk<'g> {
    pub gateway: &'g Gateway,
    pub token: String,
    pub msn: String,
}

impl<'g> Desk<'g> {
    pub(crate) fn new(gateway: &'g Gateway, token: String, msn: &str) -> Self {
        Self {
            gateway,
            token,
            msn: msn.to_owned(),
        }
    }

    pub fn ask(&self, method: Method, path: &str) -> Ask<'g> {
        self.gateway.ask(method, path).bearer(&self.token)
    }

    /// The path of something below the sales unit.
    pub fn path(&self, below: &str) -> String {
        format!("/v1/sales-units/{}{below}", self.msn)
    }

    pub fn get(&self, below: &str) -> Ask<'g> {
        self.ask(Method::GET, &self.path(below))
    }

    pub fn post(&self, below: &str) -> Ask<'g> {
        self.ask(Method::POST, &self.path(below))
    }

    pub fn create(&self, reference: &str, value: i64, key: &str) -> Ask<'g> {
        self.post("/payments").key(key).json(&web(reference, value))
    }

    pub fn payment(&self, reference: &str) -> Ask<'g> {
        self.get(&format!("/payments/{reference}"))
    }

    pub fn events(&self, reference: &str) -> Ask<'g> {
        self.get(&format!("/payments/{reference}/events"))
    }

    pub fn operation(&self, reference: &str, id: &str) -> Ask<'g> {
        self.get(&format!("/payments/{reference}/operations/{id}"))
    }

    pub fn capture(&self, reference: &str, value: i64, key: &str) -> Ask<'g> {
        self.modify("capture", reference, value, key)
    }

    pub fn refund(&self, reference: &str, value: i64, key: &str) -> Ask<'g> {
        self.modify("refund", reference, value, key)
    }

    fn modify(&self, what: &str, reference: &str, value: i64, key: &str) -> Ask<'g> {
        self.post(&format!("/payments/{reference}/{what}"))
            .key(key)
            .json(&modification(value))
    }

    pub fn cancel(&self, reference: &str, key: &str) -> Ask<'g> {
        self.post(&format!("/payments/{reference}/cancel")).key(key)
    }

    pub fn approve(&self, reference: &str) -> Ask<'g> {
        self.post(&format!("/payments/{reference}/approve"))
            .json(&json!({"customer": {"phoneNumber": "4712345678"}}))
    }

    pub fn receipt(&self, reference: &str) -> Ask<'g> {
        self.get(&format!("/payments/{reference}/receipt"))
    }

    pub fn put_receipt(&self, reference: &str, receipt: &Value) -> Ask<'g> {
        let path = self.path(&format!("/payments/{reference}/receipt"));
        self.ask(Method::PUT, &path).json(receipt)
    }

    /// A payment that waits for the customer.
    pub async fn created(&self, reference: &str, value: i64) -> Answer {
        let key = format!("create-{reference}");
        self.create(reference, value, &key).send().await.is(201)
    }

    /// A payment that the customer has approved.
    pub async fn authorized(&self, reference: &str, value: i64) -> Answer {
        let _ = self.created(reference, value).await;
        self.approve(reference).send().await.is(200)
    }

    /// What truly happened to a payment, by the simulator's ledger.
    pub fn truth(&self, reference: &str) -> Vec<(EventName, i64)> {
        let world = self.gateway.world.simulator.test();
        let effects = world.ledger_of(&self.msn, reference).into_iter();
        effects.map(|effect| (effect.name, effect.amount)).collect()
    }

    /// The requests that the simulator saw of one operation on one payment.
    pub fn seen(&self, operation: &str, reference: &str) -> Vec<Seen> {
        let mut seen = self.gateway.world.simulator.test().requests();
        seen.retain(|it| {
            it.operation == Some(operation)
                && it.msn.as_deref() == Some(&self.msn)
                && it.reference.as_deref() == Some(reference)
        });
        seen
    }
}

/// The body of a payment in a web shop.
pub fn web(reference: &str, value: i64) -> Value {
    json!({
        "amount": {"currency": "NOK", "value": value},
        "paymentMethod": {"type": "WALLET"},
        "reference": reference,
        "userFlow": "WEB_REDIRECT",
        "returnUrl": "https://shop.example/return",
        "paymentDescription": "One pair of socks",
    })
}

pub fn modification(value: i64) -> Value {
    json!({"modificationAmount": {"currency": "NOK", "value": value}})
}

/// A receipt with one line of this amount, a quarter of it tax upon the rest.
pub fn receipt(value: i64) -> Value {
    json!({
        "orderLines": [{
            "name": "Socks", "id": "socks-42", "totalAmount": value,
            "totalAmountExcludingTax": value * 4 / 5, "totalTaxAmount": value - value * 4 / 5, "taxRate": 2500,
        }],
        "bottomLine": {"currency": "NOK", "posId": "till-7", "receiptNumber": "0042"},
    })
}
