//! Lines of providers' records beside the books.

use std::fmt::Write as _;

use async_trait::async_trait;
use commerce::{
    Account, CommitError, Currency, Effects, Money, Page, PageRequest, Payment, PaymentId,
    StoreError,
    payment::{LineKind, StatementLine},
    reconciliation::{
        Booked, Class, Concluded, LineFilter, OwnEntry, Reconciled, Reconciliations, Standing,
        Total, Unseen,
    },
};
use sea_orm::{QueryResult, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Told, effect_steps, payment};
use crate::{
    Db, Step, Steps, commit, cursor, failure,
    rows::{self, Column},
    sql::{self, Binds, get, micros, timestamp},
};

const COLUMNS: &[Column] = &[
    ("id", "uuid"),
    ("provider", "text"),
    ("kind", "text"),
    ("name", "text"),
    ("amount", "bigint"),
    ("currency", "text"),
    ("fee", "bigint"),
    ("fee_currency", "text"),
    ("at", "bigint"),
    ("payment_name", "text"),
    ("reference", "text"),
    ("object", "text"),
    ("about", "text"),
    ("class", "text"),
    ("payment", "uuid"),
    ("posting", "uuid"),
    ("fee_posting", "uuid"),
    ("seen_at", "bigint"),
    ("explained_at", "bigint"),
    ("alarmed_at", "bigint"),
];

#[derive(Serialize)]
struct Row<'a> {
    id: Uuid,
    provider: &'a str,
    kind: &'static str,
    name: &'a str,
    amount: i64,
    currency: &'static str,
    fee: Option<i64>,
    fee_currency: Option<&'static str>,
    at: i64,
    payment_name: Option<&'a str>,
    reference: Option<&'a str>,
    object: Option<&'a str>,
    about: Option<&'a str>,
    class: &'static str,
    payment: Option<Uuid>,
    posting: Option<Uuid>,
    fee_posting: Option<Uuid>,
    seen_at: i64,
    explained_at: Option<i64>,
    alarmed_at: Option<i64>,
}

/// What was seen first stays, and a run that looked before another one explained a line does not take that back.
const MOVED: &str = "on conflict (id) do update set
    amount = excluded.amount, currency = excluded.currency, fee = excluded.fee,
    fee_currency = excluded.fee_currency, at = excluded.at, payment_name = excluded.payment_name,
    reference = excluded.reference, object = excluded.object, about = excluded.about,
    class = excluded.class, payment = excluded.payment, posting = excluded.posting,
    fee_posting = excluded.fee_posting, explained_at = excluded.explained_at,
    alarmed_at = coalesce(commerce_statement_lines.alarmed_at, excluded.alarmed_at)
  where commerce_statement_lines.class not in ('explained', 'late') or excluded.class <> 'missing_here'";

/// What lines of a provider added up to when its last run ended.
#[derive(Serialize, Deserialize)]
struct Totals {
    lines: Vec<TotalRow>,
    clearing: Vec<BalanceRow>,
}

#[derive(Serialize, Deserialize)]
struct TotalRow {
    class: String,
    currency: String,
    count: i64,
    amount: i64,
}

#[derive(Serialize, Deserialize)]
struct BalanceRow {
    currency: String,
    amount: i64,
}

#[async_trait]
impl Reconciliations for Db {
    async fn payments_known(
        &self,
        provider: &str,
        ids: &[PaymentId],
        names: &[String],
    ) -> Result<Vec<Payment>, StoreError> {
        if ids.is_empty() && names.is_empty() {
            return Ok(Vec::new());
        }
        let mut binds = Binds::default();
        let provider = binds.add(provider);
        let names = binds.add(serde_json::to_string(names).map_err(StoreError::new)?);
        let ids = ids.iter().map(|id| id.uuid()).chain([Uuid::nil()]);
        let ids = binds.among(ids);
        let named = self.engine().pick(
            format!("select json_array_elements_text(cast({names} as json))"),
            format!("select value from json_each({names})"),
        );
        let sql = format!(
            "select {} from commerce_payments where provider = {provider}
             and (id in ({ids}) or provider_ref in ({named}))",
            payment::COLUMNS
        );
        let rows = self.rows(&sql, binds.0).await?;
        rows.iter().map(|row| Ok(payment::read(row)?.state)).collect()
    }

