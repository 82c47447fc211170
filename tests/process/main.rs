//! The built binary, as an operator and a platform see it: what it prints, how it starts, how it ends.
//!
//! `./test` builds it and names it in `NORDBRO_BIN`.

mod binary;
mod commands;
mod databases;
mod demo;
mod serve;
