//! A client with the keys of one sales unit.

use std::sync::Arc;

use nordbro_simulator::{ClockMode, Options, Simulator, UnitWithKeys, World};
use serde_json::Value;
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
        client.token = client.fetch_token().await.body["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        client
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
