//! What an operator may turn.

use domain::admission::breaker::Rules;
use domain::admission::fair::{Limit, Limits};
use time::Duration;

/// How many at once, and when a door is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Use cases that call Vipps at the same time, and how many may wait for a place.
    pub places: Limits,
    /// How long one waits for a place at most.
    pub longest_wait: Duration,
    /// When a door of Vipps is taken to be out. Its witnesses are sales units.
    pub outage: Rules,
    /// When a door is taken to be out for one sales unit alone.
    pub unit_outage: Rules,
    /// When a sales unit is taken to be disconnected: a run of 401 and 403.
    pub disconnection: Rules,
}

impl Default for Settings {
    fn default() -> Self {
        let outage = Rules {
            run: 10,
            witnesses: 3,
            within: Duration::seconds(60),
            open: Duration::seconds(2),
            longest: Duration::seconds(15),
        };
        Self {
            places: Limits {
                gateway: Limit {
                    at_once: 1024,
                    waiting: 4096,
                },
                partner: Limit {
                    at_once: 512,
                    waiting: 1024,
                },
                sales_unit: Limit {
                    at_once: 128,
                    waiting: 256,
                },
            },
            longest_wait: Duration::seconds(5),
            outage,
            unit_outage: Rules {
                witnesses: 1,
                ..outage
            },
            disconnection: Rules {
                run: 5,
                witnesses: 1,
                within: Duration::minutes(10),
                open: Duration::seconds(60),
                longest: Duration::seconds(60),
            },
        }
    }
}
