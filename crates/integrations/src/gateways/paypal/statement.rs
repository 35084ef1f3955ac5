//! PayPal's record: <https://developer.paypal.com/docs/api/transaction-search/v1/>.

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, TimeDelta};
use commerce::{
    Money, Timestamp,
    payment::{GatewayError, LineKind, Statement, StatementAsk, StatementLine, StatementPage},
};
use serde::Deserialize;

use super::{PayPalGateway, wire::WireAmount};

/// As many as PayPal gives at once.
const PAGE_SIZE: u16 = 500;

/// So long may a movement take to appear.
const DELAY: TimeDelta = TimeDelta::hours(3);

#[derive(Deserialize)]
struct WireSearch {
    #[serde(default)]
    transaction_details: Vec<WireDetail>,
    last_refreshed_datetime: Option<String>,
    #[serde(default)]
    total_pages: u32,
}

#[derive(Deserialize)]
struct WireDetail {
    transaction_info: WireInfo,
}

#[derive(Deserialize)]
struct WireInfo {
    transaction_id: String,
    #[serde(default)]
    transaction_event_code: String,
    transaction_initiation_date: String,
    transaction_amount: WireAmount,
    fee_amount: Option<WireAmount>,
    transaction_status: Option<String>,
    paypal_reference_id: Option<String>,
    paypal_reference_id_type: Option<String>,
    custom_field: Option<String>,
    invoice_id: Option<String>,
}

#[async_trait]
impl Statement for PayPalGateway {
    fn tells(&self) -> &'static [LineKind] {
        &[LineKind::Capture, LineKind::Refund, LineKind::Fee, LineKind::Payout]
    }

    async fn lines(&self, ask: &StatementAsk) -> Result<StatementPage, GatewayError> {
        let written = |at: Timestamp| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let page: u32 = ask.cursor.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1);
        let path = format!(
            "/v1/reporting/transactions?start_date={}&end_date={}&fields=transaction_info\
             &balance_affecting_records_only=Y&page_size={PAGE_SIZE}&page={page}",
            written(ask.from),
            written(ask.until)
        );
        let found: WireSearch = self.caller.get(&path).await?;
        let refreshed = found.last_refreshed_datetime.as_deref().map(time).transpose()?;
        let behind = || ask.until.checked_sub_signed(DELAY);
        let complete = refreshed.or_else(behind).unwrap_or(ask.from);
        let infos = found.transaction_details.into_iter().map(|detail| detail.transaction_info);
        let lines = infos.filter(WireInfo::has_happened).map(WireInfo::read);
        Ok(StatementPage {
            lines: lines.collect::<Result<_, _>>()?,
            next: (page < found.total_pages).then(|| page.saturating_add(1).to_string()),
            complete_until: complete.min(ask.until),
        })
    }
}

impl WireInfo {
    /// What is denied or still pending has moved nothing; what was reversed (`V`) has, and its reversal is a line too.
    fn has_happened(&self) -> bool {
        !matches!(self.transaction_status.as_deref(), Some("D" | "P"))
    }

    fn read(self) -> Result<StatementLine, GatewayError> {
        let amount = self.transaction_amount.read()?;
        let kind = kind(&self.transaction_event_code, amount);
        let at = time(&self.transaction_initiation_date)?;
        let mut line = StatementLine::new(kind, self.transaction_id, amount, at);
        let fee = self.fee_amount.map(|fee| fee.read()).transpose()?;
        let taken = fee.map(|fee| Money::new(fee.minor.saturating_neg(), fee.currency));
        line.fee = taken.filter(|fee| !fee.is_zero());
        line.reference = self.custom_field.or(self.invoice_id);
        match self.paypal_reference_id_type.as_deref() {
            Some("ODR") => line.payment = self.paypal_reference_id,
            Some("TXN") => line.about = self.paypal_reference_id,
            _ => {}
        }
        if kind == LineKind::Refund {
            line.object = Some(line.name.clone());
        }
        Ok(line)
    }
}

/// <https://developer.paypal.com/docs/transaction-search/transaction-event-codes/>
fn kind(code: &str, amount: Money) -> LineKind {
    let came = amount.is_positive();
    match code {
        "T1107" => LineKind::Refund,
        "T1106" | "T1110" | "T1201" if !came => LineKind::Dispute,
        "T1111" | "T1202" if came => LineKind::DisputeWon,
        "T1108" => LineKind::Fee,
        _ if code.starts_with("T00") && came => LineKind::Capture,
        _ if code.starts_with("T01") => LineKind::Fee,
        _ if code.starts_with("T04") => LineKind::Payout,
        _ => LineKind::Other,
    }
}

/// PayPal writes the offset without its colon: `2014-07-11T04:03:52+0000`.
fn time(text: &str) -> Result<Timestamp, GatewayError> {
    let plain = || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z");
    let at = DateTime::parse_from_rfc3339(text).or_else(|_| plain());
    at.map(|at| at.to_utc()).map_err(|_| GatewayError::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_colon() {
        let at: Timestamp = "2014-07-11T04:03:52Z".parse().unwrap();
        for text in
            ["2014-07-11T04:03:52+0000", "2014-07-11T04:03:52Z", "2014-07-11T06:03:52+02:00"]
        {
            assert_eq!(time(text), Ok(at), "{text}");
        }
        assert_eq!(time("yesterday"), Err(GatewayError::Unknown));
    }

    #[test]
    fn codes_and_sides_say_what_moved() {
        for (code, minor, expected) in [
            ("T0006", 1, LineKind::Capture),
            ("T0001", -1, LineKind::Other),
            ("T1107", -1, LineKind::Refund),
            ("T1201", -1, LineKind::Dispute),
            ("T1202", 1, LineKind::DisputeWon),
            ("T0106", -1, LineKind::Fee),
            ("T0401", -1, LineKind::Payout),
            ("T0200", 1, LineKind::Other),
        ] {
            assert_eq!(kind(code, Money::usd(minor)), expected, "{code}");
        }
    }
}
