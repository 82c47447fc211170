//! The entry of the `nordbro` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    nordbro_server::command::main()
}
