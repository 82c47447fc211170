//! Ending well: look away, stop accepting, answer, settle, flush.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config;

/// The tokens of one process, cancelled one after the other.
#[derive(Debug, Clone, Default)]
pub struct Ending {
    /// Not ready any more, still serving.
    pub leaving: CancellationToken,
    /// No new connections; what runs is answered.
    pub closing: CancellationToken,
    /// Background work stops taking up more.
    pub stopping: CancellationToken,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Clean,
    /// Tracked work was cut short; whoever starts next takes it up.
    TasksLeft(usize),
}

/// Listens for SIGTERM and SIGINT from now on; what it gives ends with the first of them.
///
/// # Errors
/// The operating system does not let us listen.
pub fn listen() -> std::io::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Announces the end and, after the notice, closes the door. The listeners then drain by themselves.
pub async fn close(ending: &Ending, notice: Duration) {
    ending.leaving.cancel();
    pause(notice).await;
    ending.closing.cancel();
}

/// Waits for tracked work once the listeners have drained.
pub async fn settle(ending: &Ending, tasks: &TaskTracker, settings: &config::Shutdown) -> Ended {
    ending.stopping.cancel();
    tasks.close();
    tokio::select! {
        () = tasks.wait() => Ended::Clean,
        () = pause(settings.tasks.get()) => Ended::TasksLeft(tasks.len()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the platform's grace period is real time"
)]
async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Span;

    fn settings(tasks: Span) -> config::Shutdown {
        config::Shutdown {
            notice: Span::from_secs(0),
            drain: Span::from_secs(1),
            tasks,
        }
    }

    #[tokio::test]
    async fn tracked_work_is_waited_for() {
        let (ending, tasks) = (Ending::default(), TaskTracker::new());
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        tasks.spawn(finished);
        let settled = TaskTracker::new().spawn({
            let (ending, tasks) = (ending.clone(), tasks.clone());
            async move { settle(&ending, &tasks, &settings(Span::from_secs(30))).await }
        });
        ending.stopping.cancelled().await;
        finish.send(()).unwrap();
        assert_eq!(settled.await.unwrap(), Ended::Clean);
    }

    #[tokio::test]
    async fn work_that_takes_too_long_is_left_and_counted() {
        let (ending, tasks) = (Ending::default(), TaskTracker::new());
        tasks.spawn(std::future::pending::<()>());
        assert_eq!(
            settle(&ending, &tasks, &settings(Span::from_millis(1))).await,
            Ended::TasksLeft(1)
        );
    }
}
