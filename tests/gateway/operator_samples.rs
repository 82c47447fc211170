//! A good request for every operation of the operators' document.

use domain::{Environment, Secret};
use serde_json::json;
use testkit::contract::Operation;
use testkit::{Ask, Gateway};

use crate::product_orders;
use crate::samples::payment_of;
use crate::transfers::claimed;

/// What the path of a request names, by the parameter's name.
#[derive(Debug, Clone)]
pub(crate) struct Named(pub(crate) Vec<(&'static str, String)>);

impl Named {
    /// The same with another id at one place.
    pub(crate) fn with(&self, parameter: &str, id: &str) -> Self {
        let mut named = self.clone();
        for (name, value) in &mut named.0 {
            if *name == parameter {
                id.clone_into(value);
            }
        }
        named
    }

    pub(crate) fn get(&self, parameter: &str) -> &str {
        let found = self.0.iter().find(|(name, _)| *name == parameter);
        found
            .unwrap_or_else(|| panic!("{parameter} has no sample"))
            .1
            .as_str()
    }
}

/// What an operation is sent; every operation is in here, or the sweep fails.
fn body(operation: &Operation, named: &Named) -> Option<serde_json::Value> {
    let partner = || named.get("partnerId");
    Some(match operation.id.as_str() {
        "addPartner" => json!({"name": "east"}),
        "putRetention" => json!({"days": 90}),
        "eraseCustomer" => json!({"phoneNumber": "+47 98 76 54 32"}),
        "addIssuer" => json!({
            "partnerId": partner(), "environment": "test", "iss": "https://id.east.example", "aud": "nordbro",
            "jwksUrl": "https://id.east.example/jwks.json", "scopes": ["payments:read"],
        }),
        "setIssuer" => json!({"maxLifetime": 60}),
        "addClient" => json!({
            "partnerId": partner(), "environment": "test", "name": "sample", "scopes": ["payments:read"],
            "clientSecret": SECRET,
        }),
        "setClient" => json!({"tokenLifetime": 60}),
        "addClientSecret" => json!({"clientSecret": SECRET, "retireOthers": true}),
        "retireClientSecrets" => json!({"keep": "newest"}),
        "revokeOperatorToken" => json!({"jti": "sample"}),
        "revokeToken" => json!({"jti": "sample", "issuerId": named.get("issuerId")}),
        "addProfile" => json!({
            "partnerId": partner(), "environment": "test", "name": "sample", "systemName": "Acme",
            "systemVersion": "1.0", "pluginName": "acme-pos", "pluginVersion": "2.3",
        }),
        "putProfile" => json!({
            "systemName": "Acme", "systemVersion": "1.1", "pluginName": "acme-pos", "pluginVersion": "2.4",
        }),
        "addMerchant" => json!({
            "partnerId": partner(), "environment": "test", "name": "Fjell AS", "organisationNumber": "918273645",
            "country": "NO",
        }),
        "setPartner" | "renameMerchant" | "setSalesUnit" => json!({"name": "renamed"}),
        "addSalesUnit" => json!({
            "partnerId": partner(), "environment": "test", "merchantId": named.get("merchantId"), "msn": "100003",
            "name": "Fjell, Storgata 1", "market": "NO",
        }),
        "addKeySet" => json!({
            "kind": "sales_unit", "salesUnitId": named.get("salesUnitId"), "clientId": "nobody",
            "clientSecret": "no-secret", "subscriptionKey": "no-key",
        }),
        "verifySalesUnit" | "abandonOperation" | "forceTransfer" | "refuseTransfer" => {
            json!({"reason": "looked into"})
        }
        "verifyAudit" => json!({"chain": "gateway"}),
        "importSalesUnits" => json!([{
            "merchantName": "Fjell AS", "organisationNumber": "918273645", "country": "NO", "msn": "100003",
            "name": "Fjell, Storgata 1",
        }]),
        "listPartners" | "showPartner" | "removePartner" | "showRetention" | "listIssuers" | "showIssuer"
        | "suspendIssuer" | "activateIssuer" | "removeIssuer" | "listClients" | "showClient"
        | "suspendClient" | "activateClient" | "removeClient" | "listProfiles" | "showProfile"
        | "removeProfile" | "listMerchants" | "showMerchant" | "removeMerchant" | "listSalesUnits"
        | "showSalesUnit" | "probeSalesUnit" | "listProductOrders" | "showProductOrder" | "listTransfers"
        | "showTransfer" | "listKeySets" | "showKeySet" | "proveKeySet" | "removeKeySet"
        | "listOperations" | "showOperation" | "listSealingKeys" | "listSigningKeys"
        | "replaceSigningKeys" | "listAudit" | "listAuditChains" | "exportAudit" => return None,
        new => panic!("the operation {new} has no sample request: add one, and the walls are tried for it"),
    })
}

/// 256 random bits, as far as anybody can tell.
pub(crate) const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

/// One of each noun, north's.
pub(crate) async fn one_of_each(gateway: &Gateway) -> Named {
    use app::registry::{clients, issuers, key_sets, profiles, sales_units};
    use app::transfers;
    let (app, north) = (&gateway.world.app, gateway.world.north.id);
    let payment = payment_of(gateway, &gateway.north(), "north-order-1").await;
    let client = clients::Add {
        partner: north,
        environment: Environment::Test,
        name: "of the sweep".to_owned(),
        terms: clients::Terms {
            jwks: None,
            scopes: app::Scopes::all(),
            msns: None,
            token_lifetime: time::Duration::minutes(30),
            profile: None,
        },
        secret: Some(Secret::new(SECRET)),
    };
    let client = clients::add(app, &testkit::operator(), client).await.unwrap();
    let issuers = issuers::list(app, Some(north)).await.unwrap();
    let profiles = profiles::list(app, Some(north)).await.unwrap();
    let units = sales_units::list(app, Some(north)).await.unwrap();
    let keys = key_sets::Filter {
        partner: Some(north),
        assignment: Some(units[0].id),
    };
    let keys = key_sets::list(app, keys).await.unwrap();
    let _ = claimed(gateway).await;
    let transfers = transfers::list(app, transfers::TransferFilter::default()).await;
    Named(vec![
        ("partnerId", north.to_string()),
        ("issuerId", issuers[0].id.to_string()),
        ("clientId", client.id.to_string()),
        ("profileId", profiles[0].id.to_string()),
        ("merchantId", payment.merchant),
        ("salesUnitId", units[0].id.to_string()),
        ("keySetId", keys[0].id.to_string()),
        ("operationId", payment.operation),
        ("productOrderId", product_orders::one(gateway).await),
        ("transferId", transfers.unwrap()[0].id.to_string()),
        ("chain", north.to_string()),
    ])
}

/// The parameters of an operation's path.
pub(crate) fn parameters(operation: &Operation) -> Vec<&str> {
    let parts = operation.path.split('/');
    parts
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect()
}

pub(crate) fn path(operation: &Operation, named: &Named) -> String {
    let mut path = operation.path.clone();
    for parameter in parameters(operation) {
        path = path.replace(&format!("{{{parameter}}}"), named.get(parameter));
    }
    path
}

/// The request of nobody yet, at the private listener.
pub(crate) fn request<'g>(gateway: &'g Gateway, operation: &Operation, named: &Named) -> Ask<'g> {
    let query = match operation.id.as_str() {
        "importSalesUnits" => "?environment=test",
        _ => "",
    };
    let path = format!("{}{query}", path(operation, named));
    let ask = gateway.ask_privately(operation.method.clone(), &path);
    match body(operation, named) {
        Some(body) => ask.json(&body),
        None => ask,
    }
}
