//! A partner with sales units in the test environment, and what it asks for.

use app::registry::{self, AssignmentState, KeySetOwner, Market, Orphans};
use app::{Allowance, Answered, App, Caller, Error, PaymentView, Scopes, Wait, payments};
use domain::{
    Amount, AssignmentId, CancelFacts, CaptureFacts, CreateFacts, CredentialMode, Currency, Environment,
    Forwarded, MerchantId, Msn, PartnerId, ProductProfile, Reference, RefundFacts, Secret, TraceContext,
};
use simulator::Simulator;
use time::Duration;

/// One tenant, speaking for its first sales unit unless told otherwise.
#[derive(Debug, Clone)]
pub struct Partner {
    pub id: PartnerId,
    pub msn: Msn,
    pub msns: Vec<Msn>,
    /// How long each call waits.
    pub patience: Duration,
}

pub fn nok(value: i64) -> Amount {
    Amount::new(value, Currency::NOK)
}

impl Partner {
    /// Registers the partner with these sales units and their keys, and makes them live.
    pub async fn add(app: &App, simulator: &Simulator, name: &str, msns: &[&str]) -> Self {
        let id = registry::partners::add(app, &crate::operator(), name)
            .await
            .unwrap()
            .id;
        let environment = Environment::Test;
        let merchant = registry::merchants::add(
            app,
            &crate::operator(),
            registry::merchants::Add {
                partner: id,
                environment,
                name: format!("{name} merchant"),
                organisation_number: "987654321".to_owned(),
                country: "NO".to_owned(),
            },
        )
        .await
        .unwrap();
        let product = ProductProfile::new("Acme", "1.0", "acme-pos", "2.3").unwrap();
        let profile = registry::profiles::Add {
            partner: id,
            environment,
            name: "till".to_owned(),
            product,
        };
        registry::profiles::add(app, &crate::operator(), profile)
            .await
            .unwrap();
        let msns: Vec<Msn> = msns.iter().map(|msn| msn.parse().unwrap()).collect();
        for msn in &msns {
            let add = unit(id, environment, merchant.id, msn, &format!("{name} {msn}"));
            let unit = registry::sales_units::add(app, &crate::operator(), add)
                .await
                .unwrap();
            let known = simulator.test().units();
            let known = known.iter().find(|known| known.unit.msn == msn.as_str()).unwrap();
            let keys = registry::key_sets::Add {
                owner: KeySetOwner::SalesUnit {
                    partner: id,
                    assignment: unit.id,
                },
                environment,
                client_id: known.keys.client_id.clone(),
                client_secret: Secret::new(known.keys.client_secret.as_str()),
                subscription_key: Secret::new(known.keys.primary_subscription_key.as_str()),
                secondary_subscription_key: None,
            };
            registry::key_sets::add(app, &crate::operator(), keys)
                .await
                .unwrap();
            take_live(app, unit.id).await;
        }
        Self {
            id,
            msn: msns[0].clone(),
            msns,
            patience: Duration::seconds(15),
        }
    }

    pub fn caller(&self) -> Caller {
        Caller {
            partner: self.id,
            environment: Environment::Test,
            scopes: Scopes::all(),
            units: None,
            profile: None,
            subject: "till-7".to_owned(),
            trace: TraceContext::default(),
            request_id: "req-1".to_owned(),
        }
    }

    fn wait(&self, app: &App) -> Wait {
        Wait {
            until: app.clock().now() + self.patience,
        }
    }

    pub fn create_of(reference: &Reference, value: i64) -> Forwarded<CreateFacts> {
        let body = format!(
            r#"{{"amount":{{"currency":"NOK","value":{value}}},"paymentMethod":{{"type":"WALLET"}},"reference":"{reference}","userFlow":"WEB_REDIRECT","returnUrl":"https://example.com/r","paymentDescription":"One order"}}"#
        );
        Forwarded {
            body: body.into_bytes(),
            facts: CreateFacts {
                reference: reference.clone(),
                amount: nok(value),
                user_flow: "WEB_REDIRECT".to_owned(),
                has_receipt: false,
            },
        }
    }

