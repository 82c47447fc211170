//! The faces behind the public listener.

use app::App;
use axum::Router;

use crate::assemble::whole;
use crate::config::{Config, Rate};

/// How deep a body may be nested: far deeper than any of Vipps', far from exhausting a stack.
const LEVELS: usize = 32;

/// Everything that partners and developers reach.
pub fn public(app: &App, config: &Config) -> Router {
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
    api::router(&api::Face::new(app.clone(), settings))
}

const fn rate(rate: Rate) -> api::limit::Rate {
    api::limit::Rate {
        burst: rate.burst,
        per_second: rate.per_second,
    }
}
