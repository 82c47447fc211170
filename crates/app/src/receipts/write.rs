//! Queueing a receipt and looking it up.

use domain::payment::Refusal;
use domain::{Amount, Msn, ReceiptId, Reference, Violation};
use store::money::{NewReceipt, PaymentRecord, Presence, ReceiptRecord};

use super::Put;
use crate::served::{Reach, Served};
use crate::stale::unless_stale;
use crate::{App, Caller, Error, ReceiptView, Scope, What};

/// Stores a receipt; it goes out once, soon. The same receipt again is the same answer.
///
/// # Errors
/// [`Error::Invalid`] with the lines that Vipps would refuse; [`Error::Refused`] when another receipt was
/// put for the payment and was not refused; [`Error::Closed`] while the unit moves away; [`Error::NotFound`].
pub async fn put(app: &App, caller: &Caller, put: Put) -> Result<ReceiptView, Error> {
    caller.demand(Scope::ReceiptsWrite)?;
    let unit = app.served_openly(caller, &put.msn).await?;
    let payment = existing(app, &unit, &put.reference).await?;
    let violations = put.forwarded.facts.violations("");
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    let facts = &put.forwarded.facts;
    let new = NewReceipt {
        id: ReceiptId::from_uuid(app.clock().new_id()),
        payment: payment.payment.id,
        assignment: unit.assignment,
        msn: unit.msn.clone(),
        reference: put.reference.clone(),
        sum: Amount::new(facts.sum(), facts.currency),
        body: put.forwarded.body.clone(),
        at: app.now(),
    };
    let receipt = unless_stale(|| async {
        let tx = app.store().begin(unit.partner, unit.environment).await?;
        let scope = tx.scope();
        if let Some(earlier) = scope.find_receipt(new.payment).await? {
            if !earlier.status.gives_way() {
                tx.rollback().await?;
                return if super::same(&earlier.body, &new.body) {
                    Ok(earlier)
                } else {
                    Err(Error::Refused(Refusal::ReceiptWritten).into())
                };
            }
            scope.drop_receipt(earlier.id).await?;
        }
        // As for money: what the request found on its way here may be old.
        let standing = scope.standing(unit.assignment).await?;
        if !standing.may_begin() {
            tx.rollback().await?;
            let closed = standing.closing.map(|_| Error::Closed);
            return Err(closed.unwrap_or(Error::NotFound(What::SalesUnit)).into());
        }
        scope.add_receipt(&new).await?;
        let added = scope
            .find_receipt(new.payment)
            .await?
            .ok_or(store::Error::Stale)?;
        tx.commit().await?;
        Ok(added)
    })
    .await?;
    Ok(view(receipt, &payment))
}

/// The receipt of a payment and how far it has come.
///
/// # Errors
/// [`Error::NotFound`] with the receipt when none was put.
pub async fn get(app: &App, caller: &Caller, msn: &Msn, reference: &Reference) -> Result<ReceiptView, Error> {
    caller.demand(Scope::ReceiptsRead)?;
    let payment = match app.reach(caller, msn).await? {
        Reach::Served(unit) => existing(app, &unit, reference).await?,
        Reach::Left(unit) => app.left_payment(&unit, reference).await?,
    };
    let reader = app.store().read(caller.partner, caller.environment);
    let receipt = reader.scope().find_receipt(payment.payment.id).await?;
    Ok(view(receipt.ok_or(Error::NotFound(What::Receipt))?, &payment))
}

async fn existing(app: &App, unit: &Served, reference: &Reference) -> Result<PaymentRecord, Error> {
    if let Some(record) = app.record(unit, reference).await?
        && record.presence == Presence::Present
    {
        return Ok(record);
    }
    let record = app.refresh(unit, reference).await?;
    Ok((*record.ok_or(Error::NotFound(What::Payment))?).clone())
}

fn view(receipt: ReceiptRecord, payment: &PaymentRecord) -> ReceiptView {
    let amount = payment.payment.amount;
    let mut warnings = Vec::new();
    if receipt.sum != amount {
        warnings.push(Violation::new(
            "orderLines",
            "sum",
            format!(
                "sum to {} and the payment is {amount}: the app shows no receipt then",
                receipt.sum
            ),
        ));
    }
    ReceiptView {
        msn: receipt.msn,
        reference: receipt.reference,
        status: receipt.status,
        sum: receipt.sum,
        body: receipt.body,
        warnings,
        reason: receipt.reason,
        abandoned: receipt.abandoned,
        created_at: receipt.created_at,
        ended_at: receipt.ended_at,
    }
}
