//! How many histories are run, and which.

use std::ops::Range;

/// `NORDBRO_HISTORY=SEED` plays one seed again and tells its story; `NORDBRO_HISTORIES=N` plays so many
/// instead of the `usual` number, `NORDBRO_FIRST_HISTORY=SEED` from this one on, so that a long run may go in parts.
#[derive(Debug, Clone)]
pub(crate) struct Seeds {
    pub(crate) range: Range<u64>,
    pub(crate) told: bool,
}

impl Seeds {
    pub(crate) fn asked_for(usual: u64) -> Self {
        match (setting("NORDBRO_HISTORY"), setting("NORDBRO_HISTORIES")) {
            (Some(seed), _) => Self {
                range: seed..seed + 1,
                told: true,
            },
            (None, many) => {
                let first = setting("NORDBRO_FIRST_HISTORY").unwrap_or(0);
                Self {
                    range: first..first + many.unwrap_or(usual),
                    told: false,
                }
            }
        }
    }
}

fn setting(name: &str) -> Option<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long the histories run is for whoever runs the tests to say"
    )]
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
