//! `nordbro sales-unit`.

use app::App;
use app::registry::{Assignment, AssignmentState, Market, Orphans, sales_units};
use clap::{Args, Subcommand};
use domain::{AssignmentId, CredentialMode, MerchantId, Msn, ProfileId};
use serde_json::{Value, json};

use super::arguments::{Owner, Whose, assignment_state, credential_mode, market, orphans};
use super::show::{Shown, maybe_time, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Assign a sales unit to a partner, as a draft that reserves nothing; `set --state live` makes it real.
    Add(Add),
    List(Whose),
    /// Show one.
    Show {
        id: AssignmentId,
    },
    /// Change an assignment. What is not given stays.
    Set(Set),
    /// End an assignment. What was begun under it is finished under it.
    Remove {
        id: AssignmentId,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    owner: Owner,
    #[arg(long)]
    merchant: MerchantId,
    /// The merchant serial number.
    #[arg(long)]
    msn: Msn,
    #[arg(long)]
    name: String,
    /// NO, DK, FI or SE.
    #[arg(long, value_parser = market)]
    market: Market,
    /// Whose keys serve it: own, partner or platform.
    #[arg(long, value_parser = credential_mode, default_value = "own")]
    credential_mode: CredentialMode,
    /// The product behind it, unless the client names one. Default: the partner's first.
    #[arg(long)]
    profile: Option<ProfileId>,
    /// What becomes of payments found after their caller left: announce, `cancel_push` or cancel.
    #[arg(long, value_parser = orphans, default_value = "cancel_push")]
    orphans: Orphans,
}

#[derive(Debug, Args)]
pub struct Set {
    id: AssignmentId,
    #[arg(long)]
    name: Option<String>,
    #[arg(long, value_parser = credential_mode)]
    credential_mode: Option<CredentialMode>,
    #[arg(long)]
    profile: Option<ProfileId>,
    #[arg(long, value_parser = orphans)]
    orphans: Option<Orphans>,
    /// live or ended; never back.
    #[arg(long, value_parser = assignment_state)]
    state: Option<AssignmentState>,
}

pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::Add(add) => {
            let add = sales_units::Add {
                partner: add.owner.partner(app).await?,
                environment: add.owner.environment,
                merchant: add.merchant,
                msn: add.msn,
                name: add.name,
                market: add.market,
                credential_mode: add.credential_mode,
                profile: add.profile,
                orphans: add.orphans,
            };
            Shown::one(view(&told(sales_units::add(app, add).await)?))
        }
        Command::List(whose) => {
            let partner = whose.partner(app).await?;
            let found = told(sales_units::list(app, partner).await)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => Shown::one(view(&told(sales_units::show(app, id).await)?)),
        Command::Set(set) => {
            let changes = sales_units::Changes {
                name: set.name,
                credential_mode: set.credential_mode,
                profile: set.profile,
                orphans: set.orphans,
                state: set.state,
            };
            Shown::one(view(&told(sales_units::set(app, set.id, changes).await)?))
        }
        Command::Remove { id } => {
            let ended = sales_units::Changes {
                state: Some(AssignmentState::Ended),
                ..Default::default()
            };
            told(sales_units::set(app, id, ended).await)?;
            Shown::removed(id)
        }
    })
}

fn view(assignment: &Assignment) -> Value {
    json!({
        "id": assignment.id.to_string(),
        "partnerId": assignment.partner.to_string(),
        "environment": assignment.environment.as_str(),
        "merchantId": assignment.merchant.to_string(),
        "msn": assignment.msn.as_str(),
        "name": assignment.name,
        "state": assignment.state.as_str(),
        "credentialMode": assignment.credential_mode.as_str(),
        "profileId": assignment.profile.map(|profile| profile.to_string()),
        "orphans": assignment.orphans.as_str(),
        "liveFrom": maybe_time(assignment.live_from),
        "endedAt": maybe_time(assignment.ended_at),
        "createdAt": time(assignment.created_at),
        "updatedAt": time(assignment.updated_at),
    })
}
