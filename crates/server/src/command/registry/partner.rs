//! `nordbro partner`.

use app::App;
use app::registry::{Partner, PartnerState, partners};
use clap::Subcommand;
use serde_json::{Value, json};

use super::arguments::partner_state;
use super::show::{Shown, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add an active partner.
    Add {
        /// Unique in the gateway.
        name: String,
    },
    /// List all.
    List,
    /// Show one.
    Show {
        /// Id or name.
        partner: String,
    },
    /// Rename, suspend or reactivate. Suspending ends every token of the partner.
    Set {
        /// Id or name.
        partner: String,
        #[arg(long)]
        name: Option<String>,
        /// `active` or `suspended`.
        #[arg(long, value_parser = partner_state)]
        state: Option<PartnerState>,
    },
    /// Remove a partner that nothing belongs to.
    Remove {
        /// Id or name.
        partner: String,
    },
}

pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<Shown> {
    let find = async |partner: &str| told(partners::find(app, partner).await);
    Ok(match command {
        Command::Add { name } => Shown::one(view(&told(partners::add(app, &name).await)?)),
        Command::List => Shown::list(told(partners::list(app).await)?.iter().map(view).collect()),
        Command::Show { partner } => Shown::one(view(&find(&partner).await?)),
        Command::Set { partner, name, state } => {
            let id = find(&partner).await?.id;
            let changes = partners::Changes { name, state };
            Shown::one(view(&told(partners::set(app, id, changes).await)?))
        }
        Command::Remove { partner } => {
            let id = find(&partner).await?.id;
            told(partners::remove(app, id).await)?;
            Shown::removed(id)
        }
    })
}

fn view(partner: &Partner) -> Value {
    json!({
        "id": partner.id.to_string(),
        "name": partner.name,
        "state": partner.state.as_str(),
        "createdAt": time(partner.created_at),
        "updatedAt": time(partner.updated_at),
    })
}
