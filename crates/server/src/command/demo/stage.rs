//! Who plays: two partners and their sales units, registered as an operator would.

use anyhow::{Context as _, bail};
use app::audit::{Actor, Executor};
use app::registry::{
    AssignmentState, KeySetOwner, Market, Orphans, clients, key_sets, merchants, partners, profiles,
    sales_units,
};
use app::{App, Scopes};
use domain::{CredentialMode, Environment, Msn, PartnerId, ProductProfile, Secret};
use simulator::{Simulator, UnitWithKeys};
use store::Keyring;
use time::Duration;

use super::ask::Ask;
use super::setting::Addresses;

/// Long enough to play all day.
const TOKEN_LIVES: Duration = Duration::hours(12);
const CLIENT: &str = "demo";

/// One partner with everything it needs to call the gateway.
pub(super) struct Player {
    pub(super) id: PartnerId,
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    /// Empty until [`admit`].
    pub(super) token: String,
    /// Norwegian ones first.
    pub(super) units: Vec<UnitWithKeys>,
}

impl Player {
    pub(super) fn first_unit(&self) -> anyhow::Result<&UnitWithKeys> {
        self.units.first().context("the partner has no sales unit")
    }
}

/// Who acts here, for the audit.
fn demo() -> Actor {
    Actor::new("demo", Executor::Cli)
}

/// Registers the simulator's partners and their sales units of the test world, or finds them again.
pub(super) async fn set(app: &App, simulator: &Simulator) -> anyhow::Result<Vec<Player>> {
    let known: Vec<(String, String)> = simulator
        .test()
        .registry()
        .partners()
        .map(|partner| (partner.id.clone(), partner.name.clone()))
        .collect();
    let mut cast = Vec::new();
    for (theirs, name) in known {
        let mut units: Vec<UnitWithKeys> = simulator
            .test()
            .units()
            .into_iter()
            .filter(|unit| unit.unit.partner.as_deref() == Some(&theirs))
            .collect();
        units.sort_by_key(|unit| (unit.unit.market != simulator::Market::No, unit.unit.msn.clone()));
        let id = match partners::find(app, &name).await {
            Ok(partner) => partner.id,
            Err(app::Error::NotFound(_)) => partners::add(app, &demo(), &name).await?.id,
            Err(error) => return Err(error.into()),
        };
        connect(app, simulator, id, &name, &units)
            .await
            .with_context(|| format!("the sales units of {name}"))?;
        let (client_id, client_secret) = client(app, id)
            .await
            .with_context(|| format!("the client of {name}"))?;
        cast.push(Player {
            id,
            name,
            client_id,
            client_secret,
            token: String::new(),
            units,
        });
    }
    Ok(cast)
}

/// Brings every unit of a partner to life: merchant, assignment, keys (proved by a token call), live.
async fn connect(
    app: &App,
    simulator: &Simulator,
    partner: PartnerId,
    name: &str,
    units: &[UnitWithKeys],
) -> anyhow::Result<()> {
    let environment = Environment::Test;
    let live: Vec<Msn> = sales_units::list(app, Some(partner))
        .await?
        .into_iter()
        .filter(|assignment| assignment.state == AssignmentState::Live)
        .map(|assignment| assignment.msn)
        .collect();
    if profiles::list(app, Some(partner)).await?.is_empty() {
        let product = ProductProfile::new(
            name,
            env!("CARGO_PKG_VERSION"),
            "nordbro-demo",
            env!("CARGO_PKG_VERSION"),
        )
        .map_err(|violations| anyhow::anyhow!("the product profile: {violations:?}"))?;
        profiles::add(
            app,
            &demo(),
            profiles::Add {
                partner,
                environment,
                name: "demo".to_owned(),
                product,
            },
        )
        .await?;
    }
    for UnitWithKeys { unit, keys } in units {
        let msn: Msn = unit.msn.parse()?;
        if live.contains(&msn) {
            continue;
        }
        let merchant_name = simulator
            .test()
            .registry()
            .merchant(&unit.merchant)
            .map_or_else(|| unit.name.clone(), |merchant| merchant.name.clone());
        let (market, country) = market(unit.market);
        let known = merchants::list(app, Some(partner)).await?;
        let merchant = known
            .into_iter()
            .find(|merchant| merchant.organisation_number == unit.merchant);
        let merchant = if let Some(merchant) = merchant {
            merchant.id
        } else {
            let add = merchants::Add {
                partner,
                environment,
                name: merchant_name,
                organisation_number: unit.merchant.clone(),
                country: country.to_owned(),
            };
            merchants::add(app, &demo(), add).await?.id
        };
        let add = sales_units::Add {
            partner,
            environment,
            merchant,
            msn,
            name: unit.name.clone(),
            market,
            credential_mode: CredentialMode::Own,
            profile: None,
            orphans: Orphans::CancelPush,
        };
        let assignment = sales_units::add(app, &demo(), add).await?;
        let add = key_sets::Add {
            owner: KeySetOwner::SalesUnit {
                partner,
                assignment: assignment.id,
            },
            environment,
            client_id: keys.client_id.clone(),
            client_secret: Secret::new(keys.client_secret.clone()),
            subscription_key: Secret::new(keys.primary_subscription_key.clone()),
            secondary_subscription_key: Some(Secret::new(keys.secondary_subscription_key.clone())),
        };
        key_sets::add(app, &demo(), add).await?;
        let changes = sales_units::Changes {
            state: Some(AssignmentState::Live),
            ..Default::default()
        };
        sales_units::set(app, &demo(), assignment.id, changes).await?;
    }
    Ok(())
}

const fn market(market: simulator::Market) -> (Market, &'static str) {
    match market {
        simulator::Market::No => (Market::Norway, "NO"),
        simulator::Market::Dk => (Market::Denmark, "DK"),
        simulator::Market::Fi => (Market::Finland, "FI"),
    }
}

/// A client with every scope and a fresh secret; an earlier demo's secret no longer opens.
async fn client(app: &App, partner: PartnerId) -> anyhow::Result<(String, String)> {
    let secret = Secret::new(
        Keyring::generate()?
            .reveal()
            .replace('+', "-")
            .replace('/', "_")
            .replace('=', ""),
    );
    let known = clients::list(app, Some(partner)).await?;
    let id = if let Some(client) = known.into_iter().find(|client| client.name == CLIENT) {
        clients::add_secret(app, &demo(), client.id, &secret, clients::Others::Retire).await?;
        client.id
    } else {
        let terms = clients::Terms {
            jwks: None,
            scopes: Scopes::all(),
            msns: None,
            token_lifetime: TOKEN_LIVES,
            profile: None,
        };
        let add = clients::Add {
            partner,
            environment: Environment::Test,
            name: CLIENT.to_owned(),
            terms,
            secret: Some(secret.clone()),
        };
        clients::add(app, &demo(), add).await?.id
    };
    Ok((id.to_string(), secret.reveal().to_owned()))
}

/// Fetches a token for every partner, as a partner does.
pub(super) async fn admit(
    ask: &Ask,
    addresses: &Addresses,
    mut cast: Vec<Player>,
) -> anyhow::Result<Vec<Player>> {
    for player in &mut cast {
        let url = format!("{}/oauth/token", addresses.gateway);
        let answer = ask.token(&url, &player.client_id, &player.client_secret).await?;
        let Some(token) = answer.body["access_token"].as_str() else {
            bail!("no token for {}: {} {}", player.name, answer.status, answer.body);
        };
        token.clone_into(&mut player.token);
    }
    Ok(cast)
}
