//! The listener of a world, which can be closed so that connections are refused, and opened again
//! on the same port.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::lock::Held as _;
use crate::world::World;

/// Where a world listens, and how to stop it.
pub(crate) struct Door {
    address: Mutex<SocketAddr>,
    /// Of the present opening; cancelled when it is closed.
    open: Mutex<Option<Opening>>,
}

struct Opening {
    closing: CancellationToken,
    closed: CancellationToken,
}

impl Door {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address: Mutex::new(address),
            open: Mutex::new(None),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        *self.address.held()
    }
}

impl World {
    /// Listens again after [`World::close`], on the same port. Does nothing when it already does.
    ///
    /// # Errors
    /// When the port has been taken meanwhile.
    pub async fn open(self: &Arc<Self>) -> std::io::Result<()> {
        if self.door.open.held().is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind(self.door.address()).await?;
        *self.door.address.held() = listener.local_addr()?;
        let opening = Opening {
            closing: CancellationToken::new(),
            closed: CancellationToken::new(),
        };
        let (closing, closed) = (opening.closing.clone(), opening.closed.clone());
        *self.door.open.held() = Some(opening);
        let world = self.clone();
        self.tasks.spawn(async move {
            accept(&world, listener, closing).await;
            closed.cancel();
        });
        Ok(())
    }

    /// Closes the listener and every idle connection: from then on connections are refused.
    /// Requests that are being answered still get their answer.
    pub async fn close(&self) {
        let opening = self.door.open.held().take();
        if let Some(opening) = opening {
            opening.closing.cancel();
            opening.closed.cancelled().await;
        }
    }
}

async fn accept(world: &Arc<World>, listener: TcpListener, closing: CancellationToken) {
    loop {
        tokio::select! {
            () = closing.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    world.tasks.spawn(connection(world.clone(), stream, closing.clone()));
                }
                // Out of descriptors, most likely: let connections end before the next try.
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    drop(world.clock().sleep(Duration::from_millis(50)).await);
                }
            },
        }
    }
}

async fn connection(world: Arc<World>, stream: TcpStream, closing: CancellationToken) {
    // Small answers shall not wait for more; a failure only costs speed.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let world = world.clone();
        async move { world.handle(request).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
