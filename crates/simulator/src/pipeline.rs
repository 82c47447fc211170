//! The way of a request: read, matched, entered in the ring, struck by faults, handled, answered.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::json;

use crate::answer::Answer;
use crate::call::{self, Call};
use crate::clock::Clock;
use crate::faults::{Fault, Subject};
use crate::lock::Held as _;
use crate::problem;
use crate::ring::{self, Outcome};
use crate::route::{self, Found, Handler};
use crate::world::World;

const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The connection ends here: whoever serves it closes it without another byte.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on purpose")]
pub(crate) struct Dropped;

impl World {
    /// Answers a request that did not come over a socket; `None` where a fault drops the connection.
    pub async fn call(self: &Arc<Self>, request: Request<String>) -> Option<Response<Body>> {
        self.handle(request.map(Full::<Bytes>::from)).await.ok()
    }

    /// Answers one request, or says to drop the connection.
    pub(crate) async fn handle<B>(self: &Arc<Self>, request: Request<B>) -> Result<Response<Body>, Dropped>
    where
        B: hyper::body::Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, MOST_BYTES).collect().await else {
            return Err(Dropped);
        };
        let body = body.to_bytes();
        let found = route::find(&self.routes, &head.method, head.uri.path());
        let (operation, params, handler): (&'static str, Vec<(&'static str, String)>, Option<Handler>) =
            match &found {
                Found::Route(route, params) => (route.operation, params.clone(), Some(route.handler)),
                Found::OtherMethod | Found::Nothing => ("unknown", Vec::new(), None),
            };
        let call = Call {
            operation,
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            reference: call::reference(&params, &body),
            params,
            headers: head.headers,
            body,
            at: self.clock().now(),
        };
        let Some(handler) = handler else {
            let number = self.ring.held().enter(&call, false);
            let answer = route::unknown(&found);
            self.ring.held().settle(number, ring::answered(&answer, true));
            return Ok(answer.into_response());
        };
        if operation.starts_with("control.") {
            return Ok(handler(self.clone(), call).await.into_response());
        }
        // On a task of its own: a caller that hangs up does not undo what it asked for.
        let world = self.clone();
        let work = self.tasks.spawn(async move { world.struck(call, handler).await });
        work.await.unwrap_or(Err(Dropped))
    }

    async fn struck(self: &Arc<Self>, mut call: Call, handler: Handler) -> Result<Response<Body>, Dropped> {
        let number = self.ring.held().enter(&call, true);
        let struck = self.faults.held().draw(self.seed, &Subject::request(&call));
        if !struck.rules.is_empty() {
            self.ring.held().struck(number, &struck.rules);
        }
        if struck.latency_millis > 0 {
            let hold = self
                .clock()
                .sleep(Duration::from_millis(struck.latency_millis))
                .await;
            call.at = self.clock().now();
            let mut work = pin!(self.answered(number, call, handler, struck.fault));
            // It is done at this very instant, unless it has to wait for the clock itself.
            let at_once = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
            drop(hold);
            return match at_once {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => work.await,
            };
        }
        self.answered(number, call, handler, struck.fault).await
    }

    async fn answered(
        self: &Arc<Self>,
        number: u64,
        call: Call,
        handler: Handler,
        fault: Option<Fault>,
    ) -> Result<Response<Body>, Dropped> {
        let settle = |answer: &Answer, sent| self.ring.held().settle(number, ring::answered(answer, sent));
        let Some(fault) = fault else {
            let answer = handler(self.clone(), call).await;
            settle(&answer, true);
            return Ok(answer.into_response());
        };
        match spoilt(fault) {
            Spoilt::Reset => {
                self.ring.held().settle(number, Outcome::Reset);
                Err(Dropped)
            }
            Spoilt::Lost => {
                let answer = handler(self.clone(), call).await;
                settle(&answer, false);
                Err(Dropped)
            }
            Spoilt::Instead(answer) => {
                settle(&answer, true);
                Ok(answer.into_response())
            }
            Spoilt::After(answer) => {
                handler(self.clone(), call).await;
                settle(&answer, true);
                Ok(answer.into_response())
            }
            Spoilt::Body(change) => {
                let answer = handler(self.clone(), call).await;
                settle(&answer, false);
                Ok(change.apply(self.clock(), answer))
            }
        }
    }
}

