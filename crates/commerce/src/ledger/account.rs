//! The chart of accounts of the shop's books.

use std::fmt;

use uuid::Uuid;

use crate::OrderId;

/// Which side an account grows on: assets and expenses by debits, the others by credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    Asset,
    Liability,
    Income,
    Expense,
}

impl Class {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }

    pub fn grows_by_debit(self) -> bool {
        matches!(self, Self::Asset | Self::Expense)
    }
}

/// An account by its code, such as `psp:sandbox:clearing`. Accounts of different currencies never net.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Account {
    code: String,
    class: Class,
    floored: bool,
}

impl Account {
    fn of(class: Class, code: String) -> Self {
        Self { code, class, floored: false }
    }

    fn floored(self) -> Self {
        Self { floored: true, ..self }
    }

    /// What a payment provider holds for us.
    pub fn clearing(provider: &str) -> Self {
        Self::of(Class::Asset, format!("psp:{provider}:clearing"))
    }

    /// What the provider charged us.
    pub fn provider_fee(provider: &str) -> Self {
        Self::of(Class::Expense, format!("exp:psp_fee:{provider}"))
    }

    pub fn bank() -> Self {
        Self::of(Class::Asset, "cash:bank".into())
    }

    /// Paid for an order and not yet earned; may never be overdrawn.
    pub fn escrow(order: OrderId) -> Self {
        Self::of(Class::Liability, format!("order:{}:escrow", order.uuid().simple())).floored()
    }

    /// A security that belongs to whoever gave it until it is returned or claimed; may never be overdrawn.
    pub fn deposit(reference: Uuid) -> Self {
        Self::of(Class::Liability, format!("booking:{}:deposit", reference.simple())).floored()
    }

    /// What a seller has earned and not been paid out.
    pub fn seller_payable(seller: Uuid) -> Self {
        Self::of(Class::Liability, format!("seller:{}:payable", seller.simple()))
    }

    /// Promised back to a customer and not yet sent by the provider.
    pub fn refund_payable() -> Self {
        Self::of(Class::Liability, "refund:payable".into())
    }

    pub fn sales() -> Self {
        Self::of(Class::Income, "rev:sales".into())
    }

    pub fn tax(jurisdiction: &str) -> Self {
        Self::of(Class::Liability, format!("tax:{jurisdiction}"))
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    pub fn class(&self) -> Class {
        self.class
    }

    /// Whether the account keeps a synchronous balance that may not be overdrawn.
    pub fn has_floor(&self) -> bool {
        self.floored
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}
