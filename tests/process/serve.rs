use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use tempfile::TempDir;

use crate::binary::{Running, run, text};

/// A database that is up to date and a key file.
pub(crate) struct Ground {
    pub(crate) directory: TempDir,
}

impl Ground {
    fn new() -> Self {
        let ground = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let key = store::Keyring::generate().unwrap();
        std::fs::write(ground.directory.path().join("keys"), key.reveal()).unwrap();
        ground
    }

    pub(crate) fn migrated() -> Self {
        let ground = Self::new();
        let variables = ground.variables(&[]);
        let told = run(&["migrate"], &borrowed(&variables));
        assert!(told.status.success(), "{}", text(&told.stderr));
        ground
    }

    pub(crate) fn variables(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let path = |name: &str| self.directory.path().join(name).display().to_string();
        let own = [
            ("NORDBRO__DATABASE__URL", format!("sqlite:{}", path("nordbro.db"))),
            ("NORDBRO__SEALING__KEY_FILE", path("keys")),
            ("NORDBRO__PUBLIC__LISTEN", "127.0.0.1:0".to_owned()),
            ("NORDBRO__PRIVATE__LISTEN", "127.0.0.1:0".to_owned()),
        ];
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        own.into_iter()
            .chain(more)
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    pub(crate) fn serve(self, more: &[(&str, &str)]) -> Serving {
        let variables = self.variables(more);
        let mut process = Running::start(&["serve"], &borrowed(&variables));
        let line = process.logged("serving");
        let address = |name: &str| line[name].as_str().unwrap().to_owned();
        Serving {
            public: address("public"),
            private: address("private"),
            process,
            ground: self,
        }
    }
}

pub(crate) fn borrowed(variables: &[(String, String)]) -> Vec<(&str, &str)> {
    variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// A gateway that serves, on ground that lasts as long as it.
pub(crate) struct Serving {
    process: Running,
    public: String,
    pub(crate) private: String,
    pub(crate) ground: Ground,
}

/// Sends bytes and reads until the server closes.
fn raw(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // A reset is a way of closing.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn get(address: &str, path: &str) -> String {
    raw(
        address,
        format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes(),
    )
}

#[test]
fn a_served_gateway_tells_its_health_and_its_numbers_and_ends_on_sigterm_with_0() {
    let serving = Ground::migrated().serve(&[]);
    for probe in ["/livez", "/startupz", "/readyz"] {
        let answer = get(&serving.private, probe);
        assert!(answer.starts_with("HTTP/1.1 200"), "{probe}: {answer}");
    }
    assert!(get(&serving.public, "/v1/sales-units").starts_with("HTTP/1.1 401"));
    let numbers = get(&serving.private, "/metrics");
    let expected = "nordbro_http_requests_total{method=\"GET\",route=\"/v1/sales-units\",status=\"401\"} 1";
    assert!(numbers.contains(expected), "{numbers}");

    let (code, stdout, errors) = serving.process.terminate();
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{errors}");
    assert!(errors.contains("nothing was left undone"), "{errors}");
}

#[test]
fn every_log_line_is_json_and_a_requests_line_names_request_and_trace() {
    let serving = Ground::migrated().serve(&[]);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = format!(
        "GET /v1/sales-units HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n\r\n"
    );
    let answer = raw(&serving.public, request.as_bytes());
    assert!(answer.contains(trace), "the answer names the trace: {answer}");
    let (_, _, errors) = serving.process.terminate();
    let lines: Vec<Value> = errors
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let about = lines
        .iter()
        .find(|line| line["trace_id"] == trace)
        .unwrap_or_else(|| panic!("{errors}"));
    assert!(
        about["request_id"]
            .as_str()
            .is_some_and(|id| id.starts_with("req_")),
        "{about}"
    );
}

#[test]
fn operators_are_served_on_the_private_listener_alone_and_only_when_an_issuer_is_set() {
    let issuer = testkit::Issuer::new("https://id.operator.example", "nordbro-operators");
    let keys = issuer.jwks();
    let token = issuer.token(domain::Clock::now(&server::clock::SystemClock));
    let token = token.claim("nordbro_role", "auditor").signed();
    let ask = |address: &str| {
        let head = format!("host: x\r\nconnection: close\r\nauthorization: Bearer {token}");
        raw(
            address,
            format!("GET /admin/v1/partners HTTP/1.1\r\n{head}\r\n\r\n").as_bytes(),
        )
    };
    let serving = Ground::migrated().serve(&[
        ("NORDBRO__OPERATORS__ISSUER", &issuer.iss),
        ("NORDBRO__OPERATORS__AUDIENCE", &issuer.aud),
        ("NORDBRO__OPERATORS__JWKS", &keys),
    ]);
    let listed = ask(&serving.private);
    assert!(
        listed.starts_with("HTTP/1.1 200") && listed.contains("\"data\":[]"),
        "{listed}"
    );
    assert!(get(&serving.private, "/admin/v1/partners").starts_with("HTTP/1.1 401"));
    assert!(get(&serving.private, "/admin/openapi.json").starts_with("HTTP/1.1 200"));
    assert!(get(&serving.private, "/v1/sales-units").starts_with("HTTP/1.1 404"));
    let public = ask(&serving.public);
    assert!(public.starts_with("HTTP/1.1 401"), "{public}");
    let numbers = get(&serving.private, "/metrics");
    let expected =
        "nordbro_http_requests_total{method=\"GET\",route=\"/admin/v1/partners\",status=\"200\"} 1";
    assert!(numbers.contains(expected), "{numbers}");

    let closed = Ground::migrated().serve(&[]);
    let answer = ask(&closed.private);
    assert!(answer.starts_with("HTTP/1.1 501"), "{answer}");
}

#[test]
fn the_door_holds_to_its_limits() {
    let limits = [
        ("NORDBRO__PUBLIC__HEADER_TIMEOUT", "100ms"),
        ("NORDBRO__PUBLIC__MAX_HEADERS", "10"),
    ];
    let serving = Ground::migrated().serve(&limits);
    assert_eq!(raw(&serving.public, b"GET / HTTP/1.1\r\nx-slow: "), "");
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: 1\r\n".repeat(10));
    assert!(raw(&serving.public, many.as_bytes()).starts_with("HTTP/1.1 431"));
    let large = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(70_000));
    assert!(raw(&serving.public, large.as_bytes()).starts_with("HTTP/1.1 431"));
    // And serves on.
    assert!(get(&serving.private, "/readyz").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_database_behind_on_migrations_is_refused_with_the_remedy() {
    let ground = Ground::new();
    let told = run(&["serve"], &borrowed(&ground.variables(&[])));
    let error = text(&told.stderr);
    assert_eq!(told.status.code(), Some(1));
    assert!(error.contains("`nordbro migrate`"), "{error}");
}

#[test]
fn a_missing_key_file_is_refused_with_the_remedy() {
    let ground = Ground::migrated();
    let told = run(
        &["serve"],
        &borrowed(&ground.variables(&[("NORDBRO__SEALING__KEY_FILE", "")])),
    );
    let error = text(&told.stderr);
    assert_eq!(told.status.code(), Some(1));
    assert!(
        error.contains("sealing.key_file") && error.contains("nordbro keys generate"),
        "{error}"
    );
}
