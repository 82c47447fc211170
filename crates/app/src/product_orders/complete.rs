//! A completed order: its sales unit is drafted for the merchant, and the claim on it is proven.

use domain::{CredentialMode, Msn, Proof};
use serde_json::{Value, json};
use store::registry::{Assignment, Claim, Merchant, Orphans};

use super::ProductOrder;
use crate::audit::{Actor, Change, Notes};
use crate::onboarding::claim::{go_live, prove};
use crate::registry::{name, sales_units};
use crate::{App, Error, What};

/// Done before the order's row says so, and the same when it is done twice: should the process die between the two,
/// the order is looked at again. Whose keys are to serve the unit is the partner's to say; until then it is verified.
pub(super) async fn complete(app: &App, order: &ProductOrder, msn: &Msn, called: &str) -> Result<(), Error> {
    let now = app.now();
    let by = Actor::gateway().because(&format!("product order {} was completed", order.id));
    let tx = app.change().await?;
    let registry = tx.system().change_registry().await?;
    let rows = tx.system().scope(order.partner, order.environment);
    let mut notes = Notes::of(app, &by);
    let mut assignment = if let Some(unit) = rows.find_held_unit(msn).await? {
        unit.assignment
    } else {
        let merchant = tx.system().find_merchant(order.merchant).await?;
        let merchant = merchant.ok_or(Error::NotFound(What::Merchant))?;
        let add = draft_of(order, &merchant, msn, called)?;
        let drafted = sales_units::draft(app, &tx, &registry, add).await?;
        notes.changes.push(Change::added(&drafted));
        drafted
    };
    let claim = Claim {
        assignment: assignment.id,
        proof: Proof::ProductOrder,
        keys: None,
        actor: by.name().to_owned(),
        reason: by.reason().to_owned(),
        proven_at: now,
    };
    prove(&tx, &registry, &assignment, &claim, &mut notes).await?;
    go_live(&tx, &registry, &mut assignment, &mut notes, now).await?;
    notes.changes.push(completed(order, &assignment));
    app.changed(tx, &by, &notes.changes).await
}

fn completed(order: &ProductOrder, assignment: &Assignment) -> Change {
    let unit = json!({ "msn": assignment.msn.as_str(), "salesUnitId": assignment.id.to_string() });
    Change::of(order, "complete", Value::Null, unit)
}

fn draft_of(
    order: &ProductOrder,
    merchant: &Merchant,
    msn: &Msn,
    called: &str,
) -> Result<sales_units::Add, Error> {
    let market = sales_units::home_market(&merchant.country);
    Ok(sales_units::Add {
        partner: order.partner,
        environment: order.environment,
        merchant: merchant.id,
        msn: msn.clone(),
        // A name that Vipps allows and we do not is no reason to lose the unit.
        name: name("name", called).unwrap_or_else(|_| merchant.name.clone()),
        market: market.ok_or(Error::Internal("a product order for a merchant of no market"))?,
        credential_mode: CredentialMode::Own,
        profile: None,
        orphans: Orphans::CancelPush,
    })
}
