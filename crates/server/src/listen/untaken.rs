//! What a peer was given and does not take.
//!
//! A peer that asks and then reads nothing, or a byte now and then, would hold its connection for ever: no head is
//! late, no body is late and a request is running. So what waits to be taken has a time too: the patience of the
//! listener, and a second more for each 16 KiB.

use std::collections::BTreeMap;

/// Whoever takes less than this in a second is not reading.
const BYTES_PER_SECOND: u64 = 16 * 1024;

/// Answers and bytes that wait, with times in milliseconds from the connection's opening.
#[derive(Debug, Default)]
pub(super) struct Untaken {
    next: u64,
    /// Answers that the protocol layer has not taken over yet: an HTTP/2 peer gives no window for them.
    answers: BTreeMap<u64, u64>,
    /// Since when the socket takes no more, and how much it took since.
    socket: Option<Waiting>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    since: u64,
    taken: u64,
}

impl Untaken {
    /// An answer of about so many bytes waits from now on; gives its number.
    pub(super) fn answered(&mut self, now: u64, bytes: u64) -> u64 {
        self.next += 1;
        self.answers
            .insert(self.next, now.saturating_add(time_for(bytes)));
        self.next
    }

    pub(super) fn gone(&mut self, answer: u64) {
        self.answers.remove(&answer);
    }

    /// The socket took no more.
    pub(super) fn refused(&mut self, now: u64) {
        self.socket.get_or_insert(Waiting { since: now, taken: 0 });
    }

    pub(super) fn took(&mut self, bytes: usize) {
        if let Some(waiting) = &mut self.socket {
            waiting.taken = waiting.taken.saturating_add(bytes as u64);
        }
    }

    /// Everything that was written is out.
    pub(super) fn flushed(&mut self) {
        self.socket = None;
    }

    /// When the listener's patience begins to count, if anything waits.
    pub(super) fn since(&self) -> Option<u64> {
        let socket = self
            .socket
            .map(|waiting| waiting.since.saturating_add(time_for(waiting.taken)));
        self.answers.values().copied().chain(socket).min()
    }
}

const fn time_for(bytes: u64) -> u64 {
    bytes.saturating_mul(1000) / BYTES_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_counts_from_what_waits_longest_and_grows_with_what_is_taken() {
        let mut untaken = Untaken::default();
        assert_eq!(untaken.since(), None);
        let small = untaken.answered(100, 0);
        let large = untaken.answered(0, 10 * BYTES_PER_SECOND);
        assert_eq!(untaken.since(), Some(100));
        untaken.gone(small);
        assert_eq!(untaken.since(), Some(10_000));
        untaken.refused(500);
        untaken.refused(900);
        assert_eq!(untaken.since(), Some(500));
        untaken.took(2 * 16 * 1024);
        assert_eq!(untaken.since(), Some(2_500));
        untaken.flushed();
        untaken.gone(large);
        assert_eq!(untaken.since(), None);
    }
}
