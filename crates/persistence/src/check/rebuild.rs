//! Derives what is kept from what was written for ever, and tells every difference; read-only.

use commerce::StoreError;
use sea_orm::QueryResult;

use crate::{Db, failure, sql::get};

/// Something that is kept otherwise than the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `balance customer:…:wallet USD`
    pub of: String,
    pub kept: String,
    pub derived: String,
}

/// One kind of thing that can be derived: how many there are, and which differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    pub what: &'static str,
    pub derived: u64,
    pub differences: Vec<Difference>,
}

struct Derivation {
    what: &'static str,
    count: &'static str,
    /// Rows of `what`, `kept` and `derived` where the two are not the same; `{id:x}` writes the id `x` as text.
    differs: &'static str,
}

/// No more differences of a kind are told than this.
const MOST: u32 = 100;

const DERIVATIONS: [Derivation; 5] = [
    Derivation {
        what: "balances, from the entries",
        count: "select count(*) as n from ledger_accounts where floored",
        differs: "select 'balance ' || a.code || ' ' || a.currency as thing,
            cast(a.balance as text) as kept, cast(coalesce(e.amount, 0) as text) as derived
         from ledger_accounts a left join (
           select account, currency, sum(amount) as amount from ledger_entries
           where layer = 'settled' group by account, currency) e
           on e.account = a.code and e.currency = a.currency
         where a.floored and a.balance <> coalesce(e.amount, 0)",
    },
    Derivation {
        what: "what is set aside, from the pending entries",
        count: "select count(*) as n from ledger_accounts where floored",
        differs: "select 'reserved ' || a.code || ' ' || a.currency as thing,
            cast(a.reserved as text) as kept, cast(coalesce(r.amount, 0) as text) as derived
         from ledger_accounts a left join (
           select e.account, e.currency, sum(case
             when t.phase = 'pending' and g.side * e.amount < 0 then -g.side * e.amount
             when t.phase <> 'pending' and g.side * e.amount > 0 then -g.side * e.amount
             else 0 end) as amount
           from ledger_entries e join ledger_transactions t on t.id = e.tx
           join (select code, currency, case when class in ('asset', 'expense') then 1 else -1 end as side
                 from ledger_accounts) g on g.code = e.account and g.currency = e.currency
           where e.layer = 'pending' group by e.account, e.currency) r
           on r.account = a.code and r.currency = a.currency
         where a.floored and a.reserved <> coalesce(r.amount, 0)",
    },
    Derivation {
        what: "stock on hand, from arrivals and kept claims",
        count: "select count(*) as n from commerce_stock",
        differs: "select 'on hand ' || {id:s.resource} as thing, cast(s.on_hand as text) as kept,
            cast(coalesce(m.units, 0) - coalesce(k.units, 0) as text) as derived
         from commerce_stock s
         left join (select resource, sum(units) as units from commerce_stock_moves group by resource) m
           on m.resource = s.resource
         left join (select resource, sum(units) as units from commerce_claims
                    where state = 'kept' and starts_at is null group by resource) k
           on k.resource = s.resource
         where s.on_hand <> coalesce(m.units, 0) - coalesce(k.units, 0)",
    },
    Derivation {
        what: "stock held, from held claims",
        count: "select count(*) as n from commerce_stock",
        differs: "select 'held ' || {id:s.resource} as thing, cast(s.held as text) as kept,
            cast(coalesce(h.units, 0) as text) as derived
         from commerce_stock s
         left join (select resource, sum(units) as units from commerce_claims
                    where state = 'held' and starts_at is null group by resource) h
           on h.resource = s.resource
         where s.held <> coalesce(h.units, 0)",
    },
    Derivation {
        what: "states of orders, from the events",
        count: "select count(*) as n from commerce_orders",
        differs: "select 'order ' || {id:o.id} as thing, o.state as kept, o.derived from (
           select o.id, o.state, coalesce(case e.name when 'order_paid' then 'paid'
               when 'order_cancelled' then 'cancelled' end, 'pending') as derived
           from commerce_orders o left join (
             select subject, name, row_number() over (partition by subject order by seq desc) as nth
             from commerce_events where name in ('order_paid', 'order_cancelled')) e
             on e.subject = o.id and e.nth = 1) o
         where o.state <> o.derived",
    },
];

/// Balances, stock and the states of orders, each as the log has it.
pub async fn rebuild(db: &Db) -> Result<Vec<Rebuilt>, StoreError> {
    let mut all = Vec::with_capacity(DERIVATIONS.len());
    for derivation in &DERIVATIONS {
        let count = db.row(derivation.count, []).await?.ok_or_else(failure::missing)?;
        let sql = format!("{} order by 1 limit {MOST}", with_ids(db, derivation.differs));
        let rows = db.rows(&sql, []).await?;
        all.push(Rebuilt {
            what: derivation.what,
            derived: u64::try_from(get::<i64>(&count, "n")?).unwrap_or_default(),
            differences: rows.iter().map(difference).collect::<Result<_, _>>()?,
        });
    }
    Ok(all)
}

fn with_ids(db: &Db, sql: &str) -> String {
    let (before, after) = db.engine().pick(("cast(", " as text)"), ("lower(hex(", "))"));
    let mut parts = sql.split("{id:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |sql, part| {
        let (column, rest) = part.split_once('}').unwrap_or((part, ""));
        format!("{sql}{before}{column}{after}{rest}")
    })
}

fn difference(row: &QueryResult) -> Result<Difference, StoreError> {
    Ok(Difference {
        of: get(row, "thing")?,
        kept: get(row, "kept")?,
        derived: get(row, "derived")?,
    })
}
