//! `nordbro import`.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use app::App;
use app::import::{self, Format, Import, Report, Summary};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::arguments::Owner;
use super::secret::{Inputs, Source};
use super::told;

/// Import merchants and sales units from a file, with a report for each row. What is there already is left alone: a run
/// that broke off is resumed by running it again.
#[derive(Debug, Args)]
pub struct Arguments {
    /// CSV with a head, or JSON (a list, or one object a line); `-` is standard input. The file may hold keys: keep it
    /// to yourself.
    file: String,
    #[command(flatten)]
    owner: Owner,
    /// Unless the name of the file says it.
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// Say what would be done, change nothing and ask nobody.
    #[arg(long)]
    dry_run: bool,
    /// Answer for the claims that Vipps cannot prove, with this reason.
    #[arg(long, value_name = "REASON")]
    vouch: Option<String>,
    /// Who imports, for the audit. Default: the user of this machine.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Answer with one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Csv,
    Json,
}

/// Writes the report also when the run broke off: what stands in it is done.
pub(super) async fn run(
    app: &App,
    arguments: Arguments,
    inputs: &mut Inputs<'_>,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    let format = arguments.format.map_or_else(|| by_name(&arguments.file), Ok)?;
    let source = match arguments.file.as_str() {
        "-" => Source::Stdin,
        path => Source::File(path.into()),
    };
    let text = inputs.document("the file", &source)?;
    let format = match format {
        FormatName::Csv => Format::Csv,
        FormatName::Json => Format::Json,
    };
    let lines = import::parse(&text, format).context("the file cannot be imported")?;
    let actor = super::whoever(arguments.actor.as_deref(), inputs);
    let import = Import {
        by: match &arguments.vouch {
            Some(reason) => actor.because(reason),
            None => actor,
        },
        partner: arguments.owner.partner(app).await?,
        environment: arguments.owner.environment,
        is_rehearsal: arguments.dry_run,
        vouched: arguments.vouch,
        until: None,
    };
    let rows = lines.len();
    let mut reports = Vec::with_capacity(rows);
    let done = import::run(app, &import, lines, &mut |report| reports.push(report)).await;
    if arguments.json {
        let data: Vec<_> = reports.iter().map(view).collect();
        writeln!(
            output,
            "{}",
            json!({ "data": data, "summary": summary(&reports) })
        )?;
    } else {
        for report in &reports {
            let stage = report.stage.map_or("-", app::onboarding::Stage::as_str);
            let msn = report.msn.as_deref().unwrap_or("-");
            let outcome = report.outcome.as_str();
            writeln!(
                output,
                "line {:<7}{msn:<12}{outcome:<14}{stage:<14}{}",
                report.line, report.message
            )?;
        }
        writeln!(output, "{}", summary(&reports))?;
    }
    told(done)
        .context("the import broke off; what is reported is done, and running it again goes on from there")?;
    let failed = reports
        .iter()
        .filter(|report| report.outcome.is_failure())
        .count();
    if failed > 0 {
        bail!("{failed} of {rows} rows need somebody's attention");
    }
    Ok(())
}

fn by_name(file: &str) -> anyhow::Result<FormatName> {
    let extension = Path::new(file).extension().and_then(|it| it.to_str());
    match extension {
        Some("csv") => Ok(FormatName::Csv),
        Some("json" | "jsonl" | "ndjson") => Ok(FormatName::Json),
        Some(_) | None => bail!("--format csv or --format json is needed: the name of the file does not say"),
    }
}

fn view(report: &Report) -> Value {
    json!({
        "line": report.line,
        "msn": report.msn,
        "outcome": report.outcome.as_str(),
        "state": report.stage.map(app::onboarding::Stage::as_str),
        "message": report.message,
    })
}

fn summary(reports: &[Report]) -> Value {
    let summary = Summary::of(reports);
    json!({
        "created": summary.created,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "wouldChange": summary.would,
        "invalid": summary.invalid,
        "refused": summary.refused,
        "unreachable": summary.unreachable,
    })
}
