//! What kinds of operation there are, so that a problem can say where it comes from.

use std::collections::BTreeSet;

use serde_json::Value;

use super::requests;

/// The words that `on` in `problems.toml` may use, as far as they are true of this operation of `/v1`.
pub(super) fn of_partner(path: &str, _: &str, operation: &Value) -> BTreeSet<String> {
    let id = super::id(operation);
    let carried = requests::partner().carried(id);
    let body = carried.is_some_and(|it| it.body.is_some());
    let keyed = carried.is_some_and(|it| it.key);
    let money = keyed && path.contains("{msn}");
    // Vipps is asked by all that name a payment, but for a look into our own books.
    let own_books = matches!(id, "getOperation" | "putReceipt" | "getReceipt" | "listPayments");
    let payment = path.contains("{reference}");
    let true_of = [
        ("every", true),
        ("unit", path.contains("{msn}")),
        ("payment", payment),
        ("body", body),
        ("query", carried.is_some_and(|it| !it.query.is_empty())),
        ("money", money),
        ("keyed", keyed),
        // The Management API is asked about product orders.
        (
            "orders",
            matches!(id, "createProductOrder" | "deleteProductOrder"),
        ),
        ("order", path.contains("{productOrderId}")),
        ("vipps", (payment || money) && !own_books),
        // Vipps is asked how it takes a sales unit's keys.
        (
            "look",
            matches!(id, "putCredentials" | "putCredentialMode" | "probeSalesUnit"),
        ),
        ("merchant", path.contains("{merchantId}")),
        (id, true),
    ];
    true_of
        .into_iter()
        .filter(|(_, holds)| *holds)
        .map(|(class, _)| class.to_owned())
        .collect()
}

/// The same of `/admin/v1`: each word begins with `operators`.
pub(super) fn of_operator(path: &str, method: &str, operation: &Value) -> BTreeSet<String> {
    let id = super::id(operation);
    let carried = requests::operator().carried(id);
    let mut words = vec!["operators".to_owned(), format!("operators:{id}")];
    if method != "get" {
        words.push("operators:write".to_owned());
    }
    if let Some(carried) = carried {
        let true_of = [
            ("body", carried.body.is_some()),
            ("query", !carried.query.is_empty()),
            ("cursor", carried.query.iter().any(|it| it["name"] == "cursor")),
            ("vipps", carried.asks_vipps),
        ];
        let true_of = true_of.into_iter().filter(|(_, holds)| *holds);
        words.extend(true_of.map(|(word, _)| format!("operators:{word}")));
        words.extend(carried.finds.iter().map(|noun| format!("operators:{noun}")));
    }
    let named = super::inputs::names(path).filter_map(|name| name.strip_suffix("Id"));
    words.extend(named.map(|noun| format!("operators:{noun}")));
    words.into_iter().collect()
}
