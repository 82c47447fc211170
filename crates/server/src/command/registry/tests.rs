//! The commands as they are typed, on a database and beside a simulated Vipps.

use std::io::Cursor;
use std::sync::Arc;

use app::identity::OperatorIssuer;
use app::{App, Parts, Settings};
use clap::Parser;
use domain::Clock;
use outbound::{Jwks, Timeouts, Vipps};
use serde_json::Value;
use simulator::{Options, Simulator};
use store::{Keyring, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::*;
use crate::clock::SystemClock;

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

fn operators() -> OperatorIssuer {
    OperatorIssuer {
        iss: "https://id.operator.example".to_owned(),
        aud: "nordbro-operators".to_owned(),
        jwks: app::registry::Jwks::Inline(r#"{"keys":[]}"#.to_owned()),
        algorithms: vec!["ES256".to_owned()],
        max_lifetime: time::Duration::HOUR,
        demands_at_jwt: false,
    }
}

struct Desk {
    app: App,
    simulator: Simulator,
    directory: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("nordbro.db").display());
        migrations::run(&url).await.unwrap();
        let keyring = Keyring::parse(Keyring::generate().unwrap().reveal()).unwrap();
        let simulator = Simulator::start(Options::default()).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tasks = TaskTracker::new();
        let vipps = outbound::vipps::Settings::new(
            simulator.test().url().parse().unwrap(),
            simulator.production().url().parse().unwrap(),
        );
        let guard = outbound::jwks::Settings {
            exceptions: Vec::new(),
            timeouts: Timeouts::default(),
        };
        let app = App::new(Parts {
            store: Store::connect(&store::Settings::new(url), keyring).await.unwrap(),
            vipps: Vipps::new(vipps, Arc::clone(&clock), tasks.clone()).unwrap(),
            jwks: Jwks::new(&guard).unwrap(),
            clock,
            settings: Settings {
                operators: Some(operators()),
                ..Settings::default()
            },
            tasks,
            shutdown: CancellationToken::new(),
        });
        Self {
            app,
            simulator,
            directory,
        }
    }

    async fn try_typing(&self, line: &str, stdin: &str) -> anyhow::Result<Value> {
        let words = std::iter::once("nordbro")
            .chain(line.split_ascii_whitespace())
            .chain(["--json"]);
        let line = Line::try_parse_from(words)?;
        let mut stdin = Cursor::new(stdin.to_owned());
        let mut inputs = Inputs {
            stdin: &mut stdin,
            variable: &|name| (name == "PRIMARY").then(|| self.keys().primary_subscription_key),
        };
        let mut output = Vec::new();
        run(&self.app, line.command, &mut inputs, &mut output).await?;
        Ok(serde_json::from_slice(&output)?)
    }

    async fn typed(&self, line: &str, stdin: &str) -> Value {
        match self.try_typing(line, stdin).await {
            Ok(answer) => answer,
            Err(error) => panic!("{line}: {error:#}"),
        }
    }

    async fn refused(&self, line: &str, stdin: &str) -> String {
        format!("{:#}", self.try_typing(line, stdin).await.unwrap_err())
    }

    fn msn(&self) -> String {
        self.simulator.test().units().swap_remove(0).unit.msn
    }

    fn keys(&self) -> simulator::KeySet {
        self.simulator.test().units().swap_remove(0).keys
    }
}

