//! Keys at Vipps, which go in and never come out. Whether they can be sent is the use case's to say; no message
//! repeats them.

use app::onboarding::NewKeys;
use app::registry::key_sets::Whose;
use domain::KeySetKind;

use super::{environment, parsed};
use crate::asked::{KEYS, keys, one_of, only};
use crate::body::At;
use crate::forwarded::Facts;

/// Keys to be. A sales unit's are of its partner and its environment.
#[derive(Debug)]
pub(crate) struct NewKeySet {
    pub(crate) owner: Whose,
    pub(crate) keys: NewKeys,
}

impl Facts for NewKeySet {
    fn read(body: &At<'_>) -> Option<Self> {
        let names = [&["kind", "salesUnitId", "partnerId", "environment"][..], &KEYS].concat();
        only(body, &names);
        let owner = owner(body);
        let keys = keys(body);
        Some(Self {
            owner: owner?,
            keys: keys?,
        })
    }
}

fn owner(body: &At<'_>) -> Option<Whose> {
    let kind = body.field("kind").required()?;
    let kind = one_of(&kind, &KeySetKind::ALL, KeySetKind::as_str)?;
    let foreign = |name: &str| {
        let at = body.field(name);
        if at.is_present() {
            at.fault(
                "conflict",
                format!("has no place beside the kind {}", kind.as_str()),
            );
        }
    };
    match kind {
        KeySetKind::SalesUnit => {
            foreign("partnerId");
            foreign("environment");
            let at = body.field("salesUnitId").required()?;
            parsed(&at, "must be a sales unit's id, such as asg_0190…").map(Whose::SalesUnit)
        }
        KeySetKind::Platform => {
            foreign("partnerId");
            foreign("salesUnitId");
            environment(body).map(Whose::Platform)
        }
        KeySetKind::Partner | KeySetKind::Accounting => {
            foreign("salesUnitId");
            let environment = environment(body);
            let partner = super::partner(body)?;
            Some(if kind == KeySetKind::Partner {
                Whose::Partner(partner, environment?)
            } else {
                Whose::Accounting(partner, environment?)
            })
        }
    }
}
