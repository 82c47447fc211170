use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;

const PATIENT: Duration = Duration::MAX;
const SECOND: Duration = Duration::SECOND;

fn limits(gateway: usize, partner: usize, unit: usize) -> Limits {
    let limit = |at_once| Limit {
        at_once,
        waiting: 100,
    };
    Limits {
        gateway: limit(gateway),
        partner: limit(partner),
        sales_unit: limit(unit),
    }
}

type One = Fair<&'static str, u32>;

fn wait(fair: &mut One, partner: &'static str, unit: u32) -> Ticket {
    match fair.ask(partner, unit, PATIENT) {
        Asked::Wait { ticket, .. } => ticket,
        other @ (Asked::Enter | Asked::Refuse { .. }) => panic!("{other:?}"),
    }
}

fn enter(fair: &mut One, partner: &'static str, unit: u32) {
    assert_eq!(fair.ask(partner, unit, PATIENT), Asked::Enter);
}

#[test]
fn a_slow_unit_fills_its_own_places_and_its_own_line_only() {
    let mut fair = One::new(limits(10, 8, 2));
    enter(&mut fair, "a", 1);
    enter(&mut fair, "a", 1);
    for _ in 0..50 {
        wait(&mut fair, "a", 1);
    }
    for unit in [2, 3, 4] {
        enter(&mut fair, "a", unit);
        enter(&mut fair, "b", unit);
    }
    assert_eq!(
        fair.waited(),
        Tally {
            sales_unit: 50,
            ..Tally::default()
        }
    );
}

#[test]
fn a_place_that_becomes_free_goes_to_whoever_has_the_fewest() {
    let mut fair = One::new(limits(4, 4, 4));
    for _ in 0..4 {
        enter(&mut fair, "greedy", 1);
    }
    let mut greedy = Vec::new();
    for _ in 0..20 {
        greedy.push(wait(&mut fair, "greedy", 1));
    }
    let modest = wait(&mut fair, "modest", 9);
    assert_eq!(
        fair.done("greedy", 1, SECOND),
        [modest],
        "last in line, first in right"
    );
    assert_eq!(fair.done("greedy", 1, SECOND), [greedy[0]]);
}

#[test]
fn equals_take_turns_and_so_do_the_units_of_one_partner() {
    let mut fair = One::new(limits(1, 1, 1));
    enter(&mut fair, "a", 1);
    let names: HashMap<Ticket, (&str, u32)> = [("a", 1), ("a", 1), ("a", 2), ("b", 7), ("b", 7), ("b", 8)]
        .into_iter()
        .map(|(partner, unit)| (wait(&mut fair, partner, unit), (partner, unit)))
        .collect();
    let mut last = ("a", 1);
    let mut order = Vec::new();
    for _ in 0..6 {
        let admitted = fair.done(last.0, last.1, SECOND);
        assert_eq!(admitted.len(), 1);
        last = names[&admitted[0]];
        order.push(last);
    }
    assert_eq!(
        order,
        [("a", 1), ("b", 7), ("a", 2), ("b", 8), ("a", 1), ("b", 7)]
    );
    assert!(fair.done("b", 7, SECOND).is_empty());
    assert_eq!(fair.standing(), (0, 0));
    assert!(
        fair.partners.is_empty() && fair.turns.is_empty(),
        "nothing is kept of the idle"
    );
}

#[test]
fn a_full_line_turns_away_and_names_the_limit() {
    let mut fair = One::new(Limits {
        sales_unit: Limit {
            at_once: 1,
            waiting: 1,
        },
        partner: Limit {
            at_once: 8,
            waiting: 2,
        },
        gateway: Limit {
            at_once: 8,
            waiting: 3,
        },
    });
    for (partner, unit) in [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2)] {
        enter(&mut fair, partner, unit);
    }
    wait(&mut fair, "a", 1);
    let by = |asked| match asked {
        Asked::Refuse { by, .. } => by,
        other @ (Asked::Enter | Asked::Wait { .. }) => panic!("{other:?}"),
    };
    assert_eq!(by(fair.ask("a", 1, PATIENT)), Which::SalesUnit);
    wait(&mut fair, "a", 2);
    assert_eq!(by(fair.ask("a", 3, PATIENT)), Which::Partner);
    wait(&mut fair, "b", 1);
    assert_eq!(by(fair.ask("b", 2, PATIENT)), Which::Gateway);
    assert_eq!(
        fair.refused(),
        Tally {
            gateway: 1,
            partner: 1,
            sales_unit: 1
        }
    );
}

