//! The chart of accounts of the shop's books.

use std::fmt;

use uuid::Uuid;

use crate::{Currency, OrderId, UserId};

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

    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Asset, Self::Liability, Self::Income, Self::Expense];
        all.into_iter().find(|class| class.as_str() == name)
    }

    /// The side it grows on, as books call it.
    pub fn normal_side(self) -> &'static str {
        if self.grows_by_debit() { "debit" } else { "credit" }
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

    /// What a bidder has put down for a lot; may never be overdrawn.
    pub fn bidder_deposit(bidder: Uuid) -> Self {
        Self::of(Class::Liability, format!("bidder:{}:deposit", bidder.simple())).floored()
    }

    /// A customer's purse with us; may never be overdrawn.
    pub fn wallet(customer: UserId) -> Self {
        Self::of(Class::Liability, format!("customer:{}:wallet", customer.uuid().simple()))
            .floored()
    }

    /// The gold a customer owns; may never be overdrawn.
    pub fn gold(customer: UserId) -> Self {
        Self::of(Class::Liability, format!("customer:{}:gold", customer.uuid().simple())).floored()
    }

    /// What a reseller has paid in and may sell from; may never be overdrawn.
    pub fn reseller_balance(reseller: Uuid) -> Self {
        Self::of(Class::Liability, format!("reseller:{}:balance", reseller.simple())).floored()
    }

    /// What is left on a gift card; may never be overdrawn.
    pub fn gift_card(card: Uuid) -> Self {
        Self::of(Class::Liability, format!("giftcard:{}", card.simple())).floored()
    }

    /// What a seller has earned and may still have to give back: appended to, for a busy seller's orders would
    /// otherwise wait for one row.
    pub fn seller_pending(seller: Uuid) -> Self {
        Self::of(Class::Liability, format!("seller:{}:pending", seller.simple()))
    }

    /// What a seller has earned and not been paid out; may never be overdrawn.
    pub fn seller_payable(seller: Uuid) -> Self {
        Self::of(Class::Liability, format!("seller:{}:payable", seller.simple())).floored()
    }

    /// What a seller owes us, to be kept from what is earned next; may never be below nothing.
    pub fn seller_receivable(seller: Uuid) -> Self {
        Self::of(Class::Asset, format!("seller:{}:receivable", seller.simple())).floored()
    }

    /// Sent to sellers and not confirmed by the bank yet.
    pub fn payouts_in_transit() -> Self {
        Self::of(Class::Asset, "payout:in_transit".into())
    }

    /// Taken back by customers' banks while nobody has decided who bears it.
    pub fn disputed() -> Self {
        Self::of(Class::Asset, "dispute:receivable".into())
    }

    /// Promised back to a customer and not yet sent by the provider.
    pub fn refund_payable() -> Self {
        Self::of(Class::Liability, "refund:payable".into())
    }

    /// What we have paid an airtime provider in advance.
    pub fn airtime_float(provider: &str) -> Self {
        Self::of(Class::Asset, format!("float:{provider}"))
    }

    /// The gold in our vault.
    pub fn vault() -> Self {
        Self::of(Class::Asset, "vault:gold".into())
    }

    /// Stands between assets that are exchanged for one another; it may be on either side.
    pub fn trading(asset: Currency) -> Self {
        Self::of(Class::Asset, format!("trade:{}", asset.code()))
    }

    pub fn sales() -> Self {
        Self::income("sales")
    }

    pub fn commission() -> Self {
        Self::income("commission")
    }

    pub fn service_fee() -> Self {
        Self::income("service_fee")
    }

    pub fn topup_margin() -> Self {
        Self::income("topup_margin")
    }

    pub fn gold_spread() -> Self {
        Self::income("gold_spread")
    }

    pub fn forfeits() -> Self {
        Self::income("forfeits")
    }

    pub fn chargebacks() -> Self {
        Self::expense("chargeback")
    }

    pub fn promotions() -> Self {
        Self::expense("promo")
    }

    pub fn bad_debt() -> Self {
        Self::expense("bad_debt")
    }

    pub fn rounding() -> Self {
        Self::expense("rounding")
    }

    pub fn tax(jurisdiction: &str) -> Self {
        Self::of(Class::Liability, format!("tax:{jurisdiction}"))
    }

    fn income(what: &str) -> Self {
        Self::of(Class::Income, format!("rev:{what}"))
    }

    fn expense(what: &str) -> Self {
        Self::of(Class::Expense, format!("exp:{what}"))
    }

    /// An account as the store knows it.
    pub fn stored(code: String, class: Class, floored: bool) -> Self {
        Self { code, class, floored }
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
