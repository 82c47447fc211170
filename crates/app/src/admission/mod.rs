//! What may leave for Vipps, and who may work at the same time. Nobody's trouble is anybody else's.
//!
//! - [`places`]: each use case that calls Vipps holds a place: so many in all, by partner and by sales unit.
//! - [`breakers`]: a door of Vipps that is out is left alone, and so is a sales unit whose keys Vipps
//!   refuses; a probe finds out when that is over.
//! - [`call`]: the way of a call through the breakers, and what its end teaches them. A look at keys goes past them:
//!   it is how an answer comes about that does not depend on what they believe.
//! - [`wide`]: calls for a partner as a whole, which are for no sales unit.
//! - [`connections`]: sales units that are disconnected, remembered beyond this process.

mod breakers;
mod call;
mod connections;
mod held;
mod outage;
mod places;
mod settings;
mod wide;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use call::Purpose;
pub use connections::Health;
pub(crate) use held::Held;
pub(crate) use places::Place;
pub use places::Standing;
pub use settings::Settings;
pub(crate) use wide::Wide;

use breakers::Breakers;
use places::Places;

/// The memory of one process.
#[derive(Debug)]
pub(crate) struct Admission {
    places: Mutex<Places>,
    breakers: Mutex<Breakers>,
    /// Done once what earlier lives and other processes knew was read.
    recalled: tokio::sync::OnceCell<()>,
}

impl Admission {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            places: Mutex::new(Places::new(settings)),
            breakers: Mutex::new(Breakers::new(settings)),
            recalled: tokio::sync::OnceCell::new(),
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn breakers(&self) -> MutexGuard<'_, Breakers> {
        self.breakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
