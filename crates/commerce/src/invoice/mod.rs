//! Invoices and credit notes: each in its issuer's own series, numbered without gaps, never changed.
//!
//! A paper is an event in the stream of its series, and the stream's number is the paper's: it is taken under the row of
//! the stream, in the commit that writes the paper. What is undone takes no number, and what is made again is refused by
//! the paper's id, which is made of the order's or the refund's.

mod draw;
mod issue;
mod issue_when_paid;
mod ports;
mod sheet;

pub use issue::{Invoices, Printed};
pub use issue_when_paid::IssueWhenPaid;
pub use ports::{Issuers, Papers, Printer};
pub use sheet::{Line, Sheet};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::{
    CommitError, Failure, Id, Kind, Money, MoneyError, OrderId, StoreError, Tagged, Timestamp,
    order::Address,
};

pub type PaperId = Id<Paper>;

impl Tagged for Paper {
    const PREFIX: &'static str = "inv";
}

/// What is on a paper; all of it copied, so that nothing that changes later changes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paper {
    pub kind: PaperKind,
    pub issuer: Issuer,
    pub order: OrderId,
    pub buyer: Option<Address>,
    pub lines: Vec<PaperLine>,
    /// What the lines come to, or what of it goes back.
    pub total: Money,
    /// The tax within the total.
    pub tax: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum PaperKind {
    Invoice,
    /// Money that an invoice said was owed went back.
    CreditNote {
        reason: String,
    },
}

impl PaperKind {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote { .. } => "credit_note",
        }
    }
}

/// Whoever sold the lines: a seller, or the shop itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    pub seller: Option<Uuid>,
    pub name: String,
    pub address: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperLine {
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    pub unit_price: Money,
    pub total: Money,
    pub discount: Money,
    pub shipping: Money,
    /// Tax that was added on top.
    pub added_tax: Money,
    /// Tax within the price.
    pub included_tax: Money,
}

/// A paper with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Issued {
    pub id: PaperId,
    /// From one, without gaps, in the series of its issuer and kind.
    pub number: i64,
    pub at: Timestamp,
    pub paper: Paper,
}

impl Issued {
    /// `INV-000012`, `CRN-000001`.
    pub fn name(&self) -> String {
        let series = match self.paper.kind {
            PaperKind::Invoice => "INV",
            PaperKind::CreditNote { .. } => "CRN",
        };
        format!("{series}-{:06}", self.number)
    }
}

#[derive(Debug, Error)]
pub enum InvoiceError {
    #[error("no such order")]
    NoOrder,
    #[error("no such invoice")]
    NoPaper,
    #[error("the order was never paid")]
    NotPaid,
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl From<StoreError> for InvoiceError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl Failure for InvoiceError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoOrder | Self::NoPaper => Kind::NotFound,
            Self::NotPaid => Kind::Conflict,
            Self::Money(_) => Kind::Internal,
            Self::Commit(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoOrder => "no_order",
            Self::NoPaper => "no_invoice",
            Self::NotPaid => "order_not_paid",
            Self::Money(_) => "bad_amount",
            Self::Commit(error) => error.code(),
        }
    }
}
