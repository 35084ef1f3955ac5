//! Razorpay's record, put together of its lists: <https://razorpay.com/docs/api/payments/fetch-all-payments/>.

use async_trait::async_trait;
use commerce::{
    Currency, Money, Timestamp,
    payment::{GatewayError, LineKind, Statement, StatementAsk, StatementLine, StatementPage},
};
use serde::Deserialize;

use super::{
    RazorpayGateway,
    wire::{WireList, WirePayment, WireRefund},
};

/// As many as Razorpay gives at once.
const COUNT: usize = 100;

/// One list after the other, in this order.
const LISTS: [&str; 3] = ["payments", "refunds", "settlements"];

/// Razorpay does not say in which currency it settles: it is the one of its country.
const SETTLED_IN: &str = "INR";

#[derive(Deserialize)]
struct WireSettlement {
    id: String,
    amount: i64,
    status: String,
    created_at: i64,
}

#[async_trait]
impl Statement for RazorpayGateway {
    /// It lists disputes as well, but not by the time at which they moved money.
    fn tells(&self) -> &'static [LineKind] {
        &[LineKind::Capture, LineKind::Refund, LineKind::Payout]
    }

    async fn lines(&self, ask: &StatementAsk) -> Result<StatementPage, GatewayError> {
        let (list, skip) = place(ask.cursor.as_deref());
        let (from, to) = (ask.from.timestamp(), ask.until.timestamp().saturating_sub(1));
        let path = format!("/v1/{list}?from={from}&to={to}&count={COUNT}&skip={skip}");
        let (lines, seen) = match list {
            "payments" => self.page::<WirePayment>(&path, WirePayment::line).await?,
            "refunds" => self.page::<WireRefund>(&path, WireRefund::line).await?,
            _ => self.page::<WireSettlement>(&path, WireSettlement::line).await?,
        };
        let next = if seen < COUNT {
            let after = LISTS.iter().skip_while(|known| **known != list).nth(1);
            after.map(|list| format!("{list}:0"))
        } else {
            Some(format!("{list}:{}", skip.saturating_add(COUNT)))
        };
        Ok(StatementPage { lines, next, complete_until: ask.until })
    }
}

/// `refunds:100`
fn place(cursor: Option<&str>) -> (&'static str, usize) {
    let named = cursor.and_then(|cursor| cursor.split_once(':'));
    let known = named.and_then(|(list, skip)| {
        let list = LISTS.into_iter().find(|known| *known == list)?;
        Some((list, skip.parse().ok()?))
    });
    known.unwrap_or(("payments", 0))
}

type Read<T> = fn(T) -> Result<Option<StatementLine>, GatewayError>;

impl RazorpayGateway {
    /// The lines, and how many things were listed.
    async fn page<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        read: Read<T>,
    ) -> Result<(Vec<StatementLine>, usize), GatewayError> {
        let list: WireList<T> = self.caller.get(path).await?;
        let seen = list.items.len();
        let lines = list.items.into_iter().filter_map(|item| read(item).transpose());
        Ok((lines.collect::<Result<_, _>>()?, seen))
    }
}

impl WireSettlement {
    fn line(self) -> Result<Option<StatementLine>, GatewayError> {
        if self.status != "processed" {
            return Ok(None);
        }
        let currency = Currency::parse(SETTLED_IN).map_err(|_| GatewayError::Unknown)?;
        let amount = Money::new(self.amount.saturating_neg(), currency);
        Ok(Some(StatementLine::new(LineKind::Payout, self.id, amount, moment(self.created_at)?)))
    }
}

pub(super) fn moment(seconds: i64) -> Result<Timestamp, GatewayError> {
    Timestamp::from_timestamp(seconds, 0).ok_or(GatewayError::Unknown)
}
