//! The life of a product order, as a pure state machine (Management API 2.0.9, 2026).

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long a merchant may use the prefilled link.
pub(crate) const LINK_LIVES: Duration = Duration::days(14);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Received,
    MerchantViewed,
    OrderSubmitted,
    Completed,
    Rejected,
    Expired,
}

/// How the order came about. Template and manual orders only show RECEIVED, COMPLETED and REJECTED.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Origin {
    Prefill,
    Template,
    Manual,
}

/// What the merchant or Vipps does with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// The merchant opens the link.
    View,
    /// The merchant submits the form.
    Submit,
    /// Vipps makes the sales unit.
    Complete,
    /// Vipps refuses; the reason is never disclosed.
    Reject,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BusinessIdentifier {
    /// `business:NO:ORG`, `business:DK:CVR`, `business:FI:Y-tunnus`.
    pub scheme: String,
    pub id: String,
}

/// What came of a completed order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OrderedUnit {
    pub msn: String,
    pub name: String,
}

/// A product order as Vipps keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductOrder {
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The partner that ordered; nobody else sees it.
    pub partner: String,
    pub origin: Origin,
    pub business_identifier: BusinessIdentifier,
    pub product_type: String,
    pub sales_unit_name: Option<String>,
    pub has_recurring: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// What happened; [`ProductOrder::status`] adds the passing of time.
    pub(crate) reached: Status,
    pub sales_unit: Option<OrderedUnit>,
}

/// A step that the order's status does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a product order that is {status:?} cannot {step:?}")]
pub struct OutOfOrder {
    pub status: Status,
    pub step: Step,
}

impl ProductOrder {
    /// The status at `now`. A prefilled link that nobody submitted expires on its fourteenth day.
    pub fn status(&self, now: OffsetDateTime) -> Status {
        let open = matches!(self.reached, Status::Received | Status::MerchantViewed);
        if open && self.origin == Origin::Prefill && now >= self.expires_at() {
            Status::Expired
        } else {
            self.reached
        }
    }

    /// The status after `step`, without taking it.
    ///
    /// # Errors
    /// When the status at `now` does not allow the step. Looking again at what was seen is allowed.
    pub fn after(&self, step: Step, now: OffsetDateTime) -> Result<Status, OutOfOrder> {
        let status = self.status(now);
        let prefilled = self.origin == Origin::Prefill;
        match (step, status) {
            (Step::View, Status::Received | Status::MerchantViewed) if prefilled => {
                Ok(Status::MerchantViewed)
            }
            (Step::Submit, Status::Received | Status::MerchantViewed) if prefilled => {
                Ok(Status::OrderSubmitted)
            }
            (Step::Complete, Status::OrderSubmitted) => Ok(Status::Completed),
            (Step::Reject, Status::OrderSubmitted) => Ok(Status::Rejected),
            (Step::Complete, Status::Received) if !prefilled => Ok(Status::Completed),
            (Step::Reject, Status::Received) if !prefilled => Ok(Status::Rejected),
            (Step::View | Step::Submit | Step::Complete | Step::Reject, _) => {
                Err(OutOfOrder { status, step })
            }
        }
    }

    /// Whether its partner may still delete it: before the merchant submits, and while it lives.
    pub fn is_deletable(&self, now: OffsetDateTime) -> bool {
        matches!(self.status(now), Status::Received | Status::MerchantViewed)
            && self.origin == Origin::Prefill
    }

    /// The link of a prefilled form.
    pub(crate) fn link(id: Uuid) -> String {
        format!("https://portal.vippsmobilepay.com/register/vippspanett/{id}")
    }

    /// When a link that nobody submits stops working.
    pub fn expires_at(&self) -> OffsetDateTime {
        self.created_at + LINK_LIVES
    }

    /// The link for the merchant; template and manual orders have none.
    pub fn url(&self) -> Option<String> {
        let prefilled = self.origin == Origin::Prefill;
        prefilled.then(|| Self::link(self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOON: OffsetDateTime = datetime!(2026-11-02 12:00 UTC);

    fn order(origin: Origin) -> ProductOrder {
        ProductOrder {
            id: Uuid::nil(),
            partner: "north".to_owned(),
            origin,
            business_identifier: BusinessIdentifier {
                scheme: "business:NO:ORG".to_owned(),
                id: "987654321".to_owned(),
            },
            product_type: "PAYMENT_INTEGRATION".to_owned(),
            sales_unit_name: None,
            has_recurring: false,
            created_at: NOON,
            reached: Status::Received,
            sales_unit: None,
        }
    }

    fn walk(origin: Origin, steps: &[Step]) -> Result<Status, OutOfOrder> {
        let mut order = order(origin);
        for step in steps {
            order.reached = order.after(*step, NOON)?;
        }
        Ok(order.status(NOON))
    }

    #[test]
    fn a_prefilled_order_is_viewed_submitted_and_completed_or_rejected() {
        assert_eq!(walk(Origin::Prefill, &[Step::View]), Ok(Status::MerchantViewed));
        assert_eq!(
            walk(Origin::Prefill, &[Step::View, Step::View, Step::Submit]),
            Ok(Status::OrderSubmitted)
        );
        assert_eq!(
            walk(Origin::Prefill, &[Step::Submit, Step::Complete]),
            Ok(Status::Completed)
        );
        assert_eq!(
            walk(Origin::Prefill, &[Step::View, Step::Submit, Step::Reject]),
            Ok(Status::Rejected)
        );
    }

    #[test]
    fn no_step_is_skipped_or_taken_back() {
        for steps in [
            &[Step::Complete][..],
            &[Step::Reject],
            &[Step::Submit, Step::View],
            &[Step::Submit, Step::Complete, Step::Reject],
        ] {
            assert!(walk(Origin::Prefill, steps).is_err(), "{steps:?}");
        }
    }

    #[test]
    fn template_and_manual_orders_go_straight_from_received_to_their_end() {
        for origin in [Origin::Template, Origin::Manual] {
            assert_eq!(walk(origin, &[Step::Complete]), Ok(Status::Completed));
            assert_eq!(walk(origin, &[Step::Reject]), Ok(Status::Rejected));
            assert!(walk(origin, &[Step::View]).is_err());
        }
    }

    #[test]
    fn an_order_that_nobody_submits_expires_on_the_second_after_fourteen_days() {
        let order = order(Origin::Prefill);
        assert_eq!(
            order.status(NOON + LINK_LIVES - Duration::SECOND),
            Status::Received
        );
        assert_eq!(order.status(NOON + LINK_LIVES), Status::Expired);
        assert!(order.after(Step::Submit, NOON + LINK_LIVES).is_err());
    }

    #[test]
    fn a_submitted_order_does_not_expire_and_cannot_be_deleted() {
        let mut order = order(Origin::Prefill);
        assert!(order.is_deletable(NOON));
        order.reached = Status::OrderSubmitted;
        assert_eq!(
            order.status(NOON + LINK_LIVES + Duration::DAY),
            Status::OrderSubmitted
        );
        assert!(!order.is_deletable(NOON));
    }
}
