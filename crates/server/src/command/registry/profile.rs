//! `nordbro profile`.

use app::audit::Actor;
use app::registry::{Profile, profiles};
use app::{App, Error};
use clap::{Args, Subcommand};
use domain::{ProductProfile, ProfileId};
use serde_json::{Value, json};

use super::arguments::{Owner, Whose};
use super::show::{Shown, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a product of a partner: the four values that Vipps wants with every call.
    Add(Add),
    List(Whose),
    /// Show one.
    Show {
        id: ProfileId,
    },
    /// Give it the values of a new release.
    Set {
        id: ProfileId,
        #[command(flatten)]
        values: Values,
    },
    /// Remove a profile that no sales unit and no client uses.
    Remove {
        id: ProfileId,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    owner: Owner,
    /// Unique with the partner in the environment.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    values: Values,
}

/// Each 1 to 30 printable ASCII characters.
#[derive(Debug, Args)]
pub struct Values {
    #[arg(long)]
    system_name: String,
    #[arg(long)]
    system_version: String,
    #[arg(long)]
    plugin_name: String,
    #[arg(long)]
    plugin_version: String,
}

impl Values {
    fn product(&self) -> anyhow::Result<ProductProfile> {
        let product = ProductProfile::new(
            &self.system_name,
            &self.system_version,
            &self.plugin_name,
            &self.plugin_version,
        );
        told(product.map_err(Error::Invalid))
    }
}

pub(super) async fn run(app: &App, by: &Actor, command: Command) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::Add(add) => {
            let add = profiles::Add {
                partner: add.owner.partner(app).await?,
                environment: add.owner.environment,
                name: add.name,
                product: add.values.product()?,
            };
            Shown::one(view(&told(profiles::add(app, by, add).await)?))
        }
        Command::List(whose) => {
            let partner = whose.partner(app).await?;
            let found = told(profiles::list(app, partner).await)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => Shown::one(view(&told(profiles::show(app, id).await)?)),
        Command::Set { id, values } => {
            let product = values.product()?;
            Shown::one(view(&told(profiles::set(app, by, id, product).await)?))
        }
        Command::Remove { id } => {
            told(profiles::remove(app, by, id).await)?;
            Shown::removed(id)
        }
    })
}

fn view(profile: &Profile) -> Value {
    let [system_name, system_version, plugin_name, plugin_version] =
        profile.product.headers().map(|(_, value)| value);
    json!({
        "id": profile.id.to_string(),
        "partnerId": profile.partner.to_string(),
        "environment": profile.environment.as_str(),
        "name": profile.name,
        "systemName": system_name,
        "systemVersion": system_version,
        "pluginName": plugin_name,
        "pluginVersion": plugin_version,
        "createdAt": time(profile.created_at),
        "updatedAt": time(profile.updated_at),
    })
}
