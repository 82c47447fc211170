use std::time::Duration;

use axum::routing::{get, post};
use http::StatusCode;
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(30);

fn limits() -> Limits {
    Limits {
        header_timeout: LONG,
        body_timeout: LONG,
        idle_timeout: LONG,
        max_header_bytes: 8192,
        max_headers: 16,
        max_connections: 100,
        max_connections_per_address: 100,
        max_streams: 10,
        drain: LONG,
        trusted_proxies: Arc::new([]),
    }
}

/// A listener whose `/wait` answers when told to.
struct House {
    address: SocketAddr,
    closing: CancellationToken,
    serving: JoinHandle<()>,
    arrived: mpsc::UnboundedReceiver<()>,
    answer: CancellationToken,
}

impl House {
    async fn open(limits: Limits) -> Self {
        let (tell, arrived) = mpsc::unbounded_channel();
        let answer = CancellationToken::new();
        let waiting = answer.clone();
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/large", get(async || "x".repeat(LARGE)))
            .route(
                "/body",
                post(async |body: axum::body::Body| match body.collect().await {
                    Ok(body) => (StatusCode::OK, body.to_bytes().len().to_string()),
                    Err(error) => (StatusCode::REQUEST_TIMEOUT, error.to_string()),
                }),
            )
            .route(
                "/wait",
                get(move || {
                    let (tell, waiting) = (tell.clone(), waiting.clone());
                    async move {
                        tell.send(()).unwrap();
                        waiting.cancelled().await;
                        "waited"
                    }
                }),
            );
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let closing = CancellationToken::new();
        let serving = TaskTracker::new().spawn(serve(listener, router, limits, closing.clone()));
        Self {
            address,
            closing,
            serving,
            arrived,
            answer,
        }
    }

    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }
}

/// Everything until the server closes; a reset counts as closing.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes).await);
    String::from_utf8(bytes).unwrap()
}

async fn some(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let read = stream.read(&mut bytes).await.unwrap();
    String::from_utf8(bytes[..read].to_vec()).unwrap()
}

/// More than the buffers of two sockets hold.
const LARGE: usize = 16 << 20;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const WAIT: &[u8] = b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn a_peer_that_never_finishes_its_head_is_let_go() {
    let house = House::open(Limits {
        header_timeout: SHORT,
        ..limits()
    })
    .await;
    for beginning in [
        &b""[..],
        b"P",
        b"PRI * HTTP/2.0\r\n\r\nSM",
        b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ",
    ] {
        let stream = house.send(beginning).await;
        let said = rest(stream).await;
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 408"),
            "{beginning:?}: {said}"
        );
    }
}

#[tokio::test]
async fn an_http2_peer_that_opens_and_asks_nothing_is_let_go() {
    let house = House::open(Limits {
        header_timeout: SHORT,
        ..limits()
    })
    .await;
    let mut stream = house
        .send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
}

#[tokio::test]
async fn a_connection_without_requests_is_closed_after_its_idle_time_and_not_while_one_runs() {
    let mut house = House::open(Limits {
        idle_timeout: SHORT,
        ..limits()
    })
    .await;
    let mut stream = house.send(WAIT).await;
    house.arrived.recv().await.unwrap();
    // Longer than the idle time, by the other connection's own closing.
    let idle = house.send(GET).await;
    assert!(rest(idle).await.ends_with("here"));
    house.answer.cancel();
    assert!(some(&mut stream).await.ends_with("waited"));
    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn a_kept_connection_may_rest_longer_than_a_head_may_take() {
    let house = House::open(Limits {
        header_timeout: SHORT,
        ..limits()
    })
    .await;
    let mut kept = house.send(GET).await;
    assert!(some(&mut kept).await.ends_with("here"));
    // Two connections one after the other that are let go for their heads: twice the time has passed.
    for _ in 0..2 {
        rest(house.send(b"GET / HT").await).await;
    }
    kept.write_all(GET).await.unwrap();
    assert!(some(&mut kept).await.ends_with("here"));
}

#[tokio::test]
async fn a_head_that_is_too_large_or_has_too_many_headers_is_431() {
    let house = House::open(limits()).await;
    let large = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n",
        "a".repeat(20_000)
    );
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: 1\r\n".repeat(17));
    for head in [large, many] {
        let said = rest(house.send(head.as_bytes()).await).await;
        assert!(said.starts_with("HTTP/1.1 431"), "{said}");
    }
}

