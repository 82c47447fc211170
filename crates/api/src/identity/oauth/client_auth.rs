//! Which client asks.

use std::sync::Arc;

use app::identity::clients::KnownClient;
use domain::ClientId;

use super::Endpoint;
use super::answer::Fault;
use super::assertion;
use super::request::{Proof, Request};

/// The client that proves itself. An unknown client is answered like a wrong secret.
pub(super) async fn authenticate(endpoint: &Endpoint, request: &Request) -> Result<Arc<KnownClient>, Fault> {
    let app = &endpoint.app;
    let (id, basic) = match &request.proof {
        Proof::Secret { client, basic, .. } => (client.parse::<ClientId>().ok(), *basic),
        Proof::Assertion { client, assertion } => {
            let subject = assertion::subject(assertion).and_then(|subject| subject.parse().ok());
            let named: Option<ClientId> = client.as_deref().and_then(|id| id.parse().ok());
            // A client_id beside the assertion must be its subject (RFC 7521, section 4.2).
            (subject.filter(|_| client.is_none() || named == subject), false)
        }
    };
    let id = id.ok_or(Fault::InvalidClient { basic })?;
    let client = app.client(id).await?.ok_or(Fault::InvalidClient { basic })?;
    let proven = match &request.proof {
        Proof::Secret { secret, .. } => app.is_secret_of(&client, secret.reveal()),
        Proof::Assertion { assertion, .. } => assertion::proves(app, &client, assertion).await?,
    };
    if proven {
        Ok(client)
    } else {
        Err(endpoint.failures.count(id, app.clock().now(), basic))
    }
}
