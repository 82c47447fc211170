//! A sales unit that a partner says is its merchant's.

use domain::{CredentialMode, MerchantId, Msn};
use store::registry::{Market, Orphans};

use super::HeldUnit;
use crate::registry::sales_units;
use crate::{App, Caller, Error, Scope, What};

/// A draft to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub merchant: MerchantId,
    pub msn: Msn,
    pub name: String,
    /// Absent = the merchant's country.
    pub market: Option<Market>,
    pub mode: CredentialMode,
}

/// Drafts a sales unit. It blocks nobody, and is the same whether or not somebody else holds the unit.
///
/// # Errors
/// `NotFound(Merchant)`; [`Error::Invalid`]; [`Error::Exists`] when the partner has the unit already;
/// [`Error::Narrowed`].
pub async fn create_sales_unit(app: &App, caller: &Caller, draft: Draft) -> Result<HeldUnit, Error> {
    caller.demand(Scope::MerchantsManage)?;
    caller.demand_all_units()?;
    let reader = app.store().read(caller.partner, caller.environment);
    let merchant = reader.scope().find_merchant(draft.merchant).await?;
    let merchant = merchant.ok_or(Error::NotFound(What::Merchant))?;
    if reader.scope().find_held_unit(&draft.msn).await?.is_some() {
        return Err(Error::Exists(What::SalesUnit));
    }
    let home = sales_units::home_market(&merchant.country);
    let market = draft.market.or(home).ok_or_else(|| {
        crate::registry::invalid(
            "market",
            "required",
            "is needed: the merchant's country is no market of Vipps",
        )
    })?;
    let add = sales_units::Add {
        partner: caller.partner,
        environment: caller.environment,
        merchant: merchant.id,
        msn: draft.msn.clone(),
        name: draft.name,
        market,
        credential_mode: draft.mode,
        profile: None,
        orphans: Orphans::CancelPush,
    };
    sales_units::add(app, &caller.actor(), add).await?;
    app.held_unit(caller, &draft.msn).await
}