    async fn kept_lines(&self, ids: &[Uuid]) -> Result<Vec<Reconciled>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut binds = Binds::default();
        let ids = binds.among(ids.iter().copied());
        let sql = format!("select {} from commerce_statement_lines where id in ({ids})", names());
        self.rows(&sql, binds.0).await?.iter().map(read).collect()
    }

    async fn booked(
        &self,
        account: &Account,
        postings: &[Uuid],
    ) -> Result<Vec<Booked>, StoreError> {
        if postings.is_empty() {
            return Ok(Vec::new());
        }
        let mut binds = Binds::default();
        let account = binds.add(account.code());
        let postings = binds.among(postings.iter().copied());
        let sql = format!(
            "select e.tx, e.currency, e.amount, e.at,
               (select l.id from commerce_statement_lines l
                where l.posting = e.tx and l.class in ('explained', 'late')) as explains
             from ledger_entries e
             where e.tx in ({postings}) and e.account = {account} and e.layer = 'settled'"
        );
        let booked = |row: &QueryResult| {
            let currency = sql::currency(row, "currency")?;
            Ok(Booked {
                posting: get(row, "tx")?,
                amount: sql::money(row, "amount", currency)?,
                at: sql::time(row, "at")?,
                explains: get(row, "explains")?,
            })
        };
        self.rows(&sql, binds.0).await?.iter().map(booked).collect()
    }

    async fn keep_lines(&self, lines: &[Reconciled], effects: Effects) -> Result<(), CommitError> {
        let mut steps = Steps::new(self.engine());
        let mut told = Told::default();
        let mut rows: Vec<_> = lines.iter().map(row).collect();
        rows.sort_by_key(|row| row.id);
        if !rows.is_empty() {
            steps.push(no_longer_missing(lines));
            steps.push(rows::insert(&steps, "commerce_statement_lines", COLUMNS, &rows, MOVED)?);
        }
        effect_steps::rest(self, effects, &mut steps, &mut told)?;
        commit::write_steps(self, steps, told).await
    }

    async fn list_lines(
        &self,
        filter: LineFilter,
        page: PageRequest,
    ) -> Result<Page<Reconciled>, StoreError> {
        let (at, id): (i64, Uuid) = cursor::after(&page)?.unwrap_or((i64::MIN, Uuid::nil()));
        let mut binds: Vec<Value> = vec![cursor::rows(&page).into(), at.into(), id.into()];
        let mut wanted = match filter.class {
            None => "class not in ('explained', 'late')".to_owned(),
            Some(class) => {
                binds.push(class.as_str().into());
                "class = $4".to_owned()
            }
        };
        if let Some(provider) = filter.provider {
            binds.push(provider.into());
            let _ = write!(wanted, " and provider = ${}", binds.len());
        }
        let sql = format!(
            "select {} from commerce_statement_lines where {wanted} and (at, id) > ($2, $3)
             order by at, id limit $1",
            names()
        );
        let lines = self.rows(&sql, binds).await?;
        let lines = lines.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, lines, |line| (micros(line.line.at), line.id))
    }

    async fn unseen(&self, ask: &Unseen) -> Result<Vec<OwnEntry>, StoreError> {
        let kinds = serde_json::to_string(&ask.kinds).map_err(StoreError::new)?;
        let among = self.engine().pick(
            "select json_array_elements_text(cast($5 as json))",
            "select value from json_each($5)",
        );
        let sql = format!(
            "select e.tx, t.kind, e.currency, e.amount, e.at
             from ledger_entries e join ledger_transactions t on t.id = e.tx
             where e.account = $1 and e.at >= $2 and e.at < $3 and e.tx >= $4
               and e.layer = 'settled' and t.kind in ({among})
               and not exists (select 1 from commerce_statement_lines l where l.posting = e.tx)
             order by e.at, e.tx limit $6"
        );
        let values: [Value; 6] = [
            ask.account.code().into(),
            micros(ask.from).into(),
            micros(ask.until).into(),
            ask.since.into(),
            kinds.into(),
            i64::from(ask.limit).into(),
        ];
        let own = |row: &QueryResult| {
            let currency = sql::currency(row, "currency")?;
            let amount = sql::money(row, "amount", currency)?;
            let (posting, kind) = (get(row, "tx")?, get(row, "kind")?);
            Ok(OwnEntry { posting, kind, amount, at: sql::time(row, "at")? })
        };
        self.rows(&sql, values).await?.iter().map(own).collect()
    }

    async fn standings(&self) -> Result<Vec<Standing>, StoreError> {
        let open = "from commerce_statement_lines l where l.provider = r.provider
             and l.class not in ('explained', 'late')";
        let sql = format!(
            "select r.provider, r.since, r.began, r.until, r.ran_at, r.totals,
               (select l.id {open} order by l.at, l.id limit 1) as oldest,
               (select min(l.at) {open}) as oldest_at,
               (select min(l.at) {open} and l.class = 'missing_there') as missing_there
             from commerce_reconciliations r order by r.provider"
        );
        self.rows(&sql, []).await?.iter().map(standing).collect()
    }

    async fn conclude(&self, run: &Concluded) -> Result<(), StoreError> {
        let totals = totals(self, &run.provider).await?;
        let totals = serde_json::to_string(&totals).map_err(StoreError::new)?;
        let values: [Value; 6] = [
            run.provider.clone().into(),
            micros(run.since).into(),
            micros(run.from).into(),
            micros(run.until).into(),
            micros(run.ran_at).into(),
            totals.into(),
        ];
        self.execute(
            "insert into commerce_reconciliations (provider, since, began, until, ran_at, totals)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (provider) do update set since = excluded.since, began = excluded.began,
               until = excluded.until, ran_at = excluded.ran_at, totals = excluded.totals",
            values,
        )
        .await
        .map(drop)
    }
}

