//! How much goes to Vipps at the same time, and when Vipps is left alone.

use domain::admission::breaker::Rules;
use domain::admission::fair;
use serde::{Deserialize, Serialize};

use super::duration::Span;
use crate::assemble::whole;

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    pub longest_wait: Span,
    pub gateway: Limit,
    pub partner: Limit,
    pub sales_unit: Limit,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    pub at_once: usize,
    pub waiting: usize,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Breakers {
    pub failures: u32,
    pub sales_units: usize,
    pub within: Span,
    pub pause: Span,
    pub longest_pause: Span,
    pub refusals: u32,
    pub refusals_within: Span,
    pub probe_every: Span,
}

impl From<Limit> for fair::Limit {
    fn from(limit: Limit) -> Self {
        Self {
            at_once: limit.at_once,
            waiting: limit.waiting,
        }
    }
}

/// Both as the use cases take them.
pub(crate) fn settings(admission: &Admission, breakers: &Breakers) -> app::Admission {
    let outage = Rules {
        run: breakers.failures,
        witnesses: breakers.sales_units,
        within: whole(breakers.within),
        open: whole(breakers.pause),
        longest: whole(breakers.longest_pause),
    };
    let every = whole(breakers.probe_every);
    app::Admission {
        places: fair::Limits {
            gateway: admission.gateway.into(),
            partner: admission.partner.into(),
            sales_unit: admission.sales_unit.into(),
        },
        longest_wait: whole(admission.longest_wait),
        outage,
        unit_outage: Rules {
            witnesses: 1,
            ..outage
        },
        disconnection: Rules {
            run: breakers.refusals,
            witnesses: 1,
            within: whole(breakers.refusals_within),
            open: every,
            longest: every,
        },
    }
}

/// What cannot work, as `key: reason and remedy`.
pub(super) fn contradictions(admission: &Admission, breakers: &Breakers) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in [
        ("admission.gateway.at_once", admission.gateway.at_once),
        ("admission.partner.at_once", admission.partner.at_once),
        ("admission.sales_unit.at_once", admission.sales_unit.at_once),
        ("breakers.sales_units", breakers.sales_units),
        ("breakers.failures", breakers.failures as usize),
        ("breakers.refusals", breakers.refusals as usize),
    ] {
        if value == 0 {
            found.push(format!("{key}: must be above 0"));
        }
    }
    for (key, value) in [
        ("breakers.pause", breakers.pause),
        ("breakers.probe_every", breakers.probe_every),
    ] {
        if value.get().is_zero() {
            found.push(format!("{key}: must be longer than 0s"));
        }
    }
    if breakers.pause > breakers.longest_pause {
        found.push("breakers.pause: must not be longer than breakers.longest_pause".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_defaults_of_the_file_are_those_of_the_use_cases() {
        let config = crate::config::load(None, []).unwrap();
        assert_eq!(
            super::settings(&config.admission, &config.breakers),
            app::Admission::default()
        );
    }
}
