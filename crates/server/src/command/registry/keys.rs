//! `nordbro keys`.

use app::App;
use app::audit::Actor;
use app::onboarding::NewKeys;
use app::registry::data_keys::{self, KeysAtRest, Renew, Rotated};
use app::registry::key_sets::{self, Whose as Whosoever};
use app::registry::{StoredKeySet, partners};
use clap::{Args, Subcommand};
use domain::{AssignmentId, Environment, KeySetId};
use serde_json::{Value, json};
use store::Keyring;
use store::registry::KeySetFilter;

use super::arguments::Whose;
use super::secret::{Inputs, Source};
use super::show::{Shown, maybe_time, time};
use super::told;
use crate::key_file;

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
    /// Draw a key for the key file (`sealing.key_file`); append it, the last line wraps.
    Generate,
    /// Bring everything sealed under the newest key of the key file, while gateways serve: data keys are wrapped anew,
    /// and what is sealed with anything older is sealed anew. Cut short, it is simply run again.
    Rotate(Rotate),
    /// The keys of the key file, oldest first, then those that it lacks, and what hangs on each. Answers without them.
    Status,
}

#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    whose: Renewed,
    /// Rows of one transaction.
    #[arg(long, value_name = "ROWS", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=1000))]
    batch: u64,
}

/// Who gets a new data key; nobody without these.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Renewed {
    /// Draw a new data key for every partner and for the gateway, and seal their rows anew with it.
    #[arg(long = "data-keys")]
    everybody: bool,
    /// Draw a new data key for this partner (id or name) alone.
    #[arg(long = "data-key-of", value_name = "PARTNER")]
    partner: Option<String>,
    /// Draw a new data key for the gateway's own secrets alone: signing keys and the operator's keys at Vipps.
    #[arg(long = "data-key-of-gateway")]
    gateway: bool,
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

pub(super) async fn run(
    app: &App,
    by: &Actor,
    command: Command,
    inputs: &mut Inputs<'_>,
) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::Add(add) => self::add(app, by, add, inputs).await?,
        Command::List(filter) => {
            let filter = KeySetFilter {
                partner: filter.whose.partner(app).await?,
                assignment: filter.sales_unit,
            };
            let found = told(key_sets::list(app, filter).await)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => Shown::one(view(&told(key_sets::show(app, id).await)?)),
        Command::Prove { id } => Shown::one(view(&told(key_sets::prove(app, by, id).await)?)),
        Command::Remove { id } => {
            told(key_sets::remove(app, by, id).await)?;
            Shown::removed(id)
        }
        Command::Generate => generate()?,
        Command::Rotate(rotate) => self::rotate(app, by, rotate).await?,
        Command::Status => {
            let found = told(data_keys::status(app).await)?;
            key_file::tell_damage(&found);
            Shown::list(status(&found))
        }
    })
}

async fn rotate(app: &App, by: &Actor, rotate: Rotate) -> anyhow::Result<Shown> {
    let whose = rotate.whose;
    let renew = match &whose.partner {
        Some(partner) => Renew::Partner(told(partners::find(app, partner).await)?.id),
        None if whose.everybody => Renew::Everybody,
        None if whose.gateway => Renew::Gateway,
        None => Renew::Nobody,
    };
    let rotated = told(data_keys::rotate(app, by, renew, rotate.batch).await)?;
    let status = told(data_keys::status(app).await)?;
    Ok(Shown::one(rotation(&rotated, &status)))
}

/// `mayGo` names the keys whose lines may be taken out of the file: all but the last, when nothing is left under them.
fn rotation(rotated: &Rotated, status: &KeysAtRest) -> Value {
    let older = status.keys.iter().filter(|key| key.held).rev().skip(1);
    let may_go: Vec<_> = older
        .filter(|key| rotated.shut == 0 && key.data_keys + key.sealed_directly == 0)
        .map(|key| key.key.clone())
        .collect();
    json!({
        "newDataKeys": rotated.renewed,
        "wrappedAnew": rotated.rewrapped,
        "sealedAnew": rotated.resealed,
        "notOpened": rotated.shut,
        "mayGo": may_go,
    })
}

fn status(status: &KeysAtRest) -> Vec<Value> {
    let newest = status.keys.iter().rposition(|key| key.held);
    let rows = status.keys.iter().enumerate().map(|(place, key)| {
        json!({
            "key": key.key,
            "inFile": key.held,
            "newest": Some(place) == newest,
            "dataKeys": key.data_keys,
            "sealedDirectly": key.sealed_directly,
        })
    });
    rows.collect()
}

async fn add(app: &App, by: &Actor, add: Add, inputs: &mut Inputs<'_>) -> anyhow::Result<Shown> {
    let owner = add.owner;
    let partner = async |name: &str| Ok::<_, anyhow::Error>(told(partners::find(app, name).await)?.id);
    let environment = || {
        add.environment
            .ok_or_else(|| anyhow::anyhow!("--environment is required"))
    };
    let whose = match (owner.sales_unit, owner.of_partner, owner.accounting) {
        (Some(id), _, _) => Whosoever::SalesUnit(id),
        (None, Some(name), _) => Whosoever::Partner(partner(&name).await?, environment()?),
        (None, None, Some(name)) => Whosoever::Accounting(partner(&name).await?, environment()?),
        (None, None, None) => Whosoever::Platform(environment()?),
    };
    let secondary = match &add.secondary_subscription_key {
        Some(source) => Some(inputs.secret("--secondary-subscription-key", source)?),
        None => None,
    };
    let keys = NewKeys {
        client_id: add.client_id,
        client_secret: inputs.secret("--client-secret", &add.client_secret)?,
        subscription_key: inputs.secret("--subscription-key", &add.subscription_key)?,
        secondary_subscription_key: secondary,
    };
    Ok(Shown::one(view(&told(
        key_sets::add_of(app, by, whose, keys).await,
    )?)))
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
