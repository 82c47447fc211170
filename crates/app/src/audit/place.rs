//! Where a page of the audit ended; opaque to callers.

use std::fmt;
use std::str::FromStr;

use super::{Chain, micros, name_of};
use crate::NotACursor;
use crate::page::moment;

/// An entry's place among those of all chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub(super) store::audit::Place);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(place) = self;
        write!(
            f,
            "{}.{}.{}",
            micros(place.at),
            place.sequence,
            name_of(place.chain)
        )
    }
}

impl FromStr for Place {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let mut parts = text.split('.');
        let (Some(at), Some(sequence), Some(chain), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotACursor);
        };
        let chain = match chain {
            "gateway" => Chain::Gateway,
            partner => Chain::Partner(partner.parse().map_err(|_| NotACursor)?),
        };
        Ok(Self(store::audit::Place {
            at: moment(at)?,
            chain,
            sequence: sequence.parse().map_err(|_| NotACursor)?,
        }))
    }
}

impl From<Place> for store::audit::Place {
    fn from(place: Place) -> Self {
        place.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        for text in [
            "1764071999123456.7.gateway",
            "0.1.prt_0190a1b2c3d47e5f8091a2b3c4d5e6f7",
        ] {
            let place: Place = text.parse().unwrap();
            assert_eq!(place.to_string(), text);
        }
        for text in [
            "",
            "1.2",
            "1.2.prt_1",
            "x.2.gateway",
            "1.2.gateway.3",
            "9223372036854775807.1.gateway",
        ] {
            assert_eq!(text.parse::<Place>(), Err(NotACursor), "{text}");
        }
    }
}
