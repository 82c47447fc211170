//! A body that is a file: text that is taken apart elsewhere.

use axum::body::Body;
use bytes::Bytes;
use domain::Violation;
use http::HeaderMap;

use super::exact::{collect, media_type};
use crate::problem::Problem;

/// The bytes of a file, and as what they were sent. It may hold keys: nothing prints it.
pub(crate) struct File {
    pub(crate) kind: &'static str,
    bytes: Bytes,
}

impl File {
    /// Reads the whole body, at most `most` bytes of it, sent as one of `kinds`.
    ///
    /// # Errors
    /// A [`Problem`] when it is too large, or not all of it came, or it is of another kind.
    pub(crate) async fn read(
        headers: &HeaderMap,
        body: Body,
        most: usize,
        kinds: &[&'static str],
    ) -> Result<Self, Problem> {
        let kind = media_type(headers, kinds)?;
        let bytes = collect(body, most).await?;
        Ok(Self { kind, bytes })
    }

    /// # Errors
    /// Where it is no UTF-8.
    pub(crate) fn text(&self) -> Result<&str, Violation> {
        std::str::from_utf8(&self.bytes).map_err(|wrong| {
            let message = format!("is not UTF-8: see byte {}", wrong.valid_up_to() + 1);
            Violation::new("body", "format", message)
        })
    }
}
