//! Vipps' two separate systems.

use std::fmt;
use std::str::FromStr;

/// Which of Vipps' systems a sales unit, a key set or a token belongs to.
/// Nothing carries over between them (Vipps knowledge base, test environment, 2026).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Environment {
    Test,
    Production,
}

impl Environment {
    pub const ALL: [Self; 2] = [Self::Test, Self::Production];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names neither environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an environment is `test` or `production`")]
pub struct NotAnEnvironment;

impl FromStr for Environment {
    type Err = NotAnEnvironment;

    fn from_str(text: &str) -> Result<Self, NotAnEnvironment> {
        Self::ALL
            .into_iter()
            .find(|environment| environment.as_str() == text)
            .ok_or(NotAnEnvironment)
    }
}
