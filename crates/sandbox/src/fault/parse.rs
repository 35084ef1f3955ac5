//! The grammar of fault expressions, read and written.

use std::{fmt, str::FromStr};

use super::{Fault, Faults, Op};

const HOLD_MS: u64 = 30_000;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    #[error("`{0}` is no fault")]
    Unknown(String),
    #[error("`{0}` has a value it cannot have")]
    Value(String),
}

impl FromStr for Faults {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut faults = Self::default();
        for word in text.split(';').map(str::trim).filter(|word| !word.is_empty()) {
            faults.put(word.parse()?);
        }
        Ok(faults)
    }
}

impl TryFrom<String> for Faults {
    type Error = FaultError;

    fn try_from(text: String) -> Result<Self, FaultError> {
        text.parse()
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let word = Word::of(text)?;
        Ok(match word.name {
            "decline" => Self::Decline(word.code("card_declined")?),
            "needs-action" => word.bare(Self::NeedsAction)?,
            "delay" => Self::Delay(word.number(None)?),
            "late" => Self::Late(word.number(None)?),
            "duplicate" => Self::Duplicate(word.within(2, 100)?),
            "reorder" => word.bare(Self::Reorder)?,
            "lose" => word.bare(Self::Lose)?,
            "wrong-signature" => word.bare(Self::WrongSignature)?,
            "wrong-payload" => word.bare(Self::WrongPayload)?,
            "wrong-amount" => Self::WrongAmount(word.difference()?),
            "http" => Self::Http { status: word.status()?, at: word.at },
            "timeout" => Self::Timeout { ms: word.number(Some(HOLD_MS))?, at: word.at },
            "charge-then-timeout" => {
                Self::ChargeThenTimeout { ms: word.number(Some(HOLD_MS))?, at: word.at }
            }
            "times" => Self::Times(word.within(0, 1_000_000)?),
            "refund-fail" => Self::RefundFail(word.code("refund_failed")?),
            "refund-delay" => Self::RefundDelay(word.number(None)?),
            "none" => word.bare(Self::None)?,
            _ => return Err(FaultError::Unknown(text.to_owned())),
        })
    }
}

/// `name`, `name=value`, `name@op` or `name=value@op`.
struct Word<'a> {
    text: &'a str,
    name: &'a str,
    value: Option<&'a str>,
    at: Option<Op>,
}

impl<'a> Word<'a> {
    fn of(text: &'a str) -> Result<Self, FaultError> {
        let (head, at) = match text.split_once('@') {
            Some((head, op)) => (head, Some(op.trim().parse()?)),
            None => (text, None),
        };
        let (name, value) = match head.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (head.trim(), None),
        };
        let takes_op = matches!(name, "http" | "timeout" | "charge-then-timeout");
        if at.is_some() && !takes_op {
            return Err(FaultError::Value(text.to_owned()));
        }
        Ok(Self { text, name, value, at })
    }

    fn wrong(&self) -> FaultError {
        FaultError::Value(self.text.to_owned())
    }

    fn bare(&self, fault: Fault) -> Result<Fault, FaultError> {
        if self.value.is_some() { Err(self.wrong()) } else { Ok(fault) }
    }

    fn number<N: FromStr>(&self, or: Option<N>) -> Result<N, FaultError> {
        match self.value {
            Some(value) => value.parse().map_err(|_| self.wrong()),
            None => or.ok_or_else(|| self.wrong()),
        }
    }

    fn within(&self, least: u32, most: u32) -> Result<u32, FaultError> {
        let number = self.number(None)?;
        if (least..=most).contains(&number) { Ok(number) } else { Err(self.wrong()) }
    }

    fn difference(&self) -> Result<i64, FaultError> {
        let by: i64 = self.number(Some(-1))?;
        if by.unsigned_abs() < 100_000_000_000 { Ok(by) } else { Err(self.wrong()) }
    }

    fn status(&self) -> Result<u16, FaultError> {
        let status = self.number(None)?;
        if status == 429 || (500..600).contains(&status) { Ok(status) } else { Err(self.wrong()) }
    }

    fn code(&self, or: &str) -> Result<String, FaultError> {
        let code = self.value.unwrap_or(or);
        let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let fits = (1..=64).contains(&code.len()) && code.chars().all(is_code);
        if fits { Ok(code.to_owned()) } else { Err(self.wrong()) }
    }
}

impl Op {
    const ALL: [Self; 8] = [
        Self::Create,
        Self::Fetch,
        Self::Confirm,
        Self::Authenticate,
        Self::Capture,
        Self::Cancel,
        Self::Refund,
        Self::FetchRefund,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Fetch => "fetch",
            Self::Confirm => "confirm",
            Self::Authenticate => "authenticate",
            Self::Capture => "capture",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
            Self::FetchRefund => "fetch-refund",
        }
    }
}

impl FromStr for Op {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let known = Self::ALL.into_iter().find(|op| op.name() == text);
        known.ok_or_else(|| FaultError::Unknown(text.to_owned()))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |op: &Option<Op>| op.map(|op| format!("@{}", op.name())).unwrap_or_default();
        match self {
            Self::Decline(code) => write!(f, "decline={code}"),
            Self::NeedsAction => f.write_str("needs-action"),
            Self::Delay(ms) => write!(f, "delay={ms}"),
            Self::Late(ms) => write!(f, "late={ms}"),
            Self::Duplicate(copies) => write!(f, "duplicate={copies}"),
            Self::Reorder => f.write_str("reorder"),
            Self::Lose => f.write_str("lose"),
            Self::WrongSignature => f.write_str("wrong-signature"),
            Self::WrongPayload => f.write_str("wrong-payload"),
            Self::WrongAmount(by) => write!(f, "wrong-amount={by}"),
            Self::Http { status, at: op } => write!(f, "http={status}{}", at(op)),
            Self::Timeout { ms, at: op } => write!(f, "timeout={ms}{}", at(op)),
            Self::ChargeThenTimeout { ms, at: op } => {
                write!(f, "charge-then-timeout={ms}{}", at(op))
            }
            Self::Times(times) => write!(f, "times={times}"),
            Self::RefundFail(code) => write!(f, "refund-fail={code}"),
            Self::RefundDelay(ms) => write!(f, "refund-delay={ms}"),
            Self::None => f.write_str("none"),
        }
    }
}
