//! Issuers that publish their keys at a URL.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use api::identity::{Reason, Refusal};
use app::registry::{Jwks, issuers};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use jsonwebtoken::Algorithm;
use testkit::listener::until;
use time::Duration;

use crate::signer::{Signer, jwks};
use crate::world::{World, terms};

/// A place where an issuer publishes its keys.
#[derive(Clone, Default)]
struct Place {
    set: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
    /// Nobody is answered while this is held.
    silence: Arc<tokio::sync::Mutex<()>>,
}

impl Place {
    async fn open(&self) -> (String, tokio::task::JoinSet<()>) {
        let router = Router::new()
            .route("/keys", get(Self::answer))
            .route(
                "/moved",
                get(|| async { axum::response::Redirect::temporary("/keys") }),
            )
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut serving = tokio::task::JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        (url, serving)
    }

    async fn answer(State(place): State<Self>) -> Response {
        place.asked.fetch_add(1, Ordering::SeqCst);
        drop(place.silence.lock().await);
        match place.set.lock().unwrap().clone() {
            Some(set) => set.into_response(),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    fn publish(&self, signers: &[&Signer]) {
        *self.set.lock().unwrap() = Some(jwks(signers));
    }

    fn say(&self, text: &str) {
        *self.set.lock().unwrap() = Some(text.to_owned());
    }

    fn break_down(&self) {
        *self.set.lock().unwrap() = None;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn world_with(url: String) -> World {
    let world = World::new().await;
    let partner = world.partner("north").await;
    let by_url = issuers::Terms {
        jwks: Jwks::Url(url),
        ..terms(&[])
    };
    world.issuer(&partner, by_url).await;
    world
}

/// The key that an issuer signs with, and the one it changes over to.
fn signers() -> (Signer, Signer) {
    let signer = |kid| Signer::new(kid, Algorithm::ES256);
    (signer("k1"), signer("k2"))
}

#[tokio::test]
async fn an_unknown_kid_asks_once_per_cool_down_however_many_tokens_carry_it() {
    let place = Place::default();
    let (url, _serving) = place.open().await;
    let world = world_with(format!("{url}/keys")).await;
    let (old, new) = signers();
    place.publish(&[&old]);
    world.ask(&old.token(&world.claims())).await.unwrap();
    assert_eq!(place.asked(), 1);

    let token = new.token(&world.claims());
    for _ in 0..20 {
        let refused = world.ask(&token).await;
        assert!(
            matches!(refused, Err(Refusal::Invalid(Reason::Key))),
            "{refused:?}"
        );
    }
    assert_eq!(place.asked(), 1, "asked again within the cool-down");

    place.publish(&[&old, &new]);
    world.clock.advance(Duration::seconds(30));
    let asking = (0..20).map(|_| world.ask(&token));
    for answer in futures_util::future::join_all(asking).await {
        answer.unwrap();
    }
    assert_eq!(place.asked(), 2);
}

/// Whoever was the first to need an issuer's keys could else hang up and have everybody else wait for the cool-down;
/// anybody can, with a token that only names the issuer.
#[tokio::test]
async fn a_caller_who_hangs_up_while_keys_are_fetched_leaves_them_to_everybody_else() {
    let place = Place::default();
    let (url, _serving) = place.open().await;
    let world = world_with(format!("{url}/keys")).await;
    let (old, new) = signers();
    for (published, signer) in [(vec![&old], &old), (vec![&old, &new], &new)] {
        place.publish(&published);
        world.clock.advance(Duration::minutes(1));
        let token = signer.token(&world.claims());
        let asked = place.asked();
        let silence = place.silence.lock().await;
        {
            let mut asking = Box::pin(world.ask(&token));
            tokio::select! {
                biased;
                judged = &mut asking => panic!("{judged:?}"),
                () = until(|| place.asked() > asked) => {}
            }
        }
        drop(silence);
        world.ask(&token).await.unwrap();
        assert_eq!(place.asked(), asked + 1, "asked again");
    }
}

#[tokio::test]
async fn the_last_good_keys_stay_while_the_issuer_is_down() {
    let place = Place::default();
    let (url, _serving) = place.open().await;
    let world = world_with(format!("{url}/keys")).await;
    let signer = Signer::new("k1", Algorithm::ES256);
    place.publish(&[&signer]);
    world.ask(&signer.token(&world.claims())).await.unwrap();
    place.break_down();
    for _ in 0..24 {
        world.clock.advance(Duration::HOUR);
        world.ask(&signer.token(&world.claims())).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_that_is_published_while_a_flood_holds_the_cool_down_is_never_refused() {
    let place = Place::default();
    let (url, _serving) = place.open().await;
    let world = world_with(format!("{url}/keys")).await;
    let (old, new) = signers();
    let stranger = Signer::new("nobody", Algorithm::ES256);
    place.publish(&[&old]);
    world.ask(&old.token(&world.claims())).await.unwrap();
    world.clock.advance(Duration::minutes(1));
    let forged = stranger.token(&world.claims());
    let flood = (0..100).map(|_| world.ask(&forged));
    for answer in futures_util::future::join_all(flood).await {
        assert!(matches!(answer, Err(Refusal::Invalid(Reason::Key))), "{answer:?}");
    }
    assert_eq!(place.asked(), 2, "a fetch for each of them");

    // The issuer changes over a second later: nobody may ask yet, so nobody can say that the key is none.
    world.clock.advance(Duration::SECOND);
    place.publish(&[&old, &new]);
    let token = new.token(&world.claims());
    let waiting = world.ask(&token).await;
    assert!(
        matches!(waiting, Err(Refusal::Unjudged(app::Error::Unavailable))),
        "{waiting:?}"
    );
    world.ask(&old.token(&world.claims())).await.unwrap();
    assert_eq!(place.asked(), 2);
    world.clock.advance(Duration::seconds(29));
    world.ask(&token).await.unwrap();
    assert_eq!(place.asked(), 3);
}

#[tokio::test]
async fn a_page_that_is_no_key_set_does_not_displace_the_last_good_one() {
    let place = Place::default();
    let (url, _serving) = place.open().await;
    let world = world_with(format!("{url}/keys")).await;
    let (old, new) = signers();
    for said in ["<html>Be right back</html>", "{}", "[]", r#"{"keys":7}"#] {
        place.publish(&[&old]);
        world.clock.advance(Duration::hours(1));
        world.ask(&old.token(&world.claims())).await.unwrap();
        place.say(said);
        world.clock.advance(Duration::minutes(1));
        // A key that is not known yet makes the gateway ask again.
        let unknown = world.ask(&new.token(&world.claims())).await;
        assert!(
            matches!(unknown, Err(Refusal::Unjudged(app::Error::Unavailable))),
            "{unknown:?}"
        );
        world.clock.advance(Duration::SECOND);
        let known = world.ask(&old.token(&world.claims())).await;
        assert!(known.is_ok(), "{said}: {known:?}");
    }
}

#[tokio::test]
async fn keys_that_never_came_leave_a_token_unjudged() {
    let place = Place::default();
    let (url, _serving) = place.open().await;
    let signer = Signer::new("k1", Algorithm::ES256);
    place.publish(&[&signer]);
    for path in ["/missing", "/moved"] {
        let world = world_with(format!("{url}{path}")).await;
        let answer = world.ask(&signer.token(&world.claims())).await;
        assert!(
            matches!(answer, Err(Refusal::Unjudged(app::Error::Unavailable))),
            "{path}: {answer:?}"
        );
    }
    assert_eq!(place.asked(), 0, "a redirect was followed");
}
