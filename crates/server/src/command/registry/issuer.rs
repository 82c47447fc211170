//! `nordbro issuer`.

use anyhow::bail;
use app::audit::Actor;
use app::registry::{Issuer, Jwks, Standing, issuers};
use app::{App, Scopes};
use clap::{Args, Subcommand};
use domain::IssuerId;
use serde_json::{Value, json};
use time::Duration;

use super::arguments::{Owner, Reach, Whose, msns, scopes, standing};
use super::secret::{Inputs, Source};
use super::show::{Shown, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Register whose tokens are believed, for one partner in one environment.
    Add(Add),
    List(Whose),
    /// Show one.
    Show {
        id: IssuerId,
    },
    /// Change keys or ceiling. What is not given stays.
    Set {
        id: IssuerId,
        #[command(flatten)]
        terms: Terms,
        /// `active`, or `suspended`: its tokens are refused until it is active again.
        #[arg(long, value_parser = standing)]
        state: Option<Standing>,
    },
    /// Its tokens are refused from now on.
    Remove {
        id: IssuerId,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    owner: Owner,
    /// The claim `iss`, exactly.
    #[arg(long)]
    iss: String,
    /// The claim `aud`; (iss, aud) is unique in the gateway.
    #[arg(long)]
    aud: String,
    #[command(flatten)]
    terms: Terms,
}

#[derive(Debug, Args)]
pub struct Terms {
    /// Where the issuer publishes its keys.
    #[arg(long, value_name = "URL", conflicts_with = "jwks")]
    jwks_url: Option<String>,
    /// The JWK set itself: `file:PATH`, `env:NAME` or `-` for standard input.
    #[arg(long, value_name = "SOURCE")]
    jwks: Option<Source>,
    /// RS256, PS256, ES256, `EdDSA`; the option may be repeated. Default: ES256 and RS256.
    #[arg(long = "algorithm", value_name = "NAME")]
    algorithms: Vec<String>,
    /// What its tokens may be good for at most: `all`, or words separated by commas.
    #[arg(long, value_parser = scopes)]
    scopes: Option<Scopes>,
    /// Which sales units they may reach at most: `all`, or serial numbers separated by commas. Default: all.
    #[arg(long, value_parser = msns)]
    msns: Option<Reach>,
    /// The longest time from `iat` to `exp`, in seconds. Default: 3600.
    #[arg(long, value_name = "SECONDS")]
    max_lifetime: Option<u32>,
    /// Whether the header must say `typ: at+jwt`. Default: false.
    #[arg(long, value_name = "true|false")]
    at_jwt: Option<bool>,
}

impl Terms {
    fn is_given(&self) -> bool {
        self.jwks_url.is_some()
            || self.jwks.is_some()
            || !self.algorithms.is_empty()
            || self.scopes.is_some()
            || self.msns.is_some()
            || self.max_lifetime.is_some()
            || self.at_jwt.is_some()
    }

    fn jwks(&self, inputs: &mut Inputs<'_>) -> anyhow::Result<Option<Jwks>> {
        Ok(match (&self.jwks_url, &self.jwks) {
            (Some(url), _) => Some(Jwks::Url(url.clone())),
            (None, Some(source)) => Some(Jwks::Inline(inputs.document("--jwks", source)?)),
            (None, None) => None,
        })
    }

    /// For an issuer that is there.
    fn changes(self, inputs: &mut Inputs<'_>) -> anyhow::Result<issuers::Changes> {
        Ok(issuers::Changes {
            jwks: self.jwks(inputs)?,
            algorithms: Some(self.algorithms).filter(|given| !given.is_empty()),
            scopes: self.scopes,
            msns: self.msns.map(Reach::into_ceiling),
            max_lifetime: seconds(self.max_lifetime),
            demands_at_jwt: self.at_jwt,
        })
    }

    fn fresh(self, inputs: &mut Inputs<'_>) -> anyhow::Result<issuers::Terms> {
        let Some(jwks) = self.jwks(inputs)? else {
            bail!("--jwks-url or --jwks is required: where the issuer's keys are");
        };
        let Some(scopes) = self.scopes else {
            bail!("--scopes is required: what the issuer's tokens may be good for at most");
        };
        Ok(issuers::Terms {
            jwks,
            algorithms: or(self.algorithms, vec!["ES256".to_owned(), "RS256".to_owned()]),
            scopes,
            msns: self.msns.and_then(Reach::into_ceiling),
            max_lifetime: seconds(self.max_lifetime).unwrap_or(Duration::HOUR),
            demands_at_jwt: self.at_jwt.unwrap_or(false),
        })
    }
}

fn or(given: Vec<String>, otherwise: Vec<String>) -> Vec<String> {
    if given.is_empty() { otherwise } else { given }
}

pub(super) fn seconds(given: Option<u32>) -> Option<Duration> {
    given.map(|seconds| Duration::seconds(seconds.into()))
}

pub(super) async fn run(
    app: &App,
    by: &Actor,
    command: Command,
    inputs: &mut Inputs<'_>,
) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::Add(add) => {
            let add = issuers::Add {
                partner: add.owner.partner(app).await?,
                environment: add.owner.environment,
                iss: add.iss,
                aud: add.aud,
                terms: add.terms.fresh(inputs)?,
            };
            Shown::one(view(&told(issuers::add(app, by, add).await)?))
        }
        Command::List(whose) => {
            let partner = whose.partner(app).await?;
            let found = told(issuers::list(app, partner).await)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => Shown::one(view(&told(issuers::show(app, id).await)?)),
        Command::Set { id, terms, state } => {
            let is_given = terms.is_given();
            // Trust is taken back first, whatever else is asked for.
            let mut changed = match state {
                Some(state) => told(issuers::stand(app, by, id, state).await)?,
                None => told(issuers::show(app, id).await)?,
            };
            if is_given || state.is_none() {
                let terms = terms.changes(inputs)?;
                changed = told(issuers::set(app, by, id, terms).await)?;
            }
            Shown::one(view(&changed))
        }
        Command::Remove { id } => {
            told(issuers::remove(app, by, id).await)?;
            Shown::removed(id)
        }
    })
}

fn view(issuer: &Issuer) -> Value {
    let msns = issuer
        .msns
        .as_ref()
        .map(|msns| msns.iter().map(ToString::to_string).collect::<Vec<_>>());
    let (url, inline) = match &issuer.jwks {
        Jwks::Url(url) => (Some(url), None),
        Jwks::Inline(set) => (None, Some(set)),
    };
    json!({
        "id": issuer.id.to_string(),
        "partnerId": issuer.partner.to_string(),
        "environment": issuer.environment.as_str(),
        "iss": issuer.iss,
        "aud": issuer.aud,
        "jwksUrl": url,
        "jwks": inline,
        "algorithms": issuer.algorithms,
        "scopes": issuer.scopes,
        "msns": msns,
        "maxLifetime": issuer.max_lifetime.whole_seconds(),
        "atJwt": issuer.demands_at_jwt,
        "state": issuer.state.as_str(),
        "createdAt": time(issuer.created_at),
        "updatedAt": time(issuer.updated_at),
    })
}
