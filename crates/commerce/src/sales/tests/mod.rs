//! What becomes of sales, over memory and a provider that misbehaves.
#![expect(clippy::arithmetic_side_effects, reason = "tests may overflow")]

mod call_off;
mod coupons;
mod disputes;
mod flaky;
mod invariants;
mod invoices;
mod random;
mod reconciliation;
mod sellers;
mod stories;
mod wallet;
mod world;

pub(in crate::sales) use world::{a_payment, an_order};
