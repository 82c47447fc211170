//! Whatever stands where a sealed value or a wrapped key should be, opening it ends and brings nothing out; one
//! with a bit changed does not open; and a key file is either read or refused without being repeated.

#![no_main]

use std::sync::LazyLock;

use domain::{Environment, PartnerId};
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

#[path = "../../crates/store/src/sealing/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the room has more doors than this one")]
mod sealing;

use sealing::{Context, DataKey, Keyring, Owner};

static RING: LazyLock<Keyring> = LazyLock::new(|| {
    let line = "bm9yZGJybyBmdXp6IGtleSBvZiAzMiBieXRlcyAhISE=";
    Keyring::parse(line).unwrap_or_else(|_| panic!("the key is not read"))
});

static KEY: LazyLock<DataKey> =
    LazyLock::new(|| DataKey::draw().unwrap_or_else(|_| panic!("no key is drawn")));

const TABLE: &str = "payments";

fn owner() -> Owner {
    Owner::Partner(PartnerId::from_uuid(Uuid::from_u128(1)))
}

fn context(row: u128) -> Context {
    Context {
        environment: Some(Environment::Test),
        owner: owner(),
        table: TABLE,
        row: Uuid::from_u128(row),
        version: 1,
    }
}

/// The same bytes but for one bit.
fn changed(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[bit / 8] ^= 1 << (bit % 8);
    changed
}

fuzz_target!(|bytes: &[u8]| {
    assert!(RING.open(&context(1), bytes).is_err());
    assert!(RING.unwrap(owner(), KEY.id(), bytes).is_err());
    assert!(KEY.open(&context(1), bytes).is_err());
    if let Some((place, rest)) = bytes.split_first_chunk::<2>()
        && let Ok(sealed) = KEY.seal(&context(1), rest)
        && let Ok(wrapped) = RING.wrap(owner(), &KEY)
    {
        let opened = KEY.open(&context(1), &sealed);
        assert_eq!(opened.as_deref().map(Vec::as_slice), Ok(rest));
        assert!(KEY.open(&context(2), &sealed).is_err());
        let bit = usize::from(u16::from_le_bytes(*place)) % (sealed.len() * 8);
        assert!(
            KEY.open(&context(1), &changed(&sealed, bit)).is_err(),
            "bit {bit}"
        );
        assert!(KEY.open(&context(1), &sealed[..bit / 8]).is_err(), "cut at {bit}");

        assert!(RING.unwrap(owner(), KEY.id(), &wrapped).is_ok());
        let bit = bit % (wrapped.len() * 8);
        assert!(
            RING.unwrap(owner(), KEY.id(), &changed(&wrapped, bit)).is_err(),
            "bit {bit}"
        );
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(refused) = Keyring::parse(text)
    {
        // Nothing of the file is in it but the number of a line.
        let said: String = refused
            .to_string()
            .chars()
            .filter(|it| !it.is_ascii_digit())
            .collect();
        let known = [
            "line  of the key file is not  bytes in base; make one with `nordbro keys generate`",
            "line  of the key file repeats an earlier key; every key stands once",
            "the key file holds no key; make one with `nordbro keys generate`",
        ];
        assert!(known.contains(&said.as_str()), "{said}");
    }
});
