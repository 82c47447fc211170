//! Whether the audit is as it was written.

use store::audit::{Broken, Chain, Fault, Head};
use store::{Read, System};

use super::Subject;
use crate::registry::Partner;
use crate::{App, Error};

/// What a walk over the chains found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Where each whole chain ends: keep these elsewhere, and have them checked the next time.
    pub heads: Vec<Head>,
    /// Entries of all whole chains.
    pub entries: u64,
    /// The first bad entry of each broken chain.
    pub broken: Vec<Broken>,
}

/// Walks one chain, or all, from the first entry to the head, and checks that the chains know of each other. `noted`
/// are heads that were kept elsewhere: the entry at each must still be that one. This is what finds a chain that was
/// cut off together with its head, or put back to an older state.
///
/// # Errors
/// [`Error::Unavailable`]; [`Error::Corrupt`] when a row is not an entry at all.
pub async fn verify(app: &App, chain: Option<Chain>, noted: &[Head]) -> Result<Report, Error> {
    let reader = app.store().read_system("audit verify");
    let system = reader.system();
    let chains = match chain {
        Some(chain) => vec![chain],
        None => system.audit_chains().await?,
    };
    let mut report = Report::default();
    for chain in &chains {
        match system.verify_audit(*chain).await? {
            Ok(head) => {
                report.entries += u64::try_from(head.sequence).unwrap_or(0);
                report.heads.push(head);
            }
            Err(broken) => report.broken.push(broken),
        }
    }
    for head in noted
        .iter()
        .filter(|head| chain.is_none_or(|chain| chain == head.chain))
    {
        let is_known = |broken: &Broken| broken.chain == head.chain && broken.sequence <= head.sequence;
        if !report.broken.iter().any(is_known) && !stands(system, head).await? {
            report.broken.push(Broken {
                chain: head.chain,
                sequence: head.sequence,
                fault: Fault::NotAsNoted,
            });
        }
    }
    if chain.is_none() {
        report.broken.extend(missing(system, &chains).await?);
    }
    Ok(report)
}

async fn stands(system: System<'_, Read>, head: &Head) -> Result<bool, Error> {
    if head.sequence == 0 {
        return Ok(true);
    }
    let entry = system.audit_at(head.chain, head.sequence).await?;
    Ok(entry.is_some_and(|entry| entry.hash == head.hash))
}

/// Chains that are gone as a whole. A partner's chain and the gateway's both begin with adding the partner; a
/// partner from before there was an audit is in neither.
async fn missing(system: System<'_, Read>, chains: &[Chain]) -> Result<Vec<Broken>, Error> {
    let action = format!("{}.add", Partner::NOUN);
    let added = system.audited_partners(&action).await?;
    let gone = |chain| Broken {
        chain,
        sequence: 1,
        fault: Fault::ChainMissing,
    };
    let mut missing: Vec<_> = added
        .iter()
        .map(|partner| Chain::Partner(*partner))
        .filter(|chain| !chains.contains(chain))
        .map(gone)
        .collect();
    for chain in chains {
        let Chain::Partner(partner) = chain else { continue };
        if added.contains(partner) {
            continue;
        }
        let first = system.audit_at(*chain, 1).await?;
        if first.is_some_and(|first| first.action == action) {
            missing.push(gone(Chain::Gateway));
            break;
        }
    }
    Ok(missing)
}
