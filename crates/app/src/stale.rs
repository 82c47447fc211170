//! Trying again when somebody else was quicker.

use std::future::Future;

use crate::Error;

/// How a piece of work in the store failed.
#[derive(Debug)]
pub(crate) enum Fault {
    Store(store::Error),
    App(Error),
}

impl From<store::Error> for Fault {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::App(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error.into(),
            Fault::App(error) => error,
        }
    }
}

const TRIES: u32 = 5;

/// Runs `work`, which begins and commits its own transaction, again when another transaction changed what
/// it had read. Nothing of a failed attempt remains, so repeating it is always safe.
pub(crate) async fn unless_stale<T, F>(mut work: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Fault>>,
{
    let mut tries = 1;
    loop {
        match work().await {
            Err(Fault::Store(store::Error::Stale | store::Error::Duplicate(_))) if tries < TRIES => {
                tries += 1;
            }
            done => return done.map_err(Error::from),
        }
    }
}
