//! What the sources say differently about the Management API.

use serde::{Deserialize, Serialize};

/// The dials of the Management API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ManagementDials {
    /// Whether an MSN in a list is a JSON number, as the guide's samples show it, or a string, as
    /// the document says.
    pub msn_as_integer: bool,
}
