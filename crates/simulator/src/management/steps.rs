//! What merchants and Vipps' staff do with product orders, from Rust and from the control API.

use uuid::Uuid;

use crate::lock::{Held as _, Shared as _};
use crate::management::order::{
    BusinessIdentifier, OrderedUnit, Origin, OutOfOrder, ProductOrder, Status, Step,
};
use crate::management::request::Wanted;
use crate::management::units;
use crate::registry::parties::{Features, Market};
use crate::world::World;

/// Why a product order cannot be stepped or placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("this world knows no product order {0}")]
    Unknown(Uuid),
    #[error(transparent)]
    OutOfOrder(#[from] OutOfOrder),
    #[error("this world knows no partner {0}")]
    UnknownPartner(String),
    #[error("{0} is the scheme of no market")]
    UnknownScheme(String),
}

impl World {
    /// Every product order, oldest first, each with its status at this moment.
    pub fn product_orders(&self) -> Vec<(ProductOrder, Status)> {
        let now = self.clock().now();
        self.management
            .orders
            .held()
            .list
            .iter()
            .map(|order| (order.clone(), order.status(now)))
            .collect()
    }

    /// Places an order that did not come through the API: by a template, or by hand in the portal.
    ///
    /// # Errors
    /// When the partner or the scheme's market is unknown.
    pub fn place_order(
        &self,
        partner: &str,
        origin: Origin,
        business_identifier: BusinessIdentifier,
        sales_unit_name: &str,
    ) -> Result<ProductOrder, OrderError> {
        if !self.registry.reading().partners().any(|it| it.id == partner) {
            return Err(OrderError::UnknownPartner(partner.to_owned()));
        }
        if units::country_of(&business_identifier.scheme).is_none() {
            return Err(OrderError::UnknownScheme(business_identifier.scheme));
        }
        let wanted = Wanted {
            business_identifier,
            product_type: "PAYMENT_INTEGRATION".to_owned(),
            sales_unit_name: Some(sales_unit_name.to_owned()),
            price_package: None,
            has_recurring: false,
        };
        let now = self.clock().now();
        Ok(self
            .management
            .orders
            .held()
            .place(self.seed, partner, origin, wanted, now)
            .clone())
    }

    /// Takes a product order one step further. A completed order makes a sales unit with keys of its
    /// own, connected to the partner that ordered, and a merchant if there was none.
    ///
    /// # Errors
    /// When the order is unknown or its status does not allow the step.
    pub fn step_order(&self, id: Uuid, step: Step) -> Result<ProductOrder, OrderError> {
        let now = self.clock().now();
        let mut orders = self.management.orders.held();
        let orders = &mut *orders;
        let order = orders
            .list
            .iter_mut()
            .find(|order| order.id == id)
            .ok_or(OrderError::Unknown(id))?;
        let reached = order.after(step, now)?;
        if reached == Status::Completed {
            let (unit, is_new_merchant) = self.sales_unit(order)?;
            order.sales_unit = Some(unit);
            if is_new_merchant {
                orders.merchants.insert(order.business_identifier.id.clone(), now);
            }
        }
        order.reached = reached;
        Ok(order.clone())
    }

    fn sales_unit(&self, order: &ProductOrder) -> Result<(OrderedUnit, bool), OrderError> {
        let BusinessIdentifier { scheme, id } = &order.business_identifier;
        let market = units::country_of(scheme).ok_or_else(|| OrderError::UnknownScheme(scheme.clone()))?;
        let mut registry = self.registry.writing();
        let name = order
            .sales_unit_name
            .clone()
            .unwrap_or_else(|| format!("Sales unit of {id}"));
        let is_new = registry.add_merchant(id, &name, market);
        let features = features(order, market);
        let unit = registry
            .add_unit(id, &name, Some(&order.partner), features)
            .ok_or_else(|| OrderError::UnknownScheme(scheme.clone()))?;
        Ok((
            OrderedUnit {
                msn: unit.msn,
                name: unit.name,
            },
            is_new,
        ))
    }
}

/// What a new sales unit may do: payments unless it was ordered for Login alone.
fn features(order: &ProductOrder, market: Market) -> Features {
    Features {
        payment_allowed: order.product_type != "LOGIN",
        recurring_allowed: order.has_recurring,
        late_capture_allowed: market == Market::No,
        ..Features::default()
    }
}