    fn modification(value: i64) -> Vec<u8> {
        format!(r#"{{"modificationAmount":{{"currency":"NOK","value":{value}}}}}"#).into_bytes()
    }

    pub async fn create(
        &self,
        app: &App,
        reference: &Reference,
        value: i64,
        key: &str,
    ) -> Result<Answered, Error> {
        let create = payments::Create {
            msn: self.msn.clone(),
            key: key.parse().unwrap(),
            forwarded: Self::create_of(reference, value),
            wait: self.wait(app),
            allowance: Allowance::free(),
        };
        payments::create(app, &self.caller(), create).await
    }

    pub fn capture_of(&self, app: &App, reference: &Reference, value: i64, key: &str) -> payments::Capture {
        payments::Capture {
            msn: self.msn.clone(),
            reference: reference.clone(),
            key: key.parse().unwrap(),
            forwarded: Forwarded {
                body: Self::modification(value),
                facts: CaptureFacts { amount: nok(value) },
            },
            wait: self.wait(app),
            allowance: Allowance::free(),
        }
    }

    pub async fn capture(
        &self,
        app: &App,
        reference: &Reference,
        value: i64,
        key: &str,
    ) -> Result<Answered, Error> {
        payments::capture(app, &self.caller(), self.capture_of(app, reference, value, key)).await
    }

    pub async fn refund(
        &self,
        app: &App,
        reference: &Reference,
        value: i64,
        key: &str,
    ) -> Result<Answered, Error> {
        let refund = payments::Refund {
            msn: self.msn.clone(),
            reference: reference.clone(),
            key: key.parse().unwrap(),
            forwarded: Forwarded {
                body: Self::modification(value),
                facts: RefundFacts { amount: nok(value) },
            },
            wait: self.wait(app),
            allowance: Allowance::free(),
        };
        payments::refund(app, &self.caller(), refund).await
    }

    pub async fn cancel(&self, app: &App, reference: &Reference, key: &str) -> Result<Answered, Error> {
        let cancel = payments::Cancel {
            msn: self.msn.clone(),
            reference: reference.clone(),
            key: key.parse().unwrap(),
            forwarded: Forwarded {
                body: Vec::new(),
                facts: CancelFacts {
                    transaction_only: false,
                },
            },
            wait: self.wait(app),
            allowance: Allowance::free(),
        };
        payments::cancel(app, &self.caller(), cancel).await
    }

    pub async fn approve(&self, app: &App, reference: &Reference) -> Result<PaymentView, Error> {
        let approve = payments::Approve {
            msn: self.msn.clone(),
            reference: reference.clone(),
            body: br#"{"customer":{"phoneNumber":"4712345678"}}"#.to_vec(),
        };
        payments::approve(app, &self.caller(), approve).await
    }

    pub async fn get(&self, app: &App, reference: &Reference) -> Result<PaymentView, Error> {
        payments::get(app, &self.caller(), &self.msn, reference).await
    }

    /// A payment that the customer has approved.
    pub async fn authorized(&self, app: &App, reference: &str, value: i64) -> Reference {
        let reference: Reference = reference.parse().unwrap();
        self.create(app, &reference, value, &format!("create-{reference}"))
            .await
            .unwrap();
        self.approve(app, &reference).await.unwrap();
        reference
    }
}

/// A unit that is to be, with keys of its own.
pub(crate) fn unit(
    partner: PartnerId,
    environment: Environment,
    merchant: MerchantId,
    msn: &Msn,
    name: &str,
) -> registry::sales_units::Add {
    registry::sales_units::Add {
        partner,
        environment,
        merchant,
        msn: msn.clone(),
        name: name.to_owned(),
        market: Market::Norway,
        credential_mode: CredentialMode::Own,
        profile: None,
        orphans: Orphans::Announce,
    }
}

/// The operator has an assignment take payments.
pub(crate) async fn take_live(app: &App, assignment: AssignmentId) {
    let live = registry::sales_units::Changes {
        state: Some(AssignmentState::Live),
        ..registry::sales_units::Changes::default()
    };
    registry::sales_units::set(app, &crate::operator(), assignment, live)
        .await
        .unwrap();
}
