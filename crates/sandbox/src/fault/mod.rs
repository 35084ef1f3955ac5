//! Faults on demand: what they are, how they are written, and how several sources add up.

mod parse;
mod plan;
mod tables;
#[cfg(test)]
mod tests;

use std::{fmt, mem};

use serde::{Deserialize, Serialize};

pub use parse::FaultError;
pub use plan::{Chance, FaultPlan};
pub use tables::{of_amount, of_card};

/// A set of faults, written as in `decline; delay=2000; duplicate=3`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Faults(Vec<Fault>);

/// One word of the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Decline(String),
    NeedsAction,
    Delay(u64),
    Late(u64),
    Duplicate(u32),
    Reorder,
    Lose,
    WrongSignature,
    WrongPayload,
    WrongAmount(i64),
    Http {
        status: u16,
        at: Option<Op>,
    },
    Timeout {
        ms: u64,
        at: Option<Op>,
    },
    ChargeThenTimeout {
        ms: u64,
        at: Option<Op>,
    },
    Times(u32),
    RefundFail(String),
    RefundDelay(u64),
    /// Drops what was said before it.
    None,
}

/// What a caller asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    Create,
    Fetch,
    Confirm,
    Authenticate,
    Capture,
    Cancel,
    Refund,
    FetchRefund,
}

/// A fault of an answer, as against one of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strike {
    /// Nothing is done and this status is answered.
    Http(u16),
    /// Nothing is done and the answer is held back.
    Timeout(u64),
    /// It is done and the answer is held back.
    ChargeThenTimeout(u64),
}

impl Faults {
    /// These faults, and those of a source that takes precedence.
    #[must_use]
    pub fn with(mut self, later: &Faults) -> Self {
        for fault in &later.0 {
            self.put(fault.clone());
        }
        self
    }

    fn put(&mut self, fault: Fault) {
        match fault {
            Fault::None => self.0.clear(),
            _ => self.0.retain(|known| mem::discriminant(known) != mem::discriminant(&fault)),
        }
        self.0.push(fault);
    }

    fn find<'a, T>(&'a self, pick: impl Fn(&'a Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(pick)
    }

    fn has(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    pub(crate) fn decline(&self) -> Option<&str> {
        self.find(|fault| if let Fault::Decline(code) = fault { Some(code.as_str()) } else { None })
    }

    pub(crate) fn needs_action(&self) -> bool {
        self.has(&Fault::NeedsAction)
    }

    pub(crate) fn delay_ms(&self) -> u64 {
        self.find(|fault| if let Fault::Delay(ms) = fault { Some(*ms) } else { None }).unwrap_or(0)
    }

    pub(crate) fn late_ms(&self) -> Option<u64> {
        self.find(|fault| if let Fault::Late(ms) = fault { Some(*ms) } else { None })
    }

    /// How many times each webhook is sent.
    pub(crate) fn copies(&self) -> u32 {
        self.find(|fault| if let Fault::Duplicate(n) = fault { Some(*n) } else { None })
            .unwrap_or(1)
    }

    pub(crate) fn reorder(&self) -> bool {
        self.has(&Fault::Reorder)
    }

    pub(crate) fn lose(&self) -> bool {
        self.has(&Fault::Lose)
    }

    pub(crate) fn wrong_signature(&self) -> bool {
        self.has(&Fault::WrongSignature)
    }

    pub(crate) fn wrong_payload(&self) -> bool {
        self.has(&Fault::WrongPayload)
    }

    /// How much more than asked is captured.
    pub(crate) fn wrong_amount(&self) -> i64 {
        self.find(|fault| if let Fault::WrongAmount(by) = fault { Some(*by) } else { None })
            .unwrap_or(0)
    }

    pub(crate) fn refund_fail(&self) -> Option<&str> {
        self.find(
            |fault| {
                if let Fault::RefundFail(code) = fault { Some(code.as_str()) } else { None }
            },
        )
    }

    pub(crate) fn refund_delay_ms(&self) -> u64 {
        self.find(|fault| if let Fault::RefundDelay(ms) = fault { Some(*ms) } else { None })
            .unwrap_or(0)
    }

    /// How often each strike hits one call of one intent; 0 is always.
    pub(crate) fn times(&self) -> u32 {
        self.find(|fault| if let Fault::Times(n) = fault { Some(*n) } else { None }).unwrap_or(1)
    }

    /// The strikes that may hit this call, in the order in which they are tried.
    pub(crate) fn strikes(&self, op: Op) -> Vec<Strike> {
        let mut strikes: Vec<_> = self.0.iter().filter_map(|fault| fault.strike(op)).collect();
        strikes.sort_by_key(|strike| match strike {
            Strike::Http(_) => 0,
            Strike::Timeout(_) => 1,
            Strike::ChargeThenTimeout(_) => 2,
        });
        strikes
    }
}

impl Fault {
    fn strike(&self, op: Op) -> Option<Strike> {
        let hits = |at: Option<Op>, or: &[Op]| at.map_or(or.contains(&op), |at| at == op);
        match *self {
            Self::Http { status, at } if hits(at, &[Op::Create]) => Some(Strike::Http(status)),
            Self::Timeout { ms, at } if hits(at, &[Op::Create]) => Some(Strike::Timeout(ms)),
            Self::ChargeThenTimeout { ms, at } if hits(at, &[Op::Confirm, Op::Capture]) => {
                Some(Strike::ChargeThenTimeout(ms))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("; ")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl From<Faults> for String {
    fn from(faults: Faults) -> Self {
        faults.to_string()
    }
}
