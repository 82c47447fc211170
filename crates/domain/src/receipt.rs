//! Order lines attached to a payment, written once (Order Management API 2.1, receipts, 2025-06).

use crate::{Currency, Violation};

/// What the rules need of a receipt body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFacts {
    pub lines: Vec<Line>,
    /// `bottomLine.currency`.
    pub currency: Currency,
}

/// One order line, amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// `totalAmount`: with tax.
    pub gross: i64,
    /// `totalAmountExcludingTax`.
    pub net: i64,
    /// `totalTaxAmount`.
    pub tax: i64,
    /// `taxRate` in hundredths of a percent: 2500 is 25 %.
    pub rate: Option<i64>,
    /// `taxPercentage`, the older spelling, in percent.
    pub percentage: Option<i64>,
    pub discount: Option<i64>,
}

impl ReceiptFacts {
    /// The sum of the lines with tax. When it differs from the payment's amount the app shows no receipt.
    pub fn sum(&self) -> i64 {
        self.lines
            .iter()
            .fold(0, |sum, line| i64::saturating_add(sum, line.gross))
    }

    /// Everything that would make Vipps refuse the receipt, named by line. `within` is the path of the
    /// receipt in the body: empty for a receipt of its own, `receipt.` inside a create.
    pub fn violations(&self, within: &str) -> Vec<Violation> {
        let mut found = Vec::new();
        if self.lines.is_empty() {
            found.push(Violation::new(
                format!("{within}orderLines"),
                "required",
                "must hold at least one line",
            ));
        }
        for (at, line) in self.lines.iter().enumerate() {
            let path = format!("{within}orderLines[{at}]");
            line.violations(&path, &mut found);
        }
        found
    }
}

impl Line {
    fn violations(&self, path: &str, found: &mut Vec<Violation>) {
        match (self.rate, self.percentage) {
            (None, None) => found.push(Violation::new(
                format!("{path}.taxRate"),
                "required",
                "must be given (hundredths of a percent, 2500 = 25 %)",
            )),
            (Some(_), Some(_)) => found.push(Violation::new(
                format!("{path}.taxPercentage"),
                "conflict",
                "must not stand beside taxRate",
            )),
            (Some(rate), None) if !(0..=10_000).contains(&rate) => found.push(Violation::new(
                format!("{path}.taxRate"),
                "range",
                "must be 0 to 10000",
            )),
            (None, Some(percentage)) if !(0..=100).contains(&percentage) => found.push(Violation::new(
                format!("{path}.taxPercentage"),
                "range",
                "must be 0 to 100",
            )),
            (Some(_), None) | (None, Some(_)) => {}
        }
        if self.gross.checked_sub(self.net) != Some(self.tax) {
            found.push(Violation::new(
                format!("{path}.totalTaxAmount"),
                "sum",
                format!(
                    "must be totalAmount minus totalAmountExcludingTax: {} - {} is not {}",
                    self.gross, self.net, self.tax
                ),
            ));
        }
        if self.discount.is_some_and(|discount| discount < 0) {
            found.push(Violation::new(
                format!("{path}.discount"),
                "range",
                "must not be negative",
            ));
        }
    }
}

/// How far a receipt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Stored; it goes out from the outbox.
    Queued,
    Sent,
    Refused,
    /// Nobody tries any more, and Vipps is not known to have it.
    Abandoned,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Refused, Self::Abandoned];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Abandoned => "abandoned",
        }
    }

    /// Whether another receipt may take its place.
    pub const fn gives_way(self) -> bool {
        match self {
            Self::Queued | Self::Sent => false,
            Self::Refused | Self::Abandoned => true,
        }
    }
}

/// Why a receipt is not tried any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Abandoned {
    /// Its sales unit went to another partner.
    UnitMoved,
    /// Its sales unit is not served any more.
    UnitEnded,
}

impl Abandoned {
    pub const ALL: [Self; 2] = [Self::UnitMoved, Self::UnitEnded];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnitMoved => "unit_moved",
            Self::UnitEnded => "unit_ended",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: Line = Line {
        gross: 12_500,
        net: 10_000,
        tax: 2_500,
        rate: Some(2_500),
        percentage: None,
        discount: None,
    };

    #[test]
    fn every_fault_is_named_with_its_line() {
        let receipt = ReceiptFacts {
            lines: vec![
                SOUND,
                Line { tax: 2_400, ..SOUND },
                Line { rate: None, ..SOUND },
                Line {
                    percentage: Some(25),
                    ..SOUND
                },
                Line {
                    rate: Some(10_001),
                    discount: Some(-1),
                    ..SOUND
                },
            ],
            currency: Currency::NOK,
        };
        let fields: Vec<_> = receipt
            .violations("receipt.")
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(
            fields,
            [
                "receipt.orderLines[1].totalTaxAmount",
                "receipt.orderLines[2].taxRate",
                "receipt.orderLines[3].taxPercentage",
                "receipt.orderLines[4].taxRate",
                "receipt.orderLines[4].discount",
            ]
        );
        assert_eq!(receipt.sum(), 62_500);
    }
}
