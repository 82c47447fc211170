//! What Vipps says to a sales unit's keys, told apart. No money is involved.
//!
//! A token call tells about client id, secret and subscription key; the list of webhooks whether the keys are
//! the unit's; the Management API whether the unit is connected to the partner; a read of a payment that
//! cannot be, whether it has ePayment.

use domain::{Environment, KeySetKind, Rejected, Trouble};
use outbound::vipps::{Fault, ProbeError, ReadError};

use crate::served::Served;
use crate::{App, Error};

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Keys and connection.
    Connection,
    /// ePayment too. The read counts as a 404 in Vipps' own statistics, so it is left out day by day.
    Product,
}

/// What is known of the merchant, to ask the Management API about it.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) served: Served,
    pub(crate) country: String,
    pub(crate) organisation_number: String,
    /// Whether these very keys have opened the unit before.
    pub(crate) has_opened: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Vipps could not be asked, so nothing is known.
    Unknown,
    /// The keys are the unit's.
    Belongs {
        /// Whether the Management API has shown the unit to these keys.
        managed: bool,
        trouble: Option<Trouble>,
    },
    Refused(Refusal),
}

/// Vipps' no, and which key it is about, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) trouble: Trouble,
    pub(crate) field: Option<&'static str>,
    pub(crate) rejected: Option<Box<Rejected>>,
}

impl Refusal {
    fn new(trouble: Trouble, rejected: Option<Box<Rejected>>) -> Self {
        Self {
            trouble,
            field: None,
            rejected,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::KeysRefused {
            trouble: refusal.trouble,
            field: refusal.field,
            rejected: refusal.rejected,
        }
    }
}

/// Asks Vipps. Each call is made once.
pub(crate) async fn diagnose(app: &App, subject: &Subject, depth: Depth) -> Finding {
    match asked(app, subject, depth).await {
        Ok(finding) => finding,
        Err(Silence::Refused(refusal)) => Finding::Refused(refusal),
        Err(Silence::Unknown) => Finding::Unknown,
    }
}

/// Why the questions ended early.
enum Silence {
    Refused(Refusal),
    Unknown,
}

async fn asked(app: &App, subject: &Subject, depth: Depth) -> Result<Finding, Silence> {
    let access = &subject.served.access;
    token(app, subject).await?;
    let by_partner = access.keys.kind == KeySetKind::Partner && access.environment == Environment::Production;
    let mut trouble = None;
    let managed = if by_partner {
        let unit = managed(app, subject).await?;
        if unit.is_some_and(|allowed| !allowed) {
            trouble = Some(Trouble::MissingProduct);
        }
        unit.is_some()
    } else {
        false
    };
    match app.vipps().probe_sales_unit(access).await {
        Ok(()) => {}
        Err(ReadError::Rejected(rejected)) if rejected.status == 401 => {
            let refusal = Refusal {
                field: Some("subscriptionKey"),
                ..Refusal::new(Trouble::WrongSubscriptionKey, Some(rejected))
            };
            return Err(Silence::Refused(refusal));
        }
        Err(ReadError::Rejected(rejected)) if rejected.status == 403 => {
            return Err(Silence::Refused(Refusal::new(
                not_its_keys(subject),
                Some(rejected),
            )));
        }
        // Anything else says something about Vipps and nothing about the keys.
        Err(
            ReadError::Rejected(_)
            | ReadError::NotFound(_)
            | ReadError::NotSent { .. }
            | ReadError::Unknown { .. }
            | ReadError::Nonsense { .. },
        ) => return Err(Silence::Unknown),
    }
    if trouble.is_none() && depth == Depth::Product {
        match app.vipps().probe_product(access).await {
            Err(ReadError::Rejected(rejected)) if matches!(rejected.status, 401 | 403) => {
                trouble = Some(Trouble::MissingProduct);
            }
            Ok(())
            | Err(
                ReadError::Rejected(_)
                | ReadError::NotFound(_)
                | ReadError::NotSent { .. }
                | ReadError::Unknown { .. }
                | ReadError::Nonsense { .. },
            ) => {}
        }
    }
    Ok(Finding::Belongs { managed, trouble })
}

async fn token(app: &App, subject: &Subject) -> Result<(), Silence> {
    let access = &subject.served.access;
    let (fault, rejected) = match app.vipps().probe(access).await {
        Ok(()) => return Ok(()),
        Err(ProbeError::Unavailable { reason }) => {
            tracing::warn!(reason, "keys could not be tried");
            return Err(Silence::Unknown);
        }
        Err(ProbeError::Refused { fault, rejected }) => (fault, rejected),
    };
    let (trouble, field) = match fault {
        Fault::SubscriptionKey => (Trouble::WrongSubscriptionKey, Some("subscriptionKey")),
        Fault::SecondarySubscriptionKey => (Trouble::WrongSubscriptionKey, Some("secondarySubscriptionKey")),
        Fault::ClientSecret => (Trouble::WrongPair, Some("clientSecret")),
        // A client that this environment does not know may be one of the other.
        Fault::ClientId | Fault::Unclear if app.vipps().opens_elsewhere(access).await => {
            (Trouble::WrongEnvironment, None)
        }
        Fault::ClientId => (Trouble::WrongPair, Some("clientId")),
        Fault::Unclear => (Trouble::Unclear, None),
    };
    Err(Silence::Refused(Refusal {
        trouble,
        field,
        rejected: Some(rejected),
    }))
}

/// Whether the Management API shows the unit, and then whether it allows payments. `None` when it does not
/// want these keys, which says nothing about the unit.
async fn managed(app: &App, subject: &Subject) -> Result<Option<bool>, Silence> {
    let Served { access, msn, .. } = &subject.served;
    let vipps = app.vipps();
    match vipps.read_managed_unit(access, msn).await {
        Ok(unit) => Ok(Some(unit.payment_allowed != Some(false))),
        Err(ReadError::NotFound(rejected)) => {
            let merchant =
                vipps.read_managed_merchant(access, &subject.country, &subject.organisation_number);
            let trouble = match merchant.await {
                Ok(merchant) if !merchant.is_active => Trouble::Deactivated,
                Ok(_) | Err(_) => Trouble::Disconnected,
            };
            Err(Silence::Refused(Refusal::new(trouble, Some(rejected))))
        }
        Err(ReadError::Rejected(rejected)) if matches!(rejected.status, 401 | 403) => Ok(None),
        Err(
            ReadError::Rejected(_)
            | ReadError::NotSent { .. }
            | ReadError::Unknown { .. }
            | ReadError::Nonsense { .. },
        ) => Err(Silence::Unknown),
    }
}

/// Good keys, and a 403 for this unit.
fn not_its_keys(subject: &Subject) -> Trouble {
    match subject.served.access.keys.kind {
        // They have opened it before, so they are its keys: it is the unit that changed.
        KeySetKind::SalesUnit if subject.has_opened => Trouble::Deactivated,
        KeySetKind::SalesUnit | KeySetKind::Accounting => Trouble::WrongUnit,
        KeySetKind::Partner | KeySetKind::Platform => Trouble::Disconnected,
    }
}
