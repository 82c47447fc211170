//! One history of the whole gateway: a partner, a customer, a colleague in the portal, trouble on the line, and
//! processes that die.

use std::cell::RefCell;

use app::{App, payments};
use domain::operation::Kind;
use domain::{Clock, Forwarded, Reference, UpstreamKey};
use outbound::vipps::prepare;
use simulator::EventName;
use testkit::nok;
use time::{Duration, OffsetDateTime};

use super::audit::Payment;
use super::stage::Stage;
use super::trouble;
use super::wish::{Said, Wish};
use super::{check, ways};
use crate::coverage::Coverage;
use testkit::Dice;

pub(super) struct History<'a> {
    pub(super) stage: &'a Stage,
    pub(super) reference: Reference,
    pub(super) dice: Dice,
    pub(super) app: App,
    pub(super) wishes: Vec<Wish>,
    pub(super) answers: Vec<(usize, Said)>,
    pub(super) coverage: Coverage,
    /// The books as they were when last looked at.
    pub(super) books: Option<Payment>,
    pub(super) quiet_since: OffsetDateTime,
    lag: Duration,
    /// What happened, line by line. A socket is real, so a seed that fails may not fail again: its story is kept.
    pub(super) story: RefCell<Vec<String>>,
    told: bool,
}

impl<'a> History<'a> {
    pub(super) fn new(stage: &'a Stage, seed: u64, told: bool) -> Self {
        let world = &stage.world;
        world.simulator.test().reset();
        world.clock.count_ids_from((seed + 1) << 24);
        let mut dice = Dice::new(seed);
        let mut coverage = Coverage::default();
        let mut lag = Duration::ZERO;
        let mut turned_dials = String::new();
        world.simulator.test().set_dials(|dials| {
            let turned = trouble::turn_dials(dials, &mut dice);
            turned_dials = format!("{turned:?}");
            for dial in turned {
                coverage.met(dial);
            }
            let millis = dials.get_lag_millis + dials.events_lag_millis;
            lag = Duration::milliseconds(millis.try_into().unwrap());
        });
        let history = Self {
            stage,
            reference: format!("history-{seed}").parse().unwrap(),
            dice,
            app: stage.process(),
            wishes: Vec::new(),
            answers: Vec::new(),
            coverage,
            books: None,
            quiet_since: world.clock.now(),
            lag,
            story: RefCell::default(),
            told,
        };
        history.tell(|| turned_dials);
        history
    }

    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        let line = format!("{} {}", self.stage.world.clock.now(), what());
        if self.told {
            println!("{line}");
        }
        self.story.borrow_mut().push(line);
    }

    /// The process is gone, with all it knew, and another one starts.
    pub(super) fn dies(&mut self, when: &'static str) {
        self.tell(|| when.to_owned());
        self.coverage.met(when);
        self.app = self.stage.process();
    }

    /// Plays it to its end.
    ///
    /// # Errors
    /// What went wrong, in one sentence.
    pub(super) async fn play(&mut self) -> Result<(), String> {
        if self.dice.once_in(2) {
            self.trouble_begins();
        }
        let value = self.dice.between(2, 9) * 100;
        self.wish(Kind::Create, value);
        ways::ask(self, 0).await?;
        let acts = self.dice.between(4, 12);
        for _ in 0..acts {
            Box::pin(self.one_thing()).await?;
            check::always(self).await?;
        }
        self.calm_down().await?;
        check::at_the_end(self).await
    }

    async fn one_thing(&mut self) -> Result<(), String> {
        if self.dice.once_in(2) {
            self.customer_acts().await;
        }
        match self.dice.up_to(99) {
            0..38 => {
                let kind = self.dice.pick(&[
                    Kind::Capture,
                    Kind::Capture,
                    Kind::Capture,
                    Kind::Refund,
                    Kind::Refund,
                    Kind::Cancel,
                ]);
                let value = self.dice.between(1, 4) * 100;
                self.wish(kind, value);
                ways::ask(self, self.wishes.len() - 1).await?;
            }
            38..50 => {
                self.coverage.met("partner: asked again with the same key");
                let again = self
                    .dice
                    .between(0, i64::try_from(self.wishes.len()).unwrap() - 1);
                ways::ask(self, usize::try_from(again).unwrap()).await?;
            }
            50..64 => self.trouble_begins(),
            64..70 => trouble::end(self.stage.world.simulator.test(), &mut self.coverage),
            70..76 => self.portal_acts().await,
            76..88 => self.time_passes().await,
            88..94 => ways::resolver_looks(self).await?,
            94..97 => ways::resolver_dies(self).await,
            _ => self.house_burns().await,
        }
        Ok(())
    }

    fn wish(&mut self, kind: Kind, value: i64) {
        let transaction_only = kind == Kind::Cancel && self.dice.once_in(4);
        let key = format!("{}-{}", self.reference, self.wishes.len());
        self.wishes.push(Wish {
            kind,
            value: if kind == Kind::Cancel { 0 } else { value },
            transaction_only,
            key,
        });
    }

    fn trouble_begins(&mut self) {
        let name = trouble::add(
            self.stage.world.simulator.test(),
            self.reference.as_str(),
            &mut self.dice,
        );
        self.tell(|| name.to_owned());
    }

    /// Connections are refused for a while.
    async fn house_burns(&mut self) {
        let world = self.stage.world.simulator.test().clone();
        self.coverage.met("fault: connection refused");
        self.tell(|| "connections are refused".to_owned());
        world.close().await;
        let last = self.wishes.len() - 1;
        let wish = self.wishes[last].clone();
        let asked = wish.ask(&self.app, &self.stage.world.north, &self.reference);
        let answer = self.stage.finish(asked).await;
        self.answers.push((last, Said::of(&answer)));
        self.tell(|| format!("asked meanwhile: {:?}", Said::of(&answer)));
        world.open().await.unwrap();
    }

    pub(super) async fn customer_acts(&mut self) {
        let world = self.stage.world.simulator.test();
        let (msn, reference) = (self.stage.world.north.msn.as_str(), self.reference.as_str());
        let (done, what) = match self.dice.up_to(15) {
            0 => (world.decline(msn, reference).is_ok(), "customer: declines"),
            1 => (world.expire(msn, reference).is_ok(), "customer: never answers"),
            2 | 3 => {
                let north = &self.stage.world.north;
                let approve = north.approve(&self.app, &self.reference);
                let approved = self.stage.finish(approve).await;
                (approved.is_ok(), "customer: approves through the gateway")
            }
            _ => (world.approve(msn, reference).is_ok(), "customer: approves"),
        };
        if done {
            self.coverage.met(what);
            self.tell(|| what.to_owned());
        }
    }

    /// Somebody else moves the same money, most cruelly the very amount that we are about to.
    async fn portal_acts(&mut self) {
        let last = self.wishes.last().unwrap();
        let amount = nok(last.value.max(100));
        let key = UpstreamKey::from_stored(format!("portal-{}", self.dice.up_to(1_000_000)));
        let request = last
            .request(&self.app, &self.stage.world.north, &self.reference)
            .await;
        let body = format!(
            r#"{{"modificationAmount":{{"currency":"NOK","value":{}}}}}"#,
            amount.value
        )
        .into_bytes();
        let (envelope, what) = match self.dice.up_to(5) {
            0..3 => {
                let facts = domain::CaptureFacts { amount };
                (
                    prepare::capture(&self.reference, &Forwarded { body, facts }, &key),
                    "portal: captures",
                )
            }
            3 | 4 => {
                let facts = domain::RefundFacts { amount };
                (
                    prepare::refund(&self.reference, &Forwarded { body, facts }, &key),
                    "portal: refunds",
                )
            }
            _ => {
                let facts = domain::CancelFacts {
                    transaction_only: false,
                };
                let body = Vec::new();
                (
                    prepare::cancel(&self.reference, &Forwarded { body, facts }, &key),
                    "portal: cancels",
                )
            }
        };
        let outcome = self.app.vipps().send(&envelope, &request.unit.access).await;
        self.tell(|| format!("{what} {}: {outcome:?}", amount.value));
        if matches!(outcome, domain::Outcome::Accepted(_)) {
            self.coverage.met(what);
        }
    }

    async fn time_passes(&mut self) {
        let by = match self.dice.up_to(11) {
            0..7 => Duration::seconds(self.dice.between(1, 50)),
            7..9 => Duration::minutes(self.dice.between(1, 58)),
            9 | 10 => Duration::minutes(self.dice.between(61, 200)),
            _ => Duration::days(self.dice.between(1, 9)),
        };
        self.tell(|| format!("{by} pass"));
        self.stage.world.advance(by).await;
    }

    /// Trouble ends, and everything is followed to its end.
    async fn calm_down(&mut self) -> Result<(), String> {
        let world = &self.stage.world;
        trouble::end_for_good(world.simulator.test(), &mut self.coverage);
        self.tell(|| "trouble ends".to_owned());
        self.quiet_since = world.clock.now();
        // From here on a slow machine is no trouble.
        self.app = self.stage.patient_process();
        let bound = self.quiet_since + check::BOUND + self.lag;
        while world.clock.now() < bound {
            ways::resolver_looks(self).await?;
            let operations = self.stage.audit.operations(self.reference.as_str()).await;
            if !operations.iter().any(super::audit::Operation::is_open) {
                break;
            }
            world.advance(Duration::seconds(3)).await;
        }
        world.advance(self.lag + Duration::SECOND).await;
        // What was settled is answered the same for ever.
        for index in 0..self.wishes.len() {
            let operations = self.stage.audit.operations(self.reference.as_str()).await;
            let key = &self.wishes[index].key;
            let is_settled =
                |row: &super::audit::Operation| row.key == *key && row.release.is_none() && !row.is_open();
            if operations.iter().any(is_settled) {
                let wish = self.wishes[index].clone();
                let asked = wish.ask(&self.app, &world.north, &self.reference);
                let answer = self.stage.finish(asked).await;
                if !answer.as_ref().is_ok_and(|answered| answered.replayed) {
                    return Err(format!("a settled request was not replayed: {answer:?}"));
                }
                self.answers.push((index, Said::of(&answer)));
            }
        }
        // The limit on reads is a minute's.
        world.advance(Duration::minutes(1)).await;
        let caller = world.north.caller();
        let read = payments::get(&self.app, &caller, &world.north.msn, &self.reference);
        let read = self.stage.finish(read).await;
        self.tell(|| format!("at the end: {read:?}"));
        match read {
            Ok(_) | Err(app::Error::NotFound(_)) => Ok(()),
            Err(error) => Err(format!("the payment cannot be read: {error}")),
        }
    }

    /// What truly happened, by the keys that caused it.
    pub(super) fn ledger(&self) -> Vec<(EventName, i64, Option<String>)> {
        let world = self.stage.world.simulator.test();
        let effects = world.ledger_of(self.stage.world.north.msn.as_str(), self.reference.as_str());
        effects
            .into_iter()
            .map(|effect| (effect.name, effect.amount, effect.idempotency_key))
            .collect()
    }
}