/// Their postings were missing in the record until now.
fn no_longer_missing(lines: &[Reconciled]) -> Step {
    let there = lines.iter().filter(|line| line.class != Class::MissingThere);
    let postings: Vec<_> = there.filter_map(|line| line.posting).collect();
    let mut binds = Binds::default();
    let among = binds.among(postings.into_iter().chain([Uuid::nil()]));
    let sql = format!(
        "delete from commerce_statement_lines
         where class = 'missing_there' and posting in ({among}) and {{gate}}"
    );
    Step::new(sql, binds.0)
}

async fn totals(db: &Db, provider: &str) -> Result<Totals, StoreError> {
    let lines = db
        .rows(
            "select class, currency, count(*) as n, cast(sum(abs(amount)) as bigint) as amount
             from commerce_statement_lines where provider = $1
             group by class, currency order by class, currency",
            [provider.into()],
        )
        .await?;
    let clearing = db
        .rows(
            "select currency, cast(sum(amount) as bigint) as amount from ledger_entries
             where account = $1 and layer = 'settled' group by currency order by currency",
            [Account::clearing(provider).code().into()],
        )
        .await?;
    let line = |row: &QueryResult| {
        let (class, currency) = (get(row, "class")?, get(row, "currency")?);
        Ok(TotalRow { class, currency, count: get(row, "n")?, amount: get(row, "amount")? })
    };
    let balance = |row: &QueryResult| {
        Ok(BalanceRow { currency: get(row, "currency")?, amount: get(row, "amount")? })
    };
    Ok(Totals {
        lines: lines.iter().map(line).collect::<Result<_, StoreError>>()?,
        clearing: clearing.iter().map(balance).collect::<Result<_, StoreError>>()?,
    })
}

