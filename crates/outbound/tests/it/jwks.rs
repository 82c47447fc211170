//! URLs that a partner wrote.

use std::time::Duration;

use nordbro_outbound::Timeouts;
use nordbro_outbound::jwks::{Error, Jwks, Refused, Settings};

use crate::house::TIMEOUTS;
use crate::socket::{Sockets, with_length};
use crate::upstream::{Upstream, say};

fn jwks(exceptions: &[&str]) -> Jwks {
    jwks_within(exceptions, TIMEOUTS)
}

fn jwks_within(exceptions: &[&str], timeouts: Timeouts) -> Jwks {
    let settings = Settings {
        exceptions: exceptions.iter().map(|range| range.parse().unwrap()).collect(),
        timeouts,
    };
    Jwks::new(&settings).unwrap()
}

#[tokio::test]
async fn an_excepted_address_is_fetched_by_number_and_by_name() {
    let upstream = Upstream::start().await;
    let port = upstream.address.port();
    let jwks = jwks(&["127.0.0.0/8"]);
    for host in ["127.0.0.1", "localhost"] {
        upstream.answers(say(200, r#"{"keys":[]}"#));
        let fetched = jwks.fetch(&format!("http://{host}:{port}/keys?tenant=1")).await;
        assert_eq!(fetched.as_deref(), Ok(r#"{"keys":[]}"#), "{host}");
    }
    assert_eq!(upstream.calls()[0].path, "/keys?tenant=1");
}

#[tokio::test]
async fn what_is_inside_is_not_asked_however_it_is_spelt() {
    let upstream = Upstream::start().await;
    let port = upstream.address.port();
    let jwks = jwks(&[]);
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "localhost",
        "LOCALHOST",
    ] {
        let fetched = jwks.fetch(&format!("https://{host}:{port}/keys")).await;
        assert_eq!(fetched, Err(Error::Refused(Refused::Address)), "{host}");
    }
    assert_eq!(upstream.seen().len(), 0);
}

#[tokio::test]
async fn an_exception_opens_its_own_range_and_nothing_else() {
    let jwks = jwks(&["127.0.0.2/32"]);
    for (url, refused) in [
        ("https://127.0.0.1:1/", Refused::Address),
        ("https://localhost:1/", Refused::Address),
        ("http://127.0.0.1:1/", Refused::Scheme),
        ("http://1.1.1.1/", Refused::Scheme),
        ("http://localhost:1/", Refused::Address),
        ("http://[::ffff:127.0.0.1]:1/", Refused::Scheme),
    ] {
        assert_eq!(jwks.fetch(url).await, Err(Error::Refused(refused)), "{url}");
    }
    let open = jwks.fetch("http://[::ffff:127.0.0.2]:1/").await;
    assert!(matches!(open, Err(Error::Unavailable(_))), "{open:?}");
}

#[tokio::test]
async fn a_url_that_is_none_or_not_https_or_holds_credentials_is_refused() {
    let jwks = jwks(&[]);
    for (url, error) in [
        ("not a url", Error::NotAUrl),
        ("", Error::NotAUrl),
        ("http://example.com/keys", Error::Refused(Refused::Scheme)),
        ("ftp://example.com/keys", Error::Refused(Refused::Scheme)),
        ("file:///etc/passwd", Error::Refused(Refused::Scheme)),
        (
            "https://user:secret@example.com/",
            Error::Refused(Refused::Credentials),
        ),
        ("https://user@example.com/", Error::Refused(Refused::Credentials)),
    ] {
        assert_eq!(jwks.fetch(url).await, Err(error), "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_not_even_to_an_allowed_address() {
    let upstream = Upstream::start().await;
    let elsewhere = Upstream::start().await;
    let target = format!("http://{}/keys", elsewhere.address);
    upstream.answers(say(302, "").with("location", &target));
    let fetched = jwks(&["127.0.0.1/32"])
        .fetch(&format!("http://{}/", upstream.address))
        .await;
    assert_eq!(fetched, Err(Error::Status(302)));
    assert_eq!(elsewhere.seen().len(), 0);
}

#[tokio::test]
async fn an_answer_that_is_too_long_too_slow_or_no_text_is_not_used() {
    let jwks = jwks(&["127.0.0.1/32"]);
    let upstream = Upstream::start().await;
    upstream.answers(say(200, vec![b' '; (256 << 10) + 1]));
    upstream.answers(say(200, vec![0xff, 0xfe]));
    upstream.answers(say(404, "{}"));
    let url = format!("http://{}/", upstream.address);
    let long = jwks.fetch(&url).await;
    assert!(
        matches!(&long, Err(Error::Unavailable(reason)) if reason.contains("longer")),
        "{long:?}"
    );
    assert_eq!(jwks.fetch(&url).await, Err(Error::NotText));
    assert_eq!(jwks.fetch(&url).await, Err(Error::Status(404)));

    let impatient = Timeouts {
        answer: Duration::from_millis(200),
        ..TIMEOUTS
    };
    let jwks = jwks_within(&["127.0.0.1/32"], impatient);
    let slow = Sockets::start(|_, mut connection| async move {
        connection.read().await;
        let whole = with_length(200, r#"{"keys":[]}"#);
        connection.write(&whole[..whole.len() - 1]).await;
        connection.read().await;
    })
    .await;
    let fetched = jwks.fetch(&format!("http://{}/", slow.address)).await;
    assert!(
        matches!(&fetched, Err(Error::Unavailable(reason)) if reason.contains("time")),
        "{fetched:?}"
    );
}
