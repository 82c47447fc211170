//! Taking away bodies whose time is over, partner by partner; facts about money stay, and what is open stays whole.

use domain::{Environment, PartnerId};
use time::OffsetDateTime;

use crate::registry::{Part, retention};
use crate::{App, Error};

/// Rows of each kind in one transaction: money waits for no more than these.
const ROWS: u64 = 200;

/// One round over all partners, in short transactions until nothing is left. Returns how many rows lost their bodies.
///
/// # Errors
/// The store does not answer; the next round goes on. What fails with one partner is logged and holds up no other.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let partners = {
        let reader = app.store().read_system("retention: partners");
        reader.system().list_partners(Part::ALL).await?
    };
    let mut all = 0;
    for partner in partners {
        for environment in Environment::ALL {
            match of_partner(app, partner.id, environment, now).await {
                Ok(forgotten) => all += forgotten,
                Err(error) => tracing::error!(
                    partner.id = %partner.id,
                    error = &error as &dyn std::error::Error,
                    "bodies whose time is over could not be taken away"
                ),
            }
        }
    }
    Ok(usize::try_from(all).unwrap_or(usize::MAX))
}

async fn of_partner(
    app: &App,
    partner: PartnerId,
    environment: Environment,
    now: OffsetDateTime,
) -> Result<u64, Error> {
    let before = now - retention::span(app, partner, environment).await?;
    let mut all = 0;
    while !app.shutdown().is_cancelled() {
        let tx = app.store().begin(partner, environment).await?;
        let forgotten = tx.scope().forget_bodies(before, now, ROWS).await?;
        tx.commit().await?;
        all += forgotten.all();
        let most = forgotten
            .payments
            .max(forgotten.operations)
            .max(forgotten.receipts);
        if most < ROWS {
            break;
        }
    }
    Ok(all)
}
