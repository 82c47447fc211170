//! The operations that move money, as the faces ask for them.

use domain::{IdempotencyKey, Msn, Reference};

use super::{Cancel, Capture, Create, Refund};
use crate::money::{Body, Request, answered_before, perform};
use crate::served::{Reach, Served};
use crate::{Allowance, Answered, App, Caller, Error, Scope, Wait};

/// Creates a payment at Vipps.
///
/// The caller is answered when the outcome is known or its wait is over, whichever comes first; the work
/// goes on either way. A refused operation is an answer, not an error.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::KeyReused`], [`Error::Refused`],
/// [`Error::ReferenceBurnt`], [`Error::Busy`], [`Error::Unsettled`], [`Error::Limited`], and the outcomes
/// that bind nothing to the key: [`Error::Vipps`], [`Error::VippsUnavailable`], [`Error::Unavailable`].
pub async fn create(app: &App, caller: &Caller, create: Create) -> Result<Answered, Error> {
    caller.demand(Scope::PaymentsCreate)?;
    let reference = create.forwarded.facts.reference.clone();
    let asked = Asked {
        msn: create.msn,
        reference,
        key: create.key,
        wait: create.wait,
        allowance: create.allowance,
    };
    asked.perform(app, caller, Body::Create(create.forwarded)).await
}

/// Takes reserved money.
///
/// # Errors
/// As [`create`].
pub async fn capture(app: &App, caller: &Caller, capture: Capture) -> Result<Answered, Error> {
    caller.demand(Scope::PaymentsCapture)?;
    let (asked, body) = Asked::capture(capture);
    asked.perform(app, caller, body).await
}

/// A capture as the steps of [`crate::money`] take it, for whoever calls them one by one.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::WithoutKeys`].
pub async fn requested(app: &App, caller: &Caller, capture: Capture) -> Result<Request, Error> {
    caller.demand(Scope::PaymentsCapture)?;
    let (asked, body) = Asked::capture(capture);
    let unit = app.served(caller, &asked.msn).await?;
    Ok(asked.request(unit, body))
}

/// Gives taken money back.
///
/// # Errors
/// As [`create`].
pub async fn refund(app: &App, caller: &Caller, refund: Refund) -> Result<Answered, Error> {
    caller.demand(Scope::PaymentsRefund)?;
    let asked = Asked {
        msn: refund.msn,
        reference: refund.reference,
        key: refund.key,
        wait: refund.wait,
        allowance: refund.allowance,
    };
    asked.perform(app, caller, Body::Refund(refund.forwarded)).await
}

/// Releases whatever is reserved and not taken.
///
/// # Errors
/// As [`create`].
pub async fn cancel(app: &App, caller: &Caller, cancel: Cancel) -> Result<Answered, Error> {
    caller.demand(Scope::PaymentsCancel)?;
    let asked = Asked {
        msn: cancel.msn,
        reference: cancel.reference,
        key: cancel.key,
        wait: cancel.wait,
        allowance: cancel.allowance,
    };
    asked.perform(app, caller, Body::Cancel(cancel.forwarded)).await
}

/// What the four have in common.
struct Asked {
    msn: Msn,
    reference: Reference,
    key: IdempotencyKey,
    wait: Wait,
    allowance: Allowance,
}

impl Asked {
    fn capture(capture: Capture) -> (Self, Body) {
        let asked = Self {
            msn: capture.msn,
            reference: capture.reference,
            key: capture.key,
            wait: capture.wait,
            allowance: capture.allowance,
        };
        (asked, Body::Capture(capture.forwarded))
    }

    async fn perform(self, app: &App, caller: &Caller, body: Body) -> Result<Answered, Error> {
        match app.reach(caller, &self.msn).await? {
            Reach::Served(unit) => perform(app, self.request(unit, body)).await,
            // What was settled before the unit moved is answered as ever; anything else is not begun.
            Reach::Left(unit) => answered_before(app, &unit, &self.reference, &self.key, &body).await,
        }
    }

    fn request(self, unit: Served, body: Body) -> Request {
        Request {
            unit,
            reference: self.reference,
            key: self.key,
            body,
            until: self.wait.until,
            allowance: self.allowance,
        }
    }
}
