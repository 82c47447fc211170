//! A collector of traces behind TLS, with a certificate of an authority that only the test knows.

use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_util::task::TaskTracker;

type Bodies = Arc<Mutex<Vec<u8>>>;

pub(crate) struct Collector {
    pub(crate) url: String,
    bodies: Bodies,
}

impl Collector {
    /// `authority` is where the certificate to trust is written.
    pub(crate) async fn open(authority: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(certified(authority)));
        let bodies = Bodies::default();
        let tasks = TaskTracker::new();
        let kept = Arc::clone(&bodies);
        tasks.clone().spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, kept) = (acceptor.clone(), Arc::clone(&kept));
                tasks.spawn(async move {
                    // Whoever does not trust the certificate goes away.
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let keep = service_fn(move |request| keep(Arc::clone(&kept), request));
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), keep)
                        .await;
                });
            }
        });
        Self {
            url: format!("https://localhost:{port}"),
            bodies,
        }
    }

    /// Everything that was sent so far, heads and bodies.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bodies.lock().unwrap().clone()
    }
}

async fn keep(kept: Bodies, request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut kept = kept.lock().unwrap();
    kept.extend_from_slice(format!("{head:?}\n").as_bytes());
    kept.extend_from_slice(&body);
    Ok(Response::new(Empty::new()))
}

fn certified(authority: &Path) -> ServerConfig {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    std::fs::write(authority, params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let own = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&own, &issuer)
        .unwrap();
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::try_from(own.serialize_der()).unwrap(),
        )
        .unwrap()
}
