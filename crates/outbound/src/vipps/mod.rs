//! Vipps MobilePay, as it is called.
//!
//! [`prepare`] makes the exact request without a secret; [`Vipps::send`] adds token and keys, sends it once and
//! says what is known afterwards. Reads tell the payment only when the answer can be believed.

mod access;
mod call;
mod management;
mod measure;
pub mod prepare;
mod probe;
pub mod product_order;
mod read;
mod refusal;
mod request;
mod send;
mod settings;
mod tally;
mod token;
mod wire;

use std::fmt;
use std::sync::Arc;

use domain::{Clock, Environment, KeySetId, ProductProfile};
use time::OffsetDateTime;
use tokio_util::task::TaskTracker;

pub use access::Access;
pub use management::{ManagedMerchant, ManagedUnit};
pub use measure::Endpoint;
pub use probe::{Fault, ProbeError};
pub use product_order::{OrderDetails, OrderedUnit, PlacedOrder};
pub use read::{Events, OrderManagement, ReadError};
pub use settings::Settings;
pub use tally::{Count, Taken, Tally};

use crate::client::{SetupError, build, builder};
use token::Tokens;

/// The way to Vipps, for both environments. Cloning is cheap and shares everything.
#[derive(Clone)]
pub struct Vipps(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    settings: Settings,
    clock: Arc<dyn Clock>,
    tasks: TaskTracker,
    tokens: Tokens,
    tally: Tally,
}

impl Vipps {
    /// `tasks` runs the fetches of access tokens, which outlive the callers who started them; whoever
    /// shuts down waits for it.
    ///
    /// # Errors
    /// An address is unusable, or the HTTP client could not be set up.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>, tasks: TaskTracker) -> Result<Self, SetupError> {
        settings.check()?;
        let client = build(builder(settings.timeouts))?;
        Ok(Self(Arc::new(Inner {
            client,
            settings,
            clock,
            tasks,
            tokens: Tokens::new(),
            tally: Tally::default(),
        })))
    }

    /// How the operator's own product names itself, on calls that are for no partner's.
    pub fn operator(&self) -> &ProductProfile {
        &self.0.settings.operator
    }

    /// Whether the token service refused this key set when it was asked last, and until when that answers
    /// for it. What a call with these keys was refused for is then the keys, and no sales unit.
    pub async fn keys_refused(&self, access: &Access) -> Option<OffsetDateTime> {
        let slot = self.0.tokens.slot(access).await;
        slot.refused_until(self.0.clock.now())
    }

    /// Drops the access token of keys that nobody uses any more.
    pub async fn forget_token(&self, keys: KeySetId, environment: Environment, version: i64) {
        self.0.tokens.forget(keys, environment, version).await;
    }

    /// What became of every call, for the ledger.
    pub fn tally(&self) -> &Tally {
        &self.0.tally
    }
}

impl fmt::Debug for Vipps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vipps")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
