//! Whatever Vipps refuses with, it becomes a problem of the table: one that says what to do, in every language, and
//! that the same answer becomes again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;
use time::macros::datetime;

#[path = "../../crates/outbound/src/vipps/refusal/mod.rs"]
mod refusal;

#[path = "../stand_ins/exchange.rs"]
mod exchange;

#[expect(dead_code, reason = "the rest of the table is for other rooms")]
#[path = "../../crates/api/src/problem"]
mod problem {
    mod code;
    mod table;
    mod vipps;

    pub(crate) use code::Code;
    pub(crate) use table::{Entry, table};
    pub(crate) use vipps::{Vipps, violations};
}

use problem::{Vipps, table, violations};

const NOW: OffsetDateTime = datetime!(2026-11-06 08:49:07 UTC);
const OPERATIONS: [&str; 6] = [
    "createPayment",
    "getPayment",
    "capturePayment",
    "refundPayment",
    "cancelPayment",
    "",
];

// The first byte is the operation, the next two are the status, the rest is the body.
fuzz_target!(|bytes: &[u8]| {
    let [operation, high, low, body @ ..] = bytes else {
        return;
    };
    let operation = OPERATIONS[usize::from(*operation) % OPERATIONS.len()];
    let status = 100 + u16::from_be_bytes([*high, *low]) % 900;
    let read = || {
        let answer = exchange::Answer {
            status,
            retry_after: None,
            body: body.to_vec(),
        };
        refusal::read(answer, NOW)
    };
    let rejected = read();
    let row = table().of_vipps(operation, rejected.status, rejected.code.as_deref());
    assert!((400..=599).contains(&row.status));
    assert!(table().customer(row).is_some() && table().staff(row).is_some());
    assert!(!row.remedy.is_empty() && !row.explanation.is_empty());
    if let Some(code) = rejected.code.as_deref() {
        // A row for something else is taken only where the status says more than a code that nobody knows.
        let theirs = [code.to_owned(), format!("{code}/{operation}")];
        let is_known = row.vipps.iter().any(|said| theirs.contains(said));
        let by_status = row.vipps.contains(&format!("http:{status}"));
        assert!(is_known || by_status || row.code == "vipps_refused");
    }
    for violation in violations(row, &rejected) {
        assert!(!violation.field.is_empty() && !violation.message.is_empty());
    }
    let said = serde_json::to_value(Vipps::from(&rejected)).unwrap();
    assert_eq!(said["status"], status);
    let again = read();
    let same = table().of_vipps(operation, again.status, again.code.as_deref());
    assert_eq!(row.code, same.code);
});
