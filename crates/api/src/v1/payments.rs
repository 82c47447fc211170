//! Payments: create, read, search, and move their money.

use app::payments::{self, Approve, Cancel, Capture, Create, Refund};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::{CancelFacts, CaptureFacts, CreateFacts, RefundFacts};

use super::answer::answer;
use crate::face::Face;
use crate::forwarded;
use crate::problem::Problem;
use crate::request::{AtPayment, AtUnit, Command, Search, Sent};
use crate::wire;

/// Create a payment
///
/// Creates the payment at Vipps. The body is Vipps' own and goes on byte for byte. Send the customer to
/// `redirectUrl` at once; the payment is CREATED until the customer approves.
#[utoipa::path(
    post,
    path = "/v1/sales-units/{msn}/payments",
    operation_id = "createPayment",
    tag = "Payments",
    security(("partner" = ["payments:create"])),
    responses(
        (status = 201, description = "The payment is created.", body = wire::Payment),
        (status = 202, description = "The result is not known yet.", body = wire::Operation),
    )
)]
pub(super) async fn create(
    State(face): State<Face>,
    command: Command<AtUnit, CreateFacts>,
) -> Result<Response, Problem> {
    let AtUnit { caller, msn } = command.place;
    let create = Create {
        msn,
        key: command.key,
        forwarded: command.forwarded,
        wait: command.wait,
        allowance: command.allowance,
    };
    answer(payments::create(&face.app, &caller, create).await?)
}

/// Search payments
///
/// The payments of the sales unit that this gateway knows, newest first, as they were last read from Vipps.
#[utoipa::path(
    get,
    path = "/v1/sales-units/{msn}/payments",
    operation_id = "listPayments",
    tag = "Payments",
    security(("partner" = ["payments:read"])),
    responses((status = 200, description = "One page.", body = wire::PaymentPage))
)]
pub(super) async fn list(
    State(face): State<Face>,
    Search { place, query }: Search,
) -> Result<Json<wire::PaymentPage>, Problem> {
    let page = payments::search(&face.app, &place.caller, &place.msn, &query).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    let data = page.data.into_iter().map(wire::Payment::from).collect();
    Ok(Json(wire::PaymentPage::new(data, next)))
}

/// Read a payment
///
/// Reads the payment from Vipps. One that this gateway has never seen, but Vipps has, is taken in.
#[utoipa::path(
    get,
    path = "/v1/sales-units/{msn}/payments/{reference}",
    operation_id = "getPayment",
    tag = "Payments",
    security(("partner" = ["payments:read"])),
    responses((status = 200, description = "The payment.", body = wire::Payment))
)]
pub(super) async fn get(
    State(face): State<Face>,
    AtPayment {
        caller,
        msn,
        reference,
    }: AtPayment,
) -> Result<Json<wire::Payment>, Problem> {
    let payment = payments::get(&face.app, &caller, &msn, &reference).await?;
    Ok(Json(payment.into()))
}

/// List the events of a payment
///
/// Vipps' own log of the payment, oldest first.
#[utoipa::path(
    get,
    path = "/v1/sales-units/{msn}/payments/{reference}/events",
    operation_id = "listPaymentEvents",
    tag = "Payments",
    security(("partner" = ["payments:read"])),
    responses((status = 200, description = "All of them.", body = wire::EventPage))
)]
pub(super) async fn events(
    State(face): State<Face>,
    AtPayment {
        caller,
        msn,
        reference,
    }: AtPayment,
) -> Result<Json<wire::EventPage>, Problem> {
    let log = payments::events(&face.app, &caller, &msn, &reference).await?;
    let data = log.events.into_iter().map(wire::Event::from).collect();
    Ok(Json(wire::EventPage::new(data, None)))
}

/// Capture
///
/// Takes reserved money, all of it or a part. Capture when you deliver, not before.
#[utoipa::path(
    post,
    path = "/v1/sales-units/{msn}/payments/{reference}/capture",
    operation_id = "capturePayment",
    tag = "Payments",
    security(("partner" = ["payments:capture"])),
    responses(
        (status = 200, description = "The money is captured.", body = wire::Operation),
        (status = 202, description = "The result is not known yet.", body = wire::Operation),
    )
)]
pub(super) async fn capture(
    State(face): State<Face>,
    command: Command<AtPayment, CaptureFacts>,
) -> Result<Response, Problem> {
    let AtPayment {
        caller,
        msn,
        reference,
    } = command.place;
    let capture = Capture {
        msn,
        reference,
        key: command.key,
        forwarded: command.forwarded,
        wait: command.wait,
        allowance: command.allowance,
    };
    answer(payments::capture(&face.app, &caller, capture).await?)
}

/// Refund
///
/// Gives captured money back, all of it or a part.
#[utoipa::path(
    post,
    path = "/v1/sales-units/{msn}/payments/{reference}/refund",
    operation_id = "refundPayment",
    tag = "Payments",
    security(("partner" = ["payments:refund"])),
    responses(
        (status = 200, description = "The money is on its way back.", body = wire::Operation),
        (status = 202, description = "The result is not known yet.", body = wire::Operation),
    )
)]
pub(super) async fn refund(
    State(face): State<Face>,
    command: Command<AtPayment, RefundFacts>,
) -> Result<Response, Problem> {
    let AtPayment {
        caller,
        msn,
        reference,
    } = command.place;
    let refund = Refund {
        msn,
        reference,
        key: command.key,
        forwarded: command.forwarded,
        wait: command.wait,
        allowance: command.allowance,
    };
    answer(payments::refund(&face.app, &caller, refund).await?)
}

/// Cancel
///
/// Before the customer approves: ends the payment. Afterwards: releases whatever is not captured. With
/// `cancelTransactionOnly` it does the first and never the second.
#[utoipa::path(
    post,
    path = "/v1/sales-units/{msn}/payments/{reference}/cancel",
    operation_id = "cancelPayment",
    tag = "Payments",
    security(("partner" = ["payments:cancel"])),
    responses(
        (status = 200, description = "The rest is released.", body = wire::Operation),
        (status = 202, description = "The result is not known yet.", body = wire::Operation),
    )
)]
pub(super) async fn cancel(
    State(face): State<Face>,
    command: Command<AtPayment, CancelFacts>,
) -> Result<Response, Problem> {
    let AtPayment {
        caller,
        msn,
        reference,
    } = command.place;
    let cancel = Cancel {
        msn,
        reference,
        key: command.key,
        forwarded: command.forwarded,
        wait: command.wait,
        allowance: command.allowance,
    };
    answer(payments::cancel(&face.app, &caller, cancel).await?)
}

/// Approve (test environment)
///
/// Plays the customer's approval. The test customer must have approved one payment by hand before.
#[utoipa::path(
    post,
    path = "/v1/sales-units/{msn}/payments/{reference}/approve",
    operation_id = "approvePayment",
    tag = "Payments",
    security(("partner" = ["payments:approve"])),
    responses((status = 200, description = "The payment after the approval.", body = wire::Payment))
)]
pub(super) async fn approve(
    State(face): State<Face>,
    sent: Sent<AtPayment, forwarded::Approve>,
) -> Result<Json<wire::Payment>, Problem> {
    let AtPayment {
        caller,
        msn,
        reference,
    } = sent.place;
    let approve = Approve {
        msn,
        reference,
        body: sent.forwarded.body,
    };
    let payment = payments::approve(&face.app, &caller, approve).await?;
    Ok(Json(payment.into()))
}
