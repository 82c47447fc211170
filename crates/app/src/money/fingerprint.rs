//! When two requests are the same: operation, reference and the JSON body as parsed, so that spaces and
//! the order of members do not matter.

use domain::Reference;
use domain::operation::Kind;
use serde_json::Value;

/// The bytes a fingerprint is made of.
pub(super) fn identity(kind: Kind, reference: &Reference, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 96);
    for part in [kind.as_str(), reference.as_str()] {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(&of_body(body));
    out
}

/// The same of a body alone.
pub(crate) fn of_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => write(&value, &mut out),
        // An empty cancel body, or what another face took for a body: the bytes speak for themselves.
        Err(_) => out.extend_from_slice(body.trim_ascii()),
    }
    out
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (name, member) in sorted {
                out.extend_from_slice(Value::String(name.clone()).to_string().as_bytes());
                out.push(b':');
                write(member, out);
                out.push(b',');
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.extend_from_slice(value.to_string().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Vec<u8> {
        identity(Kind::Capture, &"acme-shop-1".parse().unwrap(), body.as_bytes())
    }

    #[test]
    fn the_identity_never_changes_or_every_bound_key_would_be_taken_for_reused() {
        let body = r#"{"b":[1,-2,1.0,1e2,18446744073709551615,"\u00e6\n",true,null],"a":{}}"#;
        let bound = b"\0\0\0\0\0\0\0\x07capture\0\0\0\0\0\0\0\x0bacme-shop-1\
            {\"a\":{},\"b\":[1,-2,1.0,100.0,18446744073709551615,\"\xc3\xa6\\n\",true,null,],}";
        assert_eq!(of(body), bound, "{}", String::from_utf8_lossy(&of(body)));
    }

    #[test]
    fn spaces_and_order_do_not_matter_and_everything_else_does() {
        let first = of(r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#);
        assert_eq!(first, of("{ \"b\": {\"d\":\"x\", \"c\":[1, 2]}, \"a\": 1 }"));
        assert_ne!(first, of(r#"{"a":1,"b":{"c":[2,1],"d":"x"}}"#));
        assert_ne!(first, of(r#"{"a":"1","b":{"c":[1,2],"d":"x"}}"#));
        let other = identity(Kind::Refund, &"acme-shop-1".parse().unwrap(), br#"{"a":1}"#);
        assert_ne!(of(r#"{"a":1}"#), other);
    }
}
