//! A posting: entries that sum to nothing in every currency and layer.

use thiserror::Error;
use uuid::Uuid;

use super::{Layer, Phase};
use crate::{Account, Currency, Money, Timestamp};

/// One line of a posting: a positive amount is a debit, a negative one a credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub account: Account,
    pub amount: Money,
    pub layer: Layer,
}

/// A balanced set of entries; there is no other way to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub id: Uuid,
    /// The template it came from: `payment_captured`.
    pub kind: &'static str,
    /// What it is about: an order, a refund.
    pub reference: Uuid,
    pub at: Timestamp,
    /// The posting this one takes back, in whole or in part; the store sees to it that it is never more than that.
    pub reverses: Option<Uuid>,
    /// What it is in the life of a hold.
    pub phase: Phase,
    entries: Vec<Entry>,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unbalanced {
    #[error("entries of `{0}` do not balance")]
    Sum(&'static str),
    #[error("an entry of `{0}` is not more than zero")]
    Amount(&'static str),
}

/// A posting in the making.
#[derive(Debug, Clone)]
pub struct Draft {
    posting: Posting,
    layer: Layer,
    sound: bool,
}

impl Posting {
    /// Starts a posting; `id` makes the second try of the same posting harmless.
    pub fn draft(id: Uuid, kind: &'static str, reference: Uuid, at: Timestamp) -> Draft {
        let (reverses, phase, entries) = (None, Phase::Settled, Vec::new());
        let posting = Self { id, kind, reference, at, reverses, phase, entries };
        Draft { posting, layer: Layer::Settled, sound: true }
    }

    /// The whole of it taken back, on the same accounts; what balanced balances the other way round as well.
    pub fn reversed(&self, id: Uuid, kind: &'static str, at: Timestamp) -> Self {
        let back = |entry: &Entry| {
            let minor = entry.amount.minor.saturating_neg();
            let amount = Money::new(minor, entry.amount.currency);
            Entry { account: entry.account.clone(), amount, layer: entry.layer }
        };
        let entries = self.entries.iter().map(back).collect();
        let (reference, reverses) = (self.reference, Some(self.id));
        Self { id, kind, reference, at, reverses, phase: Phase::Settled, entries }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl Draft {
    /// It takes back what the posting `original` did, or a part of it, on the same accounts.
    pub fn reversing(mut self, original: Uuid) -> Self {
        self.posting.reverses = Some(original);
        self
    }

    pub(super) fn phase(mut self, phase: Phase) -> Self {
        self.posting.phase = phase;
        self
    }

    /// The layer of the entries that follow.
    pub(super) fn layer(self, layer: Layer) -> Self {
        Self { layer, ..self }
    }

    /// Entries of nothing are left out; negative ones make the posting unsound.
    pub fn debit(self, account: Account, amount: Money) -> Self {
        self.entry(account, amount, amount.minor >= 0)
    }

    pub fn credit(self, account: Account, amount: Money) -> Self {
        let positive = amount.minor >= 0;
        let amount = Money::new(amount.minor.saturating_neg(), amount.currency);
        self.entry(account, amount, positive)
    }

    fn entry(mut self, account: Account, amount: Money, sound: bool) -> Self {
        self.sound = self.sound && sound;
        if !amount.is_zero() {
            self.posting.entries.push(Entry { account, amount, layer: self.layer });
        }
        self
    }

    pub fn balanced(self) -> Result<Posting, Unbalanced> {
        let kind = self.posting.kind;
        if !self.sound {
            return Err(Unbalanced::Amount(kind));
        }
        let entries = &self.posting.entries;
        let sum_of = |currency: Currency, layer: Layer| -> i128 {
            let ours = entries.iter().filter(|entry| entry.layer == layer);
            let ours = ours.filter(|entry| entry.amount.currency == currency);
            ours.map(|entry| i128::from(entry.amount.minor)).sum()
        };
        let balanced = entries.iter().all(|entry| sum_of(entry.amount.currency, entry.layer) == 0);
        if balanced { Ok(self.posting) } else { Err(Unbalanced::Sum(kind)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::moment;

    fn draft() -> Draft {
        Posting::draft(Uuid::nil(), "test", Uuid::nil(), moment(0))
    }

    #[test]
    fn a_posting_that_does_not_balance_cannot_be_built() {
        let lame =
            draft().debit(Account::bank(), Money::usd(2)).credit(Account::sales(), Money::usd(1));

        assert_eq!(lame.balanced(), Err(Unbalanced::Sum("test")));
    }

    #[test]
    fn currencies_do_not_balance_each_other() {
        let mixed = draft()
            .debit(Account::bank(), Money::usd(2))
            .credit(Account::sales(), Money::new(2, Currency::EUR));

        assert_eq!(mixed.balanced(), Err(Unbalanced::Sum("test")));
    }

    #[test]
    fn a_negative_debit_is_not_a_credit() {
        let twisted =
            draft().debit(Account::bank(), Money::usd(-2)).debit(Account::sales(), Money::usd(2));

        assert_eq!(twisted.balanced(), Err(Unbalanced::Amount("test")));
    }

    proptest! {
        #[test]
        fn what_is_built_sums_to_nothing(amounts in prop::collection::vec(0_i64..1_000_000, 0..20)) {
            let total = amounts.iter().sum();
            let parts = amounts.iter().fold(draft(), |draft, &minor| {
                draft.debit(Account::bank(), Money::usd(minor))
            });
            let posting = parts.credit(Account::sales(), Money::usd(total)).balanced().unwrap();

            prop_assert_eq!(posting.entries().iter().map(|entry| entry.amount.minor).sum::<i64>(), 0);
        }
    }
}
