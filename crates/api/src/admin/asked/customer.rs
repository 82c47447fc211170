//! Whom to forget. The number goes in and stands in nothing that comes out.

use domain::Secret;

use crate::asked::only;
use crate::body::At;
use crate::forwarded::Facts;

#[derive(Debug)]
pub(crate) struct Customer(pub(crate) Secret);

impl Facts for Customer {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["phoneNumber"]);
        let phone = body.field("phoneNumber").required()?.text_of(1, 40)?;
        Some(Self(Secret::new(phone)))
    }
}
