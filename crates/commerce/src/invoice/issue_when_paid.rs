//! Issues the papers of each sale as soon as it is paid or refunded, where the shop wants that.

use async_trait::async_trait;
use serde_json::Value;

use super::{InvoiceError, Invoices};
use crate::{
    CommitError, Failure, OrderId,
    event::{Delivery, Subscriber, Trouble},
};

pub struct IssueWhenPaid(pub Invoices);

#[async_trait]
impl Subscriber for IssueWhenPaid {
    fn name(&self) -> &'static str {
        "commerce.issue_invoices"
    }

    fn events(&self) -> &'static [&'static str] {
        &["order_paid", "refund_succeeded"]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let named = delivery.body.get("order").and_then(Value::as_str);
        let order = named.and_then(|text| text.parse::<OrderId>().ok());
        let order = order.ok_or_else(|| Trouble::Lasting("the event names no order".into()))?;
        match self.0.issue(order).await {
            // Without a payment that settles, money paid for nothing and went back: there is nothing to invoice.
            Ok(_) | Err(InvoiceError::NotPaid) => Ok(()),
            Err(InvoiceError::Commit(error @ (CommitError::Store(_) | CommitError::Stale))) => {
                Err(Trouble::Passing(error.to_string()))
            }
            Err(error) => Err(Trouble::Lasting(format!("{}: {error}", error.code()))),
        }
    }
}
