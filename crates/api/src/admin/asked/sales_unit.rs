//! A sales unit to be assigned, and changes of an assignment.

use app::registry::sales_units::{Add, Changes};
use app::registry::{AssignmentState, Market, Orphans};
use domain::{CredentialMode, MerchantId, ProfileId};

use super::{environment, maybe, parsed, partner};
use crate::asked::{one_of, only};
use crate::body::At;
use crate::forwarded::Facts;

#[derive(Debug)]
pub(crate) struct NewUnit(pub(crate) Add);

impl Facts for NewUnit {
    fn read(body: &At<'_>) -> Option<Self> {
        only(
            body,
            &[
                "partnerId",
                "environment",
                "merchantId",
                "msn",
                "name",
                "market",
                "credentialMode",
                "profileId",
                "orphans",
            ],
        );
        let partner = partner(body);
        let environment = environment(body);
        let merchant = body.field("merchantId").required();
        let merchant: Option<MerchantId> =
            merchant.and_then(|at| parsed(&at, "must be a merchant's id, such as mer_0190…"));
        let msn = body.field("msn").required();
        let msn = msn.and_then(|at| parsed(&at, "must be 4 to 10 digits, as text"));
        let name = body.field("name").required().and_then(|at| at.text_of(1, 100));
        let market = body.field("market").required();
        let market = market.and_then(|at| one_of(&at, &Market::ALL, Market::as_str));
        let mode = maybe(body.field("credentialMode"), |at| mode(&at));
        let profile = maybe(body.field("profileId"), |at| profile(&at));
        let orphans = maybe(body.field("orphans"), |at| orphans(&at));
        Some(Self(Add {
            partner: partner?,
            environment: environment?,
            merchant: merchant?,
            msn: msn?,
            name: name?.to_owned(),
            market: market?,
            credential_mode: mode?.unwrap_or(CredentialMode::Own),
            profile: profile?,
            orphans: orphans?.unwrap_or(Orphans::CancelPush),
        }))
    }
}

#[derive(Debug)]
pub(crate) struct UnitChanges(pub(crate) Changes);

impl Facts for UnitChanges {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &["name", "credentialMode", "profileId", "orphans", "state"]);
        let name = maybe(body.field("name"), |at| at.text_of(1, 100));
        let mode = maybe(body.field("credentialMode"), |at| mode(&at));
        let profile = maybe(body.field("profileId"), |at| profile(&at));
        let orphans = maybe(body.field("orphans"), |at| orphans(&at));
        let state = maybe(body.field("state"), |at| {
            one_of(&at, &AssignmentState::ALL, AssignmentState::as_str)
        });
        if body.members().is_empty() {
            body.fault("required", "must name at least one change");
            return None;
        }
        Some(Self(Changes {
            name: name?.map(str::to_owned),
            credential_mode: mode?,
            profile: profile?,
            orphans: orphans?,
            state: state?,
        }))
    }
}

fn mode(at: &At<'_>) -> Option<CredentialMode> {
    one_of(at, &CredentialMode::ALL, CredentialMode::as_str)
}

fn orphans(at: &At<'_>) -> Option<Orphans> {
    one_of(at, &Orphans::ALL, Orphans::as_str)
}

fn profile(at: &At<'_>) -> Option<ProfileId> {
    parsed(at, "must be a product profile's id, such as prof_0190…")
}
