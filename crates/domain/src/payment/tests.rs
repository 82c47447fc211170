use proptest::prelude::*;
use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::operation::Kind;
use crate::{Currency, Environment};

fn nok(value: i64) -> Amount {
    Amount::new(value, Currency::NOK)
}

fn payment(state: State, aggregate: Aggregate) -> Payment {
    Payment {
        id: PaymentId::from_uuid(Uuid::from_u128(1)),
        partner: PartnerId::from_uuid(Uuid::from_u128(2)),
        environment: Environment::Test,
        assignment: AssignmentId::from_uuid(Uuid::from_u128(3)),
        msn: "123456".parse().unwrap(),
        reference: "acme-shop-1".parse().unwrap(),
        state,
        amount: nok(1_000),
        aggregate,
        psp_reference: None,
        created_at: datetime!(2026-01-01 00:00 UTC),
        version: 4,
    }
}

fn reading(state: State, aggregate: Aggregate) -> Reading {
    Reading {
        reference: "acme-shop-1".parse().unwrap(),
        state,
        amount: nok(1_000),
        aggregate,
        psp_reference: "psp-1".to_owned(),
        body: Vec::new(),
    }
}

const RESERVED: Aggregate = Aggregate {
    authorized: 1_000,
    captured: 0,
    refunded: 0,
    cancelled: 0,
};

fn sound() -> impl Strategy<Value = Aggregate> {
    (0..100_000_i64)
        .prop_flat_map(|authorized| (Just(authorized), 0..=authorized))
        .prop_flat_map(|(authorized, captured)| {
            (
                Just(authorized),
                Just(captured),
                0..=captured,
                0..=authorized - captured,
            )
        })
        .prop_map(|(authorized, captured, refunded, cancelled)| Aggregate {
            authorized,
            captured,
            refunded,
            cancelled,
        })
}

fn open() -> impl Strategy<Value = Open> {
    (0..50_000_i64, 0..50_000_i64, any::<bool>()).prop_map(|(captures, refunds, cancel)| Open {
        captures,
        refunds,
        cancel,
    })
}

proptest! {
    #[test]
    fn whatever_is_allowed_leaves_the_sums_sound_even_if_everything_open_comes_about(
        sums in sound(), open in open(), asked in 0..100_000_i64,
    ) {
        let payment = payment(State::Authorized, sums);
        if payment.allow(Move::Capture(nok(asked)), open).is_ok() && asked > 0 {
            let after = Aggregate { captured: sums.captured + asked + open.captures, ..sums };
            prop_assert!(after.is_sound(), "{after:?}");
            prop_assert!(!open.cancel);
        }
        if payment.allow(Move::Refund(nok(asked)), open).is_ok() && asked > 0 {
            // Open captures may all fail and open refunds all come about.
            let after = Aggregate { refunded: sums.refunded + asked + open.refunds, ..sums };
            prop_assert!(after.is_sound(), "{after:?}");
        }
    }

    #[test]
    fn merging_never_shrinks_and_never_believes_what_cannot_be_true(
        books in sound(), said in sound(), version in 3..6_i64,
    ) {
        let payment = payment(State::Authorized, books);
        match payment.merge(&reading(State::Authorized, said), version) {
            Merged::Changed(merged) => {
                prop_assert_eq!(version, payment.version);
                prop_assert!(merged.aggregate.has_grown_from(books));
                prop_assert!(merged.aggregate.is_sound());
            }
            Merged::Same => prop_assert_eq!(books, said),
            Merged::Stale => prop_assert_ne!(version, payment.version),
            Merged::Unsound(_) => prop_assert!(!said.has_grown_from(books)),
        }
    }
}

