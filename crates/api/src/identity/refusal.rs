//! Why a request is nobody's.

use app::Error;

/// A request without an identity.
#[derive(Debug)]
pub enum Refusal {
    /// No token came.
    NoToken,
    /// A token came that is not good.
    Invalid(Reason),
    /// It could not be judged: the registry or the issuer's keys are out of reach.
    Unjudged(Error),
}

/// What is wrong with a token, in the words of the challenge. None says more than its sender knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    NotAToken,
    Algorithm,
    Critical,
    Type,
    Issuer,
    Key,
    Signature,
    Claims,
    Expired,
    NotYet,
    Lifetime,
    Revoked,
}

impl Reason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAToken => "the token is not a signed JWT",
            Self::Algorithm => "the token's algorithm is not the one of its key",
            Self::Critical => "the token demands extensions that are not known here",
            Self::Type => "the token's type is not at+jwt",
            Self::Issuer => "no issuer is registered for the token's iss and aud",
            Self::Key => "the token's key is not known",
            Self::Signature => "the token's signature is not good",
            Self::Claims => "a required claim is missing or of the wrong type",
            Self::Expired => "the token has expired",
            Self::NotYet => "the token is not valid yet",
            Self::Lifetime => "the token lives longer than its issuer may grant",
            Self::Revoked => "the token was revoked",
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::Invalid(reason)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Unjudged(error)
    }
}
