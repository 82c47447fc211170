//! What the histories of one run met, how often.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<&'static str, u64>);

impl Coverage {
    pub(crate) fn met(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(crate) fn count(&mut self, what: &'static str, times: u64) {
        if times > 0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (what, times) in other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    /// # Panics
    /// When something that the histories are there for never happened.
    pub(crate) fn demand(&self, all: &[&'static str]) {
        let missing: Vec<_> = all.iter().filter(|what| !self.0.contains_key(*what)).collect();
        assert!(missing.is_empty(), "never met: {missing:?}");
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, times) in &self.0 {
            writeln!(f, "  {times:>9}  {what}")?;
        }
        Ok(())
    }
}
