//! What the books promise.

use super::Invariant;

pub const INVARIANTS: &[Invariant] = &[
    Invariant::new(
        "every posting sums to nothing in every currency and layer",
        "select tx as culprit from ledger_entries group by tx, currency, layer having sum(amount) <> 0",
    ),
    Invariant::new(
        "the books sum to nothing in every currency",
        "select currency as culprit from ledger_entries group by currency having sum(amount) <> 0",
    ),
    Invariant::new(
        "every entry belongs to a posting",
        "select tx as culprit from ledger_entries e
         where not exists (select 1 from ledger_transactions t where t.id = e.tx)",
    ),
    Invariant::new(
        "every entry belongs to an account",
        "select e.account as culprit from (select distinct account, currency from ledger_entries) e
         where not exists (select 1 from ledger_accounts a where a.code = e.account and a.currency = e.currency)",
    ),
    Invariant::new(
        "the balance of an account with a floor is the sum of its entries",
        "select a.code as culprit from ledger_accounts a
         left join (select account, currency, sum(amount) as amount
                    from ledger_entries where layer = 'settled' group by account, currency) e
           on e.account = a.code and e.currency = a.currency
         where a.floored and a.balance <> coalesce(e.amount, 0)",
    ),
    Invariant::new(
        "what is reserved of an account is the sum of its live holds",
        "select a.code as culprit from ledger_accounts a
         left join (select h.account, h.currency, sum(h.amount) as amount from (
             select debit as account, currency, amount, 0 as debit_side from ledger_holds where state = 'live'
             union all
             select credit as account, currency, amount, 1 as debit_side from ledger_holds where state = 'live') h
           join ledger_accounts o on o.code = h.account and o.currency = h.currency
             and h.debit_side = case when o.class in ('asset', 'expense') then 1 else 0 end
           group by h.account, h.currency) r
           on r.account = a.code and r.currency = a.currency
         where a.reserved <> case when a.floored then coalesce(r.amount, 0) else 0 end",
    ),
    Invariant::new(
        "no account with a floor is overdrawn",
        "select code as culprit from ledger_accounts where floored and
           case when class in ('asset', 'expense') then balance < reserved else -balance < reserved end",
    ),
    Invariant::new(
        "every hold is pending or ended, once and as its end says",
        "select h.tx as culprit from ledger_holds h
         left join ledger_transactions t on t.id = h.tx
         left join ledger_transactions e on e.ends = h.tx
         where coalesce(t.phase, '') <> 'pending' or coalesce(e.phase, 'live') <> h.state
         union all
         select t.id as culprit from ledger_transactions t where t.phase = 'pending'
         and not exists (select 1 from ledger_holds h where h.tx = t.id)",
    ),
    Invariant::new(
        "an ended hold leaves nothing pending",
        "select h.tx as culprit from ledger_holds h
         join ledger_transactions t on t.id = h.tx or t.ends = h.tx
         join ledger_entries e on e.tx = t.id and e.layer = 'pending'
         where h.state <> 'live'
         group by h.tx, e.account, e.currency having sum(e.amount) <> 0",
    ),
    Invariant::new(
        "nothing is taken back that was not done, nor more than that",
        "select o.tx as culprit from (
           select t.reverses as tx, e.account, e.currency, sum(e.amount) as back
           from ledger_transactions t join ledger_entries e on e.tx = t.id
           where t.reverses is not null group by t.reverses, e.account, e.currency) r
         join (select r.id as tx, e.account, e.currency, sum(e.amount) as done
           from (select distinct reverses as id from ledger_transactions where reverses is not null) r
           join ledger_entries e on e.tx = r.id group by r.id, e.account, e.currency) o
           on o.tx = r.tx and o.account = r.account and o.currency = r.currency
         where not (case when o.done > 0 then r.back <= 0 and o.done + r.back >= 0
                         else r.back >= 0 and o.done + r.back <= 0 end)
         union all
         select t.id as culprit from ledger_transactions t where t.reverses is not null
         and exists (select 1 from ledger_entries e where e.tx = t.id and not exists (
           select 1 from ledger_entries o where o.tx = t.reverses and o.account = e.account
           and o.currency = e.currency))",
    ),
    Invariant::new(
        "gold and money never meet in one leg",
        "select tx as culprit from ledger_entries
         where (account = 'vault:gold' or account like 'customer:%:gold') and currency <> 'XAU'",
    ),
    Invariant::new(
        "customers own no more gold than the vault and the open trades hold",
        "select currency as culprit from ledger_entries
         where layer = 'settled' and currency = 'XAU'
           and (account in ('vault:gold', 'trade:XAU') or account like 'customer:%:gold')
         group by currency having sum(amount) < 0",
    ),
    Invariant::new(
        "every link of the chain seals a posting",
        "select s.tx as culprit from ledger_seals s
         where not exists (select 1 from ledger_transactions t where t.id = s.tx)",
    ),
    Invariant::new(
        "the links of the chain are numbered from one without gaps",
        "select b.book as culprit from (
           select book, count(*) as n, min(seq) as low, max(seq) as high from ledger_seals group by book) b
         where b.low <> 1 or b.high <> b.n",
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
    // A wallet holds nothing for us: what is paid from one left it (W2). Topping one up is a capture, too (W1).
    Invariant::new(
        "what providers captured is what the books say they captured",
        "select coalesce(p.account, e.account) as culprit
         from (select 'psp:' || provider || ':clearing' as account, currency, sum(captured) as amount
               from commerce_payments where captured <> 0 group by provider, currency) p
         full join (select e.account, e.currency, sum(e.amount) as amount
               from (select case t.kind when 'wallet_paid' then 'psp:wallet:clearing' else e.account end as account,
                       e.currency, e.amount
                     from ledger_entries e join ledger_transactions t on t.id = e.tx
                     where t.kind in ('payment_captured', 'wallet_topped_up', 'wallet_paid') and e.amount > 0) e
               group by e.account, e.currency) e
           on e.account = p.account and e.currency = p.currency
         where coalesce(p.amount, 0) <> coalesce(e.amount, 0)",
    ),
    Invariant::new(
        "what explains a provider's line is a posting of the same amount",
        "select l.id as culprit from commerce_statement_lines l
         where l.class in ('explained', 'late') and not exists (
           select 1 from ledger_entries e where e.tx = l.posting and e.layer = 'settled'
             and e.account = 'psp:' || l.provider || ':clearing'
             and e.currency = l.currency and e.amount = l.amount)",
    ),
    Invariant::new(
        "the fee of an explained line is booked as the provider told it",
        "select l.id as culprit from commerce_statement_lines l
         where l.class in ('explained', 'late') and l.fee is not null and l.fee <> 0 and not exists (
           select 1 from ledger_entries e where e.tx = l.fee_posting and e.layer = 'settled'
             and e.account = 'psp:' || l.provider || ':clearing'
             and e.currency = l.fee_currency and e.amount = -l.fee)",
    ),
];
