//! How a partner's product names itself to Vipps.

use crate::Violation;

/// The four `Vipps-System-*` header values of one product of a partner. Vipps requires them of partners
/// on every call, each at most 30 characters (knowledge base, HTTP headers, 2026).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProductProfile {
    system_name: String,
    system_version: String,
    plugin_name: String,
    plugin_version: String,
}

impl ProductProfile {
    /// # Errors
    /// One violation per value that is empty, longer than 30 characters or not printable ASCII.
    pub fn new(
        system_name: &str,
        system_version: &str,
        plugin_name: &str,
        plugin_version: &str,
    ) -> Result<Self, Vec<Violation>> {
        let named = [
            ("systemName", system_name),
            ("systemVersion", system_version),
            ("pluginName", plugin_name),
            ("pluginVersion", plugin_version),
        ];
        let violations: Vec<_> = named
            .into_iter()
            .filter(|(_, value)| !is_header_value(value))
            .map(|(field, _)| {
                Violation::new(
                    field,
                    "format",
                    "must be 1 to 30 printable ASCII characters, no space at either end",
                )
            })
            .collect();
        if !violations.is_empty() {
            return Err(violations);
        }
        Ok(Self {
            system_name: system_name.to_owned(),
            system_version: system_version.to_owned(),
            plugin_name: plugin_name.to_owned(),
            plugin_version: plugin_version.to_owned(),
        })
    }

    /// How the gateway names itself as long as its operator has said nothing else. `version` = the release's.
    pub fn gateway(version: &'static str) -> Self {
        Self {
            system_name: "Nordbro".to_owned(),
            system_version: version.to_owned(),
            plugin_name: "nordbro-gateway".to_owned(),
            plugin_version: version.to_owned(),
        }
    }

    /// Header names and values, ready to send.
    pub fn headers(&self) -> [(&'static str, &str); 4] {
        [
            ("Vipps-System-Name", &self.system_name),
            ("Vipps-System-Version", &self.system_version),
            ("Vipps-System-Plugin-Name", &self.plugin_name),
            ("Vipps-System-Plugin-Version", &self.plugin_version),
        ]
    }
}

fn is_header_value(value: &str) -> bool {
    (1..=30).contains(&value.len())
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && value.trim() == value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_empty_long_or_unprintable_value_is_named() {
        let refused = ProductProfile::new("", &"x".repeat(31), "smørbrød", " 1 ").unwrap_err();
        let fields: Vec<_> = refused.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(
            fields,
            ["systemName", "systemVersion", "pluginName", "pluginVersion"]
        );
        assert!(ProductProfile::new("Acme", "1.0", "acme-pos", "2.3").is_ok());
    }
}
