//! What the operators' API answers with. No secret has a member here: a test reads the document.

mod audit;
mod client;
pub(crate) mod data_key;
mod erasure;
mod import;
mod issuer;
mod key_set;
mod merchant;
mod operation;
mod partner;
mod product_order;
mod profile;
mod sales_unit;
mod signing_key;
mod token;
mod transfer;

pub(crate) use audit::{AuditChain, AuditEntry, AuditLine, AuditReport};
pub(crate) use client::Client;
pub(crate) use data_key::SealingKey;
pub(crate) use erasure::Erasure;
pub(crate) use import::ImportReport;
pub(crate) use issuer::Issuer;
pub(crate) use key_set::KeySet;
pub(crate) use merchant::Merchant;
pub(crate) use operation::Operation;
pub(crate) use partner::{Partner, Retention};
pub(crate) use product_order::ProductOrder;
pub(crate) use profile::Profile;
pub(crate) use sales_unit::SalesUnit;
pub(crate) use signing_key::SigningKey;
pub(crate) use token::{OperatorRevocation, Revocation};
pub(crate) use transfer::Transfer;

use std::collections::BTreeSet;

use domain::Msn;

crate::wire::pages! {
    /// Partners, oldest first.
    PartnerPage of Partner;
    /// Issuers, oldest first.
    IssuerPage of Issuer;
    /// Clients, oldest first.
    ClientPage of Client;
    /// Product profiles, oldest first.
    ProfilePage of Profile;
    /// Merchants, oldest first.
    MerchantPage of Merchant;
    /// Sales units, oldest first.
    SalesUnitPage of SalesUnit;
    /// Key sets, oldest first.
    KeySetPage of KeySet;
    /// Product orders, newest first.
    ProductOrderPage of ProductOrder;
    /// Transfers of sales units, oldest first.
    TransferPage of Transfer;
    /// Operations whose end is not known, the oldest first.
    OperationPage of Operation;
    /// Entries of the audit, the newest first.
    AuditPage of AuditEntry;
    /// Entries of one chain, in their order.
    AuditLinePage of AuditLine;
    /// The chains of the audit; all of them.
    AuditChainPage of AuditChain;
    /// The signing keys of the gateway's own issuer, oldest first; all of them.
    SigningKeyPage of SigningKey;
    /// The keys of the key file and those that something still hangs on; all of them.
    SealingKeyPage of SealingKey;
}

fn words(msns: Option<&BTreeSet<Msn>>) -> Option<Vec<String>> {
    msns.map(|msns| msns.iter().map(ToString::to_string).collect())
}

/// Public keys as they are kept: text that is JSON.
fn parsed(set: &str) -> serde_json::Value {
    serde_json::from_str(set).unwrap_or_default()
}
