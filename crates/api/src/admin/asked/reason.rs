//! Why, where an act demands to know.

use super::super::by::LONGEST;
use crate::asked::only;
use crate::body::At;
use crate::forwarded::Facts;

#[derive(Debug)]
pub(crate) struct Because(pub(crate) String);

impl Facts for Because {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["reason"]);
        let reason = body.field("reason").required()?.text_of(1, LONGEST)?;
        Some(Self(reason.to_owned()))
    }
}
