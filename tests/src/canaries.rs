//! Secrets and customers' data that are planted, to be looked for in all that comes out.

use std::collections::BTreeSet;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};

/// Not the number of the examples in our own texts.
pub const PHONE: &str = "4587654321";
pub const DESCRIPTION: &str = "Canary description of one order";
pub const LINE: &str = "Canary socks of somebody";
pub const METADATA: &str = "canary-metadata-value";
pub const RETURN: &str = "https://shop.example/return?secret=canary-of-the-return";
pub const CLIENT_SECRET: &str = "canary-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// What must not be found, each with its name.
#[derive(Debug, Default)]
pub struct Canaries(BTreeSet<(String, String)>);

impl Canaries {
    pub fn plant(&mut self, name: &str, value: &str) {
        assert!(
            value.len() >= 4,
            "{name} is too short to be looked for: {value:?}"
        );
        self.0.insert((name.to_owned(), value.to_owned()));
    }

    /// Fails if one of them is in these bytes: as it is, or in one of the usual codes.
    pub fn assert_absent(&self, place: &str, bytes: &[u8]) {
        let found = self.found(place, bytes);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    /// Which of them are in these bytes, each with what stands around it.
    ///
    /// # Panics
    /// When there is nothing to look into.
    pub fn found(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        assert!(!bytes.is_empty(), "{place} holds nothing at all");
        // A search for text is quick; what is no text becomes marks that no canary has.
        let text = String::from_utf8_lossy(bytes);
        let mut found = Vec::new();
        for (name, value) in &self.0 {
            let raw = value.as_bytes();
            let mut forms = vec![value.clone(), HEXLOWER.encode(raw)];
            if raw.len() >= 16 {
                forms.extend([
                    BASE64.encode(raw),
                    BASE64_NOPAD.encode(raw),
                    BASE64URL_NOPAD.encode(raw),
                ]);
            }
            if let Some(at) = forms.iter().find_map(|form| text.find(form)) {
                found.push(format!("{name} is in {place}: …{}…", around(&text, at)));
            }
        }
        found
    }
}

fn around(text: &str, at: usize) -> String {
    let (before, after) = (&text[..at], &text[at..]);
    let before: String = before.chars().rev().take(300).collect();
    before.chars().rev().chain(after.chars().take(200)).collect()
}
