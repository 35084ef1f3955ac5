//! Whose the money of a sale is, when others than the shop sell in it. Pure.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{call_off::LineAmount, derived::derived};
use crate::{
    Money, MoneyError, Order, Payment, Posting, Timestamp,
    ledger::{self, Clawback, Earning, RefundPart, SellerRefund, Takings},
    order::{LineShare, OrderLine},
    payment::{Cut, Part, Parts, PaymentError, Refund, RefundShare},
    seller::Standing,
};

/// The parts of a sale; nothing when all of it is the shop's own.
pub(super) fn of_sale(order: &Order, at: Timestamp) -> Result<Option<Parts>, PaymentError> {
    let sold_for_others = |line: &OrderLine| line.seller.is_some() && line.commission.is_some();
    if !order.lines.iter().any(sold_for_others) {
        return Ok(None);
    }
    let lines = order.lines.iter().zip(order.shares()?);
    let parts = lines.map(|(line, share)| part(order, line, &share));
    let over = order.reservations().filter_map(|reservation| reservation.span);
    let over = over.map(|span| span.ends_at()).max();
    Ok(Some(Parts { at, released: None, over, lines: parts.collect::<Result<_, _>>()? }))
}

fn part(order: &Order, line: &OrderLine, share: &LineShare) -> Result<Part, MoneyError> {
    let gross = share.gross()?;
    let Some((seller, commission)) = line.seller.zip(line.commission.as_ref()) else {
        let tax = share.tax.plus(share.included_tax)?;
        let sold = Cut { net: gross.minus(tax)?, fee: Money::zero(gross.currency), tax };
        return Ok(Part {
            line: line.id,
            seller: None,
            jurisdiction: order.totals.jurisdiction.clone(),
            keeps_fee: false,
            sold,
            returned: Cut::nothing(gross),
            lost: None,
            pending: Money::zero(gross.currency),
        });
    };
    // Nobody pays for selling: the fee and its tax are never more than what was paid.
    let fee = within(commission.fee, gross);
    let tax = within(commission.tax, gross.minus(fee)?);
    let net = gross.minus(fee)?.minus(tax)?;
    Ok(Part {
        line: line.id,
        seller: Some(seller),
        jurisdiction: commission.jurisdiction.clone(),
        keeps_fee: commission.kept_on_refund,
        sold: Cut { net, fee, tax },
        returned: Cut::nothing(gross),
        lost: None,
        pending: net,
    })
}

fn within(amount: Money, most: Money) -> Money {
    Money::new(amount.minor.clamp(0, most.minor.max(0)), most.currency)
}

/// S1 for what the shop sold itself and M1 for each seller.
pub(super) fn sold(
    payment: &Payment,
    order: &Order,
    parts: &Parts,
) -> Result<Vec<Posting>, PaymentError> {
    let (of, at) = (payment.id.uuid(), parts.at);
    let mut postings = Vec::new();
    for (owner, cut) in by_owner(parts.lines.iter().map(|part| (part, part.sold)))? {
        let total = cut.total()?;
        if total.is_zero() {
            continue;
        }
        postings.push(match owner.seller {
            None => {
                let id = derived(of, "sale_recognised");
                ledger::sale_recognised(id, order.id, &owner.takings(&cut), total, at)?
            }
            Some(seller) => {
                let id = derived(of, &format!("seller_earned:{seller}:{}", owner.jurisdiction));
                let earning = Earning {
                    seller,
                    gross: total,
                    commission: cut.fee,
                    commission_tax: cut.tax,
                    jurisdiction: owner.jurisdiction.to_owned(),
                };
                ledger::seller_earned(id, order.id, &earning, at)?
            }
        });
    }
    Ok(postings)
}

/// M2 for each seller, and what they owe us kept from it.
pub(super) fn release(
    payment: &mut Payment,
    standings: &[Standing],
    at: Timestamp,
) -> Result<Vec<Posting>, PaymentError> {
    let (of, order) = (payment.id.uuid(), payment.order.uuid());
    let Some(parts) = payment.parts.as_mut() else { return Ok(Vec::new()) };
    let mut postings = Vec::new();
    for seller in parts.sellers() {
        let ours = parts.lines.iter().filter(|part| part.seller == Some(seller));
        let amount = Money::sum(payment.amount.currency, ours.map(|part| part.pending))?;
        if amount.is_positive() {
            let id = derived(of, &format!("earnings_released:{seller}"));
            postings.push(ledger::earnings_released(id, order, seller, amount, at)?);
        }
        let standing = standings.iter().find(|standing| standing.seller == seller);
        if let Some(owed) = standing.map(|standing| owed(standing, amount)).transpose()?
            && owed.is_positive()
        {
            let id = derived(of, &format!("earnings_netted:{seller}"));
            postings.push(ledger::earnings_netted(id, order, seller, owed, at)?);
        }
    }
    for part in &mut parts.lines {
        part.pending = Money::zero(part.pending.currency);
    }
    parts.released = Some(at);
    Ok(postings)
}