fn id(answer: &Value) -> &str {
    answer["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_partner_is_set_up_to_a_live_sales_unit_and_a_token() {
    let desk = Desk::new().await;
    let partner = desk.typed("partner add north", "").await;
    assert_eq!(desk.typed("partner show north", "").await, partner);
    let merchant = "merchant add --partner north --environment test --name Fjell --organisation-number 918273645 --country NO";
    let merchant = desk.typed(merchant, "").await;
    let unit = format!(
        "sales-unit add --partner north --environment test --merchant {} --msn {} --name Storgata --market NO",
        id(&merchant),
        desk.msn()
    );
    let unit = desk.typed(&unit, "").await;
    assert_eq!(unit["state"], "draft");

    let live = format!("sales-unit set {} --state live", id(&unit));
    assert!(desk.refused(&live, "").await.contains("no proven key set"));
    let keys = desk.keys();
    let add = format!(
        "keys add --sales-unit {} --client-id {} --client-secret - --subscription-key env:PRIMARY",
        id(&unit),
        keys.client_id
    );
    let wrong = desk.refused(&add, "not-the-secret\n").await;
    assert!(wrong.contains("clientSecret was refused by Vipps"), "{wrong}");
    let drafts = desk.typed("keys list --partner north", "").await;
    assert_eq!(drafts["data"][0]["state"], "draft");
    assert!(desk.refused(&live, "").await.contains("no proven key set"));
    let active = desk.typed(&add, &format!("{}\n", keys.client_secret)).await;
    assert_eq!(active["state"], "active");
    assert!(!active.to_string().contains(&keys.client_secret));

    assert!(desk.refused(&live, "").await.contains("no product profile"));
    let profile = "profile add --partner north --environment test --name web --system-name Acme --system-version 1 --plugin-name acme --plugin-version 2";
    desk.typed(profile, "").await;
    assert_eq!(desk.typed(&live, "").await["state"], "live");

    let client =
        "client add --partner north --environment test --name till --scopes payments:read,payments:create";
    let client = desk.typed(client, "").await;
    assert!(client["clientSecret"].as_str().unwrap().len() >= 43);
    let shown = desk.typed(&format!("client show {}", id(&client)), "").await;
    assert!(shown.get("clientSecret").is_none());
    let token = format!(
        "token issue {} --scope payments:read --msns {}",
        id(&client),
        desk.msn()
    );
    let token = desk.typed(&token, "").await;
    let checked = desk
        .typed("token check -", token["accessToken"].as_str().unwrap())
        .await;
    assert_eq!(checked["partnerId"], partner["id"]);
    assert_eq!(checked["scopes"], serde_json::json!(["payments:read"]));
    assert_eq!(checked["msns"], serde_json::json!([desk.msn()]));
}

#[tokio::test]
async fn a_transfer_is_listed_and_decided_with_a_reason() {
    let desk = Desk::new().await;
    let mut units = Vec::new();
    for partner in ["north", "south"] {
        desk.typed(&format!("partner add {partner}"), "").await;
        let whose = format!("--partner {partner} --environment test");
        let merchant =
            format!("merchant add {whose} --name Fjell --organisation-number 918273645 --country NO");
        let merchant = desk.typed(&merchant, "").await;
        let profile =
            "--name web --system-name Acme --system-version 1 --plugin-name acme --plugin-version 2";
        desk.typed(&format!("profile add {whose} {profile}"), "").await;
        let unit = format!(
            "sales-unit add {whose} --merchant {} --msn {} --name Storgata --market NO",
            id(&merchant),
            desk.msn()
        );
        let unit = desk.typed(&unit, "").await;
        let keys = desk.keys();
        let add = format!(
            "keys add --sales-unit {} --client-id {} --client-secret - --subscription-key env:PRIMARY",
            id(&unit),
            keys.client_id
        );
        desk.typed(&add, &format!("{}\n", keys.client_secret)).await;
        let verify = format!("sales-unit verify {} --reason consent", id(&unit));
        let verified = desk.typed(&verify, "").await;
        units.push(verified["stage"].as_str().unwrap().to_owned());
    }
    assert_eq!(units, ["live", "transfer"]);
    let open = desk.typed("transfer list", "").await;
    let transfer = open["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(open["data"][0]["stage"], "waiting", "{open}");
    let refuse = format!("transfer refuse {transfer}");
    assert!(desk.refused(&refuse, "").await.contains("reason is needed"));
    let refused = desk.typed(&format!("{refuse} --reason unasked"), "").await;
    assert_eq!(refused["stage"], "refused", "{refused}");
    let again = desk
        .refused(&format!("transfer force {transfer} --reason late"), "")
        .await;
    assert!(again.contains("only an open transfer"), "{again}");
    let none = desk.typed("transfer list", "").await;
    assert_eq!(none["data"], serde_json::json!([]));
    let all = desk.typed("transfer list --all --partner south", "").await;
    assert_eq!(all["data"].as_array().map(Vec::len), Some(1), "{all}");
}

#[tokio::test]
async fn what_is_refused_names_the_field_and_the_remedy() {
    let desk = Desk::new().await;
    desk.typed("partner add north", "").await;
    for (line, stdin, told) in [
        ("partner add north", "", "name is the name of another partner"),
        ("partner show nobody", "", "there is no such partner"),
        ("partner set north", "", "nothing to change"),
        (
            "merchant add --partner north --environment test --name F --organisation-number ? --country Norge",
            "",
            "country must be two capital letters",
        ),
        (
            "issuer add --partner north --environment test --iss https://i --aud a --jwks - --scopes all",
            "{}",
            "`keys`",
        ),
        (
            "issuer add --partner north --environment test --iss https://i --aud a --jwks - --scopes all",
            "{\"keys\":[{\"kty\":\"EC\",\"d\":\"x\"}]}",
            "public keys only",
        ),
        (
            "issuer add --partner north --environment test --iss http://127.0.0.1:8080 --aud a --jwks-url https://i/k --scopes all",
            "",
            "iss is this gateway's own issuer",
        ),
        (
            "issuer add --partner north --environment test --iss https://i --aud a --jwks-url https://i/k --scopes all --algorithm HS256",
            "",
            "algorithms must be some of",
        ),
        (
            "client add --partner north --environment test --name c --scopes all --secret -",
            "hunter2",
            "at least 256 random bits",
        ),
        (
            "keys add --of-partner north --environment test --client-id x --client-secret - --subscription-key -",
            "a\nb\n",
            "partner keys for production only",
        ),
        (
            "keys add --platform --environment test --client-id x --client-secret hunter2 --subscription-key -",
            "",
            "never itself",
        ),
        (
            "client add --partner north --environment test --name c --scopes payments:steal",
            "",
            "is no scope",
        ),
    ] {
        let refusal = desk.refused(line, stdin).await;
        assert!(refusal.contains(told), "{line}: {refusal}");
    }
}

#[tokio::test]
async fn a_partner_with_belongings_is_suspended_and_not_removed() {
    let desk = Desk::new().await;
    desk.typed("partner add north", "").await;
    desk.typed("partner add south", "").await;
    let client = desk
        .typed(
            "client add --partner north --environment test --name till --scopes all",
            "",
        )
        .await;
    assert!(
        desk.refused("partner remove north", "")
            .await
            .contains("suspend it instead")
    );
    desk.typed("partner remove south", "").await;
    desk.typed("partner set north --state suspended", "").await;
    let refused = desk.refused(&format!("token issue {}", id(&client)), "").await;
    assert!(refused.contains("suspended"), "{refused}");
}

#[tokio::test]
async fn secrets_of_a_client_are_retired_without_another_one_and_never_the_last_that_opens() {
    let desk = Desk::new().await;
    desk.typed("partner add north", "").await;
    let add = "client add --partner north --environment test --name till --scopes all";
    let client = id(&desk.typed(add, "").await).to_owned();
    let set = |rest: &str| format!("client set {client} {rest}");
    let alone = desk.refused(&set("--retire-secrets"), "").await;
    assert!(
        alone.contains("--retire-secrets would leave nothing to open with"),
        "{alone}"
    );
    let drawn = desk.typed(&set("--new-secret"), "").await;
    assert!(drawn["clientSecret"].is_string());
    let retired = desk.typed(&set("--retire-secrets"), "").await;
    assert_eq!(
        (&retired["id"], retired.get("clientSecret")),
        (&drawn["id"], None)
    );
    let again = desk.refused(&set("--retire-secrets"), "").await;
    assert!(again.contains("the client has one secret"), "{again}");
    let keyless = desk.refused(&set("--retire-all-secrets"), "").await;
    assert!(keyless.contains("has no keys"), "{keyless}");
    let keys = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    desk.typed(&set("--jwks - --retire-all-secrets"), keys).await;
    let none = desk.refused(&set("--retire-all-secrets"), "").await;
    assert!(none.contains("the client has no secret"), "{none}");
}

#[test]
fn a_generated_key_is_a_line_of_the_key_file() {
    let command = Line::try_parse_from(["nordbro", "keys", "generate"])
        .unwrap()
        .command;
    let mut output = Vec::new();
    assert!(command.is_alone());
    generate_key(&command, &mut output).unwrap();
    Keyring::parse(std::str::from_utf8(&output).unwrap()).unwrap();
}

#[tokio::test]
async fn what_is_typed_stands_in_the_audit_and_an_audit_that_was_touched_is_told() {
    let desk = Desk::new().await;
    desk.typed("partner add north --actor Kari --reason asked-by-mail", "")
        .await;
    let list = desk.typed("audit list --partner north", "").await;
    let entry = &list["data"][0];
    assert_eq!(
        (
            &entry["actor"],
            &entry["executor"],
            &entry["reason"],
            &entry["action"]
        ),
        (
            &"Kari".into(),
            &"cli".into(),
            &"asked-by-mail".into(),
            &"partner.add".into()
        )
    );
    assert_eq!(entry["after"]["name"], "north");
    let verified = desk.typed("audit verify", "").await;
    assert_eq!(
        (&verified["whole"], &verified["entries"]),
        (&true.into(), &2.into())
    );
    let line = desk.typed("audit export --gateway", "").await;
    assert_eq!(line["hash"], verified["heads"][0]["hash"]);
    assert_eq!(line["after"], r#"{"name":"north","state":"active"}"#);

    let noted = desk.directory.path().join("heads.json");
    std::fs::write(
        &noted,
        verified.to_string().replace("\"sequence\":1", "\"sequence\":2"),
    )
    .unwrap();
    let refused = desk
        .refused(&format!("audit verify --noted {}", noted.display()), "")
        .await;
    assert!(refused.contains("entry 2 of gateway: not_as_noted"), "{refused}");
}

#[tokio::test]
async fn only_an_operation_that_exists_is_abandoned_and_only_by_somebody_with_a_reason() {
    let desk = Desk::new().await;
    desk.typed("partner add north", "").await;
    let list = desk
        .typed("operation list --partner north --environment test", "")
        .await;
    assert_eq!(list["data"], serde_json::json!([]));
    let abandon = "operation abandon op_0190a1b2c3d47e5f8091a2b3c4d5e6f7 --actor Ola";
    assert!(desk.refused(abandon, "").await.contains("reason is needed"));
    let abandon = format!("{abandon} --reason settled-by-phone");
    let refused = desk.refused(&abandon, "").await;
    assert!(refused.contains("there is no such operation"), "{refused}");
}

#[tokio::test]
async fn product_orders_are_shown_and_those_of_nobody_are_not_there() {
    let desk = Desk::new().await;
    desk.typed("partner add north", "").await;
    let none = desk.typed("product-order list --partner north", "").await;
    assert_eq!(none["data"], serde_json::json!([]));
    let nobody = "product-order show por_0190a1b2c3d47e5f8091a2b3c4d5e6f7";
    let told = desk.refused(nobody, "").await;
    assert!(told.contains("no such product_order"), "{told}");
}

#[tokio::test]
async fn signing_keys_are_listed_and_one_token_of_an_operator_is_ended() {
    let desk = Desk::new().await;
    let none = desk.typed("token signing-keys", "").await;
    assert_eq!(none["data"], serde_json::json!([]), "looking draws none");
    let new = desk.typed("token rotate --reason leaked", "").await;
    let listed = desk.typed("token signing-keys", "").await;
    assert_eq!(listed["data"][0]["kid"], new["kid"]);
    assert_eq!(listed["data"][0]["signs"], true);
    assert!(!listed.to_string().contains("private"), "{listed}");

    let revoke = "token revoke op-1 --operator --reason leaked";
    let revoked = desk.typed(revoke, "").await;
    assert_eq!(
        (&revoked["revoked"], &revoked["iss"]),
        (&"op-1".into(), &"https://id.operator.example".into())
    );
    assert!(desk.refused(revoke, "").await.contains("was revoked before"));
    let both = "token revoke op-1 --operator --client cli_0190a1b2c3d47e5f8091a2b3c4d5e6f7";
    assert!(desk.try_typing(both, "").await.is_err());
    let issuer = "https://id.operator.example";
    assert!(desk.app.is_operator_revoked(issuer, "op-1").await.unwrap());
    assert!(!desk.app.is_operator_revoked(issuer, "op-2").await.unwrap());
}
