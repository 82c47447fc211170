//! `nordbro merchant`.

use app::App;
use app::audit::Actor;
use app::registry::{Merchant, merchants};
use clap::{Args, Subcommand};
use domain::MerchantId;
use serde_json::{Value, json};

use super::arguments::{Owner, Whose};
use super::show::{Shown, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a business that is paid.
    Add(Add),
    List(Whose),
    /// Show one.
    Show {
        id: MerchantId,
    },
    /// Change one.
    Set {
        id: MerchantId,
        #[arg(long)]
        name: String,
    },
    /// Remove a merchant that no sales unit was ever assigned to.
    Remove {
        id: MerchantId,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    owner: Owner,
    #[arg(long)]
    name: String,
    /// As the country's register writes it.
    #[arg(long)]
    organisation_number: String,
    /// Two capital letters, as in NO.
    #[arg(long)]
    country: String,
}

pub(super) async fn run(app: &App, by: &Actor, command: Command) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::Add(add) => {
            let add = merchants::Add {
                partner: add.owner.partner(app).await?,
                environment: add.owner.environment,
                name: add.name,
                organisation_number: add.organisation_number,
                country: add.country,
            };
            Shown::one(view(&told(merchants::add(app, by, add).await)?))
        }
        Command::List(whose) => {
            let partner = whose.partner(app).await?;
            let found = told(merchants::list(app, partner).await)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => Shown::one(view(&told(merchants::show(app, id).await)?)),
        Command::Set { id, name } => Shown::one(view(&told(merchants::rename(app, by, id, &name).await)?)),
        Command::Remove { id } => {
            told(merchants::remove(app, by, id).await)?;
            Shown::removed(id)
        }
    })
}

fn view(merchant: &Merchant) -> Value {
    json!({
        "id": merchant.id.to_string(),
        "partnerId": merchant.partner.to_string(),
        "environment": merchant.environment.as_str(),
        "name": merchant.name,
        "organisationNumber": merchant.organisation_number,
        "country": merchant.country,
        "createdAt": time(merchant.created_at),
        "updatedAt": time(merchant.updated_at),
    })
}
