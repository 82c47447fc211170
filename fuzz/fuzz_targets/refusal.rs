//! Whatever stands in a refusal, reading it ends, keeps the bytes, and keeps every text short.

#![no_main]

use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;
use time::macros::datetime;

#[path = "../../crates/outbound/src/vipps/refusal/mod.rs"]
mod refusal;

#[path = "../stand_ins/exchange.rs"]
mod exchange;

const NOW: OffsetDateTime = datetime!(2026-11-06 08:49:07 UTC);
const LONGEST: usize = 2_000;

// The first line is the header `Retry-After`, the rest is the body.
fuzz_target!(|bytes: &[u8]| {
    let (header, body) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (Some(&bytes[..end]), &bytes[end + 1..]),
        None => (None, bytes),
    };
    let rejected = refusal::read(
        exchange::Answer {
            status: 400,
            retry_after: header.map(|header| String::from_utf8_lossy(header).into_owned()),
            body: body.to_vec(),
        },
        NOW,
    );
    assert_eq!((rejected.status, rejected.body.as_slice()), (400, body));
    assert!(rejected.retry_after.is_none_or(|seconds| seconds <= 86_400));
    assert!(rejected.fields.len() <= 100);
    let texts = [rejected.code, rejected.title, rejected.detail, rejected.trace_id];
    for text in texts.into_iter().flatten() {
        assert!(!text.is_empty() && text.chars().count() <= LONGEST);
    }
});
