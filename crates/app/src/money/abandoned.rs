//! Evidence that comes after an operation was abandoned: announced once, loudly, and not applied. The sums are
//! Vipps' and come with the next GET; what the operator decided stays decided.

use domain::{Event, Reference};
use serde_json::json;
use store::money::Operation;

use crate::audit::{self, Actor, Change, Subject as _, moment};
use crate::served::Served;
use crate::stale::{Fault, unless_stale};
use crate::{App, Error};

/// Its action in the audit keeps the announcement from being made twice.
const VERB: &str = "find_evidence";

impl App {
    /// Looks through an event log that was read for whatever reason. A failure here is no failure of the read.
    pub(crate) async fn announce_abandoned(&self, unit: &Served, reference: &Reference, log: &[Event]) {
        if let Err(error) = self.look_for_abandoned(unit, reference, log).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "evidence of abandoned operations could not be looked for"
            );
        }
    }

    async fn look_for_abandoned(
        &self,
        unit: &Served,
        reference: &Reference,
        log: &[Event],
    ) -> Result<(), Error> {
        let reader = self.store().read(unit.partner, unit.environment);
        let abandoned = reader
            .scope()
            .abandoned_operations(unit.assignment, reference)
            .await?;
        for operation in abandoned {
            let of_it = |event: &&Event| event.key.as_ref() == Some(&operation.upstream_key);
            let Some(event) = log.iter().find(of_it) else {
                continue;
            };
            // A log is read often, and announced once: most of the time there is nothing to write.
            if !reader.scope().was_done(&action(), &operation.target()).await? {
                unless_stale(|| self.announce(&operation, event)).await?;
            }
        }
        Ok(())
    }

    async fn announce(&self, operation: &Operation, event: &Event) -> Result<(), Fault> {
        let tx = self
            .store()
            .begin(operation.partner, operation.environment)
            .await?;
        // Again, because somebody else may have been quicker.
        if tx.scope().was_done(&action(), &operation.target()).await? {
            tx.rollback().await?;
            return Ok(());
        }
        let after = json!({
            "event": event.name.as_str(),
            "success": event.success,
            "timestamp": moment(event.timestamp),
            "pspReference": event.psp_reference,
        });
        let change = Change::of(operation, VERB, operation.facts(), after);
        audit::own(self, &tx, &Actor::gateway(), &change).await?;
        tx.commit().await?;
        tracing::error!(
            operation.id = %operation.id,
            success = event.success,
            "evidence of an abandoned operation has come"
        );
        tracing::info!(
            target: "metric",
            environment = operation.environment.as_str(),
            success = event.success,
            monotonic_counter.nordbro_abandoned_evidence = 1_u64
        );
        Ok(())
    }
}

fn action() -> String {
    format!("{}.{VERB}", Operation::NOUN)
}
