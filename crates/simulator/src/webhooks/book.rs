//! Who has registered for what: one bucket per sales unit and one per partner.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use crate::digest;
use crate::problem::Refusal;
use crate::webhooks::kinds;
use crate::webhooks::rules::Wanted;

/// Whose registration it is. The limits count per bucket, and a list shows one bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", tag = "kind", content = "id")]
pub enum Bucket {
    /// Made with the MSN header: events of that sales unit.
    SalesUnit(String),
    /// Made with partner keys and no MSN header: events of every sales unit that is connected to the
    /// partner when they happen.
    Partner(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    pub bucket: Bucket,
    /// As the caller spelled it.
    #[serde(rename = "url")]
    pub spelled: String,
    #[serde(skip)]
    pub url: Url,
    pub events: Vec<String>,
    /// The API shows it once; here it stays to be seen, as every secret of the simulator.
    pub secret: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The first failed attempt since the last good answer; after two weeks of that the
    /// registration is removed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub silent_since: Option<OffsetDateTime>,
}

/// The registrations of one world.
#[derive(Debug, Default)]
pub(crate) struct Book {
    buckets: BTreeMap<Bucket, Vec<Registration>>,
    made: u64,
}

impl Book {
    /// Enters a registration.
    ///
    /// # Errors
    /// 400 when the bucket has as many as are allowed for one of the events.
    pub(crate) fn register(
        &mut self,
        seed: u64,
        world: &str,
        bucket: Bucket,
        wanted: Wanted,
        now: OffsetDateTime,
    ) -> Result<&Registration, Refusal> {
        let registrations = self.buckets.entry(bucket.clone()).or_default();
        for event in &wanted.events {
            let most = kinds::most_registrations(event);
            if registrations
                .iter()
                .filter(|it| it.events.contains(event))
                .count()
                >= most
            {
                let reason = format!("At most {most} webhooks can be registered for the event '{event}'.");
                return Err(Refusal::field("events", &reason));
            }
        }
        self.made += 1;
        let number = self.made.to_string();
        let parts = |what| [world, "webhook", what, &number];
        // Sixty-four bytes in base64, as Vipps' secrets look.
        let halves = ["secret", "secret, second half"].map(|what| digest::of(seed, &parts(what)));
        registrations.push(Registration {
            id: digest::uuid(seed, &parts("id")),
            bucket,
            spelled: wanted.spelled,
            url: wanted.url,
            events: wanted.events,
            secret: data_encoding::BASE64.encode(&halves.concat()),
            created_at: now,
            silent_since: None,
        });
        // It was pushed a line above.
        registrations
            .last()
            .ok_or_else(|| Refusal::field("url", "The webhook could not be registered."))
    }

    pub(crate) fn bucket(&self, bucket: &Bucket) -> &[Registration] {
        self.buckets.get(bucket).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Registration> {
        self.buckets.values().flatten()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    pub(crate) fn find(&mut self, id: Uuid) -> Option<&mut Registration> {
        self.buckets.values_mut().flatten().find(|it| it.id == id)
    }

    /// Removes a registration of the bucket; false when it has none of that id.
    pub(crate) fn remove(&mut self, bucket: &Bucket, id: Uuid) -> bool {
        let Some(registrations) = self.buckets.get_mut(bucket) else {
            return false;
        };
        let before = registrations.len();
        registrations.retain(|it| it.id != id);
        let removed = registrations.len() < before;
        if registrations.is_empty() {
            self.buckets.remove(bucket);
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOON: OffsetDateTime = datetime!(2026-11-02 12:00 UTC);

    fn wanted(events: &[&str]) -> Wanted {
        let spelled = "https://example.com/hooks".to_owned();
        let events = events.iter().map(|it| (*it).to_owned()).collect();
        Wanted {
            url: spelled.parse().unwrap(),
            spelled,
            events,
        }
    }

    fn unit() -> Bucket {
        Bucket::SalesUnit("100001".to_owned())
    }

    fn fill(book: &mut Book, bucket: &Bucket, event: &str) -> usize {
        let mut entered = 0;
        while book
            .register(0, "test", bucket.clone(), wanted(&[event]), NOON)
            .is_ok()
        {
            entered += 1;
        }
        entered
    }

    #[test]
    fn twenty_five_registrations_fit_per_event_type_and_bucket() {
        let mut book = Book::default();
        assert_eq!(fill(&mut book, &unit(), "epayments.payment.captured.v1"), 25);
        assert_eq!(fill(&mut book, &unit(), "epayments.payment.refunded.v1"), 25);
        assert_eq!(
            fill(
                &mut book,
                &Bucket::SalesUnit("100002".to_owned()),
                "epayments.payment.captured.v1"
            ),
            25
        );
        assert_eq!(
            fill(
                &mut book,
                &Bucket::Partner("north".to_owned()),
                "epayments.payment.captured.v1"
            ),
            25
        );
    }

    #[test]
    fn the_qr_event_fits_once() {
        assert_eq!(fill(&mut Book::default(), &unit(), "user.checked-in.v1"), 1);
    }

    #[test]
    fn a_full_event_type_refuses_the_whole_registration_and_a_removal_makes_room() {
        let mut book = Book::default();
        fill(&mut book, &unit(), "epayments.payment.captured.v1");
        let both = ["epayments.payment.created.v1", "epayments.payment.captured.v1"];
        assert!(book.register(0, "test", unit(), wanted(&both), NOON).is_err());
        let first = book.bucket(&unit())[0].id;
        assert!(!book.remove(&Bucket::Partner("north".to_owned()), first));
        assert!(book.remove(&unit(), first));
        assert!(book.register(0, "test", unit(), wanted(&both), NOON).is_ok());
    }

    #[test]
    fn every_registration_has_an_id_and_a_secret_of_its_own() {
        let mut book = Book::default();
        for _ in 0..2 {
            book.register(
                0,
                "test",
                unit(),
                wanted(&["epayments.payment.captured.v1"]),
                NOON,
            )
            .unwrap();
        }
        let [one, other] = book.bucket(&unit()) else {
            panic!("two")
        };
        assert_ne!(one.id, other.id);
        assert_ne!(one.secret, other.secret);
        assert_eq!(one.secret.len(), 88);
    }
}
