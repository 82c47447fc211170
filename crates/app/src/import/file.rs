//! The file: CSV with a head, or JSON (a list, or one object a line). Both have the members of the API.

use domain::{CredentialMode, Secret, Violation};
use store::registry::Market;

use super::apart::{Apart, Format, Members, Unreadable, take_apart};
use super::{Line, Row};
use crate::onboarding::{NewKeys, NewMerchant};
use crate::registry::{merchants, name};

/// Digits that are told again.
const LONGEST: usize = 20;

/// Reads a whole file. A row that is wrong is a row with faults; only what cannot be taken apart is an error.
///
/// # Errors
/// [`Unreadable`].
pub fn parse(text: &str, format: Format) -> Result<Vec<Line>, Unreadable> {
    Ok(take_apart(text, format)?.into_iter().map(line).collect())
}

fn line(apart: Apart) -> Line {
    let msn = apart.members.get("msn").filter(|_| !apart.is_torn);
    let msn = msn.filter(|msn| msn.len() <= LONGEST && msn.bytes().all(|byte| byte.is_ascii_digit()));
    Line {
        number: apart.number,
        msn: msn.map(|msn| msn.to_string()),
        row: if apart.is_torn {
            Err(apart.faults)
        } else {
            row(&apart.members, apart.faults)
        },
    }
}

fn row(members: &Members, mut faults: Vec<Violation>) -> Result<Row, Vec<Violation>> {
    let given = |member: &str| members.get(member).map(|value| value.as_str());
    let mut required = |member: &str| {
        given(member).unwrap_or_else(|| {
            faults.push(Violation::new(member, "required", "is missing"));
            ""
        })
    };
    let [merchant, number, country, msn, unit] =
        ["merchantName", "organisationNumber", "country", "msn", "name"].map(&mut required);
    if !number.is_empty() && !country.is_empty() {
        faults.extend(merchants::faults(number, country));
    }
    for (member, value) in [("merchantName", merchant), ("name", unit)] {
        if !value.is_empty() && name(member, value).is_err() {
            faults.push(Violation::new(
                member,
                "format",
                "must be 1 to 100 characters, none a control character",
            ));
        }
    }
    let read = msn.parse();
    if read.is_err() && !msn.is_empty() {
        faults.push(Violation::new("msn", "format", "must be 4 to 10 digits"));
    }
    let market = word(
        given("market"),
        "market",
        &Market::ALL,
        Market::as_str,
        &mut faults,
    );
    let all = &CredentialMode::ALL;
    let mode = word(
        given("credentialMode"),
        "credentialMode",
        all,
        CredentialMode::as_str,
        &mut faults,
    );
    let keys = keys(&given, &mut faults);
    match read {
        Ok(msn) if faults.is_empty() => Ok(Row {
            merchant: NewMerchant {
                name: merchant.to_owned(),
                organisation_number: number.to_owned(),
                country: country.to_owned(),
            },
            msn,
            name: unit.to_owned(),
            market,
            mode: mode.unwrap_or(CredentialMode::Own),
            keys,
        }),
        Ok(_) | Err(_) => Err(faults),
    }
}

/// All of them, or none.
fn keys<'a>(given: &impl Fn(&str) -> Option<&'a str>, faults: &mut Vec<Violation>) -> Option<NewKeys> {
    let members = ["clientId", "clientSecret", "subscriptionKey"];
    let secondary = given("secondarySubscriptionKey");
    if secondary.is_none() && members.iter().all(|member| given(member).is_none()) {
        return None;
    }
    for member in members {
        if given(member).is_none() {
            faults.push(Violation::new(
                member,
                "required",
                "is missing beside the other keys",
            ));
        }
    }
    let [id, secret, primary] = members.map(given);
    let keys = NewKeys {
        client_id: id?.to_owned(),
        client_secret: Secret::new(secret?),
        subscription_key: Secret::new(primary?),
        secondary_subscription_key: secondary.map(Secret::new),
    };
    faults.extend(keys.faults());
    Some(keys)
}

