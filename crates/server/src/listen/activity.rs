//! Whether a connection is doing anything.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::untaken::Untaken;

/// What an HTTP/2 connection begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// Requests in flight on one connection, when the last one ended and when a new head began to arrive.
///
/// The protocol layer's own timeout for heads also counts the rest between two requests, which a load balancer
/// rightly uses; so both are measured here.
#[derive(Debug, Clone)]
pub(super) struct Activity(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    opened: Instant,
    in_flight: AtomicUsize,
    asked: AtomicBool,
    /// Milliseconds from `opened` to the end of the last request.
    last_end: AtomicU64,
    /// Milliseconds from `opened` to the first byte of a head that is not whole yet; [`NO_HEAD`] when there is none.
    head_began: AtomicU64,
    untaken: Mutex<Untaken>,
}

const NO_HEAD: u64 = u64::MAX;

/// One request; ends when dropped.
#[derive(Debug)]
pub(super) struct Running {
    activity: Activity,
    /// The number of its answer, once there is one.
    answer: Option<u64>,
}

impl Activity {
    #[expect(
        clippy::disallowed_methods,
        reason = "a connection's idleness is about sockets and therefore real time"
    )]
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner {
            opened: Instant::now(),
            in_flight: AtomicUsize::new(0),
            asked: AtomicBool::new(false),
            last_end: AtomicU64::new(0),
            head_began: AtomicU64::new(NO_HEAD),
            untaken: Mutex::default(),
        }))
    }

    pub(super) fn begin(&self) -> Running {
        self.0.in_flight.fetch_add(1, Ordering::AcqRel);
        self.0.asked.store(true, Ordering::Release);
        self.0.head_began.store(NO_HEAD, Ordering::Release);
        Running {
            activity: self.clone(),
            answer: None,
        }
    }

    fn untaken(&self) -> MutexGuard<'_, Untaken> {
        self.0.untaken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when the peer has left something untaken for longer than `patience`.
    #[expect(
        clippy::disallowed_methods,
        reason = "what a socket takes is a matter of real time"
    )]
    pub(super) async fn stalled(&self, patience: Duration) {
        loop {
            let now = Instant::now();
            let since = self.untaken().since();
            let due = since.map_or(now, |since| self.0.opened + Duration::from_millis(since)) + patience;
            if due <= now {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.0.in_flight.load(Ordering::Acquire) > 0
    }

    /// Bytes came while no request ran: the head of the next one.
    fn heard(&self) {
        if !self.is_busy() {
            let began = &self.0.head_began;
            let _ = began.compare_exchange(NO_HEAD, self.elapsed(), Ordering::AcqRel, Ordering::Acquire);
        }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.0.opened.elapsed().as_millis()).unwrap_or(NO_HEAD - 1)
    }

    /// Ends when the connection has had its time: a head took longer than `head` (the first one from the opening on),
    /// or nothing ran for `idle`.
    #[expect(
        clippy::disallowed_methods,
        reason = "a connection's idleness is about sockets and therefore real time"
    )]
    pub(super) async fn exhausted(&self, head: Duration, idle: Duration) {
        let inner = &self.0;
        let after = |milliseconds| inner.opened + Duration::from_millis(milliseconds);
        loop {
            let now = Instant::now();
            let head_began = inner.head_began.load(Ordering::Acquire);
            let deadline = if self.is_busy() {
                now + idle
            } else if !inner.asked.load(Ordering::Acquire) {
                inner.opened + head
            } else if head_began != NO_HEAD {
                after(head_began) + head
            } else {
                after(inner.last_end.load(Ordering::Acquire)) + idle
            };
            if deadline <= now {
                return;
            }
            // Meanwhile a request may come and go or a head begin: look again after the shorter of the two times.
            tokio::time::sleep_until(deadline.min(now + head.min(idle))).await;
        }
    }
}

impl Running {
    /// Its answer is there, of about so many bytes, and has to be taken.
    pub(super) fn answered(&mut self, bytes: u64) {
        let now = self.activity.elapsed();
        self.answer = Some(self.activity.untaken().answered(now, bytes));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(answer) = self.answer {
            self.activity.untaken().gone(answer);
        }
        let ended = self.activity.elapsed();
        let inner = &self.activity.0;
        inner.last_end.fetch_max(ended, Ordering::AcqRel);
        inner.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A socket that tells [`Activity`] when a peer begins to say something, and when it takes no more.
#[derive(Debug)]
pub(super) struct Heard {
    stream: TcpStream,
    activity: Activity,
    /// How much of the HTTP/2 preface the peer has said. On such a connection frames of all kinds come between
    /// requests, and the protocol layer bounds its heads.
    preface: Option<usize>,
}

impl Heard {
    pub(super) const fn new(stream: TcpStream, activity: Activity) -> Self {
        Self {
            stream,
            activity,
            preface: Some(0),
        }
    }

    fn written(&self, polled: &Poll<std::io::Result<usize>>) {
        match polled {
            Poll::Pending => self.activity.untaken().refused(self.activity.elapsed()),
            Poll::Ready(Ok(bytes)) => self.activity.untaken().took(*bytes),
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let new = &buffer.filled()[before..];
        if let Some(said) = self.preface {
            let rest = &PREFACE[said..];
            let common = rest.len().min(new.len());
            self.preface = (rest[..common] == new[..common]).then_some(said + common);
        }
        if !new.is_empty() && self.preface != Some(PREFACE.len()) {
            self.activity.heard();
        }
        polled
    }
}

impl AsyncWrite for Heard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.written(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        // Asked for when nothing is left to write.
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        if polled.is_ready() {
            self.activity.untaken().flushed();
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