fn names() -> String {
    COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn row(kept: &Reconciled) -> Row<'_> {
    let line = &kept.line;
    Row {
        id: kept.id,
        provider: &kept.provider,
        kind: line.kind.as_str(),
        name: &line.name,
        amount: line.amount.minor,
        currency: line.amount.currency.code(),
        fee: line.fee.map(|fee| fee.minor),
        fee_currency: line.fee.map(|fee| fee.currency.code()),
        at: micros(line.at),
        payment_name: line.payment.as_deref(),
        reference: line.reference.as_deref(),
        object: line.object.as_deref(),
        about: line.about.as_deref(),
        class: kept.class.as_str(),
        payment: kept.payment.map(PaymentId::uuid),
        posting: kept.posting,
        fee_posting: kept.fee_posting,
        seen_at: micros(kept.seen_at),
        explained_at: kept.explained_at.map(micros),
        alarmed_at: kept.alarmed_at.map(micros),
    }
}

fn read(row: &QueryResult) -> Result<Reconciled, StoreError> {
    let currency = sql::currency(row, "currency")?;
    let (kind, class): (String, String) = (get(row, "kind")?, get(row, "class")?);
    let (fee, fee_currency): (Option<i64>, Option<String>) =
        (get(row, "fee")?, get(row, "fee_currency")?);
    let fee_currency = fee_currency.map(|code| Currency::parse(&code)).transpose();
    let fee_currency = fee_currency.map_err(failure::corrupt)?;
    let time = |column| get::<Option<i64>>(row, column)?.map(timestamp).transpose();
    Ok(Reconciled {
        id: get(row, "id")?,
        provider: get(row, "provider")?,
        line: StatementLine {
            kind: LineKind::parse(&kind).ok_or_else(failure::missing)?,
            name: get(row, "name")?,
            amount: sql::money(row, "amount", currency)?,
            fee: fee.zip(fee_currency).map(|(minor, currency)| Money::new(minor, currency)),
            at: sql::time(row, "at")?,
            payment: get(row, "payment_name")?,
            reference: get(row, "reference")?,
            object: get(row, "object")?,
            about: get(row, "about")?,
        },
        class: Class::parse(&class).ok_or_else(failure::missing)?,
        payment: get::<Option<Uuid>>(row, "payment")?.map(PaymentId::from),
        posting: get(row, "posting")?,
        fee_posting: get(row, "fee_posting")?,
        seen_at: sql::time(row, "seen_at")?,
        explained_at: time("explained_at")?,
        alarmed_at: time("alarmed_at")?,
    })
}

fn standing(row: &QueryResult) -> Result<Standing, StoreError> {
    let kept: Totals = sql::json(row, "totals")?;
    let money = |code: &str, minor| {
        let currency = Currency::parse(code).map_err(failure::corrupt)?;
        Ok::<_, StoreError>(Money::new(minor, currency))
    };
    let total = |kept: TotalRow| {
        Ok(Total {
            class: Class::parse(&kept.class).ok_or_else(failure::missing)?,
            count: u64::try_from(kept.count).unwrap_or_default(),
            amount: money(&kept.currency, kept.amount)?,
        })
    };
    let balance = |kept: BalanceRow| money(&kept.currency, kept.amount);
    let time = |column| get::<Option<i64>>(row, column)?.map(timestamp).transpose();
    let oldest: Option<Uuid> = get(row, "oldest")?;
    Ok(Standing {
        run: Concluded {
            provider: get(row, "provider")?,
            since: sql::time(row, "since")?,
            from: sql::time(row, "began")?,
            until: sql::time(row, "until")?,
            ran_at: sql::time(row, "ran_at")?,
        },
        totals: kept.lines.into_iter().map(total).collect::<Result<_, StoreError>>()?,
        clearing: kept.clearing.into_iter().map(balance).collect::<Result<_, _>>()?,
        oldest: oldest.zip(time("oldest_at")?),
        missing_there_since: time("missing_there")?,
    })
}
