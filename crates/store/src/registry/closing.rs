//! Assignments whose unit moves away: how they are closed, and how whoever begins or sends something is told in the
//! same transaction, so that nothing slips through between the two.

use domain::transfer::Closing;
use domain::{AssignmentId, Environment, Msn};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait as _, PaginatorTrait, QueryFilter,
    QuerySelect, Statement,
};
use uuid::Uuid;

use super::{Assignment, AssignmentState};
use crate::conn::Conn;
use crate::money::open;
use crate::scope::Write;
use crate::table::assignments::{Column, Entity};
use crate::{Error, Scope, System, table};

const TABLE: &str = "assignments";

/// How an assignment stands towards money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub state: AssignmentState,
    pub closing: Option<Closing>,
}

impl Standing {
    /// Whether a new operation may be begun.
    pub fn may_begin(self) -> bool {
        self.state == AssignmentState::Live && self.closing.is_none()
    }

    /// Whether what was begun may be sent once more.
    pub fn may_send_again(self) -> bool {
        self.closing.is_none_or(Closing::may_send_again)
    }
}

/// One process at a time closes an assignment, and only while no transaction is open that has seen it open. `SQLite`
/// has one writer anyway.
async fn lock(conn: &Conn, assignment: AssignmentId, how: &str) -> Result<(), Error> {
    if conn.get_database_backend() == DbBackend::Postgres {
        // The random half of the id; whoever shares it by chance waits a moment longer.
        let (_, low) = assignment.uuid().as_u64_pair();
        let statement = Statement::from_sql_and_values(
            DbBackend::Postgres,
            format!("SELECT {how}($1)"),
            [low.cast_signed().into()],
        );
        conn.query_one_raw(statement).await?;
    }
    Ok(())
}

impl Scope<'_, Write> {
    /// How an assignment of this partner stands, and goes on standing until this transaction ends.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is not there.
    pub async fn standing(&self, assignment: AssignmentId) -> Result<Standing, Error> {
        lock(self.conn(), assignment, "pg_advisory_xact_lock_shared").await?;
        // A statement of its own: one that waits for the lock would still see what was there before.
        let found: Option<(String, Option<String>)> = Entity::find_by_id(assignment.uuid())
            .filter(Column::PartnerId.eq(self.partner().uuid()))
            .filter(Column::Environment.eq(self.environment().as_str()))
            .select_only()
            .columns([Column::State, Column::Closing])
            .into_tuple()
            .one(self.conn())
            .await?;
        let (state, closing) = found.ok_or(Error::Stale)?;
        let id = assignment.uuid();
        Ok(Standing {
            state: table::named(&AssignmentState::ALL, AssignmentState::as_str, &state, TABLE, id)?,
            closing: word(closing.as_deref(), id)?,
        })
    }
}

pub(super) fn word(closing: Option<&str>, id: Uuid) -> Result<Option<Closing>, Error> {
    closing
        .map(|word| table::named(&Closing::ALL, Closing::as_str, word, TABLE, id))
        .transpose()
}

impl System<'_, Write> {
    /// Waits until no transaction is open that has seen this assignment's standing, and keeps new ones waiting until
    /// this one ends.
    pub async fn hold_standing(&self, assignment: AssignmentId) -> Result<(), Error> {
        lock(self.conn(), assignment, "pg_advisory_xact_lock").await
    }
}

impl<M> System<'_, M> {
    /// What was begun as an assignment and is not settled: operations, and receipts that have not gone out.
    pub async fn open_work(&self, assignment: AssignmentId) -> Result<u64, Error> {
        let operations = open::operations(assignment).count(self.conn()).await?;
        let receipts = open::receipts(assignment).count(self.conn()).await?;
        Ok(operations + receipts)
    }

    /// Whom else a sales unit has to be taken over from: whoever has it live, or had it and left something open.
    pub async fn holder_beside(
        &self,
        assignment: AssignmentId,
        environment: Environment,
        msn: &Msn,
    ) -> Result<Option<Assignment>, Error> {
        let live = self.find_live_assignment(environment, msn).await?;
        if let Some(live) = live {
            return Ok((live.id != assignment).then_some(live));
        }
        let ended = Entity::find()
            .filter(Column::Environment.eq(environment.as_str()))
            .filter(Column::Msn.eq(msn.as_str()))
            // Said as the index of ended ones says it.
            .filter(sea_orm::sea_query::Expr::cust("state = 'ended'"))
            .filter(
                Column::Closing
                    .is_null()
                    .or(Column::Closing.ne(Closing::Moved.as_str())),
            )
            .all(self.conn())
            .await?;
        for row in ended {
            let left = Assignment::try_from(row)?;
            if left.id != assignment && self.open_work(left.id).await? > 0 {
                return Ok(Some(left));
            }
        }
        Ok(None)
    }
}
