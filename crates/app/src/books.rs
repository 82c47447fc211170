//! What a GET changes in the books.

use std::sync::Arc;

use domain::{EventName, Merged, PaymentId, Reading, Reference};
use outbound::vipps::ReadError;
use store::money::{NewPayment, PaymentRecord, PaymentUpdate, Presence};
use time::OffsetDateTime;

use crate::admission::Purpose;
use crate::reads::{Refreshed, Unread};
use crate::served::Served;
use crate::stale::{Fault, unless_stale};
use crate::{App, Error, Unit, What, customers};

/// How often a GET is made anew because the books moved on while it was under way.
const ROUNDS: u32 = 3;

/// What became of one reading.
enum Written {
    Done(Box<PaymentRecord>),
    /// The books have moved on since it began.
    Stale,
}

impl App {
    /// One GET, merged under the version it began with; a payment never seen before is adopted.
    pub(crate) async fn read_into_books(&self, unit: &Served, reference: &Reference) -> Refreshed {
        let mut rounds = 0;
        loop {
            rounds += 1;
            let before = self.record(unit, reference).await?;
            let reading = match self.read_payment(unit, reference, Purpose::Begin).await {
                Ok(reading) => reading,
                Err(Unread::Vipps(ReadError::NotFound(_))) => return Ok(known_to_exist(before)),
                Err(unread) => return Err(unread.into()),
            };
            let written = match before {
                Some(record) => self.merge(record, &reading).await?,
                None => self.adopt(unit, &reading).await?,
            };
            match written {
                Written::Done(record) => return Ok(Some(Arc::new(*record))),
                Written::Stale if rounds < ROUNDS => {}
                // Whoever was quicker has read it too.
                Written::Stale => return Ok(known_to_exist(self.record(unit, reference).await?)),
            }
        }
    }

    pub(crate) async fn record(
        &self,
        unit: &Served,
        reference: &Reference,
    ) -> Result<Option<PaymentRecord>, Error> {
        let reader = self.store().read(unit.partner, unit.environment);
        Ok(reader.scope().find_payment(unit.assignment, reference).await?)
    }

    async fn merge(&self, before: PaymentRecord, reading: &Reading) -> Result<Written, Error> {
        let payment = &before.payment;
        let merged = if before.presence == Presence::Present {
            match payment.merge(reading, payment.version) {
                Merged::Same if before.reading.as_deref() == Some(&reading.body) => {
                    return Ok(Written::Done(Box::new(before)));
                }
                Merged::Same => payment.clone(),
                Merged::Changed(changed) => changed,
                Merged::Stale => return Ok(Written::Stale),
                Merged::Unsound(reason) => {
                    tracing::error!(
                        payment.id = %payment.id,
                        reason,
                        "a reading of Vipps does not fit the books and is left out"
                    );
                    return Ok(Written::Done(Box::new(before)));
                }
            }
        } else {
            // The books only expected it: Vipps' first word on it stands as it is.
            domain::Payment {
                state: reading.state,
                amount: reading.amount,
                aggregate: reading.aggregate,
                psp_reference: Some(reading.psp_reference.clone()),
                ..payment.clone()
            }
        };
        let update = PaymentUpdate {
            payment: &merged,
            presence: Presence::Present,
            found_late: before.found_late,
            reading: Some(&reading.body),
            created: None,
            at: self.now(),
        };
        match self.save(&update).await {
            Ok(()) => Ok(Written::Done(Box::new(PaymentRecord {
                payment: domain::Payment {
                    version: merged.version + 1,
                    ..merged.clone()
                },
                presence: Presence::Present,
                reading: Some(reading.body.clone()),
                ..before
            }))),
            Err(store::Error::Stale) => Ok(Written::Stale),
            Err(error) => Err(error.into()),
        }
    }

    /// A payment of a sales unit that has moved to another partner, as the books have it.
    pub(crate) async fn left_payment(
        &self,
        unit: &Unit,
        reference: &Reference,
    ) -> Result<PaymentRecord, Error> {
        let reader = self.store().read(unit.partner, unit.environment);
        let found = reader.scope().find_payment(unit.assignment, reference).await?;
        found
            .filter(|record| record.presence == Presence::Present)
            .ok_or(Error::NotFound(What::Payment))
    }

    pub(crate) async fn save(&self, update: &PaymentUpdate<'_>) -> Result<(), store::Error> {
        let payment = update.payment;
        let tx = self.store().begin(payment.partner, payment.environment).await?;
        tx.scope().save_payment(update).await?;
        if let Some(reading) = update.reading {
            customers::note_reading(self, &tx.scope(), payment.id, reading).await?;
        }
        tx.commit().await
    }

    /// Takes a payment that was made elsewhere into the books.
    async fn adopt(&self, unit: &Served, reading: &Reading) -> Result<Written, Error> {
        let created_at = self.time_of_creation(unit, &reading.reference).await;
        let new = NewPayment {
            id: PaymentId::from_uuid(self.clock().new_id()),
            assignment: unit.assignment,
            msn: unit.msn.clone(),
            reference: reading.reference.clone(),
            amount: reading.amount,
            presence: Presence::Present,
            at: created_at.unwrap_or_else(|| self.now()),
        };
        unless_stale(|| async {
            let tx = self.store().begin(unit.partner, unit.environment).await?;
            let scope = tx.scope();
            let found = scope.find_payment(unit.assignment, &reading.reference).await?;
            if found.is_some() {
                tx.rollback().await?;
                return Ok::<_, Fault>(Written::Stale);
            }
            scope.add_payment(&new).await?;
            let added = scope
                .find_payment_by_id(new.id)
                .await?
                .ok_or(store::Error::Stale)?;
            let payment = domain::Payment {
                state: reading.state,
                aggregate: reading.aggregate,
                psp_reference: Some(reading.psp_reference.clone()),
                ..added.payment
            };
            let update = PaymentUpdate {
                payment: &payment,
                presence: Presence::Present,
                found_late: false,
                reading: Some(&reading.body),
                created: None,
                at: self.now(),
            };
            scope.save_payment(&update).await?;
            customers::note_reading(self, &scope, new.id, &reading.body).await?;
            let adopted = scope
                .find_payment_by_id(new.id)
                .await?
                .ok_or(store::Error::Stale)?;
            tx.commit().await?;
            Ok(Written::Done(Box::new(adopted)))
        })
        .await
    }

    /// The CREATED event's time, where the log can be read.
    async fn time_of_creation(&self, unit: &Served, reference: &Reference) -> Option<OffsetDateTime> {
        let log = self.read_events(unit, reference, Purpose::Begin).await.ok()?;
        let created = log
            .events
            .into_iter()
            .find(|event| event.name == EventName::Created)?;
        Some(created.timestamp)
    }
}

/// Vipps may answer 404 for some seconds after it accepted a payment: what the books know to exist, exists.
fn known_to_exist(record: Option<PaymentRecord>) -> Option<Arc<PaymentRecord>> {
    record
        .filter(|record| record.presence == Presence::Present)
        .map(Arc::new)
}
