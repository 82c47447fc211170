//! Whatever stands where a sealed value should be, opening it ends and brings nothing out; a sealed value with
//! one bit changed does not open; and a key file is either read or refused without being repeated.

#![no_main]

use std::sync::LazyLock;

use domain::{Environment, PartnerId};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

#[path = "../../crates/store/src/sealing/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the room has more doors than this one")]
mod sealing;

use sealing::{Context, Keyring, Owner};

static RING: LazyLock<Keyring> = LazyLock::new(|| {
    let line = "bm9yZGJybyBmdXp6IGtleSBvZiAzMiBieXRlcyAhISE=";
    Keyring::parse(line).unwrap_or_else(|_| panic!("the key is not read"))
});

const TABLE: &str = "payments";

fn context(row: u128) -> Context {
    Context {
        environment: Some(Environment::Test),
        owner: Owner::Partner(PartnerId::from_uuid(Uuid::from_u128(1))),
        table: TABLE,
        row: Uuid::from_u128(row),
        version: 1,
    }
}

fuzz_target!(|bytes: &[u8]| {
    assert!(RING.open(&context(1), bytes).is_err());
    if let Some((place, rest)) = bytes.split_first_chunk::<2>()
        && let Ok(sealed) = RING.seal(&context(1), rest)
    {
        let opened = RING.open(&context(1), &sealed);
        assert_eq!(opened.as_deref().map(Vec::as_slice), Ok(rest));
        assert!(RING.open(&context(2), &sealed).is_err());
        let bit = usize::from(u16::from_le_bytes(*place)) % (sealed.len() * 8);
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(RING.open(&context(1), &changed).is_err(), "bit {bit}");
        assert!(
            RING.open(&context(1), &sealed[..bit / 8]).is_err(),
            "cut at {bit}"
        );
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(refused) = Keyring::parse(text)
    {
        let said = refused.to_string();
        let lines = text.lines().map(str::trim).filter(|line| line.len() >= 20);
        for line in lines {
            assert!(!said.contains(line), "{said}");
        }
    }
});
