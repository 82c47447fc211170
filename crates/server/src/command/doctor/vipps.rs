//! Vipps' hosts: name, route, TLS and a server, without a key.

use domain::Clock;
use outbound::reach::reach;
use time::{Duration, OffsetDateTime};
use url::Url;

use super::report::Check;
use crate::assemble::timeouts;
use crate::config::Config;

/// Another clock beside ours, both read at about the same moment.
pub(super) struct Date {
    pub(super) theirs: OffsetDateTime,
    pub(super) ours: OffsetDateTime,
}

pub(super) async fn check(config: &Config, clock: &dyn Clock) -> (Vec<Check>, Vec<Date>) {
    let (mut checks, mut dates) = (Vec::new(), Vec::new());
    for (name, key, url) in [
        ("vipps test", "vipps.test.url", &config.vipps.test.url),
        (
            "vipps production",
            "vipps.production.url",
            &config.vipps.production.url,
        ),
    ] {
        let (check, date) = ask(name, key, url, config, clock).await;
        checks.push(check);
        dates.extend(date);
    }
    (checks, dates)
}

async fn ask(
    name: &'static str,
    key: &str,
    url: &Url,
    config: &Config,
    clock: &dyn Clock,
) -> (Check, Option<Date>) {
    let vipps = &config.vipps;
    let patience = timeouts(vipps.connect_timeout, vipps.answer_timeout, vipps.idle_timeout);
    let began = clock.now();
    let reached = reach(url, patience).await;
    let took = clock.now() - began;
    match reached {
        Ok(reached) => {
            let told = format!("{url} answers after {} ms", took.whole_milliseconds());
            let date = reached.date.map(|theirs| Date {
                // It is cut to the second.
                theirs: theirs + Duration::milliseconds(500),
                ours: began + took / 2,
            });
            (Check::ok(name, told), date)
        }
        Err(error) => {
            let remedy = format!(
                "see that DNS, firewall and certificates let this machine reach {url}, or correct {key}"
            );
            (
                Check::failed(name, format!("{url} was not reached: {error}"), remedy),
                None,
            )
        }
    }
}