#[tokio::test]
async fn a_body_that_trickles_ends_in_an_error_for_its_reader() {
    let house = House::open(Limits {
        body_timeout: SHORT,
        ..limits()
    })
    .await;
    let mut stream = house
        .send(b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345")
        .await;
    let said = some(&mut stream).await;
    assert!(
        said.starts_with("HTTP/1.1 408") && said.contains("did not arrive within"),
        "{said}"
    );
}

#[tokio::test]
async fn a_peer_that_asks_and_takes_no_answer_is_cut() {
    let house = House::open(Limits {
        body_timeout: SHORT,
        max_connections: 1,
        ..limits()
    })
    .await;
    let ask = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n".repeat(3);
    let _reads_nothing = house.send(ask.as_bytes()).await;
    // Served only when the first one has given back the only place.
    let mut second = house.send(GET).await;
    assert!(some(&mut second).await.ends_with("here"));
}

#[tokio::test]
async fn a_peer_that_takes_a_large_answer_gets_all_of_it() {
    let house = House::open(limits()).await;
    let stream = house
        .send(b"GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    assert!(rest(stream).await.len() > LARGE);
}

#[tokio::test]
async fn an_http2_peer_that_gives_no_window_for_an_answer_is_cut() {
    let house = House::open(Limits {
        body_timeout: SHORT,
        ..limits()
    })
    .await;
    let stream = TcpStream::connect(house.address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(0)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let driving = TaskTracker::new().spawn(connection);
    let request = http::Request::get(format!("http://{}/", house.address)).body(String::new());
    let answer = sender.send_request(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(
        answer.into_body().collect().await.is_err(),
        "its body never comes"
    );
    drop(driving.await);
}

#[tokio::test]
async fn a_connection_beyond_the_cap_waits_for_a_place() {
    let house = House::open(Limits {
        max_connections: 1,
        ..limits()
    })
    .await;
    let mut first = house.send(GET).await;
    assert!(some(&mut first).await.ends_with("here"));
    let mut second = house.send(GET).await;
    let mut byte = [0];
    assert!(
        second.try_read(&mut byte).is_err(),
        "the second connection was served beside the first"
    );
    drop(first);
    assert!(some(&mut second).await.ends_with("here"));
}

#[tokio::test]
async fn a_connection_beyond_its_address_s_share_is_closed_at_once() {
    let house = House::open(Limits {
        max_connections_per_address: 1,
        ..limits()
    })
    .await;
    let mut first = house.send(GET).await;
    assert!(some(&mut first).await.ends_with("here"));
    let second = TcpStream::connect(house.address).await.unwrap();
    assert_eq!(rest(second).await, "");
    first.write_all(GET).await.unwrap();
    assert!(some(&mut first).await.ends_with("here"));
}

#[tokio::test]
async fn closing_answers_what_runs_and_accepts_nothing_new() {
    let mut house = House::open(limits()).await;
    let mut running = house.send(WAIT).await;
    house.arrived.recv().await.unwrap();
    let mut idle = house.send(GET).await;
    assert!(some(&mut idle).await.ends_with("here"));

    house.closing.cancel();
    assert_eq!(rest(idle).await, "", "an idle connection is closed at once");
    assert!(
        TcpStream::connect(house.address).await.is_err(),
        "the door is shut"
    );
    house.answer.cancel();
    let said = some(&mut running).await;
    assert!(
        said.starts_with("HTTP/1.1 200") && said.ends_with("waited"),
        "{said}"
    );
    house.serving.await.unwrap();
}

#[tokio::test]
async fn the_drain_deadline_cuts_what_does_not_end() {
    let mut house = House::open(Limits {
        drain: SHORT,
        ..limits()
    })
    .await;
    let running = house.send(WAIT).await;
    house.arrived.recv().await.unwrap();
    house.closing.cancel();
    house.serving.await.unwrap();
    assert_eq!(rest(running).await, "");
}

#[tokio::test]
async fn http2_is_spoken_and_its_headers_are_counted() {
    let house = House::open(limits()).await;
    let stream = TcpStream::connect(house.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    let driving = TaskTracker::new().spawn(connection);
    let request = |headers: usize| {
        let mut request = http::Request::get(format!("http://{}/", house.address));
        for number in 0..headers {
            request = request.header(format!("x-{number}"), "1");
        }
        request.body(String::new()).unwrap()
    };
    assert_eq!(
        sender.send_request(request(1)).await.unwrap().status(),
        StatusCode::OK
    );
    let refused = sender.send_request(request(17)).await.unwrap();
    assert_eq!(refused.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    drop(sender);
    drop(driving.await);
}
