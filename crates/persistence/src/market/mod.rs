//! Sellers, rules of commission and payouts: one document a row, beside the columns by which it is found.

mod payout;
mod reads;
mod rule;
mod seller;

use crate::check::Invariant;

/// What selling for others promises; `souk check` looks for exceptions.
pub const INVARIANTS: &[Invariant] = &[
    Invariant::by_engine(
        "what a seller has and owes is what it earned and claimed less refunds, payouts and disputes it lost",
        "select coalesce(b.seller, e.seller) as culprit from (
             select substr(account, 8, 32) as seller, currency, -sum(amount) as has from ledger_entries
             where account like 'seller:%' group by substr(account, 8, 32), currency) b
         full join (
             select seller, currency, sum(has) as has from (
                 select replace(cast(seller as text), '-', '') as seller, currency, net - refunded_net as has
                 from commerce_earnings
                 union all
                 select replace(cast(seller as text), '-', ''), currency, -amount
                 from market_payouts where state in ('draft', 'sent', 'paid')
                 union all
                 select substr(e.account, 8, 32), e.currency, -e.amount
                 from ledger_transactions t join ledger_entries e on e.tx = t.id
                 where t.kind in ('dispute_lost', 'deposit_settled') and e.account like 'seller:%') m
             group by seller, currency) e
           on e.seller = b.seller and e.currency = b.currency
         where coalesce(b.has, 0) <> coalesce(e.has, 0)
           and (e.seller is not null
             or b.seller in (select replace(cast(id as text), '-', '') from market_sellers))",
        "select coalesce(b.seller, e.seller) as culprit from (
             select substr(account, 8, 32) as seller, currency, -sum(amount) as has from ledger_entries
             where account like 'seller:%' group by substr(account, 8, 32), currency) b
         full join (
             select seller, currency, sum(has) as has from (
                 select lower(hex(seller)) as seller, currency, net - refunded_net as has
                 from commerce_earnings
                 union all
                 select lower(hex(seller)), currency, -amount
                 from market_payouts where state in ('draft', 'sent', 'paid')
                 union all
                 select substr(e.account, 8, 32), e.currency, -e.amount
                 from ledger_transactions t join ledger_entries e on e.tx = t.id
                 where t.kind in ('dispute_lost', 'deposit_settled') and e.account like 'seller:%') m
             group by seller, currency) e
           on e.seller = b.seller and e.currency = b.currency
         where coalesce(b.has, 0) <> coalesce(e.has, 0)
           and (e.seller is not null or b.seller in (select lower(hex(id)) from market_sellers))",
    ),
    Invariant::by_engine(
        "what waits for its release is what the books say is pending",
        "select coalesce(b.seller, e.seller) as culprit from (
             select substr(account, 8, 32) as seller, currency, -sum(amount) as has from ledger_entries
             where account like 'seller:%:pending' group by substr(account, 8, 32), currency) b
         full join (
             select replace(cast(seller as text), '-', '') as seller, currency, sum(pending) as has
             from commerce_earnings group by seller, currency) e
           on e.seller = b.seller and e.currency = b.currency
         where coalesce(b.has, 0) <> coalesce(e.has, 0)",
        "select coalesce(b.seller, e.seller) as culprit from (
             select substr(account, 8, 32) as seller, currency, -sum(amount) as has from ledger_entries
             where account like 'seller:%:pending' group by substr(account, 8, 32), currency) b
         full join (
             select lower(hex(seller)) as seller, currency, sum(pending) as has
             from commerce_earnings group by seller, currency) e
           on e.seller = b.seller and e.currency = b.currency
         where coalesce(b.has, 0) <> coalesce(e.has, 0)",
    ),
    Invariant::new(
        "every payout is the sum of the entries it lists",
        "select p.id as culprit from market_payouts p
         left join (select payout, sum(amount) as amount from market_payout_items group by payout) i
           on i.payout = p.id
         where p.amount <> coalesce(i.amount, 0)",
    ),
    Invariant::by_engine(
        "what a payout lists is an entry of its seller's account",
        "select i.payout as culprit from market_payout_items i join market_payouts p on p.id = i.payout
         left join ledger_entries e on e.tx = i.tx and e.line = i.line
         where e.tx is null or -e.amount <> i.amount or e.currency <> p.currency
           or e.account <> 'seller:' || replace(cast(p.seller as text), '-', '') || ':payable'",
        "select i.payout as culprit from market_payout_items i join market_payouts p on p.id = i.payout
         left join ledger_entries e on e.tx = i.tx and e.line = i.line
         where e.tx is null or -e.amount <> i.amount or e.currency <> p.currency
           or e.account <> 'seller:' || lower(hex(p.seller)) || ':payable'",
    ),
    Invariant::new(
        "what is on its way to sellers is in payouts that were sent and not confirmed",
        "select coalesce(b.currency, p.currency) as culprit from (
             select currency, -sum(amount) as amount from ledger_entries
             where account = 'payout:in_transit' group by currency) b
         full join (
             select currency, sum(amount) as amount from market_payouts
             where state in ('draft', 'sent') group by currency) p on p.currency = b.currency
         where coalesce(b.amount, 0) <> coalesce(p.amount, 0)",
    ),
    Invariant::new(
        "every seller has a team, and every member a seller",
        "select s.id as culprit from market_sellers s
         where not exists (select 1 from market_members m where m.seller = s.id)
         union all
         select m.seller as culprit from market_members m
         where not exists (select 1 from market_sellers s where s.id = m.seller)",
    ),
];
