use std::sync::Arc;

use domain::{Environment, KeySet, Msn, ProductProfile, TraceContext};

/// With what right a call is made. The registry chooses all of it; nothing here comes from the caller but
/// the trace.
#[derive(Debug, Clone)]
pub struct Access {
    pub environment: Environment,
    pub keys: Arc<KeySet>,
    /// The merchant the call is made for. Absent on calls for all of a partner.
    pub msn: Option<Msn>,
    pub product: Arc<ProductProfile>,
    pub trace: TraceContext,
}
