//! The ports of selling for others over the store in memory: the plainest way to say what they promise.
#![expect(clippy::arithmetic_side_effects, reason = "tests may overflow")]

use async_trait::async_trait;
use commerce::{
    Account, Currency, Money, Order, Page, PageRequest, Payment, Posting, StoreError, Stored,
    Timestamp, UserId, testing::Memory,
};
use uuid::Uuid;

use crate::{
    Payout, PayoutFilter, PayoutId, PayoutItem, Payouts, Rule, RuleList, Seller, SellerBalance,
    SellerFilter, SellerId, SellerList, SellerReads, SoldLine, StatementEntry,
};

/// A store with the unique indexes of sellers and payouts.
pub fn memory() -> Memory {
    Memory::default()
        .with_clash("market_members_member_key", |a: &Seller, b: &Seller| {
            a.team.iter().any(|member| b.role_of(member.user).is_some())
        })
        .with_clash("market_payout_items_tx_line_key", |a: &Payout, b: &Payout| {
            let same = |a: &PayoutItem, b: &PayoutItem| a.posting == b.posting && a.line == b.line;
            a.items.iter().any(|item| b.items.iter().any(|other| same(item, other)))
        })
}

#[async_trait]
impl SellerList for Memory {
    async fn seller_of(&self, user: UserId) -> Result<Option<Stored<Seller>>, StoreError> {
        let all = self.read().all::<Seller>();
        Ok(all.into_iter().find(|stored| stored.state.role_of(user).is_some()))
    }

    async fn was_member(&self, user: UserId) -> Result<bool, StoreError> {
        Ok(self.read().all::<Seller>().iter().any(|stored| stored.state.former.contains(&user)))
    }

