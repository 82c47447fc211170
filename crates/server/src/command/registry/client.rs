//! `nordbro client`.

use anyhow::bail;
use app::audit::Actor;
use app::registry::{Client, Standing, clients};
use app::{App, Error, Scopes};
use clap::{Args, Subcommand};
use domain::{ClientId, ProfileId, Secret};
use serde_json::{Value, json};
use store::Keyring;
use time::Duration;

use super::arguments::{Owner, Reach, Whose, msns, scopes, standing};
use super::issuer::seconds;
use super::secret::{Inputs, Source};
use super::show::{Shown, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a client. Unless --secret or --jwks is given a secret is drawn and printed this once.
    Add(Add),
    List(Whose),
    /// Show one.
    Show {
        id: ClientId,
    },
    /// Change keys, ceiling or secret. What is not given stays.
    Set(Set),
    /// Its tokens end at once.
    Remove {
        id: ClientId,
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
    terms: Terms,
    /// A secret of your own, at least 256 random bits: `file:PATH`, `env:NAME` or `-`.
    #[arg(long, value_name = "SOURCE")]
    secret: Option<Source>,
}

#[derive(Debug, Args)]
pub struct Set {
    id: ClientId,
    #[command(flatten)]
    terms: Terms,
    /// `active`, or `suspended`: its tokens are refused and it gets none until it is active again.
    #[arg(long, value_parser = standing)]
    state: Option<Standing>,
    /// Draw a further secret and print it this once.
    #[arg(long)]
    new_secret: bool,
    /// Let only the newest secret open: the one before it ends, and no other is drawn. With --new-secret: only the new
    /// one, at once.
    #[arg(long)]
    retire_secrets: bool,
    /// End every secret of a client that has keys (--jwks) to open with.
    #[arg(long, conflicts_with_all = ["new_secret", "retire_secrets"])]
    retire_all_secrets: bool,
}

#[derive(Debug, Args)]
pub(super) struct Terms {
    /// Public keys for `private_key_jwt`, a JWK set: `file:PATH`, `env:NAME` or `-`.
    #[arg(long, value_name = "SOURCE")]
    jwks: Option<Source>,
    /// What its tokens may be good for at most: `all`, or words separated by commas.
    #[arg(long, value_parser = scopes)]
    scopes: Option<Scopes>,
    /// Which sales units they may reach at most: `all`, or serial numbers separated by commas. Default: all.
    #[arg(long, value_parser = msns)]
    msns: Option<Reach>,
    /// How long a token lives, in seconds. Default: 3600.
    #[arg(long, value_name = "SECONDS")]
    token_lifetime: Option<u32>,
    /// The product behind this client.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<ProfileId>,
}

impl Terms {
    fn is_given(&self) -> bool {
        self.jwks.is_some()
            || self.scopes.is_some()
            || self.msns.is_some()
            || self.token_lifetime.is_some()
            || self.profile.is_some()
    }
}

/// 256 random bits, in characters that need no escaping anywhere.
fn draw() -> anyhow::Result<Secret> {
    let drawn = Keyring::generate()?;
    let text = drawn
        .reveal()
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    Ok(Secret::new(text))
}

pub(super) async fn run(
    app: &App,
    by: &Actor,
    command: Command,
    inputs: &mut Inputs<'_>,
) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::Add(add) => self::add(app, by, add, inputs).await?,
        Command::List(whose) => {
            let partner = whose.partner(app).await?;
            let found = told(clients::list(app, partner).await)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => Shown::one(view(&told(clients::show(app, id).await)?)),
        Command::Set(set) => self::set(app, by, set, inputs).await?,
        Command::Remove { id } => {
            told(clients::remove(app, by, id).await)?;
            Shown::removed(id)
        }
    })
}

