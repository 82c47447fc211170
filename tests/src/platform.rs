//! Many sales units on the operator's one key set, one of them broken and hammered, another slow.

use std::pin::{Pin, pin};

use app::registry::{self, KeySetOwner};
use domain::{Clock as _, CredentialMode, Environment, ProductProfile, Secret};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use simulator::{Fault, Features, Owner, Rule};
use time::Duration;

use crate::listener::until;
use crate::partner::{take_live, unit};
use crate::{Answer, Ask, Desk, Gateway, Kind, Setup};

/// How many units ask in one second, apart from the two that may be sick.
const ASKING: usize = 10;
/// How often the broken one asks in one second.
const HAMMER: usize = 5;

/// The operator's keys in production, and the partner north behind them.
pub struct Platform {
    pub gateway: Gateway,
    /// The first may be broken and the second slow.
    pub msns: Vec<String>,
}

/// Requests that no one waits for any more than their own caller.
pub type UnderWay<'p> = FuturesUnordered<Pin<Box<dyn Future<Output = Answer> + 'p>>>;

impl Platform {
    pub async fn start(kind: Kind, units: usize) -> Self {
        let gateway = Gateway::set_up(kind, Setup::default().without_limits()).await;
        let (app, world) = (&gateway.world.app, gateway.world.simulator.production());
        let (msns, keys) = {
            let mut theirs = world.registry_mut();
            let partner = theirs.partners().next().unwrap().id.clone();
            theirs.add_merchant("998877665", "Platform merchant", simulator::Market::No);
            let msns: Vec<String> = (0..units)
                .map(|nth| {
                    let name = format!("Till {nth}");
                    let unit = theirs.add_unit("998877665", &name, Some(&partner), Features::default());
                    unit.unwrap().msn
                })
                .collect();
            (msns, theirs.keys_of(&Owner::Partner(partner)).unwrap().clone())
        };
        let (partner, environment) = (gateway.world.north.id, Environment::Production);
        let merchant = registry::merchants::Add {
            partner,
            environment,
            name: "Platform merchant".to_owned(),
            organisation_number: "998877665".to_owned(),
            country: "NO".to_owned(),
        };
        let merchant = registry::merchants::add(app, &crate::operator(), merchant)
            .await
            .unwrap()
            .id;
        let profile = registry::profiles::Add {
            partner,
            environment,
            name: "till".to_owned(),
            product: ProductProfile::new("Acme", "1.0", "acme-pos", "2.3").unwrap(),
        };
        registry::profiles::add(app, &crate::operator(), profile)
            .await
            .unwrap();
        let keys = registry::key_sets::Add {
            owner: KeySetOwner::Platform,
            environment,
            client_id: keys.client_id.clone(),
            client_secret: Secret::new(keys.client_secret.as_str()),
            subscription_key: Secret::new(keys.primary_subscription_key.as_str()),
            secondary_subscription_key: None,
        };
        registry::key_sets::add(app, &crate::operator(), keys)
            .await
            .unwrap();
        for msn in &msns {
            let number = msn.parse().unwrap();
            let add = registry::sales_units::Add {
                credential_mode: CredentialMode::Platform,
                ..unit(partner, environment, merchant, &number, &format!("till {msn}"))
            };
            let unit = registry::sales_units::add(app, &crate::operator(), add)
                .await
                .unwrap();
            take_live(app, unit.id).await;
        }
        world.clear_requests();
        Self { gateway, msns }
    }

    /// Vipps refuses the first unit with 401 whatever it asks for, and takes ten seconds for each answer to
    /// the second.
    pub fn fall_sick(&self) {
        let world = self.gateway.world.simulator.production();
        let refused = Fault::Answer {
            status: 401,
            content_type: Some("application/json".to_owned()),
            headers: Vec::new(),
            body: "{}".to_owned(),
            after_effect: false,
        };
        world.add_fault(Rule::new("broken", refused).on("epayment.*").msn(&self.msns[0]));
        let slow = Fault::Latency { millis: 10_000 };
        world.add_fault(Rule::new("slow", slow).on("epayment.*").msn(&self.msns[1]));
    }

    /// One second: ten units ask once, the first asks five times, the second once more on top of what it is
    /// still waiting for; when that has reached Vipps, the clock is turned, so that each second one of its
    /// requests is answered. Were one of the ten to wait for the clock, this would not end. Returns what the ten
    /// were answered, and what the first was.
    pub async fn second<'p>(
        &'p self,
        nth: usize,
        slow: &mut UnderWay<'p>,
        answer: impl AsyncFn(Ask<'p>) -> Answer,
    ) -> (Vec<Answer>, Vec<Answer>) {
        let well = &self.msns[2..];
        let well = (0..ASKING).map(|place| {
            let place = nth * ASKING + place;
            let (pass, unit) = (place / well.len(), &well[place % well.len()]);
            let desk = self.desk(unit);
            // A payment is made in one pass and read in the next.
            let reference = format!("platform-{unit}-{}", pass / 2);
            answer(if pass.is_multiple_of(2) {
                desk.create(&reference, 10_000, &reference)
            } else {
                desk.payment(&reference)
            })
        });
        let sick = (0..HAMMER).map(|blow| {
            let reference = format!("hammer-{nth}-{blow}");
            self.desk(&self.msns[0])
                .create(&reference, 10_000, &reference)
                .now()
        });
        let reference = format!("slow-{nth:06}");
        let late = self.desk(&self.msns[1]).create(&reference, 10_000, &reference);
        let vipps = self.gateway.world.simulator.production();
        let newest = vipps.requests().last().map_or(0, |seen| seen.number);
        slow.push(Box::pin(late.now()));
        let mut arrived = pin!(until(|| {
            let seen = vipps.requests();
            let mut new = seen.iter().rev().take_while(|seen| seen.number > newest);
            new.any(|seen| {
                seen.operation == Some("epayment.create") && seen.msn.as_ref() == Some(&self.msns[1])
            })
        }));
        let mut asked = pin!(futures_util::future::join(join_all(well), join_all(sick)));
        let answers = loop {
            tokio::select! {
                answers = &mut asked => break answers,
                Some(late) = slow.next() => assert_eq!(late.status, 201, "{late}"),
            }
        };
        loop {
            tokio::select! {
                () = &mut arrived => break,
                Some(late) = slow.next() => assert_eq!(late.status, 201, "{late}"),
            }
        }
        self.gateway.world.advance(Duration::SECOND).await;
        answers
    }

    fn desk(&self, msn: &str) -> Desk<'_> {
        let token = self
            .gateway
            .north_production
            .token(self.gateway.world.clock.now());
        self.gateway.desk(&token, msn)
    }
}