#[test]
fn an_open_cancel_leaves_nothing_to_capture_and_an_open_capture_funds_no_refund() {
    let payment = payment(State::Authorized, RESERVED);
    let cancelling = Open {
        cancel: true,
        ..Open::default()
    };
    assert_eq!(payment.capturable(cancelling), 0);
    let capturing = Open::over([(Kind::Capture, 400), (Kind::Create, 9)]);
    assert_eq!(payment.capturable(capturing), 600);
    assert_eq!(payment.refundable(capturing), 0);
    assert_eq!(
        payment.allow(Move::Refund(nok(1)), capturing),
        Err(Refusal::ExceedsRefundable {
            asked: nok(1),
            left: nok(0)
        })
    );
}

#[test]
fn each_refusal_has_its_reason() {
    let created = payment(State::Created, Aggregate::default());
    let open = Open::default();
    assert_eq!(
        created.allow(Move::Capture(nok(1)), open),
        Err(Refusal::NotAuthorized {
            state: State::Created
        })
    );
    assert_eq!(
        created.allow(
            Move::Cancel {
                transaction_only: true
            },
            open
        ),
        Ok(())
    );
    let reserved = payment(State::Authorized, RESERVED);
    assert_eq!(
        reserved.allow(
            Move::Cancel {
                transaction_only: true
            },
            open
        ),
        Err(Refusal::AlreadyApproved)
    );
    assert_eq!(
        reserved.allow(Move::Capture(Amount::new(1, Currency::EUR)), open),
        Err(Refusal::WrongCurrency {
            asked: Currency::EUR,
            payment: Currency::NOK
        })
    );
    let taken = payment(
        State::Authorized,
        Aggregate {
            captured: 1_000,
            ..RESERVED
        },
    );
    assert_eq!(
        taken.allow(
            Move::Cancel {
                transaction_only: false
            },
            open
        ),
        Err(Refusal::NothingToCancel)
    );
    let expired = payment(State::Expired, Aggregate::default());
    assert_eq!(
        expired.allow(
            Move::Cancel {
                transaction_only: false
            },
            open
        ),
        Err(Refusal::NotCancellable {
            state: State::Expired
        })
    );
}

#[test]
fn a_lie_about_another_payment_is_not_merged() {
    let books = payment(State::Authorized, RESERVED);
    let honest = reading(State::Authorized, RESERVED);
    assert!(matches!(books.merge(&honest, 4), Merged::Changed(_)));
    for lie in [
        Reading {
            reference: "acme-shop-2".parse().unwrap(),
            ..honest.clone()
        },
        Reading {
            amount: nok(999),
            ..honest.clone()
        },
        Reading {
            amount: nok(1_001),
            ..honest.clone()
        },
        Reading {
            amount: Amount::new(1_000, Currency::EUR),
            ..honest.clone()
        },
        Reading {
            state: State::Created,
            ..honest.clone()
        },
        Reading {
            aggregate: Aggregate {
                refunded: 1,
                ..RESERVED
            },
            ..honest.clone()
        },
        Reading {
            aggregate: Aggregate {
                authorized: 999,
                ..RESERVED
            },
            ..honest.clone()
        },
    ] {
        assert!(matches!(books.merge(&lie, 4), Merged::Unsound(_)), "{lie:?}");
    }
}

#[test]
fn shipping_on_top_is_believed_when_it_is_what_was_reserved() {
    let books = payment(State::Created, Aggregate::default());
    let with_shipping = Reading {
        amount: nok(1_099),
        ..reading(
            State::Authorized,
            Aggregate {
                authorized: 1_099,
                ..RESERVED
            },
        )
    };
    assert!(matches!(books.merge(&with_shipping, 4), Merged::Changed(_)));
}

#[test]
fn a_cancel_is_seen_in_the_state_or_in_the_released_rest() {
    assert!(payment(State::Terminated, Aggregate::default()).is_cancelled());
    assert!(
        payment(
            State::Authorized,
            Aggregate {
                captured: 400,
                cancelled: 600,
                ..RESERVED
            }
        )
        .is_cancelled()
    );
    assert!(
        !payment(
            State::Authorized,
            Aggregate {
                captured: 1_000,
                ..RESERVED
            }
        )
        .is_cancelled()
    );
    assert!(!payment(State::Authorized, RESERVED).is_cancelled());
}
