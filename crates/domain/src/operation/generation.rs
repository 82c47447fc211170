//! When the upstream key of the same request changes.

/// How an earlier operation under the same caller's key, of the same kind and reference, ended without
/// binding that key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    pub generation: u32,
    /// Vipps said a definite no. False = nothing had left the house.
    pub rejected: bool,
}

/// The generation of the next operation. Vipps makes a 4xx stick to its key, so after a definite no a new
/// one is needed; after nothing was sent the old one is still unused, and keeping it is what protects a
/// request whose sending was wrongly believed not to have happened.
pub fn next(ended: impl IntoIterator<Item = Ended>) -> u32 {
    ended
        .into_iter()
        .map(|one| one.generation + u32::from(one.rejected))
        .max()
        .unwrap_or(0)
}
