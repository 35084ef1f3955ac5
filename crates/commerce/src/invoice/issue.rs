//! Issue the papers of an order: each once, whoever asks how often.

use std::sync::Arc;

use super::{
    InvoiceError, Issued, Issuers, Paper, PaperId, PaperKind, Papers, Printer, Sheet,
    draw::{Draft, papers},
};
use crate::{
    ATTEMPTS, Actor, Change, CommitError, Effects, Env, Event, Order, OrderId, Payment,
    order::Orders, payment::Payments,
};

/// Everything that issuing needs; clones share it.
#[derive(Clone)]
pub struct Invoices {
    pub orders: Arc<dyn Orders>,
    pub payments: Arc<dyn Payments>,
    pub papers: Arc<dyn Papers>,
    pub issuers: Arc<dyn Issuers>,
    pub printer: Arc<dyn Printer>,
    pub env: Env,
}

/// A file with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Invoices {
    /// The papers of an order, for its buyer and for operators; what was not issued yet is issued now.
    pub async fn of_order(
        &self,
        actor: &Actor,
        order: OrderId,
    ) -> Result<Vec<Issued>, InvoiceError> {
        let stored = self.orders.find(order).await?;
        stored.filter(|stored| actor.may_see(stored.state.buyer)).ok_or(InvoiceError::NoOrder)?;
        self.issue(order).await
    }

    pub async fn print_paper(
        &self,
        actor: &Actor,
        order: OrderId,
        paper: PaperId,
    ) -> Result<Printed, InvoiceError> {
        let issued = self.of_order(actor, order).await?;
        let issued = issued.into_iter().find(|issued| issued.id == paper);
        let issued = issued.ok_or(InvoiceError::NoPaper)?;
        let bytes = self.printer.print(&Sheet::of_paper(&issued)?);
        Ok(Printed { name: format!("{}.pdf", issued.name()), bytes })
    }

    /// What the buyer paid and got back, with the numbers of its papers.
    pub async fn print_receipt(
        &self,
        actor: &Actor,
        order: OrderId,
    ) -> Result<Printed, InvoiceError> {
        let issued = self.of_order(actor, order).await?;
        let (order, payment) = self.sale(order).await?;
        let shop = self.issuers.issuer(None).await?;
        let bytes = self.printer.print(&Sheet::of_receipt(&shop, &order, &payment, &issued)?);
        Ok(Printed { name: format!("receipt-{}.pdf", order.id), bytes })
    }

    /// Numbers what has none yet, in one commit; what another does at the same moment is read.
    pub async fn issue(&self, order: OrderId) -> Result<Vec<Issued>, InvoiceError> {
        for _ in 0..ATTEMPTS {
            let (order, payment) = self.sale(order).await?;
            let wanted = papers(&order, &payment)?;
            let ids: Vec<_> = wanted.iter().map(|draft| draft.id).collect();
            let mut issued = self.papers.issued(&ids).await?;
            let missing: Vec<_> =
                wanted.iter().filter(|draft| issued.iter().all(|it| it.id != draft.id)).collect();
            if missing.is_empty() {
                issued.sort_by_key(|it| ids.iter().position(|id| *id == it.id));
                return Ok(issued);
            }
            let mut effects = Effects::none();
            for draft in missing {
                effects = effects.tell(self.told(&order, draft).await?);
            }
            match self.orders.commit(Change { writes: Vec::new(), effects }).await {
                Ok(()) | Err(CommitError::Exists | CommitError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Stale.into())
    }

    /// The event that is the paper: its stream gives it its number.
    async fn told(&self, order: &Order, draft: &Draft) -> Result<Event, InvoiceError> {
        let paper = Paper {
            kind: draft.kind.clone(),
            issuer: self.issuers.issuer(draft.seller).await?,
            order: order.id,
            buyer: order.address.clone(),
            lines: draft.lines.clone(),
            total: draft.total,
            tax: draft.tax,
        };
        let body = serde_json::to_value(&paper).map_err(crate::StoreError::new)?;
        let name = match draft.kind {
            PaperKind::Invoice => "invoice_issued",
            PaperKind::CreditNote { .. } => "credit_note_issued",
        };
        Ok(Event {
            id: draft.id.uuid(),
            name,
            subject: order.id.uuid(),
            stream: Some(draft.series()),
            body,
            at: self.env.now(),
        })
    }

    async fn sale(&self, order: OrderId) -> Result<(Order, Payment), InvoiceError> {
        let stored = self.orders.find(order).await?.ok_or(InvoiceError::NoOrder)?;
        let payments = self.payments.of_order(order).await?;
        let settling = payments.into_iter().find(|payment| payment.state.settles);
        Ok((stored.state, settling.ok_or(InvoiceError::NotPaid)?.state))
    }
}
