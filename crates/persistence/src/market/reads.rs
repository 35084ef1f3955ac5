//! What sellers read of their money: balances, statements and what they sold.

use std::collections::BTreeMap;

use async_trait::async_trait;
use commerce::{Account, Currency, Money, Page, PageRequest, StoreError, order::OrderLine};
use market::{SellerBalance, SellerId, SellerReads, SoldLine, StatementEntry};
use sea_orm::QueryResult;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Db, cursor, failure,
    sql::{self, Binds, get, micros},
};

fn accounts(seller: SellerId) -> [(Account, &'static str); 3] {
    let of = seller.uuid();
    [
        (Account::seller_pending(of), "pending"),
        (Account::seller_payable(of), "payable"),
        (Account::seller_receivable(of), "receivable"),
    ]
}

/// Of a statement: where the last page ended.
type Position = (i64, Uuid, i64);

#[async_trait]
impl SellerReads for Db {
    /// What is pending is summed over what waits, not over all that ever did.
    async fn balances(&self, seller: SellerId) -> Result<Vec<SellerBalance>, StoreError> {
        let [_, (payable, _), (receivable, _)] = accounts(seller);
        let sql = "select currency, cast(sum(pending) as bigint) as pending,
              cast(sum(payable) as bigint) as payable, cast(sum(receivable) as bigint) as receivable
            from (
              select currency, sum(pending) as pending, 0 as payable, 0 as receivable
              from commerce_earnings where seller = $1 and released_at is null group by currency
              union all
              select currency, 0, -balance, 0 from ledger_accounts where code = $2
              union all
              select currency, 0, 0, balance from ledger_accounts where code = $3) b
            group by currency order by currency";
        let values = [seller.uuid().into(), payable.code().into(), receivable.code().into()];
        self.rows(sql, values).await?.iter().map(balance).collect()
    }

    async fn statement(
        &self,
        seller: SellerId,
        page: PageRequest,
    ) -> Result<Page<StatementEntry>, StoreError> {
        let (at, tx, line) =
            cursor::after::<Position>(&page)?.unwrap_or((i64::MAX, Uuid::max(), i64::MAX));
        let mut binds = Binds::default();
        let limit = binds.add(cursor::rows(&page));
        let (at, tx, line) = (binds.add(at), binds.add(tx), binds.add(line));
        let each = accounts(seller).map(|(account, name)| {
            format!(
                "select * from (select tx, line, currency, amount, at, '{name}' as account
                 from ledger_entries where account = {} and layer = 'settled' and (at, tx, line) < ({at}, {tx}, {line})
                 order by at desc, tx desc, line desc limit {limit}) {name}",
                binds.add(account.code())
            )
        });
        let sql = format!(
            "select e.*, t.kind, t.reference from ({}) e join ledger_transactions t on t.id = e.tx
             order by e.at desc, e.tx desc, e.line desc limit {limit}",
            each.join(" union all ")
        );
        let rows = self.rows(&sql, binds.0).await?;
        let entries = rows.iter().map(statement_entry).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, entries, |e| (micros(e.at), e.posting, i64::from(e.line)))
    }

    async fn sold_lines(
        &self,
        seller: SellerId,
        page: PageRequest,
    ) -> Result<Page<SoldLine>, StoreError> {
        let (at, line) = cursor::after::<(i64, Uuid)>(&page)?.unwrap_or((i64::MAX, Uuid::max()));
        let sql =
            "select e.line, e.payment, e.order_id, e.currency, e.gross, e.fee, e.fee_tax, e.net,
              e.refunded, e.earned_at, e.released_at, cast(o.sale as text) as sale
            from commerce_earnings e join commerce_orders o on o.id = e.order_id
            where e.seller = $2 and (e.earned_at, e.line) < ($3, $4)
            order by e.earned_at desc, e.line desc limit $1";
        let values = [cursor::rows(&page).into(), seller.uuid().into(), at.into(), line.into()];
        let rows = self.rows(sql, values).await?;
        let mut sales = BTreeMap::new();
        let mut sold = Vec::with_capacity(rows.len());
        for row in &rows {
            sold.push(sold_line(row, &mut sales)?);
        }
        cursor::page(&page, sold, |sold| (micros(sold.sold_at), sold.line))
    }
}

fn balance(row: &QueryResult) -> Result<SellerBalance, StoreError> {
    let currency = sql::currency(row, "currency")?;
    let money = |column| sql::money(row, column, currency);
    Ok(SellerBalance {
        pending: money("pending")?,
        payable: money("payable")?,
        receivable: money("receivable")?,
    })
}

/// A credit is more for the seller.
fn statement_entry(row: &QueryResult) -> Result<StatementEntry, StoreError> {
    let booked = sql::money(row, "amount", sql::currency(row, "currency")?)?;
    Ok(StatementEntry {
        posting: get(row, "tx")?,
        line: u32::try_from(get::<i64>(row, "line")?).map_err(failure::corrupt)?,
        kind: get(row, "kind")?,
        reference: get(row, "reference")?,
        account: get(row, "account")?,
        amount: booked.negated().map_err(failure::corrupt)?,
        at: sql::time(row, "at")?,
    })
}

#[derive(Deserialize)]
struct Sale {
    lines: Vec<OrderLine>,
}

/// An order's document is parsed once, however many of its lines are asked for.
fn sold_line(row: &QueryResult, sales: &mut BTreeMap<Uuid, Sale>) -> Result<SoldLine, StoreError> {
    let order: Uuid = get(row, "order_id")?;
    let sale = match sales.remove(&order) {
        Some(sale) => sale,
        None => sql::json::<Sale>(row, "sale")?,
    };
    let line: Uuid = get(row, "line")?;
    let sold = sale.lines.iter().find(|sold| sold.id == line).ok_or_else(failure::missing)?;
    let (sku, name, quantity) = (sold.sku.clone(), sold.name.clone(), sold.quantity);
    sales.insert(order, sale);
    let currency: Currency = sql::currency(row, "currency")?;
    let money = |column| -> Result<Money, StoreError> { sql::money(row, column, currency) };
    Ok(SoldLine {
        line,
        order: order.into(),
        payment: get::<Uuid>(row, "payment")?.into(),
        sku,
        name,
        quantity,
        gross: money("gross")?,
        commission: money("fee")?,
        commission_tax: money("fee_tax")?,
        net: money("net")?,
        refunded: money("refunded")?,
        sold_at: sql::time(row, "earned_at")?,
        released_at: get::<Option<i64>>(row, "released_at")?.map(sql::timestamp).transpose()?,
    })
}
