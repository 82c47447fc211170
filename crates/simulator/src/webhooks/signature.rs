//! How Vipps signs a webhook delivery (Webhooks API, request authentication, 2023-12).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use url::Url;

/// RFC 1123, always GMT: `Thu, 30 Mar 2023 08:38:32 GMT`.
const DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// The values of the four headers that authenticate one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// `x-ms-date`
    pub(crate) date: String,
    /// `host`, as the registered URL spells it: without the default port of its scheme.
    pub(crate) host: String,
    /// `x-ms-content-sha256`
    pub(crate) content_hash: String,
    /// `Authorization`
    pub(crate) authorization: String,
}

/// Signs `body` for the registered `url` at `date` (any offset; the header says GMT).
pub(crate) fn sign(secret: &str, url: &Url, date: OffsetDateTime, body: &[u8]) -> Signature {
    let host = host(url);
    let date = http_date(date);
    let content_hash = STANDARD.encode(Sha256::digest(body));
    let string_to_sign = format!("POST\n{}\n{date};{host};{content_hash}", path_and_query(url));
    let signature = STANDARD.encode(mac(secret, &string_to_sign));
    let authorization =
        format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
    Signature {
        date,
        host,
        content_hash,
        authorization,
    }
}

/// The secret looks like base64 and is not decoded: its characters are the key.
fn mac(secret: &str, text: &str) -> Vec<u8> {
    match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mut mac) => {
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
        Err(_) => unreachable!("HMAC takes keys of every length"),
    }
}

fn http_date(date: OffsetDateTime) -> String {
    // Fails only for components that the type does not have; a date has them all.
    date.to_offset(time::UtcOffset::UTC)
        .format(DATE)
        .unwrap_or_default()
}

/// `host[:port]`; the URL parser has already dropped a default port.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn path_and_query(url: &Url) -> String {
    url.query().map_or_else(
        || url.path().to_owned(),
        |query| format!("{}?{query}", url.path()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const BODY: &[u8] = br#"{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}"#;

    fn signed(url: &str) -> Signature {
        let secret =
            "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==";
        sign(
            secret,
            &url.parse().expect("a URL"),
            datetime!(2023-03-30 10:38:32 +02:00),
            BODY,
        )
    }

    #[test]
    fn the_published_vector_of_2023_reproduces() {
        let expected = Signature {
            date: "Thu, 30 Mar 2023 08:38:32 GMT".to_owned(),
            host: "webhook.site".to_owned(),
            content_hash: "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=".to_owned(),
            authorization: "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256\
                            &Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U="
                .to_owned(),
        };
        assert_eq!(
            signed("https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63"),
            expected
        );
    }

    #[test]
    fn a_port_is_in_the_host_unless_it_is_the_default() {
        assert_eq!(
            signed("https://hooks.example.com:443/a").host,
            "hooks.example.com"
        );
        assert_eq!(
            signed("https://hooks.example.com:8080/a").host,
            "hooks.example.com:8080"
        );
        assert_eq!(signed("http://127.0.0.1:3000/a").host, "127.0.0.1:3000");
    }

    #[test]
    fn the_query_is_signed() {
        let (bare, queried) = (
            signed("https://example.com/a"),
            signed("https://example.com/a?b=c"),
        );
        assert_ne!(bare.authorization, queried.authorization);
    }

    #[test]
    fn the_day_of_the_month_has_two_digits() {
        assert_eq!(
            http_date(datetime!(2026-11-02 09:05:07 UTC)),
            "Mon, 02 Nov 2026 09:05:07 GMT"
        );
    }
}
