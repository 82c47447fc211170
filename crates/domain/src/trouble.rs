//! What keeps a sales unit from Vipps, told apart, each with its remedy.

use std::fmt;

/// One diagnosis. The words are for the staff of partner and merchant; they name no key and nobody else.
///
/// How each shows itself: Access Token API 2.0.0 (2026-04), Webhooks API v1 (2026-04), Management API 2.0.9
/// (2026), ePayment API 1.8.1 (2026-04); Vipps knowledge base, errors, 401 and 403.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The keys open the other one of Vipps' two systems.
    WrongEnvironment,
    /// Client id and secret do not belong together, or no longer exist.
    WrongPair,
    WrongSubscriptionKey,
    /// The keys are good, and not this sales unit's.
    WrongUnit,
    /// Everything is right but the sales unit has no ePayment.
    MissingProduct,
    /// Sales unit or merchant is inactive at Vipps.
    Deactivated,
    /// The sales unit is not connected to the partner whose keys these are, not now or not any more.
    Disconnected,
    /// Vipps refuses without a word that tells why.
    Unclear,
}

impl Trouble {
    pub const ALL: [Self; 8] = [
        Self::WrongEnvironment,
        Self::WrongPair,
        Self::WrongSubscriptionKey,
        Self::WrongUnit,
        Self::MissingProduct,
        Self::Deactivated,
        Self::Disconnected,
        Self::Unclear,
    ];

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongEnvironment => "wrong_environment",
            Self::WrongPair => "wrong_pair",
            Self::WrongSubscriptionKey => "wrong_subscription_key",
            Self::WrongUnit => "wrong_unit",
            Self::MissingProduct => "missing_product",
            Self::Deactivated => "deactivated",
            Self::Disconnected => "disconnected",
            Self::Unclear => "unclear",
        }
    }

    /// What is the matter, in a sentence.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::WrongEnvironment => "The keys belong to Vipps' other environment.",
            Self::WrongPair => "Vipps does not know this pair of client id and client secret.",
            Self::WrongSubscriptionKey => "Vipps refuses the subscription key.",
            Self::WrongUnit => "The keys are good, but not for this sales unit.",
            Self::MissingProduct => "The sales unit has no access to online payments (ePayment).",
            Self::Deactivated => "The sales unit, or its merchant, is deactivated at Vipps.",
            Self::Disconnected => "The sales unit is not connected to the partner whose keys serve it.",
            Self::Unclear => "Vipps refuses the sales unit with these keys and does not say why.",
        }
    }

    /// What to do about it, in a sentence.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::WrongEnvironment => {
                "Test keys open only the test environment, production keys only production: take the keys of the right \
                 one from the portal, or use a token for the other environment."
            }
            Self::WrongPair => {
                "Copy client id and client secret together from the same set of keys in the portal. If the merchant has \
                 made new keys, put the new ones."
            }
            Self::WrongSubscriptionKey => {
                "Copy the Ocp-Apim-Subscription-Key of the same set of keys as the client id; primary and secondary are \
                 both good."
            }
            Self::WrongUnit => {
                "Compare the merchant serial number with the one that the portal shows beside the keys: each sales unit \
                 has keys of its own."
            }
            Self::MissingProduct => {
                "The merchant orders online payments for this sales unit in the portal, or the partner does with a \
                 product order."
            }
            Self::Deactivated => {
                "The merchant asks Vipps why. Company information that is not confirmed within 30 days is a common \
                 reason."
            }
            Self::Disconnected => {
                "The merchant asks Vipps to connect the sales unit to the partner; or put the sales unit's own keys."
            }
            Self::Unclear => "Compare all keys with the portal; if they are right, ask Vipps.",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_has_words_of_its_own() {
        for one in Trouble::ALL {
            for other in Trouble::ALL {
                let same = one.as_str() == other.as_str()
                    || one.reason() == other.reason()
                    || one.remedy() == other.remedy();
                assert_eq!(same, one == other, "{one} and {other}");
            }
        }
    }
}
