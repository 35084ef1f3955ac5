//! The gateway's record, `GET /v1/statement`.

use std::fmt::Write as _;

use async_trait::async_trait;
use commerce::{
    Money, Timestamp,
    payment::{GatewayError, LineKind, Statement, StatementAsk, StatementLine, StatementPage},
};
use serde::Deserialize;

use super::{SandboxGateway, plain, wire::currency};

const LIMIT: u8 = 100;

#[derive(Deserialize)]
struct WireStatement {
    data: Vec<WireEntry>,
    has_more: bool,
}

#[derive(Deserialize)]
struct WireEntry {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    intent: Option<String>,
    refund: Option<String>,
    reference: String,
    amount: i64,
    fee: i64,
    currency: String,
    created: i64,
}

#[async_trait]
impl Statement for SandboxGateway {
    fn tells(&self) -> &'static [LineKind] {
        &[LineKind::Capture, LineKind::Refund, LineKind::Payout]
    }

    async fn lines(&self, ask: &StatementAsk) -> Result<StatementPage, GatewayError> {
        let (from, to) = (ask.from.timestamp(), ask.until.timestamp());
        let mut path = format!("/v1/statement?from={from}&to={to}&limit={LIMIT}");
        if let Some(cursor) = &ask.cursor {
            let _ = write!(path, "&after={}", plain(cursor)?);
        }
        let found: WireStatement = self.caller.get(&path).await?;
        let next = found.data.last().filter(|_| found.has_more).map(|last| last.id.clone());
        let lines = found.data.into_iter().map(WireEntry::read).collect::<Result<_, _>>()?;
        Ok(StatementPage { lines, next, complete_until: ask.until })
    }
}

impl WireEntry {
    /// Amounts are told without a sign; which side it is follows from the kind.
    fn read(self) -> Result<StatementLine, GatewayError> {
        let (kind, side) = match self.kind.as_str() {
            "capture" => (LineKind::Capture, 1),
            "refund" => (LineKind::Refund, -1),
            "settlement" => (LineKind::Payout, -1),
            _ => return Err(GatewayError::Unknown),
        };
        let currency = currency(&self.currency)?;
        let amount = Money::new(self.amount.saturating_mul(side), currency);
        let at = Timestamp::from_timestamp(self.created, 0).ok_or(GatewayError::Unknown)?;
        let mut line = StatementLine::new(kind, self.id, amount, at);
        line.fee = Some(Money::new(self.fee, currency)).filter(|fee| !fee.is_zero());
        line.payment = self.intent;
        line.object = self.refund;
        line.reference = Some(self.reference);
        Ok(line)
    }
}
