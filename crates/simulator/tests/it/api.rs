//! A caller of any API with any key set of a world.

use std::sync::Arc;

use nordbro_simulator::{KeySet, Owner, World};
use reqwest::{Method, RequestBuilder};

use crate::walk::{Got, got, http};

/// A key set with a standard token.
pub(crate) struct Caller {
    world: Arc<World>,
    pub(crate) keys: KeySet,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
    /// Sent as `Merchant-Serial-Number` when there is one.
    pub(crate) msn: Option<String>,
}

impl Caller {
    pub(crate) async fn of(world: &Arc<World>, owner: Owner) -> Self {
        let keys = world
            .registry()
            .keys_of(&owner)
            .cloned()
            .expect("these keys exist");
        let http = http();
        let request = http
            .post(format!("{}/accesstoken/get", world.url()))
            .header("client_id", &keys.client_id)
            .header("client_secret", &keys.client_secret)
            .header("Ocp-Apim-Subscription-Key", &keys.primary_subscription_key);
        let token = got(request).await.body["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        let world = world.clone();
        Self {
            world,
            keys,
            token,
            http,
            msn: None,
        }
    }

    /// The own keys of the sales unit `msn`, with its MSN on every call.
    pub(crate) async fn unit(world: &Arc<World>, msn: &str) -> Self {
        let caller = Self::of(world, Owner::SalesUnit(msn.to_owned())).await;
        caller.at(msn)
    }

    pub(crate) async fn partner(world: &Arc<World>, id: &str) -> Self {
        Self::of(world, Owner::Partner(id.to_owned())).await
    }

    /// The same caller on behalf of the sales unit `msn`.
    pub(crate) fn at(mut self, msn: &str) -> Self {
        self.msn = Some(msn.to_owned());
        self
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}{path}", self.world.url()))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Ocp-Apim-Subscription-Key", &self.keys.primary_subscription_key);
        match &self.msn {
            Some(msn) => request.header("Merchant-Serial-Number", msn),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        got(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Got {
        got(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &serde_json::Value) -> Got {
        got(self
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .body(body.to_string()))
        .await
    }
}
