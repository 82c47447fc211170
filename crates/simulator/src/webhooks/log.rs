//! The attempts made, newest last, as many as fit.

use std::collections::VecDeque;

use crate::webhooks::delivery::Attempt;

const MOST: usize = 20_000;

#[derive(Debug, Default)]
pub(crate) struct Log {
    written: u64,
    entries: VecDeque<Attempt>,
}

impl Log {
    /// Writes an attempt and gives it its number.
    pub(crate) fn write(&mut self, mut attempt: Attempt) {
        self.written += 1;
        attempt.number = self.written;
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(attempt);
    }

    pub(crate) fn list(&self) -> impl Iterator<Item = &Attempt> {
        self.entries.iter()
    }
}
