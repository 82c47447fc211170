//! A merchant to be, and a name.

use app::onboarding::NewMerchant as Business;
use app::registry::merchants::Add;

use super::{environment, partner};
use crate::asked::{business, only};
use crate::body::At;
use crate::forwarded::Facts;

#[derive(Debug)]
pub(crate) struct NewMerchant(pub(crate) Add);

impl Facts for NewMerchant {
    fn read(body: &At<'_>) -> Option<Self> {
        let names = [
            "partnerId",
            "environment",
            "name",
            "organisationNumber",
            "country",
        ];
        only(body, &names);
        let partner = partner(body);
        let environment = environment(body);
        let Business {
            name,
            organisation_number,
            country,
        } = business(body)?;
        Some(Self(Add {
            partner: partner?,
            environment: environment?,
            name,
            organisation_number,
            country,
        }))
    }
}

#[derive(Debug)]
pub(crate) struct NewName(pub(crate) String);

impl Facts for NewName {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["name"]);
        let name = body.field("name").required()?.text_of(1, 100)?;
        Some(Self(name.to_owned()))
    }
}
