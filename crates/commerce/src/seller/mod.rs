//! Selling for others: what the core asks of whoever keeps the sellers, and what their part of a sale is.

mod commission;
mod ports;

pub use commission::Commission;
pub use ports::{Keeping, NoSellers, OnSale, SellerBooks, Sellers, Standing, Terms};
