//! `nordbro partner`.

use app::audit::Actor;
use app::registry::{Partner, PartnerState, partners, retention};
use app::{App, customers};
use clap::Subcommand;
use domain::Environment;
use serde_json::{Value, json};

use super::arguments::partner_state;
use super::secret::{Inputs, Source};
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
    /// Rename, suspend or reactivate, or change how long bodies are kept. Suspending ends every token of the partner.
    Set {
        /// Id or name.
        partner: String,
        #[arg(long)]
        name: Option<String>,
        /// `active` or `suspended`.
        #[arg(long, value_parser = partner_state)]
        state: Option<PartnerState>,
        /// Keep bodies of requests, answers and receipts for so many days after their end, in both environments: a
        /// number, or `default` (400). Facts about money stay.
        #[arg(long, value_name = "DAYS", value_parser = days)]
        retention_days: Option<Days>,
    },
    /// Erase one customer on request: all that is kept about them with this partner, in both environments. Facts about
    /// money stay.
    EraseCustomer {
        /// Id or name.
        partner: String,
        /// The telephone number with its country code: `file:PATH`, `env:NAME` or `-` (a line of standard input).
        #[arg(long, value_name = "SOURCE")]
        phone: Source,
    },
    /// Remove a partner that nothing belongs to.
    Remove {
        /// Id or name.
        partner: String,
    },
}

/// How long bodies are kept.
#[derive(Debug, Clone, Copy)]
pub struct Days(Option<u32>);

fn days(text: &str) -> Result<Days, String> {
    if text == "default" {
        return Ok(Days(None));
    }
    let days = text
        .parse()
        .map_err(|_| "a number of days, or `default`".to_owned())?;
    Ok(Days(Some(days)))
}

pub(super) async fn run(
    app: &App,
    by: &Actor,
    command: Command,
    inputs: &mut Inputs<'_>,
) -> anyhow::Result<Shown> {
    let find = async |partner: &str| told(partners::find(app, partner).await);
    Ok(match command {
        Command::Add { name } => {
            let added = told(partners::add(app, by, &name).await)?;
            Shown::one(with_retention(app, &added).await?)
        }
        Command::List => Shown::list(told(partners::list(app).await)?.iter().map(view).collect()),
        Command::Show { partner } => Shown::one(with_retention(app, &find(&partner).await?).await?),
        Command::Set {
            partner,
            name,
            state,
            retention_days,
        } => {
            let id = find(&partner).await?.id;
            if let Some(Days(days)) = retention_days {
                told(retention::set(app, by, id, days).await)?;
            }
            if name.is_some() || state.is_some() || retention_days.is_none() {
                told(partners::set(app, by, id, partners::Changes { name, state }).await)?;
            }
            let changed = told(partners::show(app, id).await)?;
            Shown::one(with_retention(app, &changed).await?)
        }
        Command::EraseCustomer { partner, phone } => {
            let id = find(&partner).await?.id;
            let phone = inputs.secret("--phone", &phone)?;
            let erased = told(customers::erase(app, by, id, &phone).await)?;
            let open: Vec<_> = erased.open.iter().map(ToString::to_string).collect();
            Shown::one(json!({
                "payments": erased.payments,
                "operations": erased.operations,
                "receipts": erased.receipts,
                "open": open,
            }))
        }
        Command::Remove { partner } => {
            let id = find(&partner).await?.id;
            told(partners::remove(app, by, id).await)?;
            Shown::removed(id)
        }
    })
}

async fn with_retention(app: &App, partner: &Partner) -> anyhow::Result<Value> {
    let mut shown = view(partner);
    // Both environments have the same.
    let days = told(retention::days(app, partner.id, Environment::Production).await)?;
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("retentionDays".to_owned(), json!(days));
    }
    Ok(shown)
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
