//! `nordbro keys`.

use app::App;
use app::registry::{KeySetOwner, StoredKeySet, key_sets, partners, sales_units};
use clap::{Args, Subcommand};
use domain::{AssignmentId, Environment, KeySetId};
use serde_json::{Value, json};
use store::Keyring;
use store::registry::KeySetFilter;

use super::arguments::Whose;
use super::secret::{Inputs, Source};
use super::show::{Shown, maybe_time, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Store keys at Vipps, prove them with a token call and put them to use in place of the ones before.
    Add(Add),
    List(Filter),
    /// Show one.
    Show {
        id: KeySetId,
    },
    /// Prove stored keys that could not be proven when they were added, and put them to use.
    Prove {
        id: KeySetId,
    },
    Remove {
        id: KeySetId,
    },
    /// Draw a key for the key file (`sealing.key_file`); append it, the last line seals.
    Generate,
}

#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    owner: KeysOwner,
    /// `test` or `production`; a sales unit's keys are of the sales unit's.
    #[arg(long, required_unless_present = "sales_unit", conflicts_with = "sales_unit")]
    environment: Option<Environment>,
    #[arg(long)]
    client_id: String,
    /// `file:PATH`, `env:NAME` or `-` (a line of standard input).
    #[arg(long, value_name = "SOURCE")]
    client_secret: Source,
    /// `file:PATH`, `env:NAME` or `-`.
    #[arg(long, value_name = "SOURCE")]
    subscription_key: Source,
    /// `file:PATH`, `env:NAME` or `-`.
    #[arg(long, value_name = "SOURCE")]
    secondary_subscription_key: Option<Source>,
}

/// Whose keys: exactly one.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct KeysOwner {
    /// Of one sales unit.
    #[arg(long, value_name = "ASSIGNMENT")]
    sales_unit: Option<AssignmentId>,
    /// Partner keys, for all units of the partner (id or name). Production only.
    #[arg(long, value_name = "PARTNER")]
    of_partner: Option<String>,
    /// The operator's own, for partners that have none.
    #[arg(long)]
    platform: bool,
    /// For reports of a partner (id or name) only.
    #[arg(long, value_name = "PARTNER")]
    accounting: Option<String>,
}

#[derive(Debug, Args)]
pub struct Filter {
    #[command(flatten)]
    whose: Whose,
    #[arg(long, value_name = "ASSIGNMENT")]
    sales_unit: Option<AssignmentId>,
}

/// A line for the key file, which is a secret and goes to standard output alone.
pub(super) fn generate() -> anyhow::Result<Shown> {
    Ok(Shown::Line("key", Keyring::generate()?))
}

pub(super) async fn run(app: &App, command: Command, inputs: &mut Inputs<'_>) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::Add(add) => self::add(app, add, inputs).await?,
        Command::List(filter) => {
            let filter = KeySetFilter {
                partner: filter.whose.partner(app).await?,
                assignment: filter.sales_unit,
            };
            let found = told(key_sets::list(app, filter).await)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => Shown::one(view(&told(key_sets::show(app, id).await)?)),
        Command::Prove { id } => Shown::one(view(&told(key_sets::prove(app, id).await)?)),
        Command::Remove { id } => {
            told(key_sets::remove(app, id).await)?;
            Shown::removed(id)
        }
        Command::Generate => generate()?,
    })
}

async fn add(app: &App, add: Add, inputs: &mut Inputs<'_>) -> anyhow::Result<Shown> {
    let owner = add.owner;
    let partner = async |name: &str| Ok::<_, anyhow::Error>(told(partners::find(app, name).await)?.id);
    let (owner, environment) = match (owner.sales_unit, owner.of_partner, owner.accounting) {
        (Some(id), _, _) => {
            let held = told(sales_units::show(app, id).await)?;
            let owner = KeySetOwner::SalesUnit {
                partner: held.partner,
                assignment: id,
            };
            (owner, held.environment)
        }
        (None, of_partner, accounting) => {
            let environment = add
                .environment
                .ok_or_else(|| anyhow::anyhow!("--environment is required"))?;
            let owner = match (of_partner, accounting) {
                (Some(name), _) => KeySetOwner::Partner(partner(&name).await?),
                (None, Some(name)) => KeySetOwner::Accounting(partner(&name).await?),
                (None, None) => KeySetOwner::Platform,
            };
            (owner, environment)
        }
    };
    let secondary = match &add.secondary_subscription_key {
        Some(source) => Some(inputs.secret("--secondary-subscription-key", source)?),
        None => None,
    };
    let add = key_sets::Add {
        owner,
        environment,
        client_id: add.client_id,
        client_secret: inputs.secret("--client-secret", &add.client_secret)?,
        subscription_key: inputs.secret("--subscription-key", &add.subscription_key)?,
        secondary_subscription_key: secondary,
    };
    Ok(Shown::one(view(&told(key_sets::add(app, add).await)?)))
}

fn view(keys: &StoredKeySet) -> Value {
    json!({
        "id": keys.id.to_string(),
        "kind": keys.owner.kind().as_str(),
        "partnerId": keys.owner.partner().map(|partner| partner.to_string()),
        "salesUnit": keys.owner.assignment().map(|assignment| assignment.to_string()),
        "environment": keys.environment.as_str(),
        "state": keys.state.as_str(),
        "version": keys.version,
        "provenAt": maybe_time(keys.proven_at),
        "createdAt": time(keys.created_at),
        "updatedAt": time(keys.updated_at),
    })
}
