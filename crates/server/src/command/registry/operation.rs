//! `nordbro operation`.

use app::App;
use app::audit::Actor;
use app::operations::{self, OpenFilter, Operation};
use clap::{Args, Subcommand};
use domain::{Environment, OperationId};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::arguments::Whose;
use super::show::{Shown, maybe_time, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the operations whose end is not known, the oldest first.
    List(List),
    /// Show one, open or ended.
    Show { id: OperationId },
    /// Close an unknown operation by hand and give its payment free. It says nothing about the money: evidence that
    /// comes later is announced and changes nothing. Only once the gateway will not send it again by itself, and
    /// with a --reason.
    Abandon { id: OperationId },
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    whose: Whose,
    /// Only those in `test` or `production`.
    #[arg(long)]
    environment: Option<Environment>,
    /// How many at most.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

pub(super) async fn run(app: &App, by: &Actor, command: Command) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::List(list) => {
            let filter = OpenFilter {
                partner: list.whose.partner(app).await?,
                environment: list.environment,
                after: None,
            };
            let (found, _) = told(operations::page_open(app, filter, list.limit).await)?;
            Shown::list(found.iter().map(|operation| view(app, operation)).collect())
        }
        Command::Show { id } => Shown::one(view(app, &told(operations::show(app, id).await)?)),
        Command::Abandon { id } => Shown::one(view(app, &told(operations::abandon(app, by, id).await)?)),
    })
}

/// Neither the bodies nor the caller's key: they are the partner's.
fn view(app: &App, operation: &Operation) -> Value {
    let amount = operation.amount;
    json!({
        "id": operation.id.to_string(),
        "partnerId": operation.partner.to_string(),
        "environment": operation.environment.as_str(),
        "msn": operation.msn.as_str(),
        "reference": operation.reference.as_str(),
        "type": operation.kind.as_str(),
        "status": operation.status.as_str(),
        "value": amount.map(|amount| amount.value),
        "currency": amount.map(|amount| amount.currency.as_str().to_owned()),
        "upstreamKey": operation.upstream_key.as_str(),
        "sends": operation.sends,
        "firstSentAt": time(operation.sent.first),
        "lastSentAt": time(operation.sent.last),
        "mayBeAbandonedFrom": maybe_time(may_be_abandoned_from(app, operation)),
        "nextStepAt": maybe_time(operation.next_step_at),
        "createdAt": time(operation.created_at),
        "settledAt": maybe_time(operation.settled_at),
    })
}

/// When the gateway stops sending an open operation again by itself.
fn may_be_abandoned_from(app: &App, operation: &Operation) -> Option<OffsetDateTime> {
    let until = operation.sent.first + app.settings().replay_horizon;
    operation.status.is_open().then_some(until)
}
