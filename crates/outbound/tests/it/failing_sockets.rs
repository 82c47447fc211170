//! Only a connection that never came about proves that nothing left.

use std::sync::Arc;
use std::time::Duration;

use domain::Outcome;
use nordbro_outbound::Timeouts;
use tokio::net::TcpListener;

use crate::clock::Hand;
use crate::house::{CAPTURED, TIMEOUTS, access, capture, vipps, vipps_within};
use crate::socket::{Sockets, with_length};

/// A test that waits for a socket waits in real time; the token must still come within it.
const IMPATIENT: Timeouts = Timeouts {
    answer: Duration::from_millis(400),
    ..TIMEOUTS
};

fn is_unknown(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unknown { .. })
}

#[tokio::test]
async fn a_refused_connection_means_that_nothing_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);

    let outcome = vipps(address, &Arc::new(Hand::new()))
        .send(&capture(), &access())
        .await;

    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_name_that_leads_nowhere_means_that_nothing_left() {
    let vipps = vipps("nowhere.invalid", &Arc::new(Hand::new()));
    let outcome = vipps.send(&capture(), &access()).await;
    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_connection_refused_after_the_token_came_means_that_nothing_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    crate::socket::beside(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // The door closes before the token is out, so the next connection is refused for certain.
        drop(listener);
        let mut connection = crate::socket::Connection::new(stream);
        connection.read().await;
        let answer = with_length(200, &crate::upstream::granted("token-1", 3600));
        connection
            .write(&answer.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"))
            .await;
    });

    let outcome = vipps(address, &Arc::new(Hand::new()))
        .send(&capture(), &access())
        .await;

    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_unknown_when_the_socket_times_out() {
    let sockets = Sockets::start(|_, mut connection| async move {
        connection.give_token().await;
        connection.read().await;
        connection.read().await;
    })
    .await;

    let vipps = vipps_within(sockets.address, &Arc::new(Hand::new()), IMPATIENT);
    let outcome = vipps.send(&capture(), &access()).await;

    assert!(is_unknown(&outcome), "{outcome:?}");
    assert_eq!(sockets.requests(), 2);
}

#[tokio::test]
async fn an_answer_that_trickles_is_unknown_when_its_time_is_over() {
    let sockets = Sockets::start(|_, mut connection| async move {
        connection.give_token().await;
        connection.read().await;
        connection
            .write("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{")
            .await;
        connection.read().await;
    })
    .await;

    let vipps = vipps_within(sockets.address, &Arc::new(Hand::new()), IMPATIENT);
    let outcome = vipps.send(&capture(), &access()).await;

    assert!(is_unknown(&outcome), "{outcome:?}");
}

/// The library under us repeats by itself only what it never began to write. A kept connection that dies
/// once the request is on it is the trap: the request may have been read.
#[tokio::test]
async fn a_kept_connection_that_ends_after_the_request_is_unknown_and_nothing_is_sent_again() {
    let sockets = Sockets::start(|_, mut connection| async move {
        connection.give_token().await;
        connection.read().await;
    })
    .await;

    let vipps = vipps(sockets.address, &Arc::new(Hand::new()));
    let outcome = vipps.send(&capture(), &access()).await;

    assert!(is_unknown(&outcome), "{outcome:?}");
    assert_eq!((sockets.connections(), sockets.requests()), (1, 2));
}

#[tokio::test]
async fn a_kept_connection_that_is_reset_after_a_part_of_the_request_is_unknown_and_nothing_is_sent_again() {
    let sockets = Sockets::start(|_, mut connection| async move {
        connection.give_token().await;
        let mut first = [0; 1];
        connection.stream.peek(&mut first).await.unwrap();
        connection.reset();
    })
    .await;

    let vipps = vipps(sockets.address, &Arc::new(Hand::new()));
    let outcome = vipps.send(&capture(), &access()).await;

    assert!(is_unknown(&outcome), "{outcome:?}");
    assert_eq!((sockets.connections(), sockets.requests()), (1, 1));
}

/// Whether the client sees the end in time or writes into it is chance; what holds for both is that the
/// capture arrives at most once and is never said to be unsent.
#[tokio::test]
async fn a_kept_connection_that_ended_while_idle_never_doubles_a_request() {
    for _ in 0..50 {
        let sockets = Sockets::start(|number, mut connection| async move {
            if number == 1 {
                connection.give_token().await;
            } else if connection.read().await.is_some() {
                connection.write(&with_length(200, CAPTURED)).await;
            }
        })
        .await;

        let vipps = vipps(sockets.address, &Arc::new(Hand::new()));
        match vipps.send(&capture(), &access()).await {
            Outcome::Accepted(_) => assert_eq!((sockets.connections(), sockets.requests()), (2, 2)),
            Outcome::Unknown { .. } => assert_eq!(sockets.requests(), 1),
            other @ (Outcome::Rejected(_) | Outcome::NotSent { .. }) => unreachable!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_answer_cut_off_in_its_body_is_unknown_whatever_its_status() {
    for status in [200, 400] {
        let sockets = Sockets::start(move |_, mut connection| async move {
            connection.give_token().await;
            connection.read().await;
            let whole = with_length(status, CAPTURED);
            connection.write(&whole[..whole.len() - 10]).await;
        })
        .await;

        let vipps = vipps(sockets.address, &Arc::new(Hand::new()));
        let outcome = vipps.send(&capture(), &access()).await;

        assert!(is_unknown(&outcome), "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_or_has_no_end_of_headers_is_unknown() {
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "x: y\r\n".repeat(1_000));
    for answer in [
        "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
        endless,
        "HTTP/1.1 200 OK\r\n".to_owned(),
    ] {
        let sockets = Sockets::start(move |_, mut connection| {
            let answer = answer.clone();
            async move {
                connection.give_token().await;
                connection.read().await;
                connection.write(&answer).await;
            }
        })
        .await;

        let vipps = vipps(sockets.address, &Arc::new(Hand::new()));
        let outcome = vipps.send(&capture(), &access()).await;

        assert!(is_unknown(&outcome), "{outcome:?}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let sockets = Sockets::start(|_, mut connection| async move {
        connection.give_token().await;
        connection.read().await;
        connection
            .write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        for _ in 0..1_000 {
            connection
                .write(&format!("3e8\r\n{}\r\n", " ".repeat(1_000)))
                .await;
        }
    })
    .await;

    let vipps = vipps(sockets.address, &Arc::new(Hand::new()));
    let outcome = vipps.send(&capture(), &access()).await;

    let Outcome::Unknown { reason } = outcome else {
        unreachable!("{outcome:?}")
    };
    assert!(reason.contains("longer than 10000 bytes"), "{reason}");
}
