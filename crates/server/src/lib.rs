//! The binary `nordbro`: settings, telemetry, the door, shutdown and the commands.
//!
//! The only room that reads the environment, the machine's clock and signals, and the only one that knows
//! OpenTelemetry. It holds no rule about money.

pub mod assemble;
pub mod clock;
pub mod command;
pub mod config;
pub mod faces;
pub mod health;
pub mod key_file;
pub mod listen;
pub mod private;
pub mod running;
pub mod shutdown;
pub mod telemetry;
