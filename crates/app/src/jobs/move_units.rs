//! Carrying on transfers of sales units, step by step.

use store::registry::{Part, TransferFilter};
use time::OffsetDateTime;

use super::while_it_runs;
use crate::transfers::step::step;
use crate::{App, Error};

/// Does what is due with every open transfer, the oldest first. Returns how many have come further.
///
/// # Errors
/// The store did not say which are open. What fails with one is logged and holds up no other.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let open = {
        let reader = app.store().read_system("transfers that are open");
        let filter = TransferFilter {
            partner: None,
            is_open: true,
        };
        reader.system().list_transfers(filter, Part::ALL).await?
    };
    let mut further = 0;
    // One after another: each is a change of the registry, and those stand in line anyway.
    for transfer in while_it_runs(app, open) {
        match step(app, &transfer, now).await {
            Ok(went_on) => further += usize::from(went_on),
            Err(error) => tracing::error!(
                transfer.id = %transfer.id,
                error = &error as &dyn std::error::Error,
                "a transfer could not be carried on"
            ),
        }
    }
    Ok(further)
}
