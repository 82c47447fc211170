//! A client with the keys of one sales unit.

use std::sync::Arc;

use nordbro_simulator::{ClockMode, Market, Options, Simulator, UnitWithKeys, World};
use serde_json::{Value, json};
use time::macros::datetime;

pub(crate) struct Client {
    pub(crate) world: Arc<World>,
    pub(crate) keys: UnitWithKeys,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
}

#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Got {
    pub(crate) fn code(&self) -> Option<&str> {
        let details = self.body["extraDetails"].as_array()?;
        details.iter().find(|it| it["name"] == "ErrorCode")?["reason"].as_str()
    }
}

/// Virtual time from noon on 2 November 2026.
pub(crate) async fn simulator() -> Simulator {
    let start = datetime!(2026-11-02 12:00 UTC);
    Simulator::start(Options {
        clock: ClockMode::Virtual { start },
        ..Options::default()
    })
    .await
    .unwrap()
}

#[expect(clippy::disallowed_methods, reason = "these tests play a client of their own")]
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

pub(crate) async fn got(request: reqwest::RequestBuilder) -> Got {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let content_type = headers
        .get("content-type")
        .map_or_else(String::new, |it| it.to_str().unwrap().to_owned());
    let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Got {
        status,
        content_type,
        headers,
        text,
        body,
    }
}

impl Client {
    /// With the own keys of the unit `msn`.
    pub(crate) async fn of(world: &Arc<World>, msn: &str) -> Self {
        let keys = world.units().into_iter().find(|it| it.unit.msn == msn).unwrap();
        let mut client = Self {
            world: world.clone(),
            keys,
            token: String::new(),
            http: http(),
        };
        client.refresh().await;
        client
    }

    /// Takes a token with the keys it has now.
    pub(crate) async fn refresh(&mut self) {
        let fetched = self.fetch_token().await;
        let token = fetched.body["access_token"].as_str().unwrap();
        token.clone_into(&mut self.token);
    }

    pub(crate) async fn fetch_token(&self) -> Got {
        let keys = &self.keys.keys;
        got(self
            .http
            .post(format!("{}/accesstoken/get", self.world.url()))
            .header("client_id", &keys.client_id)
            .header("client_secret", &keys.client_secret)
            .header("Ocp-Apim-Subscription-Key", &keys.primary_subscription_key)
            .header("Merchant-Serial-Number", &self.keys.unit.msn))
        .await
    }
}

impl Client {
    /// A request with everything the headers need, but an idempotency key.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = http::Method::from_bytes(method.as_bytes()).unwrap();
        self.http
            .request(method, format!("{}{path}", self.world.url()))
            .header("Authorization", format!("Bearer {}", self.token))
            .header(
                "Ocp-Apim-Subscription-Key",
                &self.keys.keys.primary_subscription_key,
            )
            .header("Merchant-Serial-Number", &self.keys.unit.msn)
            .header("Vipps-System-Name", "walk")
            .header("Vipps-System-Version", "1.0.0")
            .header("Vipps-System-Plugin-Name", "walk-test")
            .header("Vipps-System-Plugin-Version", "1.0.0")
    }

    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Got {
        let request = self.request("POST", path).header("Idempotency-Key", key);
        got(request
            .header("Content-Type", "application/json")
            .body(body.to_string()))
        .await
    }

    pub(crate) async fn read(&self, path: &str) -> Got {
        got(self.request("GET", path)).await
    }

    pub(crate) fn currency(&self) -> &'static str {
        match self.keys.unit.market {
            Market::No => "NOK",
            Market::Dk => "DKK",
            Market::Fi => "EUR",
        }
    }

    /// A web payment; the key is the reference.
    pub(crate) fn web(&self, reference: &str, value: i64) -> Value {
        json!({
            "amount": { "currency": self.currency(), "value": value },
            "paymentMethod": { "type": "WALLET" },
            "customer": { "phoneNumber": "4712345678" },
            "reference": reference,
            "returnUrl": "https://example.com/return",
            "userFlow": "WEB_REDIRECT",
            "paymentDescription": "One pair of socks",
        })
    }

    pub(crate) async fn create(&self, body: &Value) -> Got {
        let key = body["reference"].as_str().unwrap_or("some-key").to_owned();
        self.post("/epayment/v1/payments", &key, body).await
    }

    /// A payment the customer has approved.
    pub(crate) async fn authorized(&self, reference: &str, value: i64) {
        let created = self.create(&self.web(reference, value)).await;
        assert_eq!(created.status, 201, "{created:?}");
        self.world.approve(&self.keys.unit.msn, reference).unwrap();
    }

    pub(crate) async fn modify(&self, what: &str, reference: &str, key: &str, value: i64) -> Got {
        let body = json!({ "modificationAmount": { "currency": self.currency(), "value": value } });
        self.post(&format!("/epayment/v1/payments/{reference}/{what}"), key, &body)
            .await
    }

    pub(crate) async fn cancel(&self, reference: &str, key: &str) -> Got {
        let body = json!({ "cancelTransactionOnly": false });
        self.post(&format!("/epayment/v1/payments/{reference}/cancel"), key, &body)
            .await
    }

    pub(crate) async fn payment(&self, reference: &str) -> Got {
        self.read(&format!("/epayment/v1/payments/{reference}")).await
    }

    pub(crate) async fn events(&self, reference: &str) -> Vec<Value> {
        let got = self
            .read(&format!("/epayment/v1/payments/{reference}/events"))
            .await;
        got.body.as_array().unwrap().clone()
    }

    /// Authorised, captured, refunded and cancelled, as GET shows them.
    pub(crate) async fn aggregate(&self, reference: &str) -> [i64; 4] {
        let aggregate = self.payment(reference).await.body["aggregate"].clone();
        [
            "authorizedAmount",
            "capturedAmount",
            "refundedAmount",
            "cancelledAmount",
        ]
        .map(|name| aggregate[name]["value"].as_i64().unwrap())
    }
}

pub(crate) fn names(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["name"].as_str().unwrap())
        .collect()
}
