//! When an owner does what comes next: the pauses between looks, and until when the same bytes may leave again.

use domain::operation::Kind;
use domain::operation::resolve;
use time::OffsetDateTime;

use super::drive::Drive;
use crate::App;

impl Drive {
    /// Waits for the next look, if somebody waits that long.
    pub(super) async fn pause(&self, app: &App) -> bool {
        let at = self.next_look(app);
        self.waiting.until().is_some_and(|until| at <= until) && self.sleep(app, at).await
    }

    /// False when the process is going down.
    pub(super) async fn sleep(&self, app: &App, at: OffsetDateTime) -> bool {
        tokio::select! {
            biased;
            () = app.shutdown().cancelled() => false,
            () = app.clock().sleep_until(at) => true,
        }
    }

    pub(super) fn next_look(&self, app: &App) -> OffsetDateTime {
        let now = app.now();
        let sent = &self.operation.sent;
        let rounds = self.operation.rounds.saturating_sub(1);
        let at = resolve::next_look(sent, rounds, now, app.settings().replay_horizon, self.salt());
        // A look at that moment may be the last one that is needed ...
        let decided_by = match self.doubted {
            Some(doubted) if self.no.is_some() => Some(doubted),
            Some(_) | None if self.operation.kind == Kind::Create => Some(self.left_by()),
            Some(_) | None => None,
        };
        let decisive = decided_by.map(|from| from + resolve::MISSING_FOR);
        // ... and one at this moment may send the same bytes again.
        let repeat = self.no.is_none().then(|| self.repeat_at());
        [decisive, repeat]
            .into_iter()
            .flatten()
            .filter(|sooner| *sooner > now)
            .fold(at, OffsetDateTime::min)
    }

    pub(super) fn repeat_at(&self) -> OffsetDateTime {
        resolve::repeat_at(&self.operation.sent, self.operation.sends, self.salt())
    }

    /// When the last send had left at the latest. It is stored before it leaves.
    pub(super) fn left_by(&self) -> OffsetDateTime {
        let stored = self.operation.sent.last;
        self.doubted.map_or(stored, |doubted| doubted.max(stored))
    }

    /// Whether the same bytes may still leave once more.
    pub(super) fn may_go_again(&self, app: &App) -> bool {
        let same_client = self.unit.access.keys.client_id == self.operation.client_id;
        let repeatable_for = app.settings().repeatable_for();
        resolve::may_replay(&self.operation.sent, same_client, app.now(), repeatable_for)
    }

    pub(super) fn salt(&self) -> u64 {
        self.operation.id.uuid().as_u64_pair().1
    }
}
