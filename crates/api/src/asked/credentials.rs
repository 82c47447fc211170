//! A sales unit's own keys. Whether they can be sent is the use case's to say; no message repeats them.

use app::onboarding::NewKeys;
use domain::Secret;

use super::only;
use crate::body::At;
use crate::forwarded::Facts;

/// The members of keys.
pub(crate) const KEYS: [&str; 4] = [
    "clientId",
    "clientSecret",
    "subscriptionKey",
    "secondarySubscriptionKey",
];

impl Facts for NewKeys {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &KEYS);
        keys(body)
    }
}

/// The keys in a body that may have other members.
pub(crate) fn keys(body: &At<'_>) -> Option<NewKeys> {
    let [id, secret, primary, secondary] = KEYS.map(|name| body.field(name));
    let id = id.required().and_then(|at| at.text_of(1, 255));
    let secret = secret.required().and_then(|at| at.text_of(1, 255));
    let primary = primary.required().and_then(|at| at.text_of(1, 255));
    let secondary = match secondary.optional() {
        Some(at) => Some(at.text_of(1, 255)?),
        None => None,
    };
    Some(NewKeys {
        client_id: id?.to_owned(),
        client_secret: Secret::new(secret?),
        subscription_key: Secret::new(primary?),
        secondary_subscription_key: secondary.map(Secret::new),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forwarded::check;

    #[test]
    fn keys_are_named_where_they_are_wrong_and_never_repeated() {
        let body = r#"{"clientId":"id","clientSecret":7,"subscriptionKey":"","msn":"123456"}"#;
        let (keys, faults) = check::of::<NewKeys>(body);
        assert!(keys.is_none());
        assert_eq!(
            faults,
            ["msn: unknown", "clientSecret: type", "subscriptionKey: length"]
        );
        let body = r#"{"clientId":"id","clientSecret":"s3cret","subscriptionKey":"k"}"#;
        let (keys, faults) = check::of::<NewKeys>(body);
        assert!(faults.is_empty());
        assert!(!format!("{keys:?}").contains("s3cret"));
    }
}
