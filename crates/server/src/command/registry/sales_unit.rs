//! `nordbro sales-unit`.

use app::App;
use app::audit::Actor;
use app::onboarding::{self, HeldUnit};
use app::registry::{Assignment, AssignmentState, Market, Orphans, sales_units};
use clap::{Args, Subcommand};
use domain::{AssignmentId, CredentialMode, MerchantId, Msn, ProfileId, Trouble};
use serde_json::{Value, json};

use super::arguments::{Owner, Whose, assignment_state, credential_mode, market, orphans};
use super::show::{Shown, maybe_time, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Assign a sales unit to a partner, as a draft that reserves nothing; `set --state live` makes it real.
    Add(Add),
    List(Whose),
    /// Show one, with its standing at Vipps as it was last looked at.
    Show {
        id: AssignmentId,
    },
    /// Ask Vipps now how it takes the keys that serve the unit. No money is moved.
    Probe {
        id: AssignmentId,
    },
    /// Answer for a partner's claim on a sales unit that Vipps cannot prove; it goes live when nothing else is missing.
    Verify {
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

pub(super) async fn run(app: &App, by: &Actor, command: Command) -> anyhow::Result<Shown> {
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
            Shown::one(view(&told(sales_units::add(app, by, add).await)?))
        }
        Command::List(whose) => {
            let partner = whose.partner(app).await?;
            let found = told(sales_units::list(app, partner).await)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => standing(app, id, &told(app.unit_of_assignment(id).await)?).await?,
        Command::Probe { id } => {
            let found = told(onboarding::probe_by_operator(app, by, id).await)?;
            standing(app, id, &found).await?
        }
        Command::Verify { id } => {
            told(onboarding::verify_by_operator(app, by, id).await)?;
            standing(app, id, &told(app.unit_of_assignment(id).await)?).await?
        }
        Command::Set(set) => {
            let changes = sales_units::Changes {
                name: set.name,
                credential_mode: set.credential_mode,
                profile: set.profile,
                orphans: set.orphans,
                state: set.state,
            };
            Shown::one(view(&told(sales_units::set(app, by, set.id, changes).await)?))
        }
        Command::Remove { id } => {
            let ended = sales_units::Changes {
                state: Some(AssignmentState::Ended),
                ..Default::default()
            };
            told(sales_units::set(app, by, id, ended).await)?;
            Shown::removed(id)
        }
    })
}

/// The assignment, and how the sales unit stands.
async fn standing(app: &App, id: AssignmentId, held: &HeldUnit) -> anyhow::Result<Shown> {
    let mut shown = view(&told(sales_units::show(app, id).await)?);
    let trouble = held.checkup.and_then(|checkup| checkup.trouble);
    shown["stage"] = json!(held.stage.as_str());
    shown["reason"] = json!(held.reason);
    shown["proof"] = json!(held.proof.map(|(proof, _)| proof.as_str()));
    shown["provenAt"] = maybe_time(held.proof.map(|(_, at)| at));
    shown["trouble"] = json!(trouble.map(Trouble::as_str));
    shown["remedy"] = json!(trouble.map(Trouble::remedy));
    shown["keysReplacedAt"] = maybe_time(held.switch.and_then(|switch| switch.since));
    shown["openUnderOtherKeys"] = json!(held.switch.map(|switch| switch.open));
    shown["checkedAt"] = maybe_time(held.checkup.map(|checkup| checkup.at));
    Ok(Shown::one(shown))
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
