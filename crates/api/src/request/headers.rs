//! The headers that a request of `/v1` may carry.

use domain::{IdempotencyKey, Msn, Violation};
use http::HeaderMap;
use time::Duration;

/// `Idempotency-Key`, verbatim and once.
pub(super) fn idempotency_key(headers: &HeaderMap, faults: &mut Vec<Violation>) -> Option<IdempotencyKey> {
    const FIELD: &str = "header Idempotency-Key";
    let mut sent = headers.get_all("idempotency-key").iter();
    let (Some(one), None) = (sent.next(), sent.next()) else {
        let (rule, message) = if headers.contains_key("idempotency-key") {
            ("duplicate", "stands more than once: send one key")
        } else {
            (
                "required",
                "is missing: choose one key for each operation that is meant to happen once",
            )
        };
        faults.push(Violation::new(FIELD, rule, message));
        return None;
    };
    let key = one.to_str().ok().and_then(|text| text.parse().ok());
    if key.is_none() {
        faults.push(Violation::new(
            FIELD,
            "format",
            "must be 1 to 255 printable ASCII characters",
        ));
    }
    key
}

/// `Prefer: wait=N` (RFC 7240), in seconds, cut down to `longest`. Other preferences are not ours.
pub(super) fn wait(headers: &HeaderMap, longest: Duration, faults: &mut Vec<Violation>) -> Option<Duration> {
    let preferences = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split([',', ';']));
    for preference in preferences {
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        if !name.trim().eq_ignore_ascii_case("wait") {
            continue;
        }
        let seconds = value.trim().trim_matches('"').parse::<u32>();
        if let Ok(seconds) = seconds {
            return Some(Duration::seconds(seconds.into()).min(longest));
        }
        faults.push(Violation::new(
            "header Prefer",
            "format",
            "must say wait=N with N in whole seconds",
        ));
        return None;
    }
    None
}

/// `Merchant-Serial-Number` can only confirm the path.
pub(super) fn confirms(headers: &HeaderMap, msn: &Msn, faults: &mut Vec<Violation>) {
    let confirmed = headers
        .get_all("merchant-serial-number")
        .iter()
        .all(|value| value.as_bytes() == msn.as_str().as_bytes());
    if !confirmed {
        faults.push(Violation::new(
            "header Merchant-Serial-Number",
            "differs",
            "must be the sales unit of the path, or be left out",
        ));
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn with(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn key(values: &[&str]) -> Result<String, &'static str> {
        let mut faults = Vec::new();
        idempotency_key(&with("idempotency-key", values), &mut faults)
            .map(|key| key.to_string())
            .ok_or_else(|| faults[0].rule)
    }

    #[test]
    fn a_key_is_taken_verbatim_or_named_as_wrong() {
        assert_eq!(key(&["order 7/a=\"b\""]), Ok("order 7/a=\"b\"".to_owned()));
        assert_eq!(key(&[&"x".repeat(255)]), Ok("x".repeat(255)));
        assert_eq!(key(&[&"x".repeat(256)]), Err("format"));
        assert_eq!(key(&[""]), Err("format"));
        assert_eq!(key(&["a", "a"]), Err("duplicate"));
        assert_eq!(key(&[]), Err("required"));
        let mut faults = Vec::new();
        let mut headers = HeaderMap::new();
        headers.insert(
            "idempotency-key",
            HeaderValue::from_bytes("blåbær".as_bytes()).unwrap(),
        );
        assert_eq!(idempotency_key(&headers, &mut faults), None);
        assert_eq!(faults[0].rule, "format");
    }

    #[test]
    fn a_wait_is_read_among_other_preferences_and_cut_to_the_longest() {
        let asked = |value: &str| {
            let mut faults = Vec::new();
            let wait = wait(&with("prefer", &[value]), Duration::seconds(60), &mut faults);
            (wait.map(Duration::whole_seconds), faults.len())
        };
        assert_eq!(asked("wait=5"), (Some(5), 0));
        assert_eq!(asked("respond-async, wait=0"), (Some(0), 0));
        assert_eq!(asked("Wait = \"7\""), (Some(7), 0));
        assert_eq!(asked("wait=99999"), (Some(60), 0));
        assert_eq!(asked("return=minimal"), (None, 0));
        for wrong in ["wait=soon", "wait=-1", "wait=1.5", "wait", "wait="] {
            assert_eq!(asked(wrong), (None, 1), "{wrong}");
        }
    }

    #[test]
    fn the_serial_number_in_a_header_can_only_confirm() {
        let faults = |values: &[&str]| {
            let mut faults = Vec::new();
            let msn = "123456".parse().unwrap();
            confirms(&with("merchant-serial-number", values), &msn, &mut faults);
            faults.len()
        };
        assert_eq!(faults(&[]), 0);
        assert_eq!(faults(&["123456"]), 0);
        assert_eq!(faults(&["654321"]), 1);
        assert_eq!(faults(&["123456", "654321"]), 1);
        assert_eq!(faults(&["0123456"]), 1);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(bytes in proptest::collection::vec(32_u8..255, 0..60)) {
            let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
            let mut headers = HeaderMap::new();
            headers.insert("prefer", value.clone());
            headers.insert("idempotency-key", value);
            let mut faults = Vec::new();
            let _ = wait(&headers, Duration::MINUTE, &mut faults);
            let _ = idempotency_key(&headers, &mut faults);
        }
    }
}
