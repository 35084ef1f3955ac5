//! What is printed: lines of text in columns, as wide as a page.

use super::{Issued, Issuer, PaperKind, PaperLine};
use crate::{
    Money, MoneyError, Order, Payment,
    order::Address,
    payment::{PaymentState, Refund, RefundState},
};

/// Letters a line has.
pub const WIDTH: usize = 84;
const NUMBER_WIDTH: usize = 18;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Plain(String),
    Heavy(String),
}

/// A document of any length; the printer cuts it into pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub title: String,
    pub lines: Vec<Line>,
}

impl Sheet {
    pub fn of_paper(issued: &Issued) -> Result<Self, MoneyError> {
        let paper = &issued.paper;
        let title = match paper.kind {
            PaperKind::Invoice => format!("Invoice {}", issued.name()),
            PaperKind::CreditNote { .. } => format!("Credit note {}", issued.name()),
        };
        let mut sheet = Self::titled(title);
        sheet.pair("Date", &issued.at.format("%Y-%m-%d").to_string());
        sheet.pair("Order", &paper.order.to_string());
        sheet.gap();
        sheet.issuer(&paper.issuer);
        sheet.buyer(paper.buyer.as_ref());
        if let PaperKind::CreditNote { reason } = &paper.kind {
            sheet.pair("Reason", reason);
            sheet.gap();
        }
        sheet.goods(&paper.lines)?;
        let goes_back = matches!(paper.kind, PaperKind::CreditNote { .. });
        sheet.rule();
        sheet.amount(if goes_back { "Credited" } else { "Total" }, paper.total, true);
        if !paper.tax.is_zero() {
            sheet.amount("of which tax", paper.tax, false);
        }
        Ok(sheet)
    }

    pub fn of_receipt(
        shop: &Issuer,
        order: &Order,
        payment: &Payment,
        papers: &[Issued],
    ) -> Result<Self, MoneyError> {
        let mut sheet = Self::titled("Receipt".to_owned());
        sheet.pair("Order", &order.id.to_string());
        sheet.pair("Payment", &payment.id.to_string());
        if let PaymentState::Captured { at } = payment.state {
            sheet.pair(
                "Paid",
                &format!("{} by {}", at.format("%Y-%m-%d %H:%M UTC"), payment.provider),
            );
        }
        sheet.gap();
        sheet.issuer(shop);
        sheet.buyer(order.address.as_ref());
        for issued in papers.iter().filter(|issued| issued.paper.kind == PaperKind::Invoice) {
            sheet.heavy(&format!("{} by {}", issued.name(), issued.paper.issuer.name));
            sheet.goods(&issued.paper.lines)?;
            sheet.gap();
        }
        sheet.rule();
        sheet.amount("Paid", payment.captured, true);
        let tax = order.totals.owed_tax()?;
        if !tax.is_zero() {
            sheet.amount("of which tax", tax, false);
        }
        let arrived = |refund: &&Refund| refund.state == RefundState::Succeeded;
        for refund in payment.refunds.iter().filter(arrived) {
            sheet.amount("Given back", refund.amount, false);
        }
        Ok(sheet)
    }

    fn titled(title: String) -> Self {
        let mut sheet = Self { title: title.clone(), lines: Vec::new() };
        sheet.heavy(&title);
        sheet.gap();
        sheet
    }

    fn goods(&mut self, lines: &[PaperLine]) -> Result<(), MoneyError> {
        let Some(currency) = lines.first().map(|line| line.total.currency) else {
            return Ok(());
        };
        self.rule();
        for line in lines {
            let what = format!("{} x {} ({})", line.quantity, line.name, line.sku);
            self.amount(&what, line.total, false);
            if line.quantity > 1 {
                self.plain(&format!("    {} each", line.unit_price));
            }
        }
        let sum = |part: fn(&PaperLine) -> Money| Money::sum(currency, lines.iter().map(part));
        self.rule();
        self.some("Discount", sum(|line| line.discount)?.negated()?);
        self.some("Shipping", sum(|line| line.shipping)?);
        self.some("Tax", sum(|line| line.added_tax)?);
        Ok(())
    }

    fn issuer(&mut self, issuer: &Issuer) {
        self.heavy(&issuer.name);
        issuer.address.lines().for_each(|line| self.plain(line));
        self.gap();
    }

    fn buyer(&mut self, address: Option<&Address>) {
        let Some(address) = address else { return };
        self.heavy("To");
        self.plain(&address.name);
        self.plain(&address.line1);
        address.line2.iter().for_each(|line| self.plain(line));
        let region = address.region.as_deref().unwrap_or_default();
        let place = [address.postal_code.as_str(), &address.city, region, &address.country];
        self.plain(
            &place.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" "),
        );
        self.gap();
    }

    fn some(&mut self, what: &str, amount: Money) {
        if !amount.is_zero() {
            self.amount(what, amount, false);
        }
    }

    /// Words on the left, which go on in the next line where they are too long, and an amount on the right.
    fn amount(&mut self, what: &str, amount: Money, heavy: bool) {
        let room = WIDTH.saturating_sub(NUMBER_WIDTH);
        let mut rows = wrapped(what, room.saturating_sub(2));
        let last = rows.pop().unwrap_or_default();
        rows.iter().for_each(|row| self.plain(row));
        let number = amount.to_string();
        let text = format!("{last:<room$}{number:>NUMBER_WIDTH$}");
        self.lines.push(if heavy { Line::Heavy(text) } else { Line::Plain(text) });
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.plain(&format!("{name}: {value}"));
    }

    fn plain(&mut self, text: &str) {
        self.lines.extend(wrapped(text, WIDTH).into_iter().map(Line::Plain));
    }

    fn heavy(&mut self, text: &str) {
        self.lines.extend(wrapped(text, WIDTH).into_iter().map(Line::Heavy));
    }

    fn rule(&mut self) {
        self.lines.push(Line::Plain("-".repeat(WIDTH)));
    }

    fn gap(&mut self) {
        self.lines.push(Line::Plain(String::new()));
    }
}

/// Rows of at most so many letters; control characters are spaces.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rows = letters.chunks(width.max(1)).map(|row| row.iter().collect());
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() { vec![String::new()] } else { rows }
}
