//! A file of sales units, sent by an operator: good keys, refused ones, and keys in the place of everything else.

use http::Method;
use testkit::{Answer, Canaries, Gateway};

const SECRET: &str = "canary-imported-4c1f";
const HEAD: &str = "merchantName,organisationNumber,country,msn,name,clientId,clientSecret,subscriptionKey";

/// Sends it in every way that is taken and in those that are not. Returns everything that was answered.
pub(crate) async fn imported(gateway: &Gateway, canaries: &mut Canaries) -> Vec<Answer> {
    canaries.plant("an imported key", SECRET);
    let units = gateway.world.simulator.test().units();
    let keys = &units.iter().find(|it| it.unit.msn == "100003").unwrap().keys;
    let good = format!(
        "{},{},{}",
        keys.client_id, keys.client_secret, keys.primary_subscription_key
    );
    let file = format!(
        "{HEAD}\nCanary AS,987654321,NO,100003,Storgata,{good}\n\
         Canary AS,987654321,NO,100004,Storgata,{SECRET},{SECRET},{SECRET}\n\
         {SECRET},{SECRET},{SECRET},{SECRET},{SECRET},,,\n\
         Canary AS,987654321,NO,{SECRET},Storgata,{SECRET},{SECRET},{SECRET},{SECRET}\n"
    );
    let object = format!(r#"{{"msn": "{SECRET}", "clientSecret": ["{SECRET}"]}}"#);
    let path = format!("/admin/v1/partners/{}/imports", gateway.world.north.id);
    let mut answers = Vec::new();
    for query in [
        "?environment=test&dryRun=true",
        "?environment=test",
        "?vouch=true",
    ] {
        for (kind, body) in [
            ("text/csv", file.clone()),
            ("text/csv", format!("{SECRET},msn\n1,2\n")),
            ("text/csv", format!("{HEAD}\n\"{SECRET}")),
            ("application/json", format!("[{object}]")),
            ("application/json", format!("[{object}")),
            ("application/x-ndjson", format!("{object}\n{SECRET}\n")),
            ("text/plain", file.clone()),
        ] {
            let ask = gateway.operate("owner", Method::POST, &format!("{path}{query}"));
            answers.push(ask.bytes(kind, body).send().await);
        }
    }
    let done = answers.iter().filter(|it| it.status == 200).count();
    assert!(done >= 4, "hardly anything was imported");
    answers
}
