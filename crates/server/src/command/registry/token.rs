//! `nordbro token`.

use anyhow::bail;
use api::identity::oauth::{Grant, issue};
use api::identity::{Refusal, authenticate, own_keys};
use app::App;
use app::audit::{self, Actor, Change};
use app::identity::signing::KnownKey;
use app::registry::tokens::{self, Signer};
use clap::Subcommand;
use domain::{ClientId, IssuerId};
use serde_json::{Value, json};

use super::arguments::{Reach, msns};
use super::secret::{Inputs, Source};
use super::show::{Shown, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue a token to a client without its secret, for development and first tries.
    Issue {
        client: ClientId,
        /// Words separated by spaces, within the client's ceiling. Default: all of it.
        #[arg(long)]
        scope: Option<String>,
        /// Narrow the token to these serial numbers, separated by commas.
        #[arg(long, value_parser = msns)]
        msns: Option<Reach>,
    },
    /// List the keys that sign tokens of the gateway's own issuer and those that did, oldest first.
    SigningKeys,
    /// Sign with a new key at once and take the others out, because one has leaked: every token they signed is refused
    /// within two seconds.
    Rotate,
    /// End one token, named by the claim `jti`: at once here, within two seconds everywhere.
    #[command(group(clap::ArgGroup::new("signer").required(true)))]
    Revoke {
        jti: String,
        /// The issuer that signed it.
        #[arg(long, group = "signer")]
        issuer: Option<IssuerId>,
        /// The client it was issued to, for a token of the gateway's own issuer.
        #[arg(long, group = "signer")]
        client: Option<ClientId>,
        /// It is an operator's, of `operators.issuer`: every process refuses it from the next request on.
        #[arg(long, group = "signer")]
        operator: bool,
    },
    /// Say what a token of any issuer stands for here, or why it is refused.
    Check {
        /// `file:PATH`, `env:NAME` or `-` (a line of standard input).
        #[arg(default_value = "-")]
        token: Source,
    },
}

pub(super) async fn run(
    app: &App,
    by: &Actor,
    command: Command,
    inputs: &mut Inputs<'_>,
) -> anyhow::Result<Shown> {
    match command {
        Command::Issue { client, scope, msns } => {
            let Some(known) = told(app.client(client).await)? else {
                bail!("there is no such client, or it or its partner is suspended");
            };
            let msns = msns.and_then(Reach::into_ceiling);
            let grant = Grant {
                scope: scope.as_deref(),
                msns: msns.as_ref(),
            };
            match issue(app, &known, grant).await {
                Ok(issued) => {
                    let facts = json!({
                        "jti": issued.id,
                        "scope": issued.scope,
                        "msns": msns.map(|msns| msns.iter().map(ToString::to_string).collect::<Vec<_>>()),
                        "expiresIn": issued.expires_in.whole_seconds(),
                    });
                    let act = Change::of(&known.client, "issue_token", Value::Null, facts);
                    told(audit::alone(app, by, &act).await)?;
                    Ok(Shown::one(json!({
                        "accessToken": issued.token,
                        "jti": issued.id,
                        "expiresIn": issued.expires_in.whole_seconds(),
                        "scope": issued.scope,
                    })))
                }
                Err(fault) => bail!("{}", fault.description()),
            }
        }
        Command::SigningKeys => {
            let keys = told(app.standing_signing_keys().await)?;
            Ok(Shown::list(keys.known().iter().map(signing_key).collect()))
        }
        Command::Rotate => {
            let key = told(own_keys::replace(app, by).await)?;
            Ok(Shown::one(json!({ "kid": key.kid })))
        }
        Command::Revoke {
            jti, operator: true, ..
        } => {
            let revoked = told(tokens::revoke_operators(app, by, &jti).await)?;
            Ok(Shown::one(json!({
                "revoked": revoked.jti,
                "iss": revoked.iss,
                "until": time(revoked.until),
            })))
        }
        Command::Revoke {
            jti,
            issuer,
            client,
            operator: false,
        } => {
            let signer = match (issuer, client) {
                (Some(issuer), _) => Signer::Issuer(issuer),
                (None, Some(client)) => Signer::Client(client),
                (None, None) => bail!("--issuer, --client or --operator is required"),
            };
            let revoked = told(tokens::revoke(app, by, signer, &jti).await)?;
            Ok(Shown::one(json!({
                "revoked": revoked.jti,
                "partnerId": revoked.partner.to_string(),
                "environment": revoked.environment.as_str(),
                "until": time(revoked.until),
            })))
        }
        Command::Check { token } => {
            let token = inputs.secret("the token", &token)?;
            match authenticate(app, token.reveal()).await {
                Ok(identity) => {
                    let scopes: Vec<_> = identity.scopes.iter().map(app::Scope::as_str).collect();
                    let units = identity.units.as_ref();
                    let msns = units.map(|units| units.iter().map(ToString::to_string).collect::<Vec<_>>());
                    Ok(Shown::one(json!({
                        "partnerId": identity.partner.to_string(),
                        "environment": identity.environment.as_str(),
                        "subject": identity.subject,
                        "scopes": scopes,
                        "msns": msns,
                        "goodUntil": time(identity.good_until),
                    })))
                }
                Err(Refusal::NoToken) => bail!("no token came"),
                Err(Refusal::Invalid(reason)) => bail!("{}", reason.as_str()),
                Err(Refusal::Unjudged(error)) => Err(error.into()),
            }
        }
    }
}

fn signing_key(key: &KnownKey) -> Value {
    json!({
        "kid": key.kid,
        "signs": key.is_current,
        "signsFrom": time(key.signs_from),
        "signsUntil": time(key.signs_until),
        "publishedUntil": time(key.published_until),
        "createdAt": time(key.created_at),
    })
}
