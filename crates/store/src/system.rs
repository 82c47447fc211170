//! The only other way in: the operator, jobs, and look-ups before a partner is known.

use std::marker::PhantomData;

use domain::{Environment, PartnerId};

use crate::conn::Conn;
use crate::scope::Write;
use crate::{Keyring, Scope};

/// The data of all partners. Finders are on every `System`, writers on `System<'_, Write>`, which only a
/// transaction gives.
pub struct System<'a, M = Write> {
    conn: &'a Conn,
    keyring: &'a Keyring,
    may: PhantomData<fn() -> M>,
}

impl<M> Clone for System<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for System<'_, M> {}

impl<'a, M> System<'a, M> {
    pub(crate) fn new(conn: &'a Conn, keyring: &'a Keyring) -> Self {
        Self {
            conn,
            keyring,
            may: PhantomData,
        }
    }

    /// The same transaction, narrowed to the partner whose row was found.
    pub fn scope(&self, partner: PartnerId, environment: Environment) -> Scope<'a, M> {
        Scope::new(self.conn, self.keyring, partner, environment)
    }

    pub(crate) fn conn(&self) -> &'a Conn {
        self.conn
    }

    pub(crate) fn keyring(&self) -> &'a Keyring {
        self.keyring
    }
}