#[test]
fn whoever_would_wait_too_long_is_told_at_once_and_for_how_long() {
    let mut fair = One::new(limits(8, 8, 2));
    let ten = Duration::seconds(10);
    enter(&mut fair, "a", 1);
    enter(&mut fair, "a", 1);
    enter(&mut fair, "a", 1_000);
    fair.done("a", 1, ten);
    enter(&mut fair, "a", 1);
    // Two places of ten seconds each: one becomes free every five.
    assert_eq!(
        fair.ask("a", 1, Duration::seconds(4)),
        Asked::Refuse {
            by: Which::SalesUnit,
            expected: Duration::seconds(5)
        }
    );
    wait(&mut fair, "a", 1);
    wait(&mut fair, "a", 1);
    assert_eq!(
        fair.ask("a", 1, Duration::seconds(14)),
        Asked::Refuse {
            by: Which::SalesUnit,
            expected: Duration::seconds(15)
        }
    );
}

#[test]
fn whoever_leaves_the_line_takes_no_place() {
    let mut fair = One::new(limits(1, 1, 1));
    enter(&mut fair, "a", 1);
    let first = wait(&mut fair, "a", 1);
    let second = wait(&mut fair, "a", 1);
    assert!(fair.leave("a", 1, first));
    assert!(!fair.leave("a", 1, first));
    assert_eq!(fair.done("a", 1, SECOND), [second]);
    assert!(!fair.leave("a", 1, second), "its turn has come");
}

proptest! {
    /// Whatever comes and goes: no limit is exceeded, nobody is lost, and nobody waits who could be in.
    #[test]
    fn no_place_is_lost_or_taken_twice(
        steps in prop::collection::vec((0_u8..3, 0_u8..3, 0_u8..4, any::<prop::sample::Index>()), 1..300),
    ) {
        let limits = Limits {
            gateway: Limit { at_once: 5, waiting: 12 },
            partner: Limit { at_once: 3, waiting: 6 },
            sales_unit: Limit { at_once: 2, waiting: 4 },
        };
        let mut fair: Fair<u8, u8> = Fair::new(limits);
        let mut inside: Vec<(u8, u8)> = Vec::new();
        let mut line: Vec<(Ticket, u8, u8)> = Vec::new();
        for (what, partner, unit, index) in steps {
            match what {
                0 => match fair.ask(partner, unit, PATIENT) {
                    Asked::Enter => inside.push((partner, unit)),
                    Asked::Wait { ticket, .. } => line.push((ticket, partner, unit)),
                    Asked::Refuse { .. } => {}
                },
                1 if !inside.is_empty() => {
                    let (partner, unit) = inside.swap_remove(index.index(inside.len()));
                    for ticket in fair.done(partner, unit, SECOND) {
                        let at = line.iter().position(|(waiting, _, _)| *waiting == ticket);
                        let (_, partner, unit) = line.remove(at.expect("a ticket that waits"));
                        inside.push((partner, unit));
                    }
                }
                2 if !line.is_empty() => {
                    let (ticket, partner, unit) = line.swap_remove(index.index(line.len()));
                    prop_assert!(fair.leave(partner, unit, ticket));
                }
                _ => {}
            }
            let mut of_partner: BTreeMap<u8, usize> = BTreeMap::new();
            let mut of_unit: BTreeMap<(u8, u8), usize> = BTreeMap::new();
            for (partner, unit) in &inside {
                *of_partner.entry(*partner).or_default() += 1;
                *of_unit.entry((*partner, *unit)).or_default() += 1;
            }
            prop_assert_eq!(fair.standing(), (inside.len(), line.len()));
            prop_assert!(inside.len() <= 5);
            prop_assert!(of_partner.values().all(|count| *count <= 3));
            prop_assert!(of_unit.values().all(|count| *count <= 2));
            for (_, partner, unit) in &line {
                let full = inside.len() == 5
                    || of_partner.get(partner) == Some(&3)
                    || of_unit.get(&(*partner, *unit)) == Some(&2);
                prop_assert!(full, "partner {} unit {} waits and could be in", partner, unit);
            }
        }
    }
}
