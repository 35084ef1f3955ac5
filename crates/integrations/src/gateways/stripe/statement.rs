//! Stripe's record: <https://docs.stripe.com/api/balance_transactions/list>.

use std::fmt::Write as _;

use async_trait::async_trait;
use commerce::{
    Money, Timestamp,
    payment::{GatewayError, LineKind, Statement, StatementAsk, StatementLine, StatementPage},
};
use serde::Deserialize;

use super::{
    StripeGateway,
    wire::{PAYMENT, REFUND, WireList, decimals},
};
use crate::gateways::{
    amount::{currency, from_units},
    call::plain,
};

/// As many as Stripe gives at once.
const LIMIT: u8 = 100;

#[derive(Deserialize)]
struct WireMovement {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    reporting_category: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    fee: i64,
    created: i64,
    source: Option<WireSource>,
}

/// What a movement is about: whole, as we ask for it, or its id alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireSource {
    Whole(WireObject),
    Id(String),
}

#[derive(Deserialize)]
struct WireObject {
    id: String,
    amount: Option<i64>,
    amount_captured: Option<i64>,
    currency: Option<String>,
    payment_intent: Option<String>,
    #[serde(default)]
    metadata: std::collections::BTreeMap<String, String>,
}

#[async_trait]
impl Statement for StripeGateway {
    fn tells(&self) -> &'static [LineKind] {
        &[
            LineKind::Capture,
            LineKind::Refund,
            LineKind::Dispute,
            LineKind::DisputeWon,
            LineKind::Fee,
            LineKind::Payout,
        ]
    }

    async fn lines(&self, ask: &StatementAsk) -> Result<StatementPage, GatewayError> {
        let (from, until) = (ask.from.timestamp(), ask.until.timestamp());
        let mut path = format!(
            "/v1/balance_transactions?limit={LIMIT}&created%5Bgte%5D={from}&created%5Blt%5D={until}\
             &expand%5B0%5D=data.source"
        );
        if let Some(cursor) = &ask.cursor {
            let _ = write!(path, "&starting_after={}", plain(cursor)?);
        }
        let list: WireList<WireMovement> = self.caller.get(&path).await?;
        let next = list.data.last().filter(|_| list.has_more).map(|last| last.id.clone());
        let lines = list.data.into_iter().map(WireMovement::read).collect::<Result<_, _>>()?;
        Ok(StatementPage { lines, next, complete_until: ask.until })
    }
}

impl WireMovement {
    fn kind(&self) -> LineKind {
        match (self.kind.as_str(), self.reporting_category.as_str()) {
            ("charge" | "payment", _) => LineKind::Capture,
            ("refund" | "payment_refund", _) => LineKind::Refund,
            (_, "dispute") => LineKind::Dispute,
            (_, "dispute_reversal") => LineKind::DisputeWon,
            ("payout" | "payout_cancel" | "payout_failure", _) => LineKind::Payout,
            ("stripe_fee" | "network_cost" | "tax_fee", _) => LineKind::Fee,
            _ => LineKind::Other,
        }
    }

    /// What Stripe exchanged is told in the customer's currency, as we booked it, and its fee in the account's.
    fn read(self) -> Result<StatementLine, GatewayError> {
        let kind = self.kind();
        let settled = money(self.amount, &self.currency)?;
        let fee = money(self.fee, &self.currency)?;
        let at = Timestamp::from_timestamp(self.created, 0).ok_or(GatewayError::Unknown)?;
        let mut line = StatementLine::new(kind, self.id, settled, at);
        line.fee = Some(fee).filter(|fee| !fee.is_zero());
        match self.source {
            None => {}
            Some(WireSource::Id(id)) => line.object = Some(id),
            Some(WireSource::Whole(object)) => {
                let paid = object.amount()?.filter(|_| is_of_a_payment(kind));
                line.amount = paid.map_or(settled, |paid| paid.with_side_of(settled));
                line.payment = object.payment_intent;
                let ours = if kind == LineKind::Refund { REFUND } else { PAYMENT };
                line.reference = object.metadata.get(ours).cloned();
                line.object = Some(object.id);
            }
        }
        Ok(line)
    }
}

fn is_of_a_payment(kind: LineKind) -> bool {
    match kind {
        LineKind::Capture | LineKind::Refund | LineKind::Dispute | LineKind::DisputeWon => true,
        LineKind::Fee | LineKind::Payout | LineKind::Other => false,
    }
}

impl WireObject {
    fn amount(&self) -> Result<Option<Money>, GatewayError> {
        let amount = self.amount_captured.or(self.amount);
        let known = amount.zip(self.currency.as_ref());
        known.map(|(units, code)| money(units, code)).transpose()
    }
}

trait Side {
    fn with_side_of(self, other: Money) -> Money;
}

impl Side for Money {
    fn with_side_of(self, other: Money) -> Money {
        let minor = self.minor.saturating_mul(other.minor.signum());
        Money::new(minor, self.currency)
    }
}

fn money(units: i64, code: &str) -> Result<Money, GatewayError> {
    let currency = currency(code)?;
    from_units(units, decimals(currency), currency)
}
