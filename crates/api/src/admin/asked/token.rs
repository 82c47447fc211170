//! One token that is to end.

use app::registry::tokens::Signer;

use super::{maybe, parsed};
use crate::asked::only;
use crate::body::At;
use crate::forwarded::Facts;

/// A token of an operator, by its `jti`: whoever signed it is known.
#[derive(Debug)]
pub(crate) struct NewOperatorRevocation(pub(crate) String);

impl Facts for NewOperatorRevocation {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["jti"]);
        let jti = body.field("jti").required()?.text_of(1, 255)?;
        Some(Self(jti.to_owned()))
    }
}

/// By its `jti` and whoever signed it.
#[derive(Debug)]
pub(crate) struct NewRevocation {
    pub(crate) jti: String,
    pub(crate) signer: Signer,
}

impl Facts for NewRevocation {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["jti", "issuerId", "clientId"]);
        let jti = body.field("jti").required().and_then(|at| at.text_of(1, 255));
        let issuer = maybe(body.field("issuerId"), |at| {
            parsed(&at, "must be an issuer's id, such as iss_0190…")
        });
        let client = maybe(body.field("clientId"), |at| {
            parsed(&at, "must be a client's id, such as cli_0190…")
        });
        let signer = match (issuer?, client?) {
            (Some(issuer), None) => Signer::Issuer(issuer),
            (None, Some(client)) => Signer::Client(client),
            (None, None) | (Some(_), Some(_)) => {
                let at = body.field("issuerId");
                at.fault(
                    "required",
                    "or clientId is needed, and not both: who signed the token",
                );
                return None;
            }
        };
        Some(Self {
            jti: jti?.to_owned(),
            signer,
        })
    }
}