/// What a fault makes of a request.
enum Spoilt {
    Reset,
    Lost,
    Instead(Answer),
    After(Answer),
    Body(BodyChange),
}

enum BodyChange {
    Truncated(usize),
    Garbage,
    Trickle { bytes: usize, every: Duration },
}

fn spoilt(fault: Fault) -> Spoilt {
    let instead = |answer, after_effect| {
        if after_effect {
            Spoilt::After(answer)
        } else {
            Spoilt::Instead(answer)
        }
    };
    match fault {
        // Latency is served before, and the faults of deliveries are not drawn for requests.
        Fault::Latency { .. }
        | Fault::NeverSent
        | Fault::SentAgain { .. }
        | Fault::Delayed { .. }
        | Fault::Overtaken { .. }
        | Fault::WronglySigned
        | Fault::ResetBeforeEffect => Spoilt::Reset,
        Fault::AnswerLost => Spoilt::Lost,
        Fault::ServerError { status, after_effect } => {
            let answer = problem::gateway(status_of(status), "Something went wrong, please try again later");
            instead(answer, after_effect)
        }
        Fault::TooManyRequests { retry_after } => Spoilt::Instead(too_many(retry_after)),
        Fault::Truncated { bytes } => Spoilt::Body(BodyChange::Truncated(bytes)),
        Fault::Garbage => Spoilt::Body(BodyChange::Garbage),
        Fault::Redirect { status, location } => {
            Spoilt::Instead(Answer::empty(status_of(status)).with(header::LOCATION, &location))
        }
        Fault::Trickle { bytes, every_millis } => Spoilt::Body(BodyChange::Trickle {
            bytes: bytes.max(1),
            every: Duration::from_millis(every_millis),
        }),
        Fault::Answer {
            status,
            content_type,
            headers,
            body,
            after_effect,
        } => {
            let pair = |(name, value): &(String, String)| {
                Some((
                    HeaderName::from_bytes(name.as_bytes()).ok()?,
                    HeaderValue::from_str(value).ok()?,
                ))
            };
            let headers = headers.iter().filter_map(pair).collect();
            instead(
                Answer {
                    status: status_of(status),
                    content_type,
                    headers,
                    body: body.into(),
                },
                after_effect,
            )
        }
    }
}

/// Azure API Management's 429.
pub(crate) fn too_many(retry_after: Option<u32>) -> Answer {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let answer = Answer::json(
        status,
        &json!({ "statusCode": 429, "message": "Rate limit is exceeded." }),
    );
    match retry_after {
        Some(seconds) => answer.with(header::RETRY_AFTER, &seconds.to_string()),
        None => answer,
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl BodyChange {
    fn apply(self, clock: &Clock, mut answer: Answer) -> Response<Body> {
        let whole = std::mem::take(&mut answer.body);
        match self {
            Self::Garbage => {
                answer.body = Bytes::from_static(b"\x00<html>\xff{\"reference\":");
                answer.into_response()
            }
            Self::Truncated(bytes) => {
                // The length promises the whole body, the connection ends before it.
                answer = answer.with(header::CONTENT_LENGTH, &whole.len().to_string());
                let part = whole.slice(..bytes.min(whole.len()));
                let cut = async {
                    // Lets what was sent so far go out before the connection breaks.
                    for _ in 0..8 {
                        tokio::task::yield_now().await;
                    }
                    Err(Dropped)
                };
                let pieces = stream::iter([Ok(part)]).chain(stream::once(cut));
                with_body(answer, Body::from_stream(pieces))
            }
            Self::Trickle { bytes, every } => {
                answer = answer.with(header::CONTENT_LENGTH, &whole.len().to_string());
                let pieces = stream::unfold((whole, clock.clone()), move |(mut rest, clock)| async move {
                    if rest.is_empty() {
                        return None;
                    }
                    drop(clock.sleep(every).await);
                    let piece = rest.split_to(bytes.min(rest.len()));
                    Some((Ok::<_, Dropped>(piece), (rest, clock)))
                });
                with_body(answer, Body::from_stream(pieces))
            }
        }
    }
}

fn with_body(answer: Answer, body: Body) -> Response<Body> {
    let mut response = answer.into_response();
    *response.body_mut() = body;
    response
}
