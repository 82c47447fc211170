//! What operators may do.

use std::fmt;
use std::str::FromStr;

/// The role of an operator: each may do what the one before it may, and more. The document names the least one for
/// every operation; `docs/operators.md` has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Looks, and changes nothing.
    Auditor,
    /// Does what helps a merchant now, or takes trust back.
    Support,
    /// Does everything.
    Owner,
}

impl Role {
    pub(crate) const ALL: [Self; 3] = [Self::Auditor, Self::Support, Self::Owner];

    /// The word in the claim `nordbro_role`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Support => "support",
            Self::Owner => "owner",
        }
    }

    /// The most that the words of a claim allow; words that are no role allow nothing.
    pub(super) fn most(words: &[String]) -> Option<Self> {
        words.iter().filter_map(|word| word.parse().ok()).max()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is no role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(NotARole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_roles_the_one_that_may_most_counts_and_an_unknown_word_is_none() {
        let most = |words: &[&str]| Role::most(&words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(most(&["auditor", "owner", "support"]), Some(Role::Owner));
        assert_eq!(most(&["root", "support"]), Some(Role::Support));
        assert_eq!(most(&["Owner", "", "owner "]), None);
        assert_eq!(most(&[]), None);
    }
}
