//! Nothing that must not be seen is seen.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Forwarded, Outcome, Secret, UpstreamKey};
use nordbro_outbound::vipps::prepare;
use tracing_subscriber::fmt::MakeWriter;

use crate::clock::Hand;
use crate::house::{CAPTURED, capture, reference, vipps, with_keys};
use crate::upstream::{Upstream, granted, say};

/// Everything that is said, at every level.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Heard {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Heard {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

const CANARIES: [&str; 7] = [
    "canary-token",
    "canary-client-secret",
    "canary-primary",
    "canary-secondary",
    "4791234567",
    "canary-body",
    "canary-answer",
];

#[tokio::test]
async fn a_call_says_how_it_ended_and_not_one_secret() {
    let heard = Heard::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(heard.clone())
        .finish();
    // For the whole process, so that what the other tests say is searched as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let upstream = Upstream::start().await;
    for _ in 0..3 {
        upstream.token_answers(say(200, granted("canary-token", 3600)));
    }
    upstream.token_answers(say(401, r#"{"error_description":"canary-answer"}"#));
    let vipps = vipps(upstream.address, &Arc::new(Hand::new()));
    let access = with_keys(|keys| keys.secondary_subscription_key = Some(Secret::new("canary-secondary")));
    let create = prepare::create(
        &Forwarded {
            body: br#"{"reference":"acme-shop-1","customer":{"phoneNumber":"4791234567"},"x":"canary-body"}"#
                .to_vec(),
            facts: domain::CreateFacts {
                reference: reference(),
                amount: domain::Amount::new(1, domain::Currency::NOK),
                user_flow: String::new(),
                has_receipt: false,
            },
        },
        &UpstreamKey::from_stored("KEY9"),
    );
    let mut told = Vec::new();
    for answer in [
        say(200, CAPTURED),
        say(401, r#"{"message":"subscription key canary-answer"}"#),
        say(
            400,
            r#"{"detail":"canary-answer","customer":"4791234567","code":"canary-body 4791234567"}"#,
        ),
        say(200, r#"{"reference":"canary-answer"}"#),
        say(200, "canary-answer"),
        say(503, "canary-answer"),
    ] {
        upstream.answers(answer);
        let outcome = vipps.send(&create, &access).await;
        // A refusal carries Vipps' own words to the app, which seals them; the other outcomes carry none.
        if !matches!(outcome, Outcome::Rejected(_)) {
            told.push(format!("{outcome:?}"));
        }
    }
    upstream.answers(say(200, CAPTURED));
    vipps.send(&capture(), &access).await;
    drop(vipps.probe(&access).await);
    told.push(format!("{:?} {access:?}", *vipps));

    let logs = heard.text();
    for canary in CANARIES {
        assert!(!logs.contains(canary), "{canary} in the logs:\n{logs}");
        assert!(
            !told.iter().any(|text| text.contains(canary)),
            "{canary} in {told:?}"
        );
    }
    for said in [
        "nordbro_vipps_calls=1",
        "nordbro_vipps_call_seconds=",
        "api=\"epayment\" endpoint=\"create\" outcome=\"rejected\" status=400",
        "api=\"epayment\" endpoint=\"create\" outcome=\"nonsense\"",
        "api=\"epayment\" endpoint=\"capture\" outcome=\"accepted\" status=200",
        "api=\"access-token\" endpoint=\"get\" outcome=\"accepted\" status=200",
    ] {
        assert!(logs.contains(said), "{said} not in:\n{logs}");
    }
}
