//! Which papers a sale asks for, and what is on each. Pure.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{PaperId, PaperKind, PaperLine};
use crate::{
    Money, MoneyError, Order, Payment,
    order::{LineShare, OrderLine},
    payment::{Refund, RefundState},
    sales::derived,
};

/// A paper without its issuer's particulars and its number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub id: PaperId,
    pub kind: PaperKind,
    pub seller: Option<Uuid>,
    pub lines: Vec<PaperLine>,
    pub total: Money,
    pub tax: Money,
}

impl Draft {
    /// The stream whose numbers the paper takes.
    pub fn series(&self) -> String {
        let owner = owner_name(self.seller);
        format!("{}s:{owner}", self.kind.name())
    }
}

fn owner_name(seller: Option<Uuid>) -> String {
    seller.map_or_else(|| "shop".to_owned(), |seller| seller.simple().to_string())
}

/// Whoever sold a line: the books' own rule.
fn owner(line: &OrderLine) -> Option<Uuid> {
    line.seller.filter(|_| line.commission.is_some())
}

/// An invoice for each who sold in it, and a credit note for each refund that arrived, as far as it was theirs.
/// Nothing is sold by topping a wallet up: there will be an invoice for what is paid from it.
pub(super) fn papers(order: &Order, payment: &Payment) -> Result<Vec<Draft>, MoneyError> {
    if order.tops_up_wallet() {
        return Ok(Vec::new());
    }
    let mut invoices: BTreeMap<Option<Uuid>, Draft> = BTreeMap::new();
    for (line, share) in order.lines.iter().zip(order.shares()?) {
        let seller = owner(line);
        let zero = Money::zero(order.totals.currency());
        let invoice = invoices.entry(seller).or_insert_with(|| Draft {
            id: derived(order.id.uuid(), &format!("invoice:{}", owner_name(seller))).into(),
            kind: PaperKind::Invoice,
            seller,
            lines: Vec::new(),
            total: zero,
            tax: zero,
        });
        invoice.total = invoice.total.plus(share.gross()?)?;
        invoice.tax = invoice.tax.plus(share.tax)?.plus(share.included_tax)?;
        invoice.lines.push(paper_line(line, &share)?);
    }
    let mut notes = Vec::new();
    for invoice in invoices.values() {
        notes.extend(credit_notes(order, payment, invoice)?);
    }
    Ok(invoices.into_values().chain(notes).collect())
}

fn paper_line(line: &OrderLine, share: &LineShare) -> Result<PaperLine, MoneyError> {
    Ok(PaperLine {
        sku: line.sku.clone(),
        name: line.name.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        total: line.total,
        discount: line.total.minus(share.goods)?,
        shipping: share.shipping,
        added_tax: share.tax,
        included_tax: share.included_tax,
    })
}

/// The tax of each is its share of the invoice's, such that those of a full refund add up to it exactly.
fn credit_notes(
    order: &Order,
    payment: &Payment,
    invoice: &Draft,
) -> Result<Vec<Draft>, MoneyError> {
    let mut notes = Vec::new();
    let mut back = Money::zero(invoice.total.currency);
    let mut tax_back = back;
    let arrived = |refund: &&Refund| refund.state == RefundState::Succeeded;
    for refund in payment.refunds.iter().filter(arrived) {
        let total = part_of(refund, order, invoice.seller)?;
        if !total.is_positive() || !invoice.total.is_positive() {
            continue;
        }
        back = back.plus(total)?;
        let tax_by_now = invoice.tax.share(back.minor, invoice.total.minor)?;
        let name = format!("credit_note:{}", owner_name(invoice.seller));
        notes.push(Draft {
            id: derived(refund.id.uuid(), &name).into(),
            kind: PaperKind::CreditNote { reason: refund.reason.clone() },
            seller: invoice.seller,
            lines: Vec::new(),
            total,
            tax: tax_by_now.minus(tax_back)?,
        });
        tax_back = tax_by_now;
    }
    Ok(notes)
}

/// How much of a refund was of what somebody sold; all of it is the shop's where nobody else sold.
fn part_of(refund: &Refund, order: &Order, seller: Option<Uuid>) -> Result<Money, MoneyError> {
    let zero = Money::zero(refund.amount.currency);
    if refund.shares.is_empty() {
        return Ok(if seller.is_none() { refund.amount } else { zero });
    }
    let theirs = |line: Uuid| order.lines.iter().any(|l| l.id == line && owner(l) == seller);
    let shares = refund.shares.iter().filter(|share| theirs(share.line));
    shares.map(|share| share.cut.total()).try_fold(zero, |sum, part| sum.plus(part?))
}
