//! The wall: every query of a partner's data hangs on a [`Scope`].

use std::marker::PhantomData;

use domain::{Environment, PartnerId};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::conn::Conn;
use crate::sealing::{Context, Owner};
use crate::{Error, Keyring, data_keys};

/// May find only.
#[derive(Debug, Clone, Copy)]
pub enum Read {}

/// May find and write.
#[derive(Debug, Clone, Copy)]
pub enum Write {}

/// The data of one partner in one environment. Finders are on every scope, writers on `Scope<'_, Write>`,
/// which only a transaction gives.
pub struct Scope<'a, M = Write> {
    conn: &'a Conn,
    keyring: &'a Keyring,
    partner: PartnerId,
    environment: Environment,
    may: PhantomData<fn() -> M>,
}

impl<M> Clone for Scope<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Scope<'_, M> {}

impl<'a, M> Scope<'a, M> {
    pub(crate) fn new(
        conn: &'a Conn,
        keyring: &'a Keyring,
        partner: PartnerId,
        environment: Environment,
    ) -> Self {
        Self {
            conn,
            keyring,
            partner,
            environment,
            may: PhantomData,
        }
    }

    pub fn partner(&self) -> PartnerId {
        self.partner
    }

    pub fn environment(&self) -> Environment {
        self.environment
    }

    pub(crate) fn conn(&self) -> &'a Conn {
        self.conn
    }

    pub(crate) fn keyring(&self) -> &'a Keyring {
        self.keyring
    }

    /// What a sealed column of this scope is bound to.
    pub(crate) fn context(&self, table: &'static str, row: Uuid, version: i64) -> Context {
        Context {
            environment: Some(self.environment),
            owner: Owner::Partner(self.partner),
            table,
            row,
            version,
        }
    }

    /// Seals `bytes` for one row of this scope. A new column of such values goes into
    /// [`data_keys::BODIES`], or it would be left out when keys rotate.
    pub(crate) async fn seal(
        &self,
        table: &'static str,
        row: Uuid,
        version: i64,
        bytes: &[u8],
    ) -> Result<Vec<u8>, Error> {
        data_keys::seal(self.conn, self.keyring, &self.context(table, row, version), bytes).await
    }

    /// Opens what [`Scope::seal`] made, of the same row.
    pub(crate) async fn open(
        &self,
        table: &'static str,
        row: Uuid,
        version: i64,
        blob: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        data_keys::open(self.conn, self.keyring, &self.context(table, row, version), blob).await
    }
}
