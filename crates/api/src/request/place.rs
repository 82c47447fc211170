//! What a path names: a sales unit, a payment of it, an operation of that.

use std::collections::HashMap;
use std::sync::Arc;

use app::{Allowance, Caller};
use axum::RequestPartsExt;
use axum::extract::{FromRequestParts, Path};
use domain::{Msn, OperationId, Reference, Violation};
use http::request::Parts;

use super::{caller, headers};
use crate::face::Face;
use crate::limit::Standings;
use crate::problem::{Code, Problem};

/// A sales unit that the caller may use.
#[derive(Debug, Clone)]
pub(crate) struct AtUnit {
    pub caller: Caller,
    pub msn: Msn,
}

/// A sales unit that the caller has drafted or has live.
#[derive(Debug, Clone)]
pub(crate) struct AtHeld {
    pub caller: Caller,
    pub msn: Msn,
}

/// A sales unit that the caller has drafted, has live, or had until it moved away.
#[derive(Debug, Clone)]
pub(crate) struct AtSeen {
    pub caller: Caller,
    pub msn: Msn,
}

/// How a place's sales unit stands with the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Live, or moved away: what was done with it can be read.
    Live,
    /// Live, or drafted.
    Held,
    /// Any of these.
    Seen,
}

/// A payment at such a unit. Whether it exists is the use case's to say.
#[derive(Debug, Clone)]
pub(crate) struct AtPayment {
    pub caller: Caller,
    pub msn: Msn,
    pub reference: Reference,
}

/// An operation of such a payment.
#[derive(Debug, Clone)]
pub(crate) struct AtOperation {
    pub caller: Caller,
    pub msn: Msn,
    pub reference: Reference,
    pub id: OperationId,
}

/// How a path becomes a place.
pub(crate) trait Place: Sized + Send {
    const HOLD: Hold = Hold::Live;

    /// Takes what lies below the sales unit. `None` only with a fault.
    ///
    /// # Errors
    /// A 404 where a name that cannot exist stands in for one that does not.
    fn below(unit: AtUnit, path: &Names, faults: &mut Vec<Violation>) -> Result<Option<Self>, Problem>;

    fn unit(&self) -> (&Caller, &Msn);

    /// The payment, where the path names one.
    fn reference(&self) -> Option<&Reference>;
}

/// The names in the path, by their name in the route.
#[derive(Debug)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// A place, or the faults that keep it from being one.
pub(super) struct Opened<P> {
    pub place: Option<P>,
    pub faults: Vec<Violation>,
}

/// Finds the sales unit, then reads what else the path and the headers say.
pub(super) async fn open<P: Place>(parts: &mut Parts, face: &Face) -> Result<Opened<P>, Problem> {
    let caller = caller(parts)?;
    let Path(names) = parts
        .extract::<Path<HashMap<String, String>>>()
        .await
        .map_err(|_| Problem::new(Code::SALES_UNIT_NOT_FOUND))?;
    let names = Names(names);
    // A number that cannot be one is a unit that does not exist, and looks like it.
    let msn: Msn = names
        .get("msn")
        .parse()
        .map_err(|_| Problem::new(Code::SALES_UNIT_NOT_FOUND))?;
    match P::HOLD {
        Hold::Live => face.app.unit(&caller, &msn).await?,
        Hold::Held => face.app.held(&caller, &msn).await?,
        Hold::Seen => face.app.held_or_left(&caller, &msn).await?,
    };
    let mut faults = Vec::new();
    headers::confirms(&parts.headers, &msn, &mut faults);
    let place = P::below(AtUnit { caller, msn }, &names, &mut faults)?;
    Ok(Opened { place, faults })
}

/// Spends one of the sales unit's requests, once nothing else is wrong with this one.
pub(super) fn admit<P: Place>(place: &P, parts: &Parts, face: &Face) -> Result<(), Problem> {
    Ok(allowance(place, parts, face).demand()?)
}

/// The same, for a use case that has more to check first.
pub(super) fn allowance<P: Place>(place: &P, parts: &Parts, face: &Face) -> Allowance {
    let (caller, msn) = place.unit();
    let (caller, msn) = (caller.clone(), msn.clone());
    let standings = parts.extensions.get::<Standings>().cloned().unwrap_or_default();
    let limits = Arc::clone(&face.limits);
    Allowance::new(move || limits.sales_unit(&caller, &msn, &standings))
}

async fn ask<P: Place>(parts: &mut Parts, face: &Face) -> Result<P, Problem> {
    let Opened { place, faults } = open::<P>(parts, face).await?;
    match place {
        Some(place) if faults.is_empty() => {
            admit(&place, parts, face)?;
            Ok(place)
        }
        _ => Err(Problem::invalid(faults)),
    }
}

macro_rules! extracted {
    ($($place:ty),*) => {$(
        impl FromRequestParts<Face> for $place {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Problem> {
                ask(parts, face).await
            }
        }
    )*};
}
extracted!(AtHeld, AtSeen, AtPayment, AtOperation);

/// Places that are a sales unit and nothing below it.
macro_rules! units {
    ($($place:ident: $hold:ident),* $(,)?) => {$(
        impl Place for $place {
            const HOLD: Hold = Hold::$hold;

            fn below(unit: AtUnit, _: &Names, _: &mut Vec<Violation>) -> Result<Option<Self>, Problem> {
                let AtUnit { caller, msn } = unit;
                Ok(Some(Self { caller, msn }))
            }

            fn unit(&self) -> (&Caller, &Msn) {
                (&self.caller, &self.msn)
            }

            fn reference(&self) -> Option<&Reference> {
                None
            }
        }
    )*};
}
units!(AtUnit: Live, AtHeld: Held, AtSeen: Seen);

impl Place for AtPayment {
    fn below(unit: AtUnit, path: &Names, faults: &mut Vec<Violation>) -> Result<Option<Self>, Problem> {
        let AtUnit { caller, msn } = unit;
        let reference = path.get("reference").parse();
        if reference.is_err() {
            faults.push(Violation::new(
                "path reference",
                "format",
                "must be 8 to 64 letters (A-Z, a-z), digits or hyphens",
            ));
        }
        Ok(reference.ok().map(|reference| Self {
            caller,
            msn,
            reference,
        }))
    }

    fn unit(&self) -> (&Caller, &Msn) {
        (&self.caller, &self.msn)
    }

    fn reference(&self) -> Option<&Reference> {
        Some(&self.reference)
    }
}

impl Place for AtOperation {
    fn below(unit: AtUnit, path: &Names, faults: &mut Vec<Violation>) -> Result<Option<Self>, Problem> {
        let Some(payment) = AtPayment::below(unit, path, faults)? else {
            return Ok(None);
        };
        let id = path
            .get("operationId")
            .parse()
            .map_err(|_| Problem::new(Code::OPERATION_NOT_FOUND))?;
        let AtPayment {
            caller,
            msn,
            reference,
        } = payment;
        Ok(Some(Self {
            caller,
            msn,
            reference,
            id,
        }))
    }

    fn unit(&self) -> (&Caller, &Msn) {
        (&self.caller, &self.msn)
    }

    fn reference(&self) -> Option<&Reference> {
        Some(&self.reference)
    }
}
