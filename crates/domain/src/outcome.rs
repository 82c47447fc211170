//! What is known after a call to Vipps.

/// Four answers, never collapsed into two: taking `Unknown` for "failed" is how a gateway pays twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Vipps said yes, and said it about this payment.
    Accepted(Accepted),
    /// Vipps said a definite no.
    Rejected(Rejected),
    /// Nothing can have happened: no connection came about, or the call was held back here.
    NotSent { reason: String },
    /// The request left and no trustworthy answer came: a timeout, a reset, a 5xx, nonsense.
    Unknown { reason: String },
}

/// A 2xx answer, kept as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A definite refusal, whichever of Vipps' error shapes it came in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rejected {
    pub status: u16,
    /// Vipps' own number, such as `6080`, where there is one.
    pub code: Option<String>,
    pub title: Option<String>,
    pub detail: Option<String>,
    /// Vipps' trace id, for support cases.
    pub trace_id: Option<String>,
    /// Fields that Vipps found wrong: name and reason.
    pub fields: Vec<(String, String)>,
    /// Seconds, from `Retry-After`.
    pub retry_after: Option<u64>,
    /// The body as it came.
    pub body: Vec<u8>,
}
