//! The catalogue and carts, kept so that lists and search cost the same whatever there is to choose from.

mod bulk;
mod cart;
mod category;
mod coupon;
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
pub const INVARIANTS: &[Invariant] = &[];
