//! A decision as a value: what to write, and what goes with it.

use std::{fmt, hash::Hash};

use uuid::Uuid;

use crate::{
    ClaimMove, Event, Order, Payment, Posting, Receipt, StockMove, audit::AuditRow,
    picture::PictureMove,
};

/// The smallest thing that is read, decided on and written whole.
pub trait Aggregate: Clone + Send + Sync + 'static {
    type Id: Copy + Eq + Hash + fmt::Debug + Into<Uuid> + Send + Sync;

    fn id(&self) -> Self::Id;
}

/// How many times an aggregate has been written; zero until the first write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub i64);

impl Version {
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// An aggregate as it was read, and the version the next write must still find.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    pub state: T,
    pub version: Version,
}

impl<T> Stored<T> {
    /// The next state, to be written over the version this one was read at.
    pub fn becomes(&self, state: T) -> Write<T> {
        Write { state, expected: self.version }
    }
}

/// One aggregate to be written over the version it was decided on.
#[derive(Debug, Clone)]
pub struct Write<T> {
    pub state: T,
    pub expected: Version,
}

impl<T> Write<T> {
    /// A first write; refused if it was already made.
    pub fn new(state: T) -> Self {
        Self { state, expected: Version(0) }
    }

    pub fn over(expected: Version, state: T) -> Self {
        Self { state, expected }
    }

    pub fn with(self, effects: Effects) -> Change<T> {
        Change { writes: vec![self], effects }
    }

    pub fn alone(self) -> Change<T> {
        self.with(Effects::none())
    }
}

/// What a decision asks of the rest of the shop.
#[derive(Debug, Default, Clone)]
pub struct Effects {
    pub payments: Vec<Write<Payment>>,
    pub orders: Vec<Write<Order>>,
    pub pictures: Vec<PictureMove>,
    pub claims: Vec<ClaimMove>,
    pub stock: Vec<StockMove>,
    pub postings: Vec<Posting>,
    pub events: Vec<Event>,
    pub audits: Vec<AuditRow>,
    pub receipt: Option<Receipt>,
}

/// One decision: the next state of one or more aggregates of a kind, and all that must be written with them.
#[must_use = "a change does nothing until it is committed"]
#[derive(Debug, Clone)]
pub struct Change<T> {
    pub writes: Vec<Write<T>>,
    pub effects: Effects,
}

impl<T> Change<T> {
    /// Writes another aggregate of the same kind in the same commit.
    pub fn and(mut self, write: Write<T>) -> Self {
        self.writes.push(write);
        self
    }
}

impl Effects {
    pub fn none() -> Self {
        Self::default()
    }

    pub fn write_payment(mut self, payment: Write<Payment>) -> Self {
        self.payments.push(payment);
        self
    }

    pub fn write_order(mut self, order: Write<Order>) -> Self {
        self.orders.push(order);
        self
    }

    pub fn pictures(mut self, moves: impl IntoIterator<Item = PictureMove>) -> Self {
        self.pictures.extend(moves);
        self
    }

    pub fn claim(mut self, moves: impl IntoIterator<Item = ClaimMove>) -> Self {
        self.claims.extend(moves);
        self
    }

    pub fn stock(mut self, moves: impl IntoIterator<Item = StockMove>) -> Self {
        self.stock.extend(moves);
        self
    }

    /// A posting of nothing is none.
    pub fn post(mut self, posting: Posting) -> Self {
        if !posting.entries().is_empty() {
            self.postings.push(posting);
        }
        self
    }

    pub fn tell(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    pub fn record(mut self, audit: AuditRow) -> Self {
        self.audits.push(audit);
        self
    }

    pub fn receipt(mut self, receipt: impl Into<Option<Receipt>>) -> Self {
        self.receipt = receipt.into().or(self.receipt);
        self
    }

    pub fn and(mut self, later: Self) -> Self {
        self.payments.extend(later.payments);
        self.orders.extend(later.orders);
        self.pictures.extend(later.pictures);
        self.claims.extend(later.claims);
        self.stock.extend(later.stock);
        self.postings.extend(later.postings);
        self.events.extend(later.events);
        self.audits.extend(later.audits);
        self.receipt = later.receipt.or(self.receipt);
        self
    }
}
