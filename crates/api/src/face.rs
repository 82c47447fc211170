//! What every handler and layer shares.

use std::ops::Deref;
use std::sync::Arc;

use app::App;
use time::Duration;

use crate::body::Bounds;
use crate::limit::{Limits, Rates};

/// What an operator may turn.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The gateway's address as partners see it, without a slash at its end (`public.url`).
    pub public_url: String,
    pub bounds: Bounds,
    /// How long a caller waits for an outcome when it does not say (`Prefer: wait=N`).
    pub wait: Duration,
    /// The longest it may ask for.
    pub longest_wait: Duration,
    pub rates: Rates,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            bounds: Bounds {
                bytes: 256 * 1024,
                levels: 32,
            },
            wait: Duration::seconds(15),
            longest_wait: Duration::seconds(60),
            rates: Rates::default(),
        }
    }
}

/// The shared parts. Cheap to clone.
#[derive(Clone)]
pub struct Face(Arc<Parts>);

/// What a [`Face`] is made of.
pub struct Parts {
    pub app: App,
    pub settings: Settings,
    pub(crate) limits: Arc<Limits>,
}

impl Face {
    pub fn new(app: App, settings: Settings) -> Self {
        let limits = Arc::new(Limits::new(settings.rates, app.clock()));
        Self(Arc::new(Parts {
            app,
            settings,
            limits,
        }))
    }
}

impl Deref for Face {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
