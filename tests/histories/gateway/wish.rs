//! What a partner wants, under one key of its own, and how it was answered.

use app::money::{Body, Request};
use app::{Allowance, Answered, App, Error, Wait, payments};
use domain::operation::{Kind, Status};
use domain::{CancelFacts, CaptureFacts, Forwarded, Reference, RefundFacts};
use testkit::{Partner, nok};

#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) kind: Kind,
    pub(super) value: i64,
    pub(super) transaction_only: bool,
    pub(super) key: String,
}

/// How a request for it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Ended(Status),
    StillOpen,
    /// The key is free, or never was bound.
    No,
}

impl Said {
    pub(super) fn of(answer: &Result<Answered, Error>) -> Self {
        match answer {
            Ok(answered) if answered.operation.status.is_open() => Self::StillOpen,
            Ok(answered) => Self::Ended(answered.operation.status),
            Err(_) => Self::No,
        }
    }
}

impl Wish {
    /// As a request whose steps are taken one by one.
    pub(super) async fn request(&self, app: &App, north: &Partner, reference: &Reference) -> Request {
        let probe = north.capture_of(app, reference, 1, &self.key);
        let request = payments::requested(app, &north.caller(), probe).await.unwrap();
        Request {
            body: self.body(reference),
            ..request
        }
    }

    fn body(&self, reference: &Reference) -> Body {
        match self.kind {
            Kind::Create => Body::Create(Partner::create_of(reference, self.value)),
            Kind::Capture => Body::Capture(self.capture()),
            Kind::Refund => Body::Refund(self.refund()),
            Kind::Cancel => Body::Cancel(self.cancel()),
        }
    }

    fn modification(&self) -> Vec<u8> {
        format!(
            r#"{{ "modificationAmount": {{"value":{}, "currency":"NOK"}} }}"#,
            self.value
        )
        .into_bytes()
    }

    fn capture(&self) -> Forwarded<CaptureFacts> {
        Forwarded {
            body: self.modification(),
            facts: CaptureFacts {
                amount: nok(self.value),
            },
        }
    }

    fn refund(&self) -> Forwarded<RefundFacts> {
        Forwarded {
            body: self.modification(),
            facts: RefundFacts {
                amount: nok(self.value),
            },
        }
    }

    fn cancel(&self) -> Forwarded<CancelFacts> {
        let body = if self.transaction_only {
            br#"{"cancelTransactionOnly":true}"#.to_vec()
        } else {
            Vec::new()
        };
        Forwarded {
            body,
            facts: CancelFacts {
                transaction_only: self.transaction_only,
            },
        }
    }

    /// As a partner's request.
    pub(super) async fn ask(
        &self,
        app: &App,
        north: &Partner,
        reference: &Reference,
    ) -> Result<Answered, Error> {
        let caller = north.caller();
        let (msn, reference, key) = (north.msn.clone(), reference.clone(), self.key.parse().unwrap());
        let wait = Wait {
            until: app.clock().now() + north.patience,
        };
        match self.kind {
            Kind::Create => {
                let forwarded = Partner::create_of(&reference, self.value);
                let create = payments::Create {
                    msn,
                    key,
                    forwarded,
                    wait,
                    allowance: Allowance::free(),
                };
                payments::create(app, &caller, create).await
            }
            Kind::Capture => {
                let forwarded = self.capture();
                let capture = payments::Capture {
                    msn,
                    reference,
                    key,
                    forwarded,
                    wait,
                    allowance: Allowance::free(),
                };
                payments::capture(app, &caller, capture).await
            }
            Kind::Refund => {
                let forwarded = self.refund();
                let refund = payments::Refund {
                    msn,
                    reference,
                    key,
                    forwarded,
                    wait,
                    allowance: Allowance::free(),
                };
                payments::refund(app, &caller, refund).await
            }
            Kind::Cancel => {
                let forwarded = self.cancel();
                let cancel = payments::Cancel {
                    msn,
                    reference,
                    key,
                    forwarded,
                    wait,
                    allowance: Allowance::free(),
                };
                payments::cancel(app, &caller, cancel).await
            }
        }
    }
}
