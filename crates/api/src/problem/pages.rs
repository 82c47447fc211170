//! `docs/errors.md`, written from the table.

use std::fmt::Write;

use super::render::PAGES;
use super::table::{Entry, Texts, table};

/// The whole page: what every problem means, and what to do about it.
pub fn pages() -> String {
    let mut page = String::from(HEAD);
    for entry in table().entries() {
        let _ = writeln!(
            page,
            "| [`{code}`](#{code}) | {status} | {title} | {audience} | {again} |",
            code = entry.code,
            status = entry.status,
            title = entry.title,
            audience = entry.audience.as_str(),
            again = if entry.retryable { "yes" } else { "no" },
        );
    }
    for entry in table().entries() {
        section(&mut page, entry);
    }
    page
}

const HEAD: &str = "\
# Problems

Made from `crates/api/problems.toml` by `cargo run -p nordbro-api --example generate`: change that file, not this one.

Every answer of `/v1` and of the operators' `/admin/v1` that is not a success is a problem (RFC 9457, `application/problem+json`). Its `type` is an address at the
gateway itself, `{public.url}/problems/{code}`, which shows the section below. Programs branch on `code`; `title` and `detail`
may be reworded. `messages` are plain texts to show to the customer and to the merchant's staff as they are. *Again* says
whether the very same request, with the same `Idempotency-Key` and the same body, may be sent once more with hope (`retryable`).

| Code | Status | Title | Who can do something | Again |
|---|---|---|---|---|
";

fn section(page: &mut String, entry: &Entry) {
    let _ = write!(
        page,
        "\n## {code}\n\n`{base}{code}`\n\n**{title}** · {status} · for: {audience} · {again}\n\n{explanation}\n\n*What to do.* {remedy}\n",
        code = entry.code,
        base = PAGES,
        title = entry.title,
        status = entry.status,
        audience = entry.audience.as_str(),
        again = if entry.retryable {
            "may be sent again"
        } else {
            "do not send it again as it is"
        },
        explanation = entry.explanation,
        remedy = entry.remedy,
    );
    if !entry.vipps.is_empty() {
        let said: Vec<_> = entry.vipps.iter().map(|said| in_words(said)).collect();
        let _ = writeln!(page, "\n*What Vipps says.* {}", said.join(", "));
    }
    let _ = writeln!(page, "\n| | for the customer | for the staff |\n|---|---|---|");
    if let (Some(customer), Some(staff)) = (table().customer(entry), table().staff(entry)) {
        for (language, customer, staff) in side_by_side(customer, staff) {
            let _ = writeln!(page, "| {language} | {customer} | {staff} |");
        }
    }
}

/// The section of one code, as it is served at the problem's own address.
pub fn page_of(code: &str) -> Option<String> {
    let entry = table().find(code)?;
    let mut page = String::new();
    section(&mut page, entry);
    Some(page.trim_start().to_owned())
}

/// `6090` → error code 6090; `4150/refundPayment` → at one operation; `http:403` → a bare status.
fn in_words(said: &str) -> String {
    match (said.strip_prefix("http:"), said.split_once('/')) {
        (Some("4xx"), _) => "any other 4xx".to_owned(),
        (Some(status), _) => format!("status {status}"),
        (None, Some((code, operation))) => format!("error code {code} at {operation}"),
        (None, None) => format!("error code {said}"),
    }
}

fn side_by_side<'a>(customer: &'a Texts, staff: &'a Texts) -> [(&'static str, &'a str, &'a str); 5] {
    [
        ("en", &customer.en, &staff.en),
        ("nb", &customer.nb, &staff.nb),
        ("da", &customer.da, &staff.da),
        ("fi", &customer.fi, &staff.fi),
        ("sv", &customer.sv, &staff.sv),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");

    #[test]
    fn the_page_in_the_repository_is_the_one_the_table_makes() {
        let checked_in = std::fs::read_to_string(PAGE).unwrap_or_default();
        assert!(
            checked_in == pages(),
            "docs/errors.md is stale: cargo run -p nordbro-api --example generate"
        );
    }
}
