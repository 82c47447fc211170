//! The people behind phone numbers: always the same ones for the same number.

use serde_json::{Value, json};

use crate::digest;
use crate::epayment::payment::{Payment, Slot};
use crate::world::World;

/// What the customer agreed to share.
pub(crate) struct Person {
    /// Per MSN.
    pub(crate) sub: String,
    /// Only the members of the scopes asked for.
    pub(crate) details: Value,
}

/// `None` when the payment asked for no profile.
pub(crate) fn consented(world: &World, slot: &Slot, payment: &Payment) -> Option<Person> {
    let extras = payment
        .extras
        .as_ref()
        .filter(|extras| !extras.scope.is_empty())?;
    let number = extras
        .phone_number
        .clone()
        .unwrap_or_else(|| "4712345678".to_owned());
    let pick = |list: &[&str], what: &str| {
        let draw = digest::number(0, &["person", what, &number]);
        let index = usize::try_from(draw % list.len() as u64).unwrap_or_default();
        list.get(index).copied().unwrap_or_default().to_owned()
    };
    let first = pick(&["Ada", "Kari", "Ola", "Mikkel", "Aino", "Solveig"], "first");
    let last = pick(
        &["Lovelace", "Nordmann", "Hansen", "Virtanen", "Berg", "Dahl"],
        "last",
    );
    let mut details = json!({});
    for scope in &extras.scope {
        match scope.as_str() {
            "name" => {
                details["firstName"] = first.clone().into();
                details["lastName"] = last.clone().into();
            }
            "email" => details["email"] = format!("{first}.{last}@example.com").to_lowercase().into(),
            "phoneNumber" => details["mobileNumber"] = number.clone().into(),
            "birthDate" => details["dateOfBirth"] = "1984-03-12".into(),
            "address" => {
                details["addresses"] = json!([{
                    "addressLine1": "Robert Levins gate 5", "addressLine2": "", "city": "Oslo",
                    "country": "NO", "postCode": "0154",
                }]);
            }
            // `nin` reaches the merchant by Userinfo only.
            _ => {}
        }
    }
    let sub = digest::uuid(
        world.seed,
        &["sub", world.environment().name(), &slot.msn, &number],
    )
    .to_string();
    Some(Person { sub, details })
}
