//! XChaCha20-Poly1305 with a random nonce of 192 bits, which stays safe for any number of values one
//! database can hold.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::Refusal;
use super::blob::{self, By, NONCE, Parts};
use super::context::Context;

/// Seals `plain` for its place with `key`, which `by` names.
pub(super) fn seal(by: By, key: &[u8; 32], context: &Context, plain: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut nonce = [0_u8; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| Refusal::NoRandomness)?;
    let associated = context.associated(by.format());
    let payload = Payload {
        msg: plain,
        aad: &associated,
    };
    let ciphertext = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Refusal::UnknownFormat)?;
    Ok(blob::join(&Parts {
        by,
        nonce,
        ciphertext: &ciphertext,
    }))
}

/// Opens a value in the place it was sealed for.
pub(super) fn open(
    parts: &Parts<'_>,
    key: &[u8; 32],
    context: &Context,
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let associated = context.associated(parts.by.format());
    let payload = Payload {
        msg: parts.ciphertext,
        aad: &associated,
    };
    cipher(key)
        .decrypt(&XNonce::from(parts.nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| Refusal::DoesNotOpen)
}

/// Wipes itself when it is dropped.
fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}
