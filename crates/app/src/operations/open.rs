//! Operations of every partner, as an operator sees them.

use domain::OperationId;
use store::money::{FoundOperation, OpenFilter, Operation};

use crate::{App, Error, What};

/// Operations whose end is not known, the oldest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_open(app: &App, filter: OpenFilter) -> Result<Vec<Operation>, Error> {
    let reader = app.store().read_system("operator: open operations");
    let mut open = Vec::new();
    for found in reader.system().list_open_operations(filter).await? {
        // One that was settled since it was found is left out.
        open.extend(
            read(app, found)
                .await?
                .filter(|operation| operation.status.is_open()),
        );
    }
    Ok(open)
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
