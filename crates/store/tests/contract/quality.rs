//! What the ledger of API quality promises: sums, pages, and nobody else's rows.

use domain::{ApiCall, Blame, Environment};
use store::quality::{Calls, Door, QualityFilter};
use time::macros::{date, datetime};
use time::{Date, Duration, OffsetDateTime};

use crate::databases::{Fresh, TEST, on_each, partner};
use crate::registry::two_partners;

const NOON: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);
const TODAY: Date = date!(2026 - 11 - 25);

fn call(number: u128, msn: &str, endpoint: &'static str, blame: Blame, status: u16) -> ApiCall {
    ApiCall {
        partner: partner(number),
        environment: TEST,
        day: TODAY,
        msn: msn.parse().ok(),
        api: "epayment".into(),
        endpoint: endpoint.into(),
        blame,
        status: Some(status).filter(|status| *status > 0),
        code: None,
    }
}

fn of(filter: &str) -> QualityFilter {
    QualityFilter {
        msns: (!filter.is_empty()).then(|| filter.split(',').map(|msn| msn.parse().unwrap()).collect()),
        from: TODAY,
        to: TODAY,
        after: None,
        limit: 100,
    }
}

async fn add(fresh: &Fresh, counts: &[(ApiCall, u64)]) {
    let counts: Vec<_> = counts
        .iter()
        .map(|(call, calls)| {
            (
                call.clone(),
                Calls {
                    calls: *calls,
                    last: NOON,
                },
            )
        })
        .collect();
    let tx = fresh.store.begin_system("test").await.unwrap();
    for number in [1, 2] {
        let scope = tx.system().scope(partner(number), TEST);
        scope.add_api_calls(&counts).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// `msn/endpoint: status x calls, …` of each door.
async fn told(fresh: &Fresh, number: u128, filter: &QualityFilter) -> Vec<String> {
    let reader = fresh.store.read(partner(number), TEST);
    let doors = reader.scope().door_calls(filter).await.unwrap();
    doors
        .iter()
        .map(|it| {
            let ended: Vec<_> = it
                .ended
                .iter()
                .map(|it| format!("{} {}x{}", it.blame.as_str(), it.status.unwrap_or(0), it.calls))
                .collect();
            let msn = it
                .door
                .msn
                .as_ref()
                .map_or_else(|| "-".to_owned(), ToString::to_string);
            format!("{msn}/{}: {}", it.door.endpoint, ended.join(", "))
        })
        .collect()
}

#[tokio::test]
async fn counts_add_up_by_door_and_end_and_stay_with_their_partner() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let yes = call(1, "123456", "capture", Blame::Nobody, 200);
        add(
            fresh,
            &[
                (yes.clone(), 2),
                (call(1, "123456", "capture", Blame::Vipps, 503), 1),
                (call(1, "", "get", Blame::Caller, 401), 1),
                (call(2, "123456", "capture", Blame::NotSent, 0), 7),
            ],
        )
        .await;
        add(
            fresh,
            &[
                (yes.clone(), 3),
                (
                    ApiCall {
                        day: date!(2026 - 11 - 24),
                        ..yes.clone()
                    },
                    9,
                ),
            ],
        )
        .await;
        assert_eq!(
            told(fresh, 1, &of("")).await,
            ["-/get: caller 401x1", "123456/capture: nobody 200x5, vipps 503x1"],
            "{}",
            fresh.name
        );
        assert_eq!(told(fresh, 2, &of("")).await, ["123456/capture: not_sent 0x7"]);
        assert_eq!(told(fresh, 1, &of("123456")).await.len(), 1);
        assert!(told(fresh, 1, &of("654321")).await.is_empty());
        let both_days = QualityFilter {
            from: date!(2026 - 11 - 24),
            ..of("123456")
        };
        assert_eq!(
            told(fresh, 1, &both_days).await,
            ["123456/capture: nobody 200x14, vipps 503x1"]
        );
        let reader = fresh.store.read(partner(1), Environment::Production);
        assert!(reader.scope().door_calls(&of("")).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_last_time_is_the_latest_whatever_comes_in_last() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let yes = call(1, "123456", "capture", Blame::Nobody, 200);
        for last in [NOON, NOON + Duration::HOUR, NOON - Duration::HOUR] {
            let tx = fresh.store.begin_system("test").await.unwrap();
            let counts = [(yes.clone(), Calls { calls: 1, last })];
            let scope = tx.system().scope(partner(1), TEST);
            scope.add_api_calls(&counts).await.unwrap();
            tx.commit().await.unwrap();
        }
        let reader = fresh.store.read(partner(1), TEST);
        let [door] = reader
            .scope()
            .door_calls(&of(""))
            .await
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!(
            (door.ended[0].calls, door.ended[0].last),
            (3, NOON + Duration::HOUR)
        );
    })
    .await;
}

#[tokio::test]
async fn pages_of_doors_follow_each_other_without_gap_or_double() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let mut counts = Vec::new();
        for msn in ["", "1234", "12345", "2345"] {
            for endpoint in ["cancel", "capture", "create"] {
                counts.push((call(1, msn, endpoint, Blame::Nobody, 200), 1));
            }
        }
        add(fresh, &counts).await;
        let all = told(fresh, 1, &of("")).await;
        assert_eq!(all.len(), 12, "{}", fresh.name);
        let mut paged = Vec::new();
        let mut after: Option<Door> = None;
        loop {
            let page = QualityFilter {
                after: after.clone(),
                limit: 5,
                ..of("")
            };
            let reader = fresh.store.read(partner(1), TEST);
            let Some(last) = reader.scope().door_calls(&page).await.unwrap().pop() else {
                break;
            };
            paged.extend(told(fresh, 1, &page).await);
            after = Some(last.door);
        }
        assert_eq!(paged, all);
    })
    .await;
}

#[tokio::test]
async fn old_days_are_forgotten() {
    on_each(async |fresh| {
        two_partners(&fresh.store).await;
        let old = ApiCall {
            day: date!(2025 - 01 - 01),
            ..call(1, "123456", "get", Blame::Nobody, 200)
        };
        add(
            fresh,
            &[(old, 1), (call(1, "123456", "get", Blame::Nobody, 200), 1)],
        )
        .await;
        let tx = fresh.store.begin_system("test").await.unwrap();
        assert_eq!(tx.system().forget_api_calls(TODAY).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let since = QualityFilter {
            from: date!(2025 - 01 - 01),
            ..of("")
        };
        assert_eq!(told(fresh, 1, &since).await, ["123456/get: nobody 200x1"]);
    })
    .await;
}
