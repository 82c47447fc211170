//! A good request for every operation of the document, so that walls can be tried with nothing else wrong.

use std::fmt::Write as _;

use serde_json::json;
use testkit::contract::Operation;
use testkit::{Answer, Ask, Desk, Gateway, desk};

/// What the path of a request names.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) msn: String,
    pub(crate) reference: String,
    pub(crate) operation: String,
    pub(crate) merchant: String,
    pub(crate) product_order: String,
}

/// The one thing that a sample adds to path and token.
enum Sample {
    Nothing,
    Body(serde_json::Value),
    /// Moves money, or is meant to happen once like that: a key and a body, which may be absent.
    Money(Option<serde_json::Value>),
}

/// Every operation is in here, or the sweep fails.
fn sample(operation: &Operation, names: &Names) -> Sample {
    match operation.id.as_str() {
        "listMerchants" | "getMerchant" | "probeSalesUnit" | "listSalesUnits" | "getSalesUnit"
        | "listPayments" | "getPayment" | "listPaymentEvents" | "getOperation" | "getReceipt"
        | "getApiQuality" | "requestTransfer" | "listTransfers" | "listProductOrders" | "getProductOrder"
        | "deleteProductOrder" => Sample::Nothing,
        "createMerchant" => {
            Sample::Body(json!({"name": "Fjell AS", "organisationNumber": "918273645", "country": "NO"}))
        }
        // Of a merchant that nobody has: what becomes of a good one is told by stories of its own.
        "createProductOrder" => Sample::Money(Some(json!({
            "businessIdentifier": {"scheme": "business:NO:ORG", "id": "999999999"},
            "productType": "PAYMENT_INTEGRATION",
        }))),
        "createSalesUnit" => Sample::Body(json!({"msn": "100003", "name": "Fjell, Storgata 1"})),
        "putCredentials" => Sample::Body(json!({
            "clientId": "nobody", "clientSecret": "no-secret", "subscriptionKey": "no-key",
        })),
        "putCredentialMode" => Sample::Body(json!({"credentialMode": "platform"})),
        "createPayment" => Sample::Money(Some(desk::web(&names.reference, 1_000))),
        "capturePayment" | "refundPayment" => Sample::Money(Some(desk::modification(100))),
        "cancelPayment" => Sample::Money(None),
        "approvePayment" => Sample::Body(json!({"customer": {"phoneNumber": "4712345678"}})),
        "putReceipt" => Sample::Body(desk::receipt(1_000)),
        new => panic!("the operation {new} has no sample request: add one, and the walls are tried for it"),
    }
}

/// The path with its names filled in.
pub(crate) fn path(operation: &Operation, names: &Names) -> String {
    operation
        .path
        .replace("{msn}", &names.msn)
        .replace("{merchantId}", &names.merchant)
        .replace("{reference}", &names.reference)
        .replace("{operationId}", &names.operation)
        .replace("{productOrderId}", &names.product_order)
}

/// The request of nobody yet.
pub(crate) fn request<'g>(gateway: &'g Gateway, operation: &Operation, names: &Names, key: &str) -> Ask<'g> {
    let path = path(operation, names);
    assert!(!path.contains('{'), "{path}: a parameter has no sample");
    let ask = gateway.ask(operation.method.clone(), &path);
    match sample(operation, names) {
        Sample::Nothing => ask,
        Sample::Body(body) => ask.json(&body),
        Sample::Money(None) => ask.key(key),
        Sample::Money(Some(body)) => ask.key(key).json(&body),
    }
}

/// North's payment with everything that can hang on one: a settled capture, a receipt that was sent.
pub(crate) async fn payment_of(gateway: &Gateway, desk: &Desk<'_>, reference: &str) -> Names {
    let _ = desk.authorized(reference, 10_000).await;
    let captured: Answer = desk
        .capture(reference, 2_000, &format!("take-{reference}"))
        .send()
        .await
        .is(200);
    let _ = desk
        .put_receipt(reference, &desk::receipt(10_000))
        .send()
        .await
        .is(202);
    gateway.work().await;
    let unit = desk.get("").send().await.is(200);
    Names {
        merchant: unit.text("/merchantId"),
        product_order: "por_0190a1b2c3d47e5f8091a2b3c4d5e6f8".to_owned(),
        msn: desk.msn.clone(),
        reference: reference.to_owned(),
        operation: captured.text("/id"),
    }
}

/// A key that no other request of the test uses.
pub(crate) fn key_for(parts: &[&str]) -> String {
    let mut key = String::from("sweep");
    for part in parts {
        let _ = write!(key, "-{part}");
    }
    key
}
