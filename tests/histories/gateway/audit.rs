//! The books as an auditor reads them: rows, not the gateway's own view of them.

use domain::Aggregate;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};

#[derive(Debug)]
pub(super) struct Audit(DatabaseConnection);

/// One operation's row.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) release: Option<String>,
    pub(super) key: String,
    pub(super) upstream_key: String,
    /// Microseconds since 1970.
    pub(super) first_sent_at: i64,
}

impl Operation {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "pending" | "unknown")
    }
}

/// One payment's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) presence: String,
    pub(super) state: String,
    pub(super) sums: Aggregate,
    pub(super) fence: i64,
}

impl Audit {
    pub(super) async fn open(url: &str) -> Self {
        Self(Database::connect(url).await.unwrap())
    }

    async fn rows(&self, sql: String) -> Vec<QueryResult> {
        let statement = Statement::from_string(self.0.get_database_backend(), sql);
        self.0.query_all_raw(statement).await.unwrap()
    }

    pub(super) async fn operations(&self, reference: &str) -> Vec<Operation> {
        let sql = format!(
            "SELECT kind, status, \"release\", idempotency_key, upstream_key, first_sent_at FROM operations \
             WHERE reference = '{reference}' ORDER BY id"
        );
        let rows = self.rows(sql).await;
        let operation = |row: &QueryResult| Operation {
            kind: row.try_get("", "kind").unwrap(),
            status: row.try_get("", "status").unwrap(),
            release: row.try_get("", "release").unwrap(),
            key: row.try_get("", "idempotency_key").unwrap(),
            upstream_key: row.try_get("", "upstream_key").unwrap(),
            first_sent_at: row.try_get("", "first_sent_at").unwrap(),
        };
        rows.iter().map(operation).collect()
    }

    pub(super) async fn payment(&self, reference: &str) -> Option<Payment> {
        let sql = format!(
            "SELECT presence, state, authorized, captured, refunded, cancelled, fence FROM payments \
             WHERE reference = '{reference}'"
        );
        let rows = self.rows(sql).await;
        let row = rows.first()?;
        Some(Payment {
            presence: row.try_get("", "presence").unwrap(),
            state: row.try_get("", "state").unwrap(),
            sums: Aggregate {
                authorized: row.try_get("", "authorized").unwrap(),
                captured: row.try_get("", "captured").unwrap(),
                refunded: row.try_get("", "refunded").unwrap(),
                cancelled: row.try_get("", "cancelled").unwrap(),
            },
            fence: row.try_get("", "fence").unwrap(),
        })
    }

    /// What a history leaves open is no business of the next one's resolver.
    pub(super) async fn abandon(&self, reference: &str) {
        let sql = format!(
            "UPDATE operations SET status = 'abandoned', next_step_at = NULL \
             WHERE reference = '{reference}' AND next_step_at IS NOT NULL"
        );
        self.0.execute_unprepared(&sql).await.unwrap();
    }
}
