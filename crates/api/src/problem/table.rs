//! The table of problems: data, read once from `problems.toml`.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Code;

/// Who can do something about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// The person who pays.
    Customer,
    /// The merchant's people.
    Staff,
    /// Who writes the partner's program.
    Developer,
    /// Vipps `MobilePay`.
    Vipps,
}

impl Audience {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::Developer => "developer",
            Self::Vipps => "vipps",
        }
    }
}

/// One text in the five languages of the markets. Plain text, to be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// English
    pub en: String,
    /// Norwegian (bokmål)
    pub nb: String,
    /// Danish
    pub da: String,
    /// Finnish
    pub fi: String,
    /// Swedish
    pub sv: String,
}

/// One row: what is always true of a problem, whenever it occurs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub code: String,
    pub status: u16,
    pub title: String,
    pub explanation: String,
    /// What one occurrence says; `{names}` are filled in. Without it: the explanation.
    pub detail: Option<String>,
    pub remedy: String,
    pub audience: Audience,
    pub retryable: bool,
    customer: String,
    staff: String,
    /// What Vipps says when it means this.
    #[serde(default)]
    pub vipps: Vec<String>,
    /// The field of the body that is meant.
    pub field: Option<String>,
    /// Where it can come from: classes of operations, or operation ids.
    pub on: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    messages: BTreeMap<String, Texts>,
    problem: Vec<Entry>,
}

/// The whole table, with the ways into it.
pub struct Table {
    entries: Vec<Entry>,
    messages: BTreeMap<String, Texts>,
    by_code: HashMap<String, usize>,
    by_vipps: HashMap<String, usize>,
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::read);

/// The table that this program was built with.
pub fn table() -> &'static Table {
    &TABLE
}

impl Table {
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the program, and a test reads it: it cannot fail in the field"
    )]
    fn read() -> Self {
        let file: File = toml::from_str(include_str!("../../problems.toml")).expect("problems.toml is good");
        let mut by_code = HashMap::new();
        let mut by_vipps = HashMap::new();
        for (index, entry) in file.problem.iter().enumerate() {
            by_code.insert(entry.code.clone(), index);
            for said in &entry.vipps {
                by_vipps.insert(said.clone(), index);
            }
        }
        Self {
            entries: file.problem,
            messages: file.messages,
            by_code,
            by_vipps,
        }
    }

    /// All rows, in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The row of a code of ours. Every [`Code`] has one: a test looks.
    pub fn get(&self, code: Code) -> &Entry {
        self.find(code.as_str())
            .unwrap_or_else(|| &self.entries[self.entries.len() - 1])
    }

    /// The row of a code that comes from elsewhere.
    pub fn find(&self, code: &str) -> Option<&Entry> {
        self.by_code.get(code).map(|index| &self.entries[*index])
    }

    /// The row for what Vipps said at `operation_id`: by its error code, else by the HTTP status, else
    /// the row for everything that has no name.
    pub fn of_vipps(&self, operation_id: &str, status: u16, code: Option<&str>) -> &Entry {
        let mut asked = Vec::with_capacity(4);
        if let Some(code) = code {
            asked.push(format!("{code}/{operation_id}"));
            asked.push(code.to_owned());
        }
        // A code that has no row is a refusal of its own kind: only some statuses tell more than it does.
        if code.is_none() || matches!(status, 401 | 403 | 404 | 423 | 429 | 500..=599) {
            asked.push(format!("http:{status}"));
        }
        asked
            .iter()
            .find_map(|said| self.by_vipps.get(said))
            .map_or_else(|| self.get(Code::VIPPS_REFUSED), |index| &self.entries[*index])
    }

    pub fn customer(&self, entry: &Entry) -> Option<&Texts> {
        self.messages.get(&entry.customer)
    }

    pub fn staff(&self, entry: &Entry) -> Option<&Texts> {
        self.messages.get(&entry.staff)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_its_own_code_a_status_and_texts_for_customer_and_staff() {
        let mut seen = BTreeSet::new();
        for entry in table().entries() {
            assert!(seen.insert(&entry.code), "{} stands twice", entry.code);
            assert!((400..=599).contains(&entry.status), "{}", entry.code);
            assert!(table().customer(entry).is_some(), "{}", entry.code);
            assert!(table().staff(entry).is_some(), "{}", entry.code);
            assert!(entry.explanation.ends_with(['.', ')']), "{}", entry.code);
            assert!(entry.remedy.ends_with('.'), "{}", entry.code);
        }
    }

    #[test]
    fn every_message_is_used_and_no_language_repeats_another() {
        let used: BTreeSet<_> = table()
            .entries()
            .iter()
            .flat_map(|entry| [entry.customer.as_str(), entry.staff.as_str()])
            .collect();
        for (name, texts) in &table().messages {
            assert!(used.contains(name.as_str()), "{name} is not used");
            let all: BTreeSet<_> = [&texts.en, &texts.nb, &texts.da, &texts.fi, &texts.sv].into();
            assert_eq!(all.len(), 5, "{name}");
            assert!(all.iter().all(|text| !text.trim().is_empty()), "{name}");
        }
    }

    #[test]
    fn every_error_code_that_vipps_documents_has_a_row() {
        let documented = [
            3010, 4010, 4020, 4040, 4050, 4060, 4070, 4080, 4090, 4100, 4110, 4120, 4130, 4140, 4150, 4160,
            5010, 5020, 5030, 5040, 5050, 5060, 5070, 5080, 5090, 5100, 6010, 6020, 6030, 6040, 6050, 6060,
            6070, 6080, 6090, 6100, 6110, 6120, 6130, 6140, 6150, 6160, 6170, 6180, 6190, 6200, 6210, 6220,
            6230, 6250, 6260, 6280, 7010, 10010, 10020, 10030, 10040, 10050, 10060, 10070,
        ];
        for code in documented {
            let row = table().of_vipps("capturePayment", 400, Some(&code.to_string()));
            assert_ne!(row.code, "vipps_refused", "{code}");
        }
    }

    #[test]
    fn the_same_number_means_another_thing_at_another_operation() {
        let row = |operation| table().of_vipps(operation, 409, Some("4150")).code.as_str();
        assert_eq!(row("createPayment"), "reference_exists");
        assert_eq!(row("refundPayment"), "vipps_key_conflict");
    }

    #[test]
    fn an_answer_without_a_number_is_known_by_its_status_and_the_rest_is_a_plain_refusal() {
        let row = |status, code| table().of_vipps("createPayment", status, code).code.as_str();
        assert_eq!(row(401, None), "vipps_keys_refused");
        assert_eq!(row(403, None), "vipps_permission_missing");
        assert_eq!(row(423, None), "payment_busy");
        assert_eq!(row(503, None), "vipps_unavailable");
        assert_eq!(row(418, None), "vipps_refused");
        assert_eq!(row(400, Some("9999")), "vipps_refused");
        assert_eq!(row(400, None), "vipps_invalid_request");
    }

    #[test]
    fn nobody_is_told_why_a_customer_cannot_pay() {
        let row = table().of_vipps("createPayment", 400, Some("7010"));
        let texts = table().customer(row).unwrap();
        for text in [&texts.en, &texts.nb, &texts.da, &texts.fi, &texts.sv] {
            for word in ["number", "nummer", "numero", "age", "alder", "ikä", "ålder"] {
                assert!(
                    !text.to_lowercase().split_whitespace().any(|it| it.contains(word)),
                    "{text}"
                );
            }
        }
    }
}
