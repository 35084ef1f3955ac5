//! The catalogue and carts, kept so that lists and search cost the same whatever there is to choose from.

mod bulk;
mod cart;
mod category;
mod facets;
mod list;
mod offers;
mod product;
mod query;
mod rows;
mod search;
mod sheet;

pub use bulk::BulkProducts;

use crate::check::Invariant;

/// What this part of the shop promises; `souk check` looks for exceptions.
pub const INVARIANTS: &[Invariant] = &[Invariant::new(
    "every picture that a product holds is held by one that is there",
    "select i.id as culprit from media_images i where i.holder_kind = 'buy_product' and not exists (
         select 1 from buy_products p where p.id = i.holder_id)",
)];
