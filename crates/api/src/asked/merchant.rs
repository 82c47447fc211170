//! A merchant to be.

use app::onboarding::NewMerchant;

use super::only;
use crate::body::At;
use crate::forwarded::Facts;

impl Facts for NewMerchant {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["name", "organisationNumber", "country"]);
        business(body)
    }
}

/// The members of a business in a body that may have others.
pub(crate) fn business(body: &At<'_>) -> Option<NewMerchant> {
    let name = body.field("name").required().and_then(|at| at.text_of(1, 100));
    let number = body.field("organisationNumber").required();
    let number = number.and_then(|at| at.text_of(6, 14));
    let country = body.field("country").required();
    let country = country.and_then(|at| at.text_of(2, 2));
    Some(NewMerchant {
        name: name?.to_owned(),
        organisation_number: number?.to_owned(),
        country: country?.to_owned(),
    })
}
