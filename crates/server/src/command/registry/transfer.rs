//! `nordbro transfer`.

use app::App;
use app::audit::Actor;
use app::transfers::{self, Transfer, TransferFilter};
use clap::{Args, Subcommand};
use domain::TransferId;
use serde_json::{Value, json};

use super::arguments::Whose;
use super::show::{Shown, maybe_time, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List transfers, the oldest first: those a partner asked for and those of units it holds.
    List(List),
    /// Show one.
    Show { id: TransferId },
    /// End the time to settle now, and decide for whoever asks. What may still be under way is waited for; what stays
    /// unknown is frozen. With a --reason, which stands in both partners' audit: name neither to the other.
    Force { id: TransferId },
    /// End a transfer: the holder goes on as before. With a --reason, as `force`.
    Refuse { id: TransferId },
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    whose: Whose,
    /// Those too that are completed or refused.
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(app: &App, by: &Actor, command: Command) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::List(list) => {
            let filter = TransferFilter {
                partner: list.whose.partner(app).await?,
                is_open: !list.all,
            };
            let found = told(transfers::list(app, filter).await)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => Shown::one(view(&told(transfers::find(app, id).await)?)),
        Command::Force { id } => Shown::one(view(&told(transfers::force(app, by, id).await)?)),
        Command::Refuse { id } => Shown::one(view(&told(transfers::refuse(app, by, id).await)?)),
    })
}

fn view(transfer: &Transfer) -> Value {
    json!({
        "id": transfer.id.to_string(),
        "environment": transfer.environment.as_str(),
        "msn": transfer.msn.as_str(),
        "stage": transfer.stage.as_str(),
        "partnerId": transfer.partner.to_string(),
        "assignmentId": transfer.assignment.to_string(),
        "fromPartnerId": transfer.from.map(|(partner, _)| partner.to_string()),
        "fromAssignmentId": transfer.from.map(|(_, assignment)| assignment.to_string()),
        "forced": transfer.forced,
        "askedAt": time(transfer.asked_at),
        "drainUntil": maybe_time(transfer.drain_until),
        "frozenAt": maybe_time(transfer.frozen_at),
        "endedAt": maybe_time(transfer.ended_at),
    })
}
