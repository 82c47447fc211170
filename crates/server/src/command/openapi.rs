//! `nordbro openapi`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;

/// Which document.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The operators' (`/admin/v1`) instead of the partners' (`/v1`).
    #[arg(long)]
    operator: bool,
}

/// Prints a document as it is checked in and served.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let text = if arguments.operator {
        api::operator_document_text()
    } else {
        api::document_text()
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
