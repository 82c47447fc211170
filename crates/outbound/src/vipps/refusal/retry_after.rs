//! `Retry-After`: seconds, or one of HTTP's three ways to write a date (RFC 9110, 5.6.7 and 10.2.3).

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// C's `asctime`, still legal.
const ASCTIME: &[BorrowedFormatItem<'_>] = format_description!(
    "[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]"
);

/// Seconds from `now`; a date that is past is 0; what is neither is none.
pub(super) fn read(header: &str, now: OffsetDateTime) -> Option<u64> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(seconds);
    }
    let at = OffsetDateTime::parse(header, &Rfc2822)
        .ok()
        .or_else(|| rfc850(header, now))
        .or_else(|| {
            PrimitiveDateTime::parse(header, ASCTIME)
                .ok()
                .map(PrimitiveDateTime::assume_utc)
        })?;
    let wait = at - now;
    // Rounded up: a moment too early earns the next refusal.
    let seconds = wait.whole_seconds() + i64::from(wait.subsec_nanoseconds() > 0);
    Some(u64::try_from(seconds).unwrap_or(0))
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`: two digits of year mean the latest one that is at most 50 years ahead.
fn rfc850(header: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let (_, date) = header.split_once(", ")?;
    let mut parts = date.splitn(3, '-');
    let (day, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, time_of_day) = rest.split_once(' ')?;
    let year: i32 = year.parse().ok().filter(|_| year.len() == 2)?;
    let mut full = now.year() - now.year().rem_euclid(100) + year;
    if full > now.year() + 50 {
        full -= 100;
    }
    OffsetDateTime::parse(&format!("{day} {month} {full} {time_of_day}"), &Rfc2822).ok()
}

/// The Azure gateway says it in its message: "Rate limit is exceeded. Try again in 23 seconds."
pub(super) fn in_prose(message: &str) -> Option<u64> {
    let (_, after) = message.split_once("ry again in ")?;
    let (seconds, unit) = after.split_once(' ')?;
    let seconds = seconds.parse().ok()?;
    unit.starts_with("second").then_some(seconds)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-06 08:49:07 UTC);

    #[test]
    fn seconds_and_all_three_kinds_of_date_are_read() {
        for (header, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Fri, 06 Nov 2026 08:49:37 GMT", Some(30)),
            ("Friday, 06-Nov-26 08:49:37 GMT", Some(30)),
            ("Fri Nov  6 08:49:37 2026", Some(30)),
            ("Thu, 05 Nov 2026 08:49:37 GMT", Some(0)),
            ("1.5", None),
            ("-3", None),
            ("soon", None),
            ("", None),
            ("99999999999999999999999", None),
            ("Friday, 06-Nov-ø6 08:49:37 GMT", None),
        ] {
            assert_eq!(read(header, NOW), seconds, "{header}");
        }
    }

    #[test]
    fn a_part_of_a_second_counts_as_a_whole_one() {
        let half = NOW + time::Duration::milliseconds(500);
        assert_eq!(read("Fri, 06 Nov 2026 08:49:37 GMT", half), Some(30));
    }

    #[test]
    fn the_gateways_prose_is_read() {
        assert_eq!(
            in_prose("Rate limit is exceeded. Try again in 23 seconds."),
            Some(23)
        );
        assert_eq!(in_prose("Try again in a while."), None);
    }
}
