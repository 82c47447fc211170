//! Who there is: partners, merchants, their sales units and the app's users.

use serde::{Deserialize, Serialize};

/// Production and test are two worlds that share nothing but the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    Test,
    Production,
}

impl Environment {
    pub fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

/// The country of a sales unit; it fixes the currency and the deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Market {
    No,
    Dk,
    Fi,
}

impl Market {
    /// The country's two letters (ISO 3166-1).
    pub const fn code(self) -> &'static str {
        match self {
            Self::No => "NO",
            Self::Dk => "DK",
            Self::Fi => "FI",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Partner {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Merchant {
    /// The organisation number: 9 digits in Norway, 8 in Denmark, `1234567-8` in Finland.
    pub number: String,
    pub name: String,
    pub country: Market,
    #[serde(default = "yes")]
    pub active: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SalesUnit {
    pub msn: String,
    pub name: String,
    /// The organisation number of its merchant.
    pub merchant: String,
    pub market: Market,
    /// The partner it is connected to now; that partner's keys reach it.
    pub partner: Option<String>,
    pub active: bool,
    pub features: Features,
}

/// What Vipps has approved for a sales unit. All of it can be set in the seed and changed later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one flag of the portal, none depends on another"
)]
pub struct Features {
    /// Off: creating answers 422 / 5070.
    pub payment_allowed: bool,
    /// Off: the bank account is unverified, creating answers 403 / 5060.
    pub bank_account_verified: bool,
    /// Off: `PUSH_MESSAGE` answers 403 / 5080.
    pub push_message_allowed: bool,
    /// Off: `expiresAt` answers 403 / 5050.
    pub long_living_payment_allowed: bool,
    /// Off: the scope `nin` answers 403 / 5030.
    pub nin_allowed: bool,
    /// Off: less than everything that is left answers 400 / 6140.
    pub partial_capture_allowed: bool,
    /// On: Denmark and Finland capture for 180 days, not 14.
    pub late_capture_allowed: bool,
    /// Off: refunds answer 400 / 5100.
    pub refund_allowed: bool,
    /// Off: `CARD` answers 400 / 4160.
    pub credit_card_payment_allowed: bool,
    pub recurring_allowed: bool,
    pub skip_landing_page_allowed: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            payment_allowed: true,
            bank_account_verified: true,
            push_message_allowed: true,
            long_living_payment_allowed: true,
            nin_allowed: false,
            partial_capture_allowed: true,
            late_capture_allowed: false,
            refund_allowed: true,
            credit_card_payment_allowed: true,
            recurring_allowed: false,
            skip_landing_page_allowed: false,
        }
    }
}

/// A person with the app. Phone numbers nobody listed belong to an eligible adult with a Visa card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    pub phone_number: String,
    #[serde(default = "adult")]
    pub age: u8,
    /// False: creating a payment for this number answers 400 / 7010.
    #[serde(default = "yes")]
    pub eligible: bool,
    #[serde(default)]
    pub card: Card,
}

/// The network behind the app's payment source; it decides how long a reservation is guaranteed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Card {
    #[default]
    Visa,
    Mastercard,
    BankAxept,
}

impl Card {
    /// Days until a capture is no longer guaranteed.
    pub fn guaranteed_days(self) -> i64 {
        match self {
            Self::Visa | Self::BankAxept => 7,
            Self::Mastercard => 30,
        }
    }
}

fn yes() -> bool {
    true
}

fn adult() -> u8 {
    42
}