fn word<T: Copy>(
    given: Option<&str>,
    member: &str,
    all: &[T],
    name: fn(T) -> &'static str,
    faults: &mut Vec<Violation>,
) -> Option<T> {
    let given = given?;
    let found = all.iter().copied().find(|one| name(*one) == given);
    if found.is_none() {
        let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
        faults.push(Violation::new(
            member,
            "enum",
            format!("must be one of {}", names.join(", ")),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str =
        "merchantName,organisationNumber,country,msn,name,clientId,clientSecret,subscriptionKey\n";

    fn faults(line: &Line) -> Vec<String> {
        let faults = line.row.as_ref().err().cloned().unwrap_or_default();
        faults
            .iter()
            .map(|it| format!("{}: {}", it.field, it.rule))
            .collect()
    }

    #[test]
    fn both_formats_say_the_same() {
        let csv = format!(
            "{HEAD}\"Acme, Inc\",987654321,NO,123456,Storgata,id,s3cret,key\nBeta,987654322,DK,0123457,Torvet,,,\n"
        );
        let json = r#"[{"merchantName":"Acme, Inc","organisationNumber":"987654321","country":"NO","msn":"123456","name":"Storgata","clientId":"id","clientSecret":"s3cret","subscriptionKey":"key"},
            {"merchantName":"Beta","organisationNumber":"987654322","country":"DK","msn":"0123457","name":"Torvet","market":null}]"#;
        let lines = json.replace("},\n", "}\n").replace(['[', ']'], "");
        let read = |text: &str, format| {
            let lines = parse(text, format).unwrap();
            lines
                .into_iter()
                .map(|line| format!("{:?}", line.row.unwrap()))
                .collect::<Vec<_>>()
        };
        let expected = read(&csv, Format::Csv);
        assert_eq!(expected.len(), 2);
        assert!(!expected[0].contains("s3cret"), "{expected:?}");
        assert_eq!(read(json, Format::Json), expected);
        assert_eq!(read(&lines, Format::Json), expected);
        assert_eq!(
            read(&format!("\u{feff}{csv}"), Format::Csv),
            expected,
            "a byte order mark"
        );
    }

    #[test]
    fn a_row_that_is_wrong_is_named_and_the_others_are_read() {
        let text =
            format!("{HEAD}Acme,98,no,12,Storgata,id,,key\nBeta,987654322,DK,123457,Torvet,,,\nshort,row\n");
        let lines = parse(&text, Format::Csv).unwrap();
        assert_eq!(
            faults(&lines[0]),
            [
                "organisationNumber: format",
                "country: format",
                "msn: format",
                "clientSecret: required"
            ]
        );
        assert_eq!(lines[0].number, 2);
        assert!(lines[1].row.is_ok());
        assert_eq!(faults(&lines[2]), ["row: columns"]);
        let lines = parse(r#"[{"msn": 123456, "colour": "red"}, 7]"#, Format::Json).unwrap();
        assert_eq!(faults(&lines[0])[..2], ["colour: unknown", "msn: type"]);
        assert_eq!(faults(&lines[1])[0], "row: type");
    }

    #[test]
    fn only_digits_are_told_again_and_of_a_torn_row_nothing() {
        let read = |row: &str| {
            let text = format!("clientSecret,msn,name\n{row}\n");
            let line = parse(&text, Format::Csv).unwrap().remove(0);
            (line.msn.clone(), faults(&line).concat())
        };
        assert_eq!(read("s3cret,12,x").0, Some("12".to_owned()));
        // A comma too many, and one too few.
        assert_eq!(read("9,123456,x,y").0, None);
        assert_eq!(read("x,s3cret,y").0, None);
        assert_eq!(read(&format!("x,{},y", "9".repeat(21))).0, None);
        assert!(!read("x,s3cret,y").1.contains("s3cret"));
    }

    #[test]
    fn a_file_that_is_none_says_where_and_repeats_nothing() {
        for (text, format) in [
            ("merchantName,secret-column\nx,y\n", Format::Csv),
            ("msn,msn\n1,2\n", Format::Csv),
            ("[{]", Format::Json),
            ("{\"msn\":\"secret\"\n", Format::Json),
        ] {
            let said = parse(text, format).unwrap_err().to_string();
            assert!(
                said.len() > 10 && !said.contains("secret-column") && !said.contains("\"secret\""),
                "{said}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(text in "\\PC{0,200}", json in any::<bool>()) {
            let _ = parse(&text, if json { Format::Json } else { Format::Csv });
        }
    }
}
