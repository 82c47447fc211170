//! The faces behind the two listeners.

use app::App;
use axum::Router;

use crate::assemble::whole;
use crate::config::{Config, Rate};

/// How deep a body may be nested: far deeper than any of Vipps', far from exhausting a stack.
const LEVELS: usize = 32;

/// What stands behind each listener.
#[derive(Debug)]
pub struct Faces {
    /// Everything that partners and developers reach.
    pub public: Router,
    /// The operators' API.
    pub operators: Router,
}

/// Builds both.
pub fn build(app: &App, config: &Config) -> Faces {
    let limits = &config.limits;
    let settings = api::Settings {
        public_url: config.public_url(),
        bounds: api::Bounds {
            bytes: config.public.max_body_bytes,
            levels: LEVELS,
        },
        wait: whole(config.waiting.default),
        longest_wait: whole(config.waiting.longest),
        rates: api::limit::Rates {
            address: rate(limits.address),
            partner: rate(limits.partner),
            sales_unit: rate(limits.sales_unit),
        },
    };
    let face = api::Face::new(app.clone(), settings);
    Faces {
        public: api::router(&face),
        operators: api::admin::router(&face),
    }
}

const fn rate(rate: Rate) -> api::limit::Rate {
    api::limit::Rate {
        burst: rate.burst,
        per_second: rate.per_second,
    }
}
