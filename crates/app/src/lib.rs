//! The use cases and the background jobs of the gateway: each is one file, and each reads as its story.
//!
//! There is no HTTP here, no SQL and no socket: `api` asks, `store` remembers, `outbound` calls, and the
//! rules are `domain`'s. Time, ids and tasks come in through [`App`].

mod admission;
mod allowance;
mod books;
mod caller;
mod error;
mod page;
mod reads;
mod served;
mod settings;
mod stale;
mod state;
mod tasks;
mod views;

pub mod audit;
pub mod customers;
pub mod identity;
pub mod import;
pub mod jobs;
pub mod money;
pub mod onboarding;
pub mod operations;
pub mod payments;
pub mod product_orders;
pub mod quality;
pub mod receipts;
pub mod registry;
pub mod transfers;

pub use admission::{Health, Settings as Admission, Standing};
pub use allowance::Allowance;
pub use caller::{Caller, Scope, Scopes};
pub use error::{Error, Limit, What};
pub use identity::Identity;
pub use page::{Cursor, NotACursor, Page, Query};
pub use registry::Unit;
pub use served::Served;
pub use settings::{Retention, Settings};
pub use state::{App, Parts};
pub use views::{Answered, OperationView, PaymentView, Progress, ReceiptView, Wait};
