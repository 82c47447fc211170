//! The event types a webhook can be registered for (Webhooks API, event types, 2026).

/// The one event type with a limit of its own.
pub(crate) const CHECKED_IN: &str = "user.checked-in.v1";

const KNOWN: [&str; 20] = [
    "epayments.payment.created.v1",
    "epayments.payment.aborted.v1",
    "epayments.payment.expired.v1",
    "epayments.payment.cancelled.v1",
    "epayments.payment.captured.v1",
    "epayments.payment.refunded.v1",
    "epayments.payment.authorized.v1",
    "epayments.payment.terminated.v1",
    "recurring.agreement-activated.v1",
    "recurring.agreement-rejected.v1",
    "recurring.agreement-stopped.v1",
    "recurring.agreement-expired.v1",
    "recurring.charge-reserved.v1",
    "recurring.charge-captured.v1",
    "recurring.charge-canceled.v1",
    "recurring.charge-refunded.v1",
    "recurring.charge-failed.v1",
    "recurring.charge-creation-failed.v1",
    "login.merchant-initiated.ping.v1",
    CHECKED_IN,
];

/// Whether Vipps has such an event type. The names of the donation events are not published in
/// full, so everything under their prefix counts.
pub(crate) fn is_known(event: &str) -> bool {
    KNOWN.contains(&event)
        || event
            .strip_prefix("donations.")
            .is_some_and(|rest| !rest.is_empty())
}

/// How many registrations one sales unit, or one partner, may have for an event type.
pub(crate) fn most_registrations(event: &str) -> usize {
    if event == CHECKED_IN { 1 } else { 25 }
}

/// The event type of an ePayment event: `AUTHORIZED` is `epayments.payment.authorized.v1`.
pub(crate) fn of_payment(name: &str) -> String {
    format!("epayments.payment.{}.v1", name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payment_event_has_an_event_type_with_a_plural_prefix() {
        let names = [
            "CREATED",
            "ABORTED",
            "EXPIRED",
            "CANCELLED",
            "CAPTURED",
            "REFUNDED",
            "AUTHORIZED",
            "TERMINATED",
        ];
        assert!(names.into_iter().all(|name| is_known(&of_payment(name))));
        assert!(!is_known("epayment.payment.created.v1"));
    }

    #[test]
    fn a_cancelled_charge_is_spelled_with_one_l() {
        assert!(is_known("recurring.charge-canceled.v1"));
        assert!(!is_known("recurring.charge-cancelled.v1"));
    }

    #[test]
    fn the_qr_event_has_room_for_one_registration_and_the_others_for_twenty_five() {
        assert_eq!(most_registrations("user.checked-in.v1"), 1);
        assert_eq!(most_registrations("epayments.payment.captured.v1"), 25);
    }
}
