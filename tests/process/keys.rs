//! The key file of a gateway that serves, by the steps of the runbook.

use serde_json::Value;

use crate::binary::{run, text};
use crate::serve::{Ground, borrowed, get};

fn nordbro(ground: &Ground, arguments: &[&str]) -> Value {
    let told = run(arguments, &borrowed(&ground.variables(&[])));
    assert!(told.status.success(), "{arguments:?}: {}", text(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

fn ids(status: &Value) -> Vec<String> {
    let rows = status["data"].as_array().unwrap();
    rows.iter()
        .map(|row| row["key"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_key_of_the_key_file_rotates_beside_a_serving_gateway_and_its_line_may_go() {
    let serving = Ground::migrated().serve(&[]);
    let ground = &serving.ground;
    let file = ground.directory.path().join("keys");
    let old = std::fs::read_to_string(&file).unwrap();
    nordbro(ground, &["partner", "add", "Acme", "--json"]);
    // Gives the gateway a data key under the old line.
    nordbro(ground, &["keys", "rotate", "--data-key-of-gateway", "--json"]);
    let before = nordbro(ground, &["keys", "status", "--json"]);
    assert_eq!(ids(&before).len(), 1);

    let new = nordbro(ground, &["keys", "generate", "--json"]);
    let new = new["key"].as_str().unwrap();
    std::fs::write(&file, format!("{}\n{new}\n", old.trim())).unwrap();
    let rotated = nordbro(ground, &["keys", "rotate", "--json"]);
    assert_eq!(rotated["notOpened"], 0, "{rotated}");
    assert_eq!(rotated["wrappedAnew"], 1, "{rotated}");
    assert_eq!(rotated["mayGo"].as_array().unwrap().len(), 1, "{rotated}");
    assert_eq!(rotated["mayGo"][0].as_str().unwrap(), ids(&before)[0]);
    assert!(get(&serving.private, "/readyz").starts_with("HTTP/1.1 200"));

    std::fs::write(&file, new).unwrap();
    let after = nordbro(ground, &["keys", "status", "--json"]);
    assert_eq!(ids(&after).len(), 1);
    assert_ne!(ids(&after), ids(&before));
    // The old line alone is not this database's key file any more, and that is no damage.
    std::fs::write(&file, old).unwrap();
    let refused = run(&["serve"], &borrowed(&ground.variables(&[])));
    let told = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(
        told.contains("Nothing is damaged") && told.contains(&ids(&after)[0]),
        "{told}"
    );
    assert!(get(&serving.private, "/readyz").starts_with("HTTP/1.1 200"));
}

#[test]
fn with_a_key_missing_the_status_names_it_and_nothing_is_served_or_written() {
    let ground = Ground::migrated();
    let file = ground.directory.path().join("keys");
    let old = std::fs::read_to_string(&file).unwrap();
    nordbro(&ground, &["keys", "rotate", "--data-key-of-gateway", "--json"]);
    let missing = ids(&nordbro(&ground, &["keys", "status", "--json"])).remove(0);
    std::fs::write(&file, store::Keyring::generate().unwrap().reveal()).unwrap();

    let status = nordbro(&ground, &["keys", "status", "--json"]);
    let [own, lacking] = status["data"].as_array().unwrap().as_slice() else {
        panic!("{status}");
    };
    assert_eq!(
        (&own["inFile"], &own["newest"]),
        (&true.into(), &true.into()),
        "{status}"
    );
    assert_eq!(own["dataKeys"], 0, "{status}");
    assert_eq!(lacking["key"].as_str(), Some(&*missing), "{status}");
    assert_eq!(
        (&lacking["inFile"], &lacking["newest"]),
        (&false.into(), &false.into()),
        "{status}"
    );
    assert_eq!(lacking["dataKeys"], 1, "{status}");

    let add = [
        "keys",
        "add",
        "--platform",
        "--environment",
        "test",
        "--client-id",
        "id",
        "--client-secret",
        "env:SECRET",
        "--subscription-key",
        "env:SECRET",
    ];
    let variables = ground.variables(&[("SECRET", "secret")]);
    let refused: [&[&str]; 4] = [&["serve"], &add, &["keys", "rotate"], &["partner", "add", "Acme"]];
    for command in refused {
        let told = run(command, &borrowed(&variables));
        let error = text(&told.stderr);
        assert_eq!(told.status.code(), Some(1), "{command:?}: {error}");
        assert!(
            error.contains("Nothing is damaged") && error.contains(&missing),
            "{command:?}: {error}"
        );
    }
    // Nothing was sealed under the foreign key, and with the file back all is as it was.
    assert_eq!(nordbro(&ground, &["keys", "status", "--json"]), status);
    std::fs::write(&file, old).unwrap();
    assert_eq!(ids(&nordbro(&ground, &["keys", "status", "--json"])), [missing]);
    let partners = nordbro(&ground, &["partner", "list", "--json"]);
    assert_eq!(partners["data"].as_array().unwrap().len(), 0, "{partners}");
}

#[test]
fn how_long_bodies_are_kept_is_set_and_shown_and_a_customer_is_erased() {
    let ground = Ground::migrated();
    nordbro(&ground, &["partner", "add", "Acme", "--json"]);
    let days = |arguments: &[&str]| nordbro(&ground, arguments)["retentionDays"].clone();
    assert_eq!(days(&["partner", "show", "Acme", "--json"]), 400);
    let set = ["partner", "set", "Acme", "--retention-days"];
    assert_eq!(days(&[&set[..], &["90", "--json"]].concat()), 90);
    assert_eq!(days(&["partner", "show", "Acme", "--json"]), 90);
    assert_eq!(days(&[&set[..], &["default", "--json"]].concat()), 400);

    let erase = [
        "partner",
        "erase-customer",
        "Acme",
        "--json",
        "--phone",
        "env:PHONE",
    ];
    let with = |phone: &str| run(&erase, &borrowed(&ground.variables(&[("PHONE", phone)])));
    let none: Value = serde_json::from_slice(&with("+47 12 34 56 78").stdout).unwrap();
    assert_eq!(none["payments"], 0);
    let refused = with("four");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("country code"),
        "{}",
        text(&refused.stderr)
    );
}
