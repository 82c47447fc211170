//! What was found, for people and for programs.

use std::io::Write;

use serde::Serialize;
use serde_json::json;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Ok,
    /// It would work, and somebody should know.
    Warning,
    Failed,
    /// Nothing could be said, because something else failed or is not there.
    Skipped,
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One line.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) status: Status,
    pub(super) detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
}

impl Check {
    pub(super) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Ok,
            detail: detail.into(),
            remedy: None,
        }
    }

    pub(super) fn warning(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            status: Status::Warning,
            remedy: Some(remedy.into()),
            ..Self::ok(name, detail)
        }
    }

    pub(super) fn failed(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            status: Status::Failed,
            remedy: Some(remedy.into()),
            ..Self::ok(name, detail)
        }
    }

    pub(super) fn skipped(name: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status: Status::Skipped,
            ..Self::ok(name, detail)
        }
    }
}

/// Every line, in the order of looking.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) checks: Vec<Check>,
}

impl Report {
    pub(super) const fn of(checks: Vec<Check>) -> Self {
        Self { checks }
    }

    pub(super) fn ok(&self) -> bool {
        self.checks.iter().all(|check| check.status != Status::Failed)
    }

    pub(super) fn print(&self, as_json: bool, out: &mut impl Write) -> std::io::Result<()> {
        if as_json {
            return writeln!(out, "{}", json!({ "ok": self.ok(), "checks": self.checks }));
        }
        for check in &self.checks {
            let detail = check.detail.replace('\n', "\n                            ");
            writeln!(out, "{:<8}  {:<17} {detail}", check.status.as_str(), check.name)?;
            if let Some(remedy) = &check.remedy {
                writeln!(out, "{:28}→ {remedy}", "")?;
            }
        }
        let failed = self
            .checks
            .iter()
            .filter(|check| check.status == Status::Failed)
            .count();
        match failed {
            0 => writeln!(out, "\nNothing stands in the way of `nordbro serve`."),
            1 => writeln!(out, "\nOne check failed."),
            _ => writeln!(out, "\n{failed} checks failed."),
        }
    }
}
