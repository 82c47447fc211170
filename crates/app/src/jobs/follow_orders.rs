//! Following product orders: pending ones are settled, open ones are looked at until a sales unit comes of them or
//! they end.

use time::OffsetDateTime;

use super::each;
use crate::product_orders::{set_aside, step};
use crate::{App, Error};

/// Takes one step with every order that is due. Returns how many were taken.
///
/// # Errors
/// The store did not say what is due. What fails with one order is logged and holds up no other.
pub async fn run_once(app: &App, now: OffsetDateTime) -> Result<usize, Error> {
    let due = {
        let reader = app.store().read_system("product orders that are due");
        reader
            .system()
            .due_product_orders(now, u64::from(app.settings().batch))
            .await?
    };
    let taken = each(app, due, |due| async move {
        match step(app, due.partner, due.environment, due.order).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::error!(
                    product_order.id = %due.order,
                    error = &error as &dyn std::error::Error,
                    "a product order could not be followed"
                );
                set_aside(app, due.partner, due.environment, due.order).await;
                false
            }
        }
    });
    Ok(taken.await)
}
