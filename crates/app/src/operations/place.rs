//! Where a page of open operations ended; opaque to callers.

use std::fmt;
use std::str::FromStr;

use store::money::OpenPlace;

use crate::NotACursor;
use crate::audit::micros;
use crate::page::moment;

/// An operation's place among the open ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub(super) OpenPlace);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", micros(self.0.first_sent_at), self.0.operation)
    }
}

impl FromStr for Place {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (at, operation) = text.split_once('.').ok_or(NotACursor)?;
        Ok(Self(OpenPlace {
            first_sent_at: moment(at)?,
            operation: operation.parse().map_err(|_| NotACursor)?,
        }))
    }
}

impl From<Place> for OpenPlace {
    fn from(place: Place) -> Self {
        place.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        let text = "1764071999123456.op_0190a1b2c3d47e5f8091a2b3c4d5e6f7";
        let place: Place = text.parse().unwrap();
        assert_eq!(place.to_string(), text);
        for text in [
            "",
            "1764071999123456",
            "x.op_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
            "1.prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
            "9223372036854775807.op_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        ] {
            assert_eq!(text.parse::<Place>(), Err(NotACursor), "{text}");
        }
    }
}
