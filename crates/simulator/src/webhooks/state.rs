//! What a world remembers about webhooks: registrations, lines of deliveries, attempts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::lock::Held as _;
use crate::webhooks::book::{Book, Bucket};
use crate::webhooks::delivery::{Delivery, LineKey};
use crate::webhooks::dials::UnitAndPartner;
use crate::webhooks::log::Log;
use crate::webhooks::post;
use crate::webhooks::queue::Line;

/// How many deliveries one registration gets at once; the others of it wait for a place. Vipps does
/// not say; without a bound a thousand payments would open a thousand connections.
const AT_ONCE: usize = 32;

#[derive(Default)]
pub(crate) struct Webhooks {
    pub(crate) state: Mutex<State>,
    client: OnceLock<Option<reqwest::Client>>,
}

#[derive(Default)]
pub(crate) struct State {
    /// Rises at a reset, so that timers and attempts from before it find nothing.
    pub(crate) epoch: u64,
    pub(crate) book: Book,
    pub(crate) lines: HashMap<LineKey, Line<Delivery>>,
    pub(crate) log: Log,
    places: HashMap<Uuid, Arc<Semaphore>>,
}

impl Webhooks {
    /// `None` when this machine cannot build one.
    pub(crate) fn client(&self) -> Option<&reqwest::Client> {
        self.client.get_or_init(post::client).as_ref()
    }

    /// Forgets every registration, delivery and attempt.
    pub(crate) fn clear(&self) {
        let mut state = self.state.held();
        *state = State {
            epoch: state.epoch + 1,
            ..State::default()
        };
    }
}

impl State {
    /// The registrations that hear of `event` at the sales unit `msn`, the unit's own first.
    pub(crate) fn listeners(
        &self,
        event: &str,
        msn: &str,
        partner: Option<&str>,
        both: UnitAndPartner,
    ) -> Vec<Uuid> {
        let of = |bucket: &Bucket| -> Vec<Uuid> {
            let listens = self
                .book
                .bucket(bucket)
                .iter()
                .filter(|it| it.events.iter().any(|it| it == event));
            listens.map(|it| it.id).collect()
        };
        let mut listeners = of(&Bucket::SalesUnit(msn.to_owned()));
        let partner_hears = match both {
            UnitAndPartner::Both => true,
            UnitAndPartner::OnlyUnit => listeners.is_empty(),
        };
        if let Some(partner) = partner.filter(|_| partner_hears) {
            listeners.extend(of(&Bucket::Partner(partner.to_owned())));
        }
        listeners
    }

    /// Removes a registration and everything that stands in line for it.
    pub(crate) fn remove(&mut self, bucket: &Bucket, id: Uuid) -> bool {
        let removed = self.book.remove(bucket, id);
        if removed {
            self.lines.retain(|key, _| key.registration != id);
            self.places.remove(&id);
        }
        removed
    }

    pub(crate) fn places(&mut self, registration: Uuid) -> Arc<Semaphore> {
        self.places
            .entry(registration)
            .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)))
            .clone()
    }
}
