//! `nordbro openapi`.

use std::io::Write as _;
use std::process::ExitCode;

/// Prints the document of `/v1` as it is checked in and served.
pub(super) fn run() -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(api::document_text().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
