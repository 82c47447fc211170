//! A partner to be, and changes of one.

use app::registry::PartnerState;
use app::registry::partners::Changes;

use crate::asked::{one_of, only};
use crate::body::At;
use crate::forwarded::Facts;

/// By its name.
#[derive(Debug)]
pub(crate) struct NewPartner(pub(crate) String);

impl Facts for NewPartner {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["name"]);
        let name = body.field("name").required()?.text_of(1, 100)?;
        Some(Self(name.to_owned()))
    }
}

#[derive(Debug)]
pub(crate) struct PartnerChanges(pub(crate) Changes);

impl Facts for PartnerChanges {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["name", "state"]);
        let name = match body.field("name").optional() {
            Some(at) => Some(at.text_of(1, 100)?.to_owned()),
            None => None,
        };
        let state = match body.field("state").optional() {
            Some(at) => Some(one_of(&at, &PartnerState::ALL, PartnerState::as_str)?),
            None => None,
        };
        Some(Self(Changes { name, state }))
    }
}

/// How long bodies are kept; absent = as long as by default.
#[derive(Debug)]
pub(crate) struct NewDays(pub(crate) Option<u32>);

impl Facts for NewDays {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["days"]);
        let at = body.field("days");
        if !at.is_said() {
            at.fault(
                "required",
                "is missing: a number of days, or null for the default",
            );
            return None;
        }
        let Some(at) = at.optional() else {
            return Some(Self(None));
        };
        let days = at.integer(1, 3_650, "400")?;
        u32::try_from(days).ok().map(|days| Self(Some(days)))
    }
}
