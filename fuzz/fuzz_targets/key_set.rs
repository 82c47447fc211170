//! Whatever an issuer publishes as its keys, reading it ends, gives no key for an algorithm that was not
//! allowed, and no key by which anything is signed that was not.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/api/src/identity/keys.rs"]
mod keys;

/// The reason that the parser gives, as the room has it.
mod refusal {
    #[derive(Debug)]
    pub(crate) enum Reason {
        Key,
    }
}

use keys::{Found, Signing};

const ALL: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

// The first line is the token's `kid`, the rest is the set.
fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (kid, set) = text.split_once('\n').unwrap_or(("", text));
    for kid in [None, Some(kid)] {
        for allowed in [&ALL[..], &ALL[..1], &ALL[1..2], &ALL[2..3], &ALL[3..], &[]] {
            find(set, kid, allowed);
        }
    }
});

fn find(set: &str, kid: Option<&str>, allowed: &[&str]) {
    let names: Vec<String> = allowed.iter().map(|&name| name.to_owned()).collect();
    let Ok(Found::Key(key)) = keys::find(set, kid, &names) else {
        return;
    };
    assert!(allowed.contains(&key.signing.as_str()), "{set}");
    // Zeros are a signature by no key on the curve P-256 and by no RSA key. (An Ed25519 key of small order takes
    // them: whoever publishes one has given the right to sign away.)
    let zeros = match key.signing {
        Signing::Rs256 | Signing::Ps256 => 342,
        Signing::Es256 => 86,
        Signing::EdDsa => 0,
    };
    for signature in ["", "AA", "*", &"A".repeat(zeros)] {
        assert!(!key.signed("e30.e30", signature), "{signature:?} by {set}");
    }
}
