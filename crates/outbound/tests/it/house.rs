//! The crate under test, set up towards an upstream.

use std::fmt::Display;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    Amount, CaptureFacts, Currency, Envelope, Environment, Forwarded, KeySet, KeySetId, KeySetKind,
    PartnerId, ProductProfile, Reference, Secret, TraceContext, UpstreamKey,
};
use nordbro_outbound::vipps::{Settings, prepare};
use nordbro_outbound::{Access, Timeouts, Vipps};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::clock::Hand;

pub(crate) const CAPTURED: &str = r#"{"amount":{"currency":"NOK","value":500},"state":"AUTHORIZED","aggregate":{"authorizedAmount":{"currency":"NOK","value":500},"cancelledAmount":{"currency":"NOK","value":0},"capturedAmount":{"currency":"NOK","value":500},"refundedAmount":{"currency":"NOK","value":0}},"pspReference":"psp-1","reference":"acme-shop-1"}"#;

/// Long enough for a machine that is busy; a test of patience says its own.
pub(crate) const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(10),
    idle: Duration::from_secs(10),
};

/// The way to Vipps, and what runs beside it.
pub(crate) struct House {
    vipps: Vipps,
    tasks: TaskTracker,
}

impl Deref for House {
    type Target = Vipps;

    fn deref(&self) -> &Vipps {
        &self.vipps
    }
}

impl House {
    /// Waits until no fetch of a token is under way.
    pub(crate) async fn settled(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}

pub(crate) fn vipps(address: impl Display, clock: &Arc<Hand>) -> House {
    vipps_within(address, clock, TIMEOUTS)
}

pub(crate) fn vipps_within(address: impl Display, clock: &Arc<Hand>, timeouts: Timeouts) -> House {
    let url: url::Url = format!("http://{address}").parse().unwrap();
    let settings = Settings {
        timeouts,
        most_answer_bytes: 10_000,
        operator: ProductProfile::new("Operator", "7.0", "operator-gateway", "7.1").unwrap(),
        ..Settings::new(url.clone(), url)
    };
    let tasks = TaskTracker::new();
    let vipps = Vipps::new(settings, clock.clone(), tasks.clone()).unwrap();
    House { vipps, tasks }
}

pub(crate) fn access() -> Access {
    Access {
        environment: Environment::Test,
        partner: Some(PartnerId::from_uuid(Uuid::from_u128(7))),
        keys: Arc::new(keys(1)),
        msn: Some("123456".parse().unwrap()),
        product: Arc::new(ProductProfile::new("Acme", "1.0", "acme-pos", "2.3").unwrap()),
        trace: TraceContext::default(),
    }
}

pub(crate) fn keys(number: u128) -> KeySet {
    KeySet {
        id: KeySetId::from_uuid(Uuid::from_u128(number)),
        version: 1,
        kind: KeySetKind::SalesUnit,
        environment: Environment::Test,
        client_id: format!("client-{number}"),
        client_secret: Secret::new("canary-client-secret"),
        subscription_key: Secret::new("canary-primary"),
        secondary_subscription_key: None,
    }
}

pub(crate) fn with_keys(change: impl FnOnce(&mut KeySet)) -> Access {
    let mut keys = keys(1);
    change(&mut keys);
    Access {
        keys: Arc::new(keys),
        ..access()
    }
}

pub(crate) fn reference() -> Reference {
    "acme-shop-1".parse().unwrap()
}

pub(crate) fn capture() -> Envelope {
    let forwarded = Forwarded {
        body: br#"{"modificationAmount": {"currency":"NOK","value":500}, "new":1}"#.to_vec(),
        facts: CaptureFacts {
            amount: Amount::new(500, Currency::NOK),
        },
    };
    prepare::capture(&reference(), &forwarded, &UpstreamKey::from_stored("KEY7"))
}
