//! Whose keys are to serve a sales unit.

use domain::CredentialMode;

use super::{one_of, only};
use crate::body::At;
use crate::forwarded::Facts;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewMode(pub CredentialMode);

impl Facts for NewMode {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["credentialMode"]);
        let at = body.field("credentialMode").required()?;
        one_of(&at, &CredentialMode::ALL, CredentialMode::as_str).map(Self)
    }
}
