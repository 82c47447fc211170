//! What hangs on which key of the key file.

use app::registry::data_keys::KeysAtRest;
use serde::Serialize;
use utoipa::ToSchema;

/// One key of the key file, by its id.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SealingKey {
    /// Its id, which says nothing of the key.
    #[schema(example = "3f2a9c1e")]
    key: String,
    in_file: bool,
    /// Whether it wraps what is sealed from now on.
    newest: bool,
    /// Data keys that it wraps.
    data_keys: u64,
    /// Values that were sealed with it before there were data keys.
    sealed_directly: u64,
}

/// All of them, oldest first.
pub(crate) fn all(status: &KeysAtRest) -> Vec<SealingKey> {
    let newest = status.keys.iter().rposition(|key| key.held);
    let keys = status.keys.iter().enumerate();
    keys.map(|(place, key)| SealingKey {
        key: key.key.clone(),
        in_file: key.held,
        newest: Some(place) == newest,
        data_keys: key.data_keys,
        sealed_directly: key.sealed_directly,
    })
    .collect()
}
