//! Whatever is sent as a token, judging it ends, believes nothing that was not said, and finds no signature.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

#[path = "../../crates/api/src/identity/claims.rs"]
mod claims;
#[path = "../../crates/api/src/identity/compact.rs"]
mod compact;
#[path = "../../crates/api/src/identity/keys.rs"]
mod keys;

/// The reasons that the parsers give, as the room has them.
mod refusal {
    #[derive(Debug)]
    pub(crate) enum Reason {
        NotAToken,
        Critical,
        Issuer,
        Key,
        Claims,
        Expired,
        NotYet,
        Lifetime,
    }
}

use claims::{Claims, SKEW};
use compact::Compact;
use keys::Found;

const NOW: OffsetDateTime = datetime!(2026-11-06 08:49:07 UTC);
const MAX_LIFETIME: Duration = Duration::HOUR;

/// Public keys whose other halves nobody has (RFC 7515, A.3.1; RFC 8037, A.2).
const KEYS: &str = r#"{"keys":[
    {"kty":"EC","kid":"ec","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {"kty":"OKP","kid":"ed","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
]}"#;

// As it came; and as three lines to be put into base64, which would hide the JSON from the fuzzer.
fuzz_target!(|bytes: &[u8]| {
    if let Ok(token) = std::str::from_utf8(bytes) {
        judge(token);
    }
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let parts: [&[u8]; 3] = std::array::from_fn(|_| lines.next().unwrap_or_default());
    judge(&parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join("."));
});

fn judge(token: &str) {
    let Ok(compact) = Compact::parse(token) else {
        return;
    };
    assert_eq!(format!("{}.{}", compact.signed, compact.signature), token);
    let typ = compact.header.typ.as_deref().unwrap_or_default();
    assert!(!compact.is_access_token() || typ.to_ascii_lowercase().ends_with("at+jwt"));
    let allowed = ["ES256".to_owned(), "EdDSA".to_owned()];
    if let Ok(Found::Key(key)) = keys::find(KEYS, compact.header.kid.as_deref(), &allowed) {
        assert!(allowed.iter().any(|name| name == key.signing.as_str()));
        let signed =
            compact.header.alg == key.signing.as_str() && key.signed(compact.signed, compact.signature);
        // The example of the RFC is signed, and is no token for anybody here.
        assert!(!signed || Claims::parse(&compact.payload).is_err(), "{token}");
    }
    let Ok(claims) = Claims::parse(&compact.payload) else {
        return;
    };
    assert!(!claims.sub.is_empty() && (1..=255).contains(&claims.iss.len()));
    assert!(!claims.aud.contains("an audience that no input knows: 5f1c"));
    for said in [
        claims.client_id.as_deref(),
        claims.jti.as_deref(),
        Some(&claims.scope),
    ] {
        assert!(said.unwrap_or_default().len() <= compact.payload.len());
    }
    if let Ok(until) = claims.check_times(NOW, MAX_LIFETIME) {
        assert!(until > NOW && until <= NOW + MAX_LIFETIME + SKEW + SKEW);
        assert!(claims.issued_at() < until && claims.issued_at() <= NOW + SKEW);
    }
    let _narrowed = claims.msns();
}
