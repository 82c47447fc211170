//! A sealed value as bytes: format (1), key id (8), nonce (24), ciphertext with its tag.

pub(super) const FORMAT: u8 = 1;
pub(super) const KEY_ID: usize = 8;
pub(super) const NONCE: usize = 24;
const HEAD: usize = 1 + KEY_ID + NONCE;

/// The parts of a sealed value.
pub(super) struct Parts<'a> {
    pub(super) key_id: [u8; KEY_ID],
    pub(super) nonce: [u8; NONCE],
    pub(super) ciphertext: &'a [u8],
}

pub(super) fn join(parts: &Parts<'_>) -> Vec<u8> {
    let mut blob = Vec::with_capacity(HEAD + parts.ciphertext.len());
    blob.push(FORMAT);
    blob.extend_from_slice(&parts.key_id);
    blob.extend_from_slice(&parts.nonce);
    blob.extend_from_slice(parts.ciphertext);
    blob
}

/// `None` when the bytes are too short or of a format we do not know.
pub(super) fn split(blob: &[u8]) -> Option<Parts<'_>> {
    let (&format, rest) = blob.split_first()?;
    if format != FORMAT {
        return None;
    }
    let (key_id, rest) = rest.split_first_chunk::<KEY_ID>()?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>()?;
    Some(Parts {
        key_id: *key_id,
        nonce: *nonce,
        ciphertext,
    })
}
