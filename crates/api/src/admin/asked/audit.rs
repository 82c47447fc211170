//! Which chains to walk, and heads that were kept elsewhere.

use app::audit::{Chain, Head};

use super::{maybe, parsed};
use crate::asked::only;
use crate::body::At;
use crate::forwarded::Facts;

/// Absent = all chains, and nothing was kept.
#[derive(Debug)]
pub(crate) struct Verification {
    pub(crate) chain: Option<Chain>,
    pub(crate) noted: Vec<Head>,
}

impl Facts for Verification {
    const MAY_BE_EMPTY: bool = true;

    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["chain", "heads"]);
        let chain = maybe(body.field("chain"), |at| chain(&at));
        let noted = maybe(body.field("heads"), |at| {
            let heads: Vec<Option<Head>> = at.list()?.iter().map(head).collect();
            heads.into_iter().collect::<Option<Vec<Head>>>()
        });
        Some(Self {
            chain: chain?,
            noted: noted?.unwrap_or_default(),
        })
    }
}

fn head(at: &At<'_>) -> Option<Head> {
    at.clone().object()?;
    only(at, &["chain", "sequence", "hash"]);
    let of = at.field("chain").required().and_then(|at| chain(&at));
    let sequence = at.field("sequence").required();
    let sequence = sequence.and_then(|at| at.integer(0, i64::MAX, "7"));
    let hash = at.field("hash").required().and_then(|at| at.text_of(0, 64));
    Some(Head {
        chain: of?,
        sequence: sequence?,
        hash: hash?.to_owned(),
    })
}

fn chain(at: &At<'_>) -> Option<Chain> {
    if at.as_text() == Some("gateway") {
        return Some(Chain::Gateway);
    }
    parsed(at, "must be `gateway` or a partner's id").map(Chain::Partner)
}
