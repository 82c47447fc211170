//! Whether this process should be given work.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;
type Question = Box<dyn Fn() -> Answer + Send + Sync>;

/// The state behind the probes.
pub struct Health {
    started: AtomicBool,
    leaving: CancellationToken,
    questions: Vec<(&'static str, Question)>,
}

/// What `/readyz` says. A check is `ok` or the reason why not.
#[derive(Debug, Serialize)]
pub struct Report {
    pub ready: bool,
    pub checks: BTreeMap<&'static str, String>,
}

impl Health {
    /// Ready until `leaving` is cancelled.
    pub fn new(leaving: CancellationToken) -> Self {
        Self {
            started: AtomicBool::new(false),
            leaving,
            questions: Vec::new(),
        }
    }

    /// Adds something that must hold for the process to be ready. The reason it gives is shown to operators.
    #[must_use]
    pub fn asking<F>(mut self, name: &'static str, question: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.questions
            .push((name, Box::new(move || Box::pin(question()))));
        self
    }

    /// Every listener answers from now on.
    pub fn start(&self) {
        self.started.store(true, Ordering::Release);
    }

    pub fn started(&self) -> bool {
        self.started.load(Ordering::Acquire)
    }

    pub async fn report(&self) -> Report {
        let mut checks = BTreeMap::new();
        let lifecycle = if self.leaving.is_cancelled() {
            Err("shutting down".to_owned())
        } else if self.started() {
            Ok(())
        } else {
            Err("starting".to_owned())
        };
        let mut ready = lifecycle.is_ok();
        checks.insert("lifecycle", said(lifecycle));
        for (name, question) in &self.questions {
            let answer = question().await;
            ready &= answer.is_ok();
            checks.insert(name, said(answer));
        }
        Report { ready, checks }
    }
}

fn said(answer: Result<(), String>) -> String {
    answer.err().unwrap_or_else(|| "ok".to_owned())
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_is_ready_between_its_start_and_its_leaving_and_while_every_check_holds() {
        let leaving = CancellationToken::new();
        let health = Health::new(leaving.clone()).asking("database", async || Ok(()));
        assert!(!health.report().await.ready);
        health.start();
        assert!(health.report().await.ready);
        leaving.cancel();
        let report = health.report().await;
        assert!(!report.ready);
        assert_eq!(report.checks["lifecycle"], "shutting down");
    }

    #[tokio::test]
    async fn a_check_that_fails_is_named_with_its_reason() {
        let health = Health::new(CancellationToken::new())
            .asking("database", async || Err("no connection".to_owned()));
        health.start();
        let report = health.report().await;
        assert!(!report.ready);
        assert_eq!(report.checks["database"], "no connection");
    }
}