/// What a seller owes, as far as there is something to keep it from.
fn owed(standing: &Standing, released: Money) -> Result<Money, MoneyError> {
    let there = standing.payable.plus(released)?;
    Ok(within(standing.receivable, there))
}

/// Which lines a refund is taken from, by what is left of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Among {
    #[default]
    All,
    Only(Vec<Uuid>),
    /// So much of one line, the rest of the others.
    First(LineAmount),
}

impl Among {
    fn has(&self, part: &Part) -> bool {
        match self {
            Self::All | Self::First(_) => true,
            Self::Only(lines) => lines.contains(&part.line),
        }
    }
}

/// How much of a payment's lines can go back.
pub(super) fn left(parts: &Parts, among: &Among) -> Result<Money, PaymentError> {
    let currency = currency_of(parts)?;
    let lines = parts.lines.iter().filter(|part| among.has(part));
    Ok(lines.map(Part::left).try_fold(Money::zero(currency), |sum, left| sum.plus(left?))?)
}

/// How much of a refund each line gives back.
fn amounts(parts: &Parts, amount: Money, among: &Among) -> Result<Vec<Money>, PaymentError> {
    let zero = Money::zero(amount.currency);
    let left = |takes: &dyn Fn(&Part) -> bool| {
        let of = |part: &Part| if takes(part) { part.left() } else { Ok(zero) };
        parts.lines.iter().map(of).collect::<Result<Vec<_>, _>>()
    };
    let spread = || Ok(ledger::refund_shares(amount, &left(&|part| among.has(part))?)?);
    let Among::First(first) = among else { return spread() };
    let Some(at) = parts.lines.iter().position(|part| part.line == first.line) else {
        return spread();
    };
    let of_first = parts.lines.get(at).map_or(Ok(zero), Part::left)?;
    let own = within(within(first.amount, of_first), amount);
    let others = left(&|part| part.line != first.line)?;
    let rest = amount.minus(own)?;
    if Money::sum(amount.currency, others.iter().copied())?.minor < rest.minor {
        return spread();
    }
    let mut amounts = match rest.is_zero() {
        true => vec![zero; parts.lines.len()],
        false => ledger::refund_shares(rest, &others)?,
    };
    amounts.get_mut(at).into_iter().for_each(|amount| *amount = own);
    Ok(amounts)
}

fn currency_of(parts: &Parts) -> Result<crate::Currency, PaymentError> {
    parts.lines.first().map(|part| part.pending.currency).ok_or(PaymentError::NothingToRefund)
}

/// Takes a refund out of the lines by what is left of each, and a seller's share from where it is by now.
pub(super) fn take(
    parts: &mut Parts,
    amount: Money,
    among: &Among,
    standings: &[Standing],
) -> Result<Vec<RefundShare>, PaymentError> {
    let amounts = amounts(parts, amount, among)?;
    let mut available: BTreeMap<_, _> =
        standings.iter().map(|standing| (standing.seller, standing.payable)).collect();
    let mut shares = Vec::new();
    for (part, amount) in parts.lines.iter_mut().zip(amounts) {
        if amount.is_positive() {
            shares.push(take_from(part, amount, &mut available)?);
        }
    }
    Ok(shares)
}

fn take_from(
    part: &mut Part,
    amount: Money,
    available: &mut BTreeMap<Uuid, Money>,
) -> Result<RefundShare, PaymentError> {
    let cut = cut_back(part, amount)?;
    part.returned = part.returned.plus(&cut)?;
    let from = match part.seller {
        None => None,
        Some(seller) => {
            let zero = Money::zero(amount.currency);
            let pending = within(cut.net, part.pending);
            let payable = available.entry(seller).or_insert(zero);
            let rest = Clawback::after_payout(cut.net.minus(pending)?, *payable)?;
            part.pending = part.pending.minus(pending)?;
            *payable = payable.minus(rest.payable)?;
            Some(Clawback { pending, ..rest })
        }
    };
    Ok(RefundShare { line: part.line, cut, from })
}

/// In the proportions of what is left, so that the parts of a full refund give back all of each exactly.
fn cut_back(part: &Part, amount: Money) -> Result<Cut, MoneyError> {
    if part.keeps_fee {
        return Ok(Cut { net: amount, ..Cut::nothing(amount) });
    }
    let left = part.sold.minus(&part.returned)?;
    let weight = |money: Money| u64::try_from(money.minor).unwrap_or_default();
    let parts = amount.split(&[weight(left.net), weight(left.fee), weight(left.tax)])?;
    let [net, fee, tax] = parts.as_slice() else { return Err(MoneyError::NoParts) };
    Ok(Cut { net: *net, fee: *fee, tax: *tax })
}

