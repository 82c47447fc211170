//! Who decides, and what carries it out.

/// The longest name and the longest reason, in characters.
const NAME: usize = 255;
const REASON: usize = 500;

/// Somebody who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    name: String,
    executor: Executor,
    reason: String,
}

/// What carries an act out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Executor {
    /// The command line, straight on the database.
    Cli,
    /// The operators' API on the private listener.
    OperatorApi,
    /// The partners' API: self-service.
    PartnerApi,
    /// The gateway by itself.
    Gateway,
}

impl Executor {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::OperatorApi => "operator-api",
            Self::PartnerApi => "partner-api",
            Self::Gateway => "gateway",
        }
    }
}

impl Actor {
    /// `name` = a person, a token's subject, or whoever else decided. Control characters are left out and what is
    /// longer than 255 characters is cut: a name is never a reason to refuse an act.
    pub fn new(name: &str, executor: Executor) -> Self {
        Self {
            name: plain(name, NAME),
            executor,
            reason: String::new(),
        }
    }

    /// The gateway itself, for what nobody asked for.
    pub fn gateway() -> Self {
        Self::new("gateway", Executor::Gateway)
    }

    /// The same actor with a reason in its own words, of at most 500 characters on one line.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        Self {
            reason: plain(reason, REASON),
            ..self
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub const fn executor(&self) -> Executor {
        self.executor
    }

    /// Empty where none was given.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

fn plain(text: &str, longest: usize) -> String {
    text.trim()
        .chars()
        .filter(|character| !character.is_control())
        .take(longest)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_never_too_long() {
        let actor = Actor::new(" Ola\nNordmann\t", Executor::Cli).because(&"x".repeat(600));
        assert_eq!(actor.name(), "OlaNordmann");
        assert_eq!(actor.reason().len(), REASON);
    }
}