async fn add(app: &App, by: &Actor, add: Add, inputs: &mut Inputs<'_>) -> anyhow::Result<Shown> {
    let partner = add.owner.partner(app).await?;
    let jwks = match &add.terms.jwks {
        Some(source) => Some(inputs.document("--jwks", source)?),
        None => None,
    };
    let (secret, drawn) = match &add.secret {
        Some(source) => (Some(inputs.secret("--secret", source)?), None),
        None if jwks.is_some() => (None, None),
        None => {
            let drawn = draw()?;
            (Some(drawn.clone()), Some(drawn))
        }
    };
    let Some(scopes) = add.terms.scopes else {
        bail!("--scopes is required: what the client's tokens may be good for at most");
    };
    let added = clients::add(
        app,
        by,
        clients::Add {
            partner,
            environment: add.owner.environment,
            name: add.name,
            terms: clients::Terms {
                jwks,
                scopes,
                msns: add.terms.msns.and_then(Reach::into_ceiling),
                token_lifetime: seconds(add.terms.token_lifetime).unwrap_or(Duration::HOUR),
                profile: add.terms.profile,
            },
            secret,
        },
    )
    .await;
    Ok(with_secret(view(&told(added)?), drawn.as_ref()))
}

async fn set(app: &App, by: &Actor, set: Set, inputs: &mut Inputs<'_>) -> anyhow::Result<Shown> {
    // Trust is taken back first, whatever else is asked for.
    let client = match set.state {
        Some(state) => told(clients::stand(app, by, set.id, state).await)?,
        None => told(clients::show(app, set.id).await)?,
    };
    let kept = match (set.retire_secrets, set.retire_all_secrets) {
        (_, true) => Some(clients::Kept::Nothing),
        (true, false) => Some(clients::Kept::Newest),
        (false, false) => None,
    };
    let gives_terms = set.terms.is_given();
    let is_about_secrets = set.new_secret || kept.is_some();
    if set.state.is_some() && !is_about_secrets && !gives_terms {
        return Ok(Shown::one(view(&client)));
    }
    let jwks = match &set.terms.jwks {
        Some(source) => Some(Some(inputs.document("--jwks", source)?)),
        None => None,
    };
    let terms = clients::Changes {
        jwks,
        scopes: set.terms.scopes,
        msns: set.terms.msns.map(Reach::into_ceiling),
        token_lifetime: seconds(set.terms.token_lifetime),
        profile: set.terms.profile.map(Some),
    };
    let changed = if gives_terms || !is_about_secrets {
        told(clients::set(app, by, set.id, terms).await)?
    } else {
        client
    };
    if !set.new_secret {
        if let Some(kept) = kept {
            retire(app, by, set.id, kept).await?;
        }
        return Ok(Shown::one(view(&changed)));
    }
    let drawn = draw()?;
    let others = if set.retire_secrets {
        clients::Others::Retire
    } else {
        clients::Others::Keep
    };
    told(clients::add_secret(app, by, set.id, &drawn, others).await)?;
    Ok(with_secret(view(&changed), Some(&drawn)))
}

async fn retire(app: &App, by: &Actor, id: ClientId, kept: clients::Kept) -> anyhow::Result<()> {
    match clients::retire_secrets(app, by, id, kept).await {
        Err(Error::Invalid(faults)) => {
            let option = match kept {
                clients::Kept::Newest => "--retire-secrets",
                clients::Kept::Nothing => "--retire-all-secrets",
            };
            let faults: Vec<_> = faults.into_iter().map(|fault| fault.message).collect();
            bail!("{option} {}", faults.join("; "))
        }
        retired => told(retired).map(drop),
    }
}

fn with_secret(mut view: Value, secret: Option<&Secret>) -> Shown {
    if let (Some(fields), Some(secret)) = (view.as_object_mut(), secret) {
        fields.insert("clientSecret".to_owned(), secret.reveal().into());
    }
    Shown::one(view)
}

fn view(client: &Client) -> Value {
    let msns = client
        .msns
        .as_ref()
        .map(|msns| msns.iter().map(ToString::to_string).collect::<Vec<_>>());
    json!({
        "id": client.id.to_string(),
        "partnerId": client.partner.to_string(),
        "environment": client.environment.as_str(),
        "name": client.name,
        "jwks": client.jwks,
        "scopes": client.scopes,
        "msns": msns,
        "tokenLifetime": client.token_lifetime.whole_seconds(),
        "profileId": client.profile.map(|profile| profile.to_string()),
        "state": client.state.as_str(),
        "createdAt": time(client.created_at),
        "updatedAt": time(client.updated_at),
    })
}