/// How much of a refund is tax that the shop's own lines had earned.
pub(super) fn own_tax(shares: &[RefundShare], of: Money) -> Result<Money, MoneyError> {
    let own = shares.iter().filter(|share| share.from.is_none());
    Money::sum(of.currency, own.map(|share| share.cut.tax))
}

/// R2, R3 or R4, as the refund takes it from one seller or from several owners.
pub(super) fn promised(
    refund: &Refund,
    parts: &Parts,
    at: Timestamp,
) -> Result<Posting, PaymentError> {
    let shares = refund_parts(refund, parts, |share| share.from)?;
    let of = refund.id.uuid();
    Ok(match shares.as_slice() {
        [RefundPart::Seller(one)] if one.from.receivable.is_positive() => {
            ledger::refund_after_payout(derived(of, "refund_after_payout"), of, one, at)?
        }
        [RefundPart::Seller(one)] => {
            ledger::refund_after_earning(derived(of, "refund_after_earning"), of, one, at)?
        }
        several => {
            let id = derived(of, "refund_of_parts");
            ledger::refund_of_parts(id, of, several, refund.amount, at)?
        }
    })
}

/// The refund could not be sent: the lines have their shares again, a seller's where it would be by now.
pub(super) fn undo(
    refund: &Refund,
    parts: &mut Parts,
    at: Timestamp,
) -> Result<Posting, PaymentError> {
    let released = parts.released.is_some();
    let back = |share: &RefundShare| {
        let there = if released { Clawback::from_payable } else { Clawback::from_pending };
        share.from.map(|_| there(share.cut.net))
    };
    let shares = refund_parts(refund, parts, back)?;
    for share in &refund.shares {
        let Some(part) = parts.lines.iter_mut().find(|part| part.line == share.line) else {
            continue;
        };
        part.returned = part.returned.minus(&share.cut)?;
        if let Some(from) = back(share) {
            part.pending = part.pending.plus(from.pending)?;
        }
    }
    let (of, total) = (refund.id.uuid(), refund.amount);
    let id = derived(of, "refund_undone");
    Ok(ledger::refund_of_parts_undone(id, of, &shares, total, at)?)
}

/// A refund's shares, put together for each owner.
fn refund_parts(
    refund: &Refund,
    parts: &Parts,
    from: impl Fn(&RefundShare) -> Option<Clawback>,
) -> Result<Vec<RefundPart>, PaymentError> {
    let part_of = |line| parts.lines.iter().find(|part| part.line == line);
    let known = refund.shares.iter().filter_map(|share| Some((part_of(share.line)?, share)));
    let mut clawbacks: BTreeMap<Owner<'_>, Clawback> = BTreeMap::new();
    for (part, share) in known.clone() {
        if let Some(from) = from(share) {
            let nothing = Clawback::from_pending(Money::zero(refund.amount.currency));
            let sum = clawbacks.entry(Owner::of(part)).or_insert(nothing);
            *sum = together(sum, &from)?;
        }
    }
    let cuts = by_owner(known.map(|(part, share)| (part, share.cut)))?;
    let part = |(owner, cut): (Owner<'_>, Cut)| match (owner.seller, clawbacks.get(&owner)) {
        (Some(seller), Some(from)) => RefundPart::Seller(SellerRefund {
            seller,
            from: *from,
            commission: cut.fee,
            commission_tax: cut.tax,
            jurisdiction: owner.jurisdiction.to_owned(),
        }),
        _ => RefundPart::Own(owner.takings(&cut)),
    };
    Ok(cuts.into_iter().map(part).collect())
}

fn together(a: &Clawback, b: &Clawback) -> Result<Clawback, MoneyError> {
    Ok(Clawback {
        pending: a.pending.plus(b.pending)?,
        payable: a.payable.plus(b.payable)?,
        receivable: a.receivable.plus(b.receivable)?,
    })
}

/// Who has a part, and whom the tax in it is owed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Owner<'a> {
    seller: Option<Uuid>,
    jurisdiction: &'a str,
}

impl<'a> Owner<'a> {
    fn of(part: &'a Part) -> Self {
        Self { seller: part.seller, jurisdiction: &part.jurisdiction }
    }

    fn takings(self, cut: &Cut) -> Takings {
        Takings { net: cut.net, tax: cut.tax, jurisdiction: self.jurisdiction.to_owned() }
    }
}

fn by_owner<'a>(
    cuts: impl Iterator<Item = (&'a Part, Cut)>,
) -> Result<BTreeMap<Owner<'a>, Cut>, MoneyError> {
    let mut owners: BTreeMap<Owner<'a>, Cut> = BTreeMap::new();
    for (part, cut) in cuts {
        let sum = owners.entry(Owner::of(part)).or_insert_with(|| Cut::nothing(cut.net));
        *sum = sum.plus(&cut)?;
    }
    Ok(owners)
}
