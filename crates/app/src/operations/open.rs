//! Operations of every partner, as an operator sees them.

use domain::OperationId;
use store::money::{FoundOperation, OpenFilter, Operation};

use super::Place;
use crate::registry::cut;
use crate::{App, Error, What};

/// One page of the operations whose end is not known, the oldest first, and where the next one begins. A page may hold
/// fewer than `limit`, because some were settled meanwhile, and have another behind it all the same.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page_open(
    app: &App,
    filter: OpenFilter,
    limit: u32,
) -> Result<(Vec<Operation>, Option<Place>), Error> {
    let reader = app.store().read_system("operator: open operations");
    let most = u64::from(limit) + 1;
    let found = reader.system().list_open_operations(filter, most).await?;
    let (found, next) = cut(found, limit, |it| Place(it.place()));
    let mut open = Vec::new();
    for found in found {
        // One that was settled since it was found is left out.
        open.extend(
            read(app, found)
                .await?
                .filter(|operation| operation.status.is_open()),
        );
    }
    Ok((open, next))
}

/// One operation of whichever partner.
///
/// # Errors
/// `NotFound(Operation)`; [`Error::Unavailable`].
pub async fn show(app: &App, id: OperationId) -> Result<Operation, Error> {
    let reader = app.store().read_system("operator: one operation");
    let Some(found) = reader.system().locate_operation(id).await? else {
        return Err(Error::NotFound(What::Operation));
    };
    read(app, found).await?.ok_or(Error::NotFound(What::Operation))
}

async fn read(app: &App, found: FoundOperation) -> Result<Option<Operation>, Error> {
    let reader = app.store().read(found.partner, found.environment);
    Ok(reader.scope().find_operation(found.operation).await?)
}
