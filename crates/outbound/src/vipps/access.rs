use std::sync::Arc;

use domain::{Environment, KeySet, Msn, PartnerId, ProductProfile, TraceContext};

/// With what right a call is made. The registry chooses all of it; nothing here comes from the caller but
/// the trace.
#[derive(Debug, Clone)]
pub struct Access {
    pub environment: Environment,
    /// In whose ledger the call is counted. Absent on the operator's own calls.
    pub partner: Option<PartnerId>,
    pub keys: Arc<KeySet>,
    /// The merchant the call is made for. Absent on calls for all of a partner.
    pub msn: Option<Msn>,
    pub product: Arc<ProductProfile>,
    pub trace: TraceContext,
}
