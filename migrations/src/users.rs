//! Users for whoever has one URL and no administrator at hand: the demo, and the tests.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;
use sha2::{Digest as _, Sha256};

use crate::wall::{APP, SYSTEM};

/// The same database, as the two users of a gateway. Both hold a password.
#[derive(Clone)]
pub struct Users {
    pub app: String,
    pub system: String,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").finish_non_exhaustive()
    }
}

/// Makes the two users of a gateway on a migrated PostgreSQL database, unless they are there. Their names and passwords
/// follow from the server and the user in `url`, so that they are the same the next time.
///
/// # Errors
/// The user in `url` may not make roles, or the database cannot be reached.
pub async fn admit(url: &str) -> Result<Users, DbErr> {
    let split = Split::of(url).ok_or_else(|| DbErr::Custom("the URL names no host".to_owned()))?;
    let connection = crate::connect(url).await?;
    let mut urls = Vec::new();
    for group in [APP, SYSTEM] {
        let secret = hex(&[split.scheme, split.user, split.host, group, "password"]);
        let name = format!(
            "{group}_{}",
            &hex(&[split.scheme, split.user, split.host, "name"])[..8]
        );
        connection
            .execute_unprepared(&create(&name, &secret, group))
            .await?;
        urls.push(format!(
            "{}{name}:{secret}@{}{}",
            split.scheme, split.host, split.rest
        ));
    }
    connection.close().await?;
    match <[String; 2]>::try_from(urls) {
        Ok([app, system]) => Ok(Users { app, system }),
        Err(_) => Err(DbErr::Custom("there are two users".to_owned())),
    }
}

/// All parts are ours and hold neither quotes nor dollars.
fn create(name: &str, secret: &str, group: &str) -> String {
    format!(
        "DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
                CREATE ROLE {name} LOGIN PASSWORD '{secret}' IN ROLE {group};
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$"
    )
}

/// A URL in its parts; together they are the URL, but for the `@`.
struct Split<'a> {
    scheme: &'a str,
    user: &'a str,
    host: &'a str,
    rest: &'a str,
}

impl<'a> Split<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let start = url.find("://")? + 3;
        let (scheme, after) = url.split_at(start);
        let (authority, rest) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        Some(Self {
            scheme,
            user,
            host,
            rest,
        })
    }
}

fn hex(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest
        .finalize()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_comes_apart_into_what_a_user_is_made_of() {
        let url = "postgres://ada:a%40b@db.example:5433/nordbro?sslmode=require";
        let split = Split::of(url).unwrap();
        assert_eq!(
            (split.scheme, split.user, split.host, split.rest),
            (
                "postgres://",
                "ada:a%40b",
                "db.example:5433",
                "/nordbro?sslmode=require"
            )
        );
        assert_eq!(Split::of("postgres://localhost/x").unwrap().user, "");
        assert!(Split::of("nonsense").is_none());
    }

    #[test]
    fn one_database_more_on_a_server_needs_no_further_user_and_another_owner_does() {
        assert_eq!(hex(&["ab", "c"]).len(), 64);
        assert_ne!(hex(&["ab", "c"]), hex(&["a", "bc"]));
    }
}
