//! The machine: its clock and its files.

use time::Duration;

use super::report::Check;
use super::vipps::Date;
use crate::config::Config;

/// Beyond this our tokens are refused elsewhere, and good ones here.
const WRONG: Duration = Duration::seconds(60);
const NOTABLE: Duration = Duration::seconds(5);

pub(super) fn clock(dates: &[Date]) -> Check {
    const NAME: &str = "clock";
    const REMEDY: &str = "let NTP set this machine's clock";
    let Some(off) = dates
        .iter()
        .map(|date| date.ours - date.theirs)
        .min_by_key(|off| off.abs())
    else {
        return Check::skipped(NAME, "no other clock was reached to compare with");
    };
    let seconds = off.abs().whole_seconds();
    let direction = if off.is_negative() { "behind" } else { "ahead of" };
    if off.abs() > WRONG {
        let told = format!("{seconds} s {direction} Vipps' clock: tokens are judged wrongly");
        return Check::failed(NAME, told, REMEDY);
    }
    if off.abs() > NOTABLE {
        return Check::warning(NAME, format!("{seconds} s {direction} Vipps' clock"), REMEDY);
    }
    Check::ok(NAME, "agrees with Vipps' clock")
}

/// Files that a process needs beside its connections: databases, logs, calls to Vipps.
const OTHERS: u64 = 512;

/// When file descriptors run out, calls to Vipps fail with them: the connections must be capped first.
pub(super) fn descriptors(config: &Config) -> Check {
    const NAME: &str = "open files";
    let Some(limit) = std::fs::read_to_string("/proc/self/limits")
        .ok()
        .and_then(|text| soft_limit(&text))
    else {
        return Check::skipped(NAME, "this system does not tell its limit");
    };
    // The public and the private listener have a cap each.
    let needed = (config.public.max_connections as u64)
        .saturating_mul(2)
        .saturating_add(u64::from(config.database.max_connections))
        .saturating_add(OTHERS);
    if limit < needed {
        return Check::warning(
            NAME,
            format!("{limit} are allowed here and up to {needed} may be needed"),
            format!(
                "`ulimit -n {needed}` (systemd: LimitNOFILE) where the gateway runs, or lower public.max_connections"
            ),
        );
    }
    Check::ok(
        NAME,
        format!("{limit} are allowed and up to {needed} may be needed"),
    )
}

fn soft_limit(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::report::Status;
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_by_how_much_and_in_which_direction() {
        let date = |ours_ahead: i64| Date {
            theirs: datetime!(2026-11-25 12:00 UTC),
            ours: datetime!(2026-11-25 12:00 UTC) + Duration::seconds(ours_ahead),
        };
        assert_eq!(clock(&[]).status, Status::Skipped);
        assert_eq!(clock(&[date(-2)]).status, Status::Ok);
        let late = clock(&[date(-30)]);
        assert_eq!(late.status, Status::Warning);
        assert_eq!(late.detail, "30 s behind Vipps' clock");
        let early = clock(&[date(3600), date(3601)]);
        assert_eq!(early.status, Status::Failed);
        assert!(early.detail.starts_with("3600 s ahead of"), "{}", early.detail);
        // One host with a wrong clock does not make ours wrong.
        assert_eq!(clock(&[date(3600), date(0)]).status, Status::Ok);
    }

    #[test]
    fn the_limit_is_the_soft_one() {
        let text = "Limit                     Soft Limit           Hard Limit           Units\n\
                    Max processes             63432                63432                processes\n\
                    Max open files            1024                 1048576              files\n";
        assert_eq!(soft_limit(text), Some(1024));
        assert_eq!(soft_limit(&text.replace("1024 ", "unlimited ")), Some(u64::MAX));
        assert_eq!(soft_limit(""), None);
    }
}
