//! The order of deliveries: one line per registration and payment, and only its head is tried.
//!
//! A failing head blocks its own line and no other. The line knows nothing of time or of HTTP; who
//! owns it starts an attempt whenever a move says [`Move::Begin`].

use std::collections::VecDeque;

/// What the owner of a line has to do after a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a line whose head is never begun stands for ever"]
pub(crate) enum Move {
    /// The head is new: begin its first attempt.
    Begin,
    /// Nothing: the line is empty, or its head has begun already.
    Stay,
}

/// Deliveries of one payment to one registration.
#[derive(Clone, Debug)]
pub(crate) struct Line<T> {
    waiting: VecDeque<T>,
    /// Those that let the next one pass: the reordering that a fault asks for.
    aside: Vec<T>,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            aside: Vec::new(),
        }
    }
}

impl<T> Line<T> {
    /// Joins at the end.
    pub(crate) fn join(&mut self, delivery: T) -> Move {
        self.waiting.push_back(delivery);
        if self.waiting.len() == 1 {
            Move::Begin
        } else {
            Move::Stay
        }
    }

    /// Waits beside the line until the next one is through, or until [`Line::rejoin`].
    pub(crate) fn stand_aside(&mut self, delivery: T) {
        self.aside.push(delivery);
    }

    /// Whoever stands aside joins at the end: nobody came to overtake them.
    pub(crate) fn rejoin(&mut self) -> Move {
        let idle = self.waiting.is_empty();
        self.waiting.extend(self.aside.drain(..));
        if idle && !self.waiting.is_empty() {
            Move::Begin
        } else {
            Move::Stay
        }
    }

    /// The delivery that is being tried.
    pub(crate) fn head(&mut self) -> Option<&mut T> {
        self.waiting.front_mut()
    }

    /// The head is through, delivered or given up. Those it overtook come next.
    pub(crate) fn leave(&mut self) -> Move {
        self.waiting.pop_front();
        for delivery in self.aside.drain(..).rev() {
            self.waiting.push_front(delivery);
        }
        if self.waiting.is_empty() {
            Move::Stay
        } else {
            Move::Begin
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.aside.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len() + self.aside.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets every delivery through at once, as long as there are any.
    fn drain(line: &mut Line<&'static str>) -> Vec<&'static str> {
        let mut seen = Vec::new();
        while let Some(head) = line.head() {
            seen.push(*head);
            let _ = line.leave();
        }
        seen
    }

    #[test]
    fn only_the_head_is_tried_until_it_is_through() {
        let mut line = Line::default();
        assert_eq!(line.join("AUTHORIZED"), Move::Begin);
        assert_eq!(line.join("CAPTURED"), Move::Stay);
        assert_eq!(line.head(), Some(&mut "AUTHORIZED"));
        assert_eq!(line.leave(), Move::Begin);
        assert_eq!(line.head(), Some(&mut "CAPTURED"));
        assert_eq!(line.leave(), Move::Stay);
        assert!(line.is_empty());
    }

    #[test]
    fn a_delivery_that_stood_aside_comes_right_after_the_next_one() {
        let mut line = Line::default();
        line.stand_aside("AUTHORIZED");
        assert_eq!(line.join("CAPTURED"), Move::Begin);
        assert_eq!(line.join("REFUNDED"), Move::Stay);
        assert_eq!(drain(&mut line), ["CAPTURED", "AUTHORIZED", "REFUNDED"]);
    }

    #[test]
    fn a_delivery_that_nobody_overtakes_goes_out_in_the_end() {
        let mut line = Line::default();
        line.stand_aside("AUTHORIZED");
        assert!(!line.is_empty());
        assert_eq!(line.rejoin(), Move::Begin);
        assert_eq!(line.rejoin(), Move::Stay);
        assert_eq!(drain(&mut line), ["AUTHORIZED"]);
    }
}
