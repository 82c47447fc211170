//! One way to change the registry, and what can be wrong with a change.

use domain::Violation;
use store::SystemTx;

use crate::audit::{self, Actor, Change};
use crate::{App, Error};

impl App {
    /// Begins a change.
    pub(crate) async fn change(&self) -> Result<SystemTx, Error> {
        Ok(self.store().begin_system("change of the registry").await?)
    }

    /// Writes down what was changed, commits all of it and lets it act in this process at once. There is no other
    /// way to commit a change.
    pub(crate) async fn changed(&self, tx: SystemTx, by: &Actor, changes: &[Change]) -> Result<(), Error> {
        for change in changes {
            audit::within(self, tx.system(), by, change).await?;
        }
        tx.commit().await?;
        self.read_registry_version().await;
        Ok(())
    }
}

/// One fault of one field.
pub(crate) fn invalid(field: &str, rule: &'static str, message: &str) -> Error {
    Error::Invalid(vec![Violation::new(field, rule, message)])
}

/// A unique rule that the change would break, said of the field it is about.
pub(super) fn taken(error: store::Error, rules: &[(&str, &str, &str)]) -> Error {
    if let store::Error::Duplicate(name) = error
        && let Some((_, field, message)) = rules.iter().find(|(rule, _, _)| *rule == name)
    {
        return invalid(field, "unique", message);
    }
    error.into()
}

/// A name for people: 1 to 100 characters, none of them a control character, no space at either end.
pub(crate) fn name(field: &str, value: &str) -> Result<String, Error> {
    let length = value.chars().count();
    if (1..=100).contains(&length) && value.trim() == value && !value.chars().any(char::is_control) {
        Ok(value.to_owned())
    } else {
        Err(invalid(
            field,
            "format",
            "must be 1 to 100 characters, no control characters, no space at either end",
        ))
    }
}
