//! The HTTP shell: it reads, calls and answers.
//!
//! # How to write a handler
//!
//! ```text
//! /// Change the name of a shelf.
//! #[api_v2_operation(tags(Shelves), operation_id = "renameShelf")]
//! pub async fn rename(
//!     shelves: Data<Shelves>,
//!     keeper: Keeper,                  // who: Signed, Maybe, Keeper, Operator; none of these is open to anyone
//!     path: Path<ShelfPath>,           // #[derive(Deserialize, JsonSchema)] struct ShelfPath { id: Ref<Shelf> }
//!     version: IfMatch,                // 428 without If-Match
//!     body: Body<NewName>,             // #[derive(Deserialize, JsonSchema, Validate)] #[serde(deny_unknown_fields)]
//! ) -> Result<Tagged<ShelfView>, Fail<404, 409>> {
//!     let shelf = shelves.rename(path.0.id.0, version.0, body.0.name).await?;
//!     Ok(Tagged::new(shelf.version, shelf.state.into()))
//! }
//! ```
//!
//! * Any `commerce::Failure` turns into a [`Problem`] by `?`; [`Fail`] lists the statuses for the document.
//! * Answers: [`answer::Json`], [`answer::Created`], [`answer::CreatedAt`], [`answer::Tagged`] and [`answer::Fresh`]
//!   (`ETag` and 304),
//!   [`answer::Accepted`], [`answer::NoContent`], [`answer::Once`] (under an `Idempotency-Key`).
//! * Under an `Idempotency-Key` take [`extract::Keyed`] instead of `Body` and call [`extract::Keyed::once`].
//! * Lists take [`extract::Paging`] (or a query of their own with `limit` and `cursor`) and answer [`extract::PageView`].
//! * A stricter quota: `web::resource("/products").wrap(from_fn(edge::quota::limited("search")))`.
//! * A mode's `routes(mode)` returns a [`Mount`]; the server lists it.

pub mod answer;
pub mod buy;
pub mod commerce;
mod demo;
mod docs;
pub mod edge;
pub mod extract;
mod health;
pub mod identity;
mod images;
pub mod invoices;
pub mod market;
pub mod media;
mod metrics;
pub mod openapi;
mod problem;
pub mod reconciliation;
pub mod rent;
mod serve;
mod stamped;
pub mod views;

pub use self::media::UploadLimits;
pub use demo::Pictures;
pub use docs::document;
pub use edge::{address::Cidr, context::with_request_id, quota::Quotas, watch::ACCESS};
pub use health::{Check, Health};
pub use metrics::{Gauge, Gauges, Metrics};
pub use problem::{Fail, Problem, ProblemView};
pub use serve::{Draining, Mount, Serving, Settings, Shell, serve};

use actix_web::{HttpRequest, web::Data};

/// How much of a request is read.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub json_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { json_bytes: 65_536 }
    }
}

impl Limits {
    /// The limits of a resource, else those of the whole shell.
    fn of(request: &HttpRequest) -> Self {
        request.app_data::<Data<Self>>().map(|limits| *limits.get_ref()).unwrap_or_default()
    }
}
