//! The built binary, as an operator and a platform see it: what it prints, how it starts, how it ends.
//!
//! `./test` builds it and names it in `NORDBRO_BIN`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a helper of a test fails by panicking; the binary and the server are named by the environment, files have \
              times of the machine, and another process is waited for in real time"
)]

mod binary;
mod caller;
mod canary;
mod cluster;
mod collector;
mod commands;
mod databases;
mod demo;
mod histories;
mod keys;
mod killed;
mod place;
mod read_only;
mod rotation;
mod serve;
mod till;
mod watch;
