//! What papers need: to be found again, to know who issues them, and to be printed.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Issued, Issuer, PaperId, Sheet};
use crate::StoreError;

#[async_trait]
pub trait Papers: Send + Sync {
    /// Those that were issued, of these.
    async fn issued(&self, of: &[PaperId]) -> Result<Vec<Issued>, StoreError>;
}

#[async_trait]
pub trait Issuers: Send + Sync {
    /// What an issuer's papers say of it; the shop itself when no seller is named.
    async fn issuer(&self, seller: Option<Uuid>) -> Result<Issuer, StoreError>;
}

/// Turns a sheet into a file that can be printed.
pub trait Printer: Send + Sync {
    fn print(&self, sheet: &Sheet) -> Vec<u8>;
}
