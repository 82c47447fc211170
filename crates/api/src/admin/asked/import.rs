//! A file of sales units. It is read as `nordbro import` reads it; nothing of it stands in what comes out but serial
//! numbers.

use app::import::{Format, Line, PART, parse};
use axum::extract::{FromRequest, Request};
use domain::Violation;

use crate::body::File;
use crate::face::Face;
use crate::problem::{Code, Problem};

const CSV: &str = "text/csv";
/// A list, or one object a line.
const JSON: [&str; 2] = ["application/json", "application/x-ndjson"];

/// One part of an import: what comes in one request is drafted in one transaction and tried at Vipps in one round.
#[derive(Debug)]
pub(crate) struct Rows(pub(crate) Vec<Line>);

impl FromRequest<Face> for Rows {
    type Rejection = Problem;

    async fn from_request(request: Request, face: &Face) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let most = face.settings.bounds.bytes;
        let kinds = [CSV, JSON[0], JSON[1]];
        let file = File::read(&parts.headers, body, most, &kinds).await;
        let file = file.map_err(|problem| match problem.code() {
            code if code == Code::BODY_TOO_LARGE.as_str() => problem.saying(format!(
                "The file is larger than {most} bytes: send it in parts, or import it with `nordbro import`."
            )),
            _ => problem,
        })?;
        let format = if file.kind == CSV {
            Format::Csv
        } else {
            Format::Json
        };
        let lines = file.text().and_then(|text| rows(text, format));
        lines.map(Self).map_err(|fault| Problem::invalid(vec![fault]))
    }
}

fn rows(text: &str, format: Format) -> Result<Vec<Line>, Violation> {
    let lines = parse(text, format).map_err(|wrong| Violation::new("body", "format", wrong.to_string()))?;
    match lines.len() {
        0 => Err(Violation::new("body", "required", "holds no row")),
        1..=PART => Ok(lines),
        more => Err(Violation::new(
            "body",
            "length",
            format!(
                "holds {more} rows, and at most {PART} are taken at once: send them in parts, or import the file with \
                 `nordbro import`"
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(rows: usize) -> String {
        format!("msn\n{}", "123456\n".repeat(rows))
    }

    #[test]
    fn a_file_has_a_row_and_not_more_than_one_part_of_them() {
        let rule = |rows: usize| self::rows(&csv(rows), Format::Csv).err().map(|fault| fault.rule);
        assert_eq!(rule(0), Some("required"));
        assert_eq!(rule(1), None);
        assert_eq!(rule(PART), None);
        assert_eq!(rule(PART + 1), Some("length"));
        let fault = rows("colour\nred\n", Format::Csv).unwrap_err();
        assert_eq!(fault.rule, "format");
        assert!(!fault.message.contains("colour"), "{}", fault.message);
    }
}
