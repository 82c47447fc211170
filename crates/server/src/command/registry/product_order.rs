//! `nordbro product-order`.

use app::App;
use app::product_orders::{self, FoundProductOrder};
use clap::{Args, Subcommand};
use domain::ProductOrderId;
use serde_json::{Value, json};

use super::arguments::Whose;
use super::show::{Shown, maybe_time, time};
use super::told;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List product orders, the newest first.
    List(List),
    /// Show one.
    Show { id: ProductOrderId },
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    whose: Whose,
    /// How many at most.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<Shown> {
    Ok(match command {
        Command::List(list) => {
            let partner = list.whose.partner(app).await?;
            let page = product_orders::page_all(app, partner, None, list.limit).await;
            let (found, _) = told(page)?;
            Shown::list(found.iter().map(view).collect())
        }
        Command::Show { id } => Shown::one(view(&told(product_orders::find(app, id).await)?)),
    })
}

/// Neither the form nor the link: they are the partner's and its merchant's.
fn view(order: &FoundProductOrder) -> Value {
    json!({
        "id": order.id.to_string(),
        "partnerId": order.partner.to_string(),
        "environment": order.environment.as_str(),
        "merchantId": order.merchant.to_string(),
        "productType": order.product_type,
        "status": order.status.as_str(),
        "msn": order.msn,
        "vippsId": order.vipps_id,
        "tries": order.tries,
        "dueAt": maybe_time(order.due_at),
        "expiresAt": maybe_time(order.expires_at),
        "checkedAt": maybe_time(order.checked_at),
        "createdAt": time(order.created_at),
        "endedAt": maybe_time(order.ended_at),
    })
}
