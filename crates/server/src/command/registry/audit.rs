//! `nordbro audit`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::audit::{self, Broken, Chain, Filter, Head, Report};
use app::registry::partners;
use app::{App, Error};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::show::Shown;
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List entries, the newest first.
    List(List),
    /// Walk the chains and name the first bad entry of each; exit code 1 when there is one.
    Verify(Verify),
    /// Write every entry as a line of JSON, chain by chain. Each line holds what its hash is of.
    Export(Which),
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    which: Which,
    /// Only this action, as in `partner.set`.
    #[arg(long)]
    action: Option<String>,
    /// Only what was done to this, by its id.
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// From this moment on (RFC 3339).
    #[arg(long, value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// Before this moment (RFC 3339).
    #[arg(long, value_parser = moment)]
    until: Option<OffsetDateTime>,
    /// How many at most.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

/// Which chain; all of them when nothing is given.
#[derive(Debug, Args)]
pub struct Which {
    /// Only this partner's, by id or name.
    #[arg(long, value_name = "PARTNER", conflicts_with = "gateway")]
    partner: Option<String>,
    /// Only the acts on the gateway as a whole.
    #[arg(long)]
    gateway: bool,
}

impl Which {
    async fn chain(&self, app: &App) -> anyhow::Result<Option<Chain>> {
        let Some(partner) = &self.partner else {
            return Ok(self.gateway.then_some(Chain::Gateway));
        };
        // By id also one that is gone: its chain stays.
        if let Ok(id) = partner.parse() {
            return Ok(Some(Chain::Partner(id)));
        }
        Ok(Some(Chain::Partner(told(partners::find(app, partner).await)?.id)))
    }
}

#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    which: Which,
    /// What an earlier `audit verify --json` wrote, kept where nobody who reaches the database reaches: each head
    /// in it must still stand.
    #[arg(long, value_name = "FILE")]
    noted: Option<PathBuf>,
}

pub(super) async fn run(
    app: &App,
    command: Command,
    json: bool,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    match command {
        Command::List(list) => {
            let filter = Filter {
                chain: list.which.chain(app).await?,
                action: list.action,
                target: list.target,
                since: list.since,
                until: list.until,
                before: None,
                limit: u64::from(list.limit),
            };
            let found = told(audit::list(app, &filter).await)?;
            Shown::list(found.iter().map(audit::json).collect()).write(json, output)
        }
        Command::Verify(verify) => {
            let noted = verify.noted.as_deref().map_or(Ok(Vec::new()), heads_of)?;
            let chain = verify.which.chain(app).await?;
            let report = told(audit::verify(app, chain, &noted).await)?;
            Shown::one(view(&report)).write(json, output)?;
            if report.broken.is_empty() {
                return Ok(());
            }
            let faults: Vec<_> = report.broken.iter().map(in_words).collect();
            bail!("the audit is not as it was written: {}", faults.join("; "))
        }
        Command::Export(which) => {
            let chain = which.chain(app).await?;
            let write = |entry: &audit::Entry| -> Result<(), Halt> {
                writeln!(output, "{}", audit::line(entry)).map_err(Halt::Output)
            };
            match audit::export(app, chain, write).await {
                Ok(_) => Ok(()),
                Err(Halt::App(error)) => Err(error.into()),
                Err(Halt::Output(error)) => Err(error.into()),
            }
        }
    }
}

/// What ends an export early.
enum Halt {
    App(Error),
    Output(std::io::Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::App(error)
    }
}

fn view(report: &Report) -> Value {
    let heads = report.heads.iter().map(
        |head| json!({ "chain": audit::name_of(head.chain), "sequence": head.sequence, "hash": head.hash }),
    );
    let broken = report.broken.iter().map(|broken| {
        json!({
            "chain": audit::name_of(broken.chain),
            "sequence": broken.sequence,
            "fault": broken.fault.as_str(),
        })
    });
    json!({
        "whole": report.broken.is_empty(),
        "entries": report.entries,
        "heads": heads.collect::<Vec<_>>(),
        "broken": broken.collect::<Vec<_>>(),
    })
}

fn in_words(broken: &Broken) -> String {
    let chain = audit::name_of(broken.chain);
    format!("entry {} of {chain}: {}", broken.sequence, broken.fault.as_str())
}

fn heads_of(path: &Path) -> anyhow::Result<Vec<Head>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let noted: Value = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    let heads = noted["heads"].as_array();
    let heads = heads.with_context(|| format!("{}: has no `heads`", path.display()))?;
    heads
        .iter()
        .map(|head| {
            let chain = match head["chain"].as_str() {
                Some("gateway") => Some(Chain::Gateway),
                Some(partner) => partner.parse().ok().map(Chain::Partner),
                None => None,
            };
            match (chain, head["sequence"].as_i64(), head["hash"].as_str()) {
                (Some(chain), Some(sequence), Some(hash)) => Ok(Head {
                    chain,
                    sequence,
                    hash: hash.to_owned(),
                }),
                (_, _, _) => bail!("{}: {head} is no head of a chain", path.display()),
            }
        })
        .collect()
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "must be a moment as in 2026-04-01T12:00:00Z".to_owned())
}
