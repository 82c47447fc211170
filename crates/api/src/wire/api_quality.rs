//! The ledger of API quality on the wire.

use app::quality::Quality;
use domain::Blame;
use serde::Serialize;
use utoipa::ToSchema;

use super::Moment;

/// The gateway's calls to one endpoint of Vipps, made for one sales unit on the days asked for. A request that
/// was refused for its token and sent again counts twice, as it does at Vipps.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiQuality {
    /// Absent on calls that are made for no single sales unit, such as those for a partner's access tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "123456", pattern = "^[0-9]{4,10}$")]
    msn: Option<String>,
    /// Which of Vipps' APIs.
    #[schema(example = "epayment")]
    api: String,
    /// Which operation of it.
    #[schema(example = "capture")]
    endpoint: String,
    /// The first day, UTC.
    #[schema(value_type = String, format = Date, example = "2026-11-01")]
    from: String,
    /// The last day, UTC.
    #[schema(value_type = String, format = Date, example = "2026-11-25")]
    to: String,
    /// All calls.
    total: u64,
    /// Answered with a success.
    succeeded: u64,
    /// Answered with 4xx: something was wrong with the request, the keys or the sales unit.
    client_errors: u64,
    /// Answered with 5xx or code 3010, not at all, or with an answer that cannot be believed. Vipps' own doing:
    /// kept out of `successRate`.
    vipps_faults: u64,
    /// Never left the gateway: no connection or no access token. Kept out of `successRate`.
    not_sent: u64,
    /// `succeeded` of `succeeded` and `clientErrors`, 0 to 1. `null` when there are neither.
    #[schema(required = true, minimum = 0, maximum = 1, example = 0.98)]
    success_rate: Option<f64>,
    /// The same calls by how they ended.
    counts: Vec<ApiQualityCount>,
    /// The last answer, or the last that was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<Moment>,
    /// When the oldest operation of this endpoint whose outcome is unknown at this moment was first sent. Absent:
    /// there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_unresolved_at: Option<Moment>,
}

/// Calls that ended alike.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiQualityCount {
    outcome: ApiQualityOutcome,
    /// Vipps' HTTP status. Absent: no answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 100, maximum = 599, example = 400)]
    status: Option<u16>,
    /// Vipps' own code, where its answer has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "6090")]
    code: Option<String>,
    count: u64,
    last_seen_at: Moment,
}

/// How calls ended, by whose doing.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ApiQualityOutcome {
    Succeeded,
    ClientError,
    VippsFault,
    NotSent,
}

impl From<Quality> for ApiQuality {
    fn from(quality: Quality) -> Self {
        let succeeded = quality.calls(Blame::Nobody);
        let client_errors = quality.calls(Blame::Caller);
        Self {
            total: quality.total(),
            succeeded,
            client_errors,
            vipps_faults: quality.calls(Blame::Vipps),
            not_sent: quality.calls(Blame::NotSent),
            success_rate: rate(succeeded, client_errors),
            last_seen_at: quality.last_seen().map(Moment::from),
            oldest_unresolved_at: quality.oldest_unresolved.map(Moment::from),
            msn: quality.msn.map(|msn| msn.to_string()),
            api: quality.api,
            endpoint: quality.endpoint,
            from: quality.from.to_string(),
            to: quality.to.to_string(),
            counts: quality
                .ended
                .into_iter()
                .map(|ended| ApiQualityCount {
                    outcome: outcome(ended.blame),
                    status: ended.status,
                    code: ended.code,
                    count: ended.calls,
                    last_seen_at: ended.last.into(),
                })
                .collect(),
        }
    }
}

const fn outcome(blame: Blame) -> ApiQualityOutcome {
    match blame {
        Blame::Nobody => ApiQualityOutcome::Succeeded,
        Blame::Caller => ApiQualityOutcome::ClientError,
        Blame::Vipps => ApiQualityOutcome::VippsFault,
        Blame::NotSent => ApiQualityOutcome::NotSent,
    }
}

/// To four digits, rounded down: a rate of 1 means that there was no error at all.
fn rate(succeeded: u64, client_errors: u64) -> Option<f64> {
    let judged = succeeded.saturating_add(client_errors);
    let share = u128::from(succeeded) * 10_000;
    let share = share.checked_div(u128::from(judged))?;
    u16::try_from(share).ok().map(|share| f64::from(share) / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_of_what_was_judged_and_only_perfect_when_nothing_was_wrong() {
        assert_eq!(rate(0, 0), None);
        assert_eq!(rate(3, 1), Some(0.75));
        assert_eq!(rate(1_000_000, 1), Some(0.9999));
        assert_eq!(rate(7, 0), Some(1.0));
        assert_eq!(rate(0, 7), Some(0.0));
    }
}