    async fn list_sellers(
        &self,
        filter: SellerFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Seller>>, StoreError> {
        let mut all = self.read().all::<Seller>();
        let fits = |seller: &Seller| filter.state.as_ref().is_none_or(|s| seller.state.name() == s);
        all.retain(|stored| fits(&stored.state));
        all.reverse();
        Ok(Self::page(all, &page))
    }

    async fn selling(&self, sellers: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        let all = self.read().all::<Seller>().into_iter().map(|stored| stored.state);
        let selling = all.filter(|seller| seller.may_sell()).map(|seller| seller.id.uuid());
        Ok(selling.filter(|seller| sellers.contains(seller)).collect())
    }

    async fn due_sellers(&self, now: Timestamp, limit: u32) -> Result<Vec<SellerId>, StoreError> {
        let all = self.read().all::<Seller>().into_iter().map(|stored| stored.state);
        let due = |seller: &Seller| {
            seller.may_sell() && seller.next_payout.is_some_and(|next| next <= now)
        };
        let mut due: Vec<_> = all.filter(due).collect();
        due.sort_by_key(|seller| (seller.next_payout, seller.id));
        Ok(due.into_iter().map(|seller| seller.id).take(usize::try_from(limit).unwrap()).collect())
    }
}

#[async_trait]
impl RuleList for Memory {
    async fn rules(&self) -> Result<Vec<Stored<Rule>>, StoreError> {
        let mut all = self.read().all::<Rule>();
        all.retain(|stored| stored.state.retired.is_none());
        all.sort_by_key(|stored| (stored.state.position, stored.state.id));
        Ok(all)
    }
}

#[async_trait]
impl Payouts for Memory {
    async fn list_payouts(
        &self,
        filter: PayoutFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Payout>>, StoreError> {
        let fits = |payout: &Payout| {
            filter.seller.is_none_or(|seller| payout.seller == seller)
                && filter.state.as_ref().is_none_or(|state| payout.state.name() == state)
        };
        let mut all = self.read().all::<Payout>();
        all.retain(|stored| fits(&stored.state));
        all.reverse();
        Ok(Self::page(all, &page))
    }

    async fn due_payouts(&self, now: Timestamp, limit: u32) -> Result<Vec<PayoutId>, StoreError> {
        let all = self.read().all::<Payout>().into_iter().map(|stored| stored.state);
        let mut due: Vec<_> = all.filter(|p| p.check_at.is_some_and(|at| at <= now)).collect();
        due.sort_by_key(|payout| (payout.check_at, payout.id));
        Ok(due.into_iter().map(|payout| payout.id).take(usize::try_from(limit).unwrap()).collect())
    }

    async fn unpaid_entries(
        &self,
        seller: SellerId,
        currency: Currency,
    ) -> Result<Vec<PayoutItem>, StoreError> {
        let books = self.read();
        let paid: Vec<_> = books.all::<Payout>().into_iter().flat_map(|p| p.state.items).collect();
        let listed = |item: &StatementEntry| {
            paid.iter().any(|paid| paid.posting == item.posting && paid.line == item.line)
        };
        let all = books.postings.iter().flat_map(|posting| entries(posting, seller));
        let unpaid = all.filter(|entry| {
            entry.account == "payable"
                && entry.amount.currency == currency
                && entry.kind != "payout_sent"
                && !listed(entry)
        });
        Ok(unpaid.map(item).collect())
    }
}

fn item(entry: StatementEntry) -> PayoutItem {
    let StatementEntry { posting, line, kind, reference, amount, at, .. } = entry;
    PayoutItem { posting, line, kind, reference, amount, at }
}

/// The entries of a posting on a seller's accounts, as the seller sees them.
fn entries(posting: &Posting, seller: SellerId) -> Vec<StatementEntry> {
    let ours = |code: &str| {
        let of = format!("seller:{}:", seller.uuid().simple());
        code.strip_prefix(&of).map(str::to_owned)
    };
    let all = posting.entries().iter().enumerate();
    all.filter_map(|(line, entry)| {
        Some(StatementEntry {
            posting: posting.id,
            line: u32::try_from(line).unwrap(),
            kind: posting.kind.to_owned(),
            reference: posting.reference,
            account: ours(entry.account.code())?,
            amount: entry.amount.negated().unwrap(),
            at: posting.at,
        })
    })
    .collect()
}

#[async_trait]
impl SellerReads for Memory {
    async fn balances(&self, seller: SellerId) -> Result<Vec<SellerBalance>, StoreError> {
        let books = self.read();
        let all = books.postings.iter().flat_map(|posting| entries(posting, seller));
        let mut currencies: Vec<_> = all.map(|entry| entry.amount.currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let of = |account: &Account, currency| books.balance(account.code(), currency);
        let balance = |currency| SellerBalance {
            pending: Money::new(-of(&Account::seller_pending(seller.uuid()), currency), currency),
            payable: Money::new(-of(&Account::seller_payable(seller.uuid()), currency), currency),
            receivable: Money::new(
                of(&Account::seller_receivable(seller.uuid()), currency),
                currency,
            ),
        };
        Ok(currencies.into_iter().map(balance).collect())
    }

    async fn statement(
        &self,
        seller: SellerId,
        page: PageRequest,
    ) -> Result<Page<StatementEntry>, StoreError> {
        let books = self.read();
        let all = books.postings.iter().flat_map(|posting| entries(posting, seller));
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.posting, entry.line)));
        Ok(Self::page(all, &page))
    }

    async fn sold_lines(
        &self,
        seller: SellerId,
        page: PageRequest,
    ) -> Result<Page<SoldLine>, StoreError> {
        let books = self.read();
        let orders = books.all::<Order>();
        let mut all = Vec::new();
        for payment in books.all::<Payment>().into_iter().map(|stored| stored.state) {
            let order = orders.iter().find(|order| order.state.id == payment.order);
            if let Some(order) = order {
                all.extend(sold(&payment, &order.state, seller));
            }
        }
        all.sort_by_key(|line| std::cmp::Reverse((line.sold_at, line.line)));
        Ok(Self::page(all, &page))
    }
}

fn sold(payment: &Payment, order: &Order, seller: SellerId) -> Vec<SoldLine> {
    let Some(parts) = &payment.parts else { return Vec::new() };
    let ours = parts.lines.iter().filter(|part| part.seller == Some(seller.uuid()));
    ours.filter_map(|part| {
        let line = order.lines.iter().find(|line| line.id == part.line)?;
        Some(SoldLine {
            line: line.id,
            order: order.id,
            payment: payment.id,
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            gross: part.sold.total().unwrap(),
            commission: part.sold.fee,
            commission_tax: part.sold.tax,
            net: part.sold.net,
            refunded: part.returned.total().unwrap(),
            sold_at: parts.at,
            released_at: parts.released,
        })
    })
    .collect()
}
