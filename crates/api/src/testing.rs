//! What the tests of this crate share.

use std::sync::{Mutex, PoisonError};

use app::{Caller, Scopes};
use domain::clock::Sleep;
use domain::{Clock, Environment, PartnerId, TraceContext};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A clock that stands still until it is turned.
#[derive(Debug)]
pub(crate) struct HandTurned(Mutex<(OffsetDateTime, u128)>);

impl Default for HandTurned {
    fn default() -> Self {
        Self(Mutex::new((time::macros::datetime!(2026-11-25 12:00 UTC), 0)))
    }
}

impl HandTurned {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 += by;
    }
}

impl Clock for HandTurned {
    fn now(&self) -> OffsetDateTime {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn sleep_until(&self, _: OffsetDateTime) -> Sleep {
        Box::pin(std::future::pending())
    }

    fn new_id(&self) -> Uuid {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inside.1 += 1;
        Uuid::from_u128(inside.1)
    }
}

/// A partner that may do everything in the test environment.
pub(crate) fn caller(number: u128) -> Caller {
    Caller {
        partner: PartnerId::from_uuid(Uuid::from_u128(number)),
        environment: Environment::Test,
        scopes: Scopes::all(),
        units: None,
        profile: None,
        subject: "till".to_owned(),
        trace: TraceContext::default(),
        request_id: "req_1".to_owned(),
    }
}
