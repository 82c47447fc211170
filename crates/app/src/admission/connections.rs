//! Sales units that Vipps refuses, remembered beyond this process and shown to their partners.

use std::collections::HashMap;

use domain::admission::Breaker;
use domain::{AssignmentId, Environment, PartnerId};
use store::registry::Disconnection;
use time::OffsetDateTime;

use super::breakers::{Connected, Connection, Line, Way};
use crate::registry::Unit;
use crate::served::Served;
use crate::{App, Error};

/// Whether payments can be made through a sales unit, as far as its keys go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    Connected,
    /// Nothing serves it: no proven keys, or no product profile.
    WithoutKeys,
    /// Vipps refuses it with the keys it has.
    Disconnected {
        since: OffsetDateTime,
        /// For the staff of the merchant.
        because: String,
    },
}

/// What Vipps' answer means for people.
fn because(status: u16) -> &'static str {
    if status == 403 {
        "Vipps answers 403 to every call for this sales unit: it lacks the product, or its keys have no right to it."
    } else {
        "Vipps answers 401 to every call for this sales unit: its keys are wrong, withdrawn, or of the other environment."
    }
}

impl App {
    /// Reads once what earlier lives and other processes knew. Without an answer of the database this
    /// process finds out for itself.
    pub(super) async fn recall(&self) {
        let recalled = &self.admission().recalled;
        let read = recalled.get_or_try_init(|| async { self.adopt_disconnections().await.map(drop) });
        if let Err(error) = read.await {
            tracing::warn!(%error, "which sales units are disconnected is not known yet");
        }
    }

    /// Takes over what other processes found out: a unit they had to leave alone is probed here before it is
    /// used, and one they found well again is used. Returns how many rows there are.
    pub(crate) async fn adopt_disconnections(&self) -> Result<usize, Error> {
        let rows = {
            let reader = self.store().read_system("sales units that are disconnected");
            reader.system().disconnections().await?
        };
        let now = self.now();
        let rules = self.settings().admission.disconnection;
        let known: HashMap<Line, &Disconnection> = rows.iter().map(|row| (line_of(row), row)).collect();
        let mut breakers = self.admission().breakers();
        breakers.connections.retain(|line, connection| {
            !connection.is_shared || connection.breaker.open_since().is_none() || known.contains_key(line)
        });
        for (line, row) in known {
            let is_known = |connection: &Connection| connection.breaker.open_since().is_some();
            if !breakers.connections.get(&line).is_some_and(is_known) {
                let connection = Connection {
                    breaker: Breaker::opened(rules, row.since, now),
                    status: row.status,
                    is_shared: true,
                };
                breakers.connections.insert(line, connection);
            }
        }
        Ok(rows.len())
    }

    /// Tells the other processes, people, and whoever comes after a restart.
    pub(super) fn remember(&self, way: Way, connected: Connected) {
        match connected {
            Connected::No { status, .. } => {
                tell("disconnected", status);
                tracing::error!(
                    assignment.id = %way.line.assignment,
                    key_set.id = %way.line.keys,
                    status,
                    "a sales unit is disconnected: Vipps refuses it with the keys it has"
                );
            }
            Connected::Again => {
                tell("connected", 0);
                tracing::warn!(assignment.id = %way.line.assignment, "a sales unit is connected again");
            }
        }
        let app = self.clone();
        self.track(async move {
            match app.write_down(way, connected).await {
                Ok(()) => app.admission().breakers().is_shared(&way.line),
                Err(error) => tracing::warn!(
                    %error,
                    assignment.id = %way.line.assignment,
                    "whether a sales unit is connected could not be written down"
                ),
            }
        });
    }

    /// Vipps wants no keys like these: whose unit they serve is looked at soon, by whatever process, and again
    /// while calls go on failing.
    pub(super) fn doubt(&self, unit: &Served) {
        let (line, now) = (Line::of(unit), self.now());
        if !self.admission().breakers().is_new_doubt(line, now) {
            return;
        }
        let (app, partner, environment) = (self.clone(), unit.partner, unit.environment);
        self.track(async move {
            let work = async {
                let tx = app.store().begin(partner, environment).await?;
                tx.scope().check_by(line.assignment, now).await?;
                tx.commit().await
            };
            if let Err(error) = work.await {
                tracing::warn!(%error, assignment.id = %line.assignment, "a doubt could not be written down");
            }
        });
    }

    async fn write_down(&self, way: Way, connected: Connected) -> Result<(), Error> {
        let tx = self.store().begin(way.partner, way.environment).await?;
        match connected {
            Connected::No { status, since } => {
                let found = Disconnection {
                    assignment: way.line.assignment,
                    partner: way.partner,
                    environment: way.environment,
                    keys: way.line.keys,
                    keys_version: way.line.keys_version,
                    status,
                    because: because(status).to_owned(),
                    since,
                };
                tx.scope().disconnect(&found).await?;
                // Found out by calls that failed: a look tells why.
                tx.scope().check_by(way.line.assignment, since).await?;
            }
            Connected::Again => tx.scope().reconnect(way.line.assignment).await?,
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whether payments can be made through these sales units of a partner, in their order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(crate) async fn health<'a>(
        &self,
        partner: PartnerId,
        environment: Environment,
        units: impl IntoIterator<Item = &'a Unit>,
    ) -> Result<Vec<Health>, Error> {
        let reader = self.store().read(partner, environment);
        let rows = reader.scope().disconnections().await?;
        let rows: HashMap<AssignmentId, Disconnection> =
            rows.into_iter().map(|row| (row.assignment, row)).collect();
        Ok(units
            .into_iter()
            .map(|unit| health(unit, rows.get(&unit.assignment)))
            .collect())
    }
}

fn health(unit: &Unit, row: Option<&Disconnection>) -> Health {
    let (Some(keys), Some(_)) = (&unit.keys, &unit.product) else {
        return Health::WithoutKeys;
    };
    match row {
        Some(row) if row.keys == keys.id && row.keys_version == keys.version => Health::Disconnected {
            since: row.since,
            because: row.because.clone(),
        },
        // About keys that it has no more.
        Some(_) | None => Health::Connected,
    }
}

fn line_of(row: &Disconnection) -> Line {
    Line {
        keys: row.keys,
        keys_version: row.keys_version,
        assignment: row.assignment,
    }
}

fn tell(change: &'static str, status: u16) {
    tracing::info!(
        target: "metric",
        change,
        status,
        monotonic_counter.nordbro_connection_changes = 1_u64
    );
}
