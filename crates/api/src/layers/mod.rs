//! What happens to every request before and after its handler, in this order and each for one reason:
//!
//! 1. [`arrival`]: the request gets its ids, and every answer shows them; problems become bytes here.
//! 2. [`rescue`]: a panic is an answer, not a torn connection.
//! 3. [`address`]: a flood is stopped before it costs a signature check.
//! 4. [`believe`]: the token is read: from here on there is a caller.
//! 5. [`fair`]: one partner cannot starve the others.
//! 6. [`demand`]: the scope that the document names for the operation.
//!
//! The span, the log line and the numbers of a request are made outside, by the binary, which alone knows
//! a tracing system; [`arrival`] writes the request's id into that span.
//!
//! No timeout and no cancellation lies round a handler: from its commit on a money move belongs to a task.

mod arrival;
mod gate;
mod rescue;
mod scope;
mod trace;

pub(crate) use arrival::{Arrived, arrival};
pub(crate) use gate::{address, bearer, believe, fair, nobody};
pub(crate) use rescue::rescue;
pub(crate) use scope::{Needs, demand, unlisted};
