use std::path::PathBuf;

use proptest::prelude::*;
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-21 12:00 UTC);

fn read_body(body: impl Into<Vec<u8>>) -> Rejected {
    let answer = Answer {
        status: 400,
        retry_after: None,
        body: body.into(),
    };
    read(answer, NOW)
}

/// Code, title, detail, trace id.
fn told(body: &str) -> [Option<String>; 4] {
    let read = read_body(body);
    assert_eq!((read.status, read.body), (400, body.as_bytes().to_vec()));
    [read.code, read.title, read.detail, read.trace_id]
}

fn some<const N: usize>(texts: [&str; N]) -> [Option<String>; N] {
    texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
}

fn fields(body: &str) -> Vec<(String, String)> {
    read_body(body).fields
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, reason)| ((*name).to_owned(), (*reason).to_owned()))
        .collect()
}

/// A shape's name, a body in it, and the code, title, detail and trace id that it tells.
type Shape = (&'static str, &'static str, [&'static str; 4]);

const SHAPES: &[Shape] = &[
    (
        "ePayment and Webhooks, a domain error",
        r#"{"type":"t","title":"Cannot capture before reservation","status":400,"traceId":"00-8-7-01","detail":"d","extraDetails":[{"name":"ErrorCode","reason":"6080"}]}"#,
        ["6080", "Cannot capture before reservation", "d", "00-8-7-01"],
    ),
    (
        "the code as a number, names in another case",
        r#"{"Title":"T","ExtraDetails":[{"Name":"errorcode","Reason":6080}]}"#,
        ["6080", "T", "", ""],
    ),
    (
        "Management",
        r#"{"type":"t","title":"T","status":409,"detail":"d","instance":"i","extraDetails":[{"key":"ErrorCode","value":"12"},{"key":"msn","value":"taken"}]}"#,
        ["12", "T", "d", ""],
    ),
    (
        "Recurring",
        r#"{"title":"T","status":400,"detail":"d","contextId":"ctx-1","extraDetails":[]}"#,
        ["", "T", "d", "ctx-1"],
    ),
    (
        "Order Management",
        r#"{"title":"T","detail":"d","instance":"i","invalidParams":[{"name":"orderLines","reason":"empty"}]}"#,
        ["", "T", "d", ""],
    ),
    (
        "Checkout",
        r#"{"errorCode":"InvalidInput","errors":{"reference":["taken"]},"title":"T","status":400}"#,
        ["InvalidInput", "T", "", ""],
    ),
    (
        "Userinfo, its status a text",
        r#"{"title":"T","status":"404","detail":"d","extraInfo":{"sub":"gone"}}"#,
        ["", "T", "d", ""],
    ),
    (
        "the Azure gateway",
        r#"{"responseInfo":{"responseCode":401,"responseMessage":"Unauthorized"},"result":{"message":"(no)"}}"#,
        ["", "Unauthorized", "(no)", ""],
    ),
    (
        "the Azure gateway, older",
        r#"{"ResponseInfo":{"ResponseCode":401,"ResponseMessage":"Unauthorized"},"Result":{"Message":"(no)"}}"#,
        ["", "Unauthorized", "(no)", ""],
    ),
    (
        "the Azure gateway, bare",
        r#"{"statusCode":401,"message":"Access denied due to invalid subscription key."}"#,
        ["", "", "Access denied due to invalid subscription key.", ""],
    ),
    (
        "Report",
        r#"{"errorCode":"E1","errorMessage":"m","contextId":"c"}"#,
        ["E1", "", "m", "c"],
    ),
    (
        "Report, 401",
        r#"{"code":401,"message":"m"}"#,
        ["401", "", "m", ""],
    ),
    (
        "Azure AD",
        r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret","correlation_id":"c"}"#,
        ["invalid_client", "", "AADSTS7000215: Invalid client secret", "c"],
    ),
    (
        "Azure, nested",
        r#"{"error":{"code":"Busy","message":"later"}}"#,
        ["Busy", "", "later", ""],
    ),
    (
        "a list of objects",
        r#"[{"errorCode":"51","errorMessage":"one"},{"errorMessage":"two"}]"#,
        ["51", "", "one; two", ""],
    ),
    ("a list of texts", r#"["one","two"]"#, ["", "", "one; two", ""]),
    (
        "errorInfo",
        r#"{"errorInfo":{"errorCode":"35","errorMessage":"m"}}"#,
        ["35", "", "m", ""],
    ),
    ("a text", "\"no\"", ["", "", "no", ""]),
    (
        "plain text",
        "upstream connect error",
        ["", "", "upstream connect error", ""],
    ),
    (
        "a page",
        "<html><body>Bad Gateway</body></html>",
        ["", "", "", ""],
    ),
    ("nothing", "", ["", "", "", ""]),
    ("null", "null", ["", "", "", ""]),
    ("lists in lists", r#"[[["x"]]]"#, ["", "", "", ""]),
    (
        "wrong types everywhere",
        r#"{"title":[],"detail":{},"status":{},"traceId":null,"extraDetails":"x","errors":[1],"error":7}"#,
        ["", "", "", ""],
    ),
    ("cut off", r#"{"title":"T","deta"#, ["", "", "", ""]),
];

#[test]
fn every_shape_tells_its_code_title_detail_and_trace() {
    for (shape, body, expected) in SHAPES {
        assert_eq!(told(body), some(*expected), "{shape}");
    }
}

#[test]
fn every_shape_names_its_fields() {
    for (body, expected) in [
        (
            r#"{"extraDetails":[{"name":"reference","reason":"r"},{"name":"ErrorCode","reason":"1"},{"name":"x"},7,{}]}"#,
            named(&[("reference", "r"), ("x", "")]),
        ),
        (
            r#"{"extraDetails":[{"key":"msn","value":"taken"}]}"#,
            named(&[("msn", "taken")]),
        ),
        (
            r#"{"invalidParams":[{"name":"orderLines","reason":"empty"}]}"#,
            named(&[("orderLines", "empty")]),
        ),
        (
            r#"{"errors":{"a":["one","two"],"b":"three","c":null}}"#,
            named(&[("a", "one"), ("a", "two"), ("b", "three")]),
        ),
        (r#"{"extraInfo":{"sub":"gone"}}"#, named(&[("sub", "gone")])),
    ] {
        assert_eq!(fields(body), expected, "{body}");
    }
}

#[test]
fn long_texts_and_many_fields_are_cut_and_the_body_is_kept_whole() {
    let entries = vec![r#"{"name":"n","reason":"r"}"#; 1_000].join(",");
    let body = format!(
        r#"{{"detail":"{}","extraDetails":[{entries}]}}"#,
        "ø".repeat(10_000)
    );
    let read = read_body(body.clone());
    assert_eq!(read.detail.map(|detail| detail.chars().count()), Some(LONGEST));
    assert_eq!(read.fields.len(), MOST_FIELDS);
    assert_eq!(read.body, body.into_bytes());
}

#[test]
fn depth_is_no_way_in() {
    for open in ["[", "{\"error\":", "{\"result\":"] {
        assert_eq!(read_body(open.repeat(100_000)).detail, None);
    }
}

#[test]
fn retry_after_comes_from_the_header_and_else_from_the_gateways_prose() {
    let prose = br#"{"statusCode":429,"message":"Rate limit is exceeded. Try again in 23 seconds."}"#;
    for (header, seconds) in [
        (Some("7"), 7),
        (Some("nonsense"), 23),
        (None, 23),
        (Some("18446744073709551615"), 86_400),
    ] {
        let answer = Answer {
            status: 429,
            retry_after: header.map(str::to_owned),
            body: prose.to_vec(),
        };
        assert_eq!(read(answer, NOW).retry_after, Some(seconds));
    }
}

fn json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("title"),
        Just("detail"),
        Just("extraDetails"),
        Just("name"),
        Just("reason"),
        Just("key"),
        Just("value"),
        Just("ErrorCode"),
        Just("errors"),
        Just("error"),
        Just("responseInfo"),
        Just("result"),
        Just("message"),
        Just("errorInfo"),
        Just("invalidParams"),
        Just("extraInfo"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|members| {
                Value::Object(
                    members
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_at_all_are_read_and_kept(status in 400_u16..600, header in proptest::option::of(".{0,40}"), body in any::<Vec<u8>>()) {
        let read = read(Answer { status, retry_after: header, body: body.clone() }, NOW);
        prop_assert_eq!((read.status, read.body), (status, body));
    }

    #[test]
    fn any_json_of_the_known_words_is_read_and_stays_within_bounds(value in json()) {
        let body = value.to_string().into_bytes();
        let read = read_body(body.clone());
        prop_assert!(read.fields.len() <= MOST_FIELDS);
        for text in [read.code, read.title, read.detail, read.trace_id].into_iter().flatten() {
            prop_assert!(!text.is_empty() && text.chars().count() <= LONGEST);
        }
        prop_assert_eq!(read.body, body);
    }
}

/// Where Vipps' published specifications and examples are; `./test` says so when they are nowhere.
fn specs() -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment where the specifications are"
    )]
    std::env::var_os("NORDBRO_VIPPS_SPECS").map(PathBuf::from)
}

#[test]
fn the_published_examples_are_read() {
    let Some(specs) = specs() else {
        println!("Vipps' specifications are not here: their examples were not read");
        return;
    };
    let validation = "The field Reference must match the regular expression '^[a-zA-Z0-9-]{8,64}$'.";
    for (name, expected, expected_fields) in [
        (
            "epayment.problem.domain-6080.json",
            [
                "6080",
                "Cannot capture before reservation",
                "The amount you tried to capture is not reserved. The user must accept the payment before capture can be done.",
                "00-813b63975adcaaeef2b0ec7c103c40e3-706492e906541d31-01",
            ],
            named(&[]),
        ),
        (
            "epayment.problem.validation.json",
            [
                "",
                "Bad Request",
                "See extraDetails for further details",
                "00-6614b5c7ea5c404b17e45c3a398c4754-5ca6de688e27022d-01",
            ],
            named(&[("reference", validation)]),
        ),
        (
            "problem.azure-gateway.json",
            [
                "",
                "Unauthorized",
                "(An error from Azure API Management, possibly related to authentication)",
                "",
            ],
            named(&[]),
        ),
        (
            "problem.knowledge-base.status-as-string.json",
            [
                "",
                "Your request parameters didn't validate.",
                "The request body contains one or more validation errors.",
                "",
            ],
            named(&[
                ("amount", "Must be a positive integer larger than 100"),
                (
                    "URL",
                    "Must use HTTPS and validate according to the API specification",
                ),
            ]),
        ),
    ] {
        let body = std::fs::read_to_string(specs.join("examples").join(name)).unwrap();
        assert_eq!(told(&body), some(expected), "{name}");
        assert_eq!(fields(&body), expected_fields, "{name}");
    }
}
