//! What the books promise.

use super::Invariant;

pub const INVARIANTS: &[Invariant] = &[
    Invariant::new(
        "every posting sums to nothing in every currency",
        "select tx as culprit from ledger_entries group by tx, currency having sum(amount) <> 0",
    ),
    Invariant::new(
        "the books sum to nothing in every currency",
        "select currency as culprit from ledger_entries group by currency having sum(amount) <> 0",
    ),
    Invariant::new(
        "every entry belongs to a posting and to an account",
        "select tx as culprit from ledger_entries
         where tx not in (select id from ledger_transactions)
         union all
         select e.tx as culprit from ledger_entries e
         left join ledger_accounts a on a.code = e.account and a.currency = e.currency
         where a.code is null",
    ),
    Invariant::new(
        "the balance of an account with a floor is the sum of its entries",
        "select a.code as culprit from ledger_accounts a
         left join (select account, currency, sum(amount) as amount
                    from ledger_entries group by account, currency) e
           on e.account = a.code and e.currency = a.currency
         where a.floored and a.balance <> coalesce(e.amount, 0)",
    ),
    Invariant::new(
        "no account with a floor is overdrawn",
        "select code as culprit from ledger_accounts where floored and
           case when class in ('asset', 'expense') then balance < 0 else balance > 0 end",
    ),
    Invariant::by_engine(
        "the escrow of an order that is paid or cancelled is empty",
        "select a.code as culprit from ledger_accounts a
         join commerce_orders o on 'order:' || replace(cast(o.id as text), '-', '') || ':escrow' = a.code
         where a.balance <> 0 and o.state in ('paid', 'cancelled')",
        "select a.code as culprit from ledger_accounts a
         join commerce_orders o on 'order:' || lower(hex(o.id)) || ':escrow' = a.code
         where a.balance <> 0 and o.state in ('paid', 'cancelled')",
    ),
    Invariant::new(
        "what providers captured is what the books say they captured",
        "select coalesce(p.account, e.account) as culprit
         from (select 'psp:' || provider || ':clearing' as account, currency, sum(captured) as amount
               from commerce_payments where captured <> 0 group by provider, currency) p
         full join (select e.account, e.currency, sum(e.amount) as amount
               from ledger_entries e join ledger_transactions t on t.id = e.tx
               where t.kind = 'payment_captured' and e.amount > 0
               group by e.account, e.currency) e
           on e.account = p.account and e.currency = p.currency
         where coalesce(p.amount, 0) <> coalesce(e.amount, 0)",
    ),
];
