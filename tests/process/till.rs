//! What a partner's till does and remembers: it asks until it knows, with the same words under the same key.

use serde_json::Value;
use simulator::{Effect, EventName, World};
use testkit::desk::{modification, web};
use testkit::{Answer, Dice};

use crate::caller::{Caller, Letter};
use crate::watch::pause;

const MSN: &str = "100001";

/// How often a till asks within one life of the gateway, when it is told "later".
const TRIES: usize = 4;

/// What the partner knows of one request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Known {
    Nothing,
    Yes(Value),
    No(String),
}

#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) what: &'static str,
    pub(crate) value: i64,
    letter: Letter,
    pub(crate) known: Known,
}

/// One customer's order: its wishes come one after another, each of another amount.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) reference: String,
    pub(crate) wishes: Vec<Wish>,
}

/// Why a till stopped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    Done,
    /// Told "later" too often, or for longer than it waits.
    Later,
    /// The gateway is gone.
    Gone,
}

impl Order {
    pub(crate) fn new(reference: &str, dice: &mut Dice) -> Self {
        let mut wishes = vec![("create", 10_000)];
        wishes.extend(match dice.up_to(4) {
            0 => vec![("cancel", 0)],
            1 => vec![("capture", 10_000)],
            2 => vec![("capture", 3_000), ("refund", 1_000)],
            3 => vec![("capture", 3_000), ("capture", 2_000), ("cancel", 0)],
            _ => vec![
                ("capture", 3_000),
                ("refund", 500),
                ("refund", 700),
                ("capture", 4_000),
            ],
        });
        let wish = |(number, (what, value)): (usize, (&'static str, i64))| {
            let body = match what {
                "create" => Some(web(reference, value)),
                "cancel" => None,
                _ => Some(modification(value)),
            };
            let path = match what {
                "create" => "/payments".to_owned(),
                _ => format!("/payments/{reference}/{what}"),
            };
            let key = format!("{reference}-{number}");
            Wish {
                what,
                value,
                letter: Letter::post(MSN, &path, &key, body),
                known: Known::Nothing,
            }
        };
        Self {
            reference: reference.to_owned(),
            wishes: wishes.into_iter().enumerate().map(wish).collect(),
        }
    }

    pub(crate) fn is_known(&self) -> bool {
        self.wishes.iter().all(|wish| wish.known != Known::Nothing)
    }

    /// Asks for what is not known yet, in order. A wish that may still happen holds up the next ones. `wait` is in
    /// seconds: for an answer, and before it asks again what is asked too often.
    pub(crate) async fn go_on(&mut self, caller: &Caller, world: &World, wait: u32) -> Stopped {
        for wish in &mut self.wishes {
            let mut tries = 0;
            while wish.known == Known::Nothing {
                if tries == TRIES {
                    return Stopped::Later;
                }
                tries += 1;
                let Ok(answer) = caller.ask(&wish.letter, wait).await else {
                    return Stopped::Gone;
                };
                wish.hear(&answer);
                if answer.status == 429 {
                    let after = answer.header("retry-after").unwrap().parse().unwrap();
                    if after > wait {
                        return Stopped::Later;
                    }
                    pause(after).await;
                }
            }
            // The customer; a payment that never came about cannot be approved.
            if wish.what == "create" {
                let _approved_before: Result<_, _> = world.approve(MSN, &self.reference);
            }
        }
        Stopped::Done
    }

    /// The partner's answers and the gateway's books beside the ledger.
    ///
    /// # Errors
    /// What contradicts what.
    pub(crate) async fn is_true(&self, caller: &Caller, world: &World) -> Result<(), String> {
        let ledger = world.ledger_of(MSN, &self.reference);
        for wish in &self.wishes {
            let happened = wish.effects(&ledger);
            let holds = match &wish.known {
                Known::Yes(_) => happened == 1,
                Known::No(_) => happened == 0,
                Known::Nothing => happened <= 1,
            };
            if !holds {
                return Err(format!(
                    "{}: {wish:?} happened {happened} times: {ledger:?}",
                    self.reference
                ));
            }
        }
        if !self.is_known() {
            return Ok(());
        }
        let path = format!("/payments/{}", self.reference);
        let payment = caller
            .ask(&Letter::get(MSN, &path), 15)
            .await
            .map_err(|it| it.to_string())?;
        if self.wishes[0].known == Known::No("payment_not_created".to_owned()) {
            return if payment.status == 404 && ledger.is_empty() {
                Ok(())
            } else {
                Err(format!(
                    "{payment}\nof what never came about, and the ledger has {ledger:?}"
                ))
            };
        }
        let sum = |name| -> i64 {
            let effects = ledger.iter().filter(|effect| effect.name == name);
            effects.map(|effect| effect.amount).sum()
        };
        for (member, name) in [
            ("authorizedAmount", EventName::Authorized),
            ("capturedAmount", EventName::Captured),
            ("refundedAmount", EventName::Refunded),
            ("cancelledAmount", EventName::Cancelled),
        ] {
            if payment.at(&format!("/aggregate/{member}/value")) != sum(name) {
                let wishes = &self.wishes;
                return Err(format!(
                    "{payment}\nand the ledger has {ledger:?}, after {wishes:#?}"
                ));
            }
        }
        Ok(())
    }

    /// Every yes is said again word by word, and the operation's own page agrees.
    ///
    /// # Errors
    /// The answer that says something else.
    pub(crate) async fn is_remembered(&self, caller: &Caller) -> Result<(), String> {
        for wish in &self.wishes {
            let Known::Yes(said) = &wish.known else {
                continue;
            };
            let again = caller.ask(&wish.letter, 15).await.map_err(|it| it.to_string())?;
            if !again.is_replayed() || identity(&again.json()) != identity(said) {
                return Err(format!("said once: {said}\nand now {again}"));
            }
            if let Some(id) = said["id"].as_str() {
                let path = format!("/payments/{}/operations/{id}", self.reference);
                let page = caller
                    .ask(&Letter::get(MSN, &path), 15)
                    .await
                    .map_err(|it| it.to_string())?;
                if page.at("/status") != "succeeded" {
                    return Err(format!("said to have succeeded, and now {page}"));
                }
            }
        }
        Ok(())
    }
}

/// What may never differ between two answers about one operation.
fn identity(answer: &Value) -> Vec<Value> {
    ["id", "type", "status", "amount", "reference"]
        .iter()
        .map(|member| answer[member].clone())
        .collect()
}

impl Wish {
    fn hear(&mut self, answer: &Answer) {
        self.known = match answer.status {
            200 | 201 => Known::Yes(answer.json()),
            202 => Known::Nothing,
            _ if answer.at("/retryable") == true => Known::Nothing,
            500.. => Known::Nothing,
            _ => Known::No(answer.code()),
        };
    }

    fn effects(&self, ledger: &[Effect]) -> usize {
        let is_it = |effect: &&Effect| match self.what {
            "create" => effect.name == EventName::Created,
            "capture" => effect.name == EventName::Captured && effect.amount == self.value,
            "refund" => effect.name == EventName::Refunded && effect.amount == self.value,
            _ => matches!(effect.name, EventName::Cancelled | EventName::Terminated),
        };
        ledger.iter().filter(is_it).count()
    }
}
