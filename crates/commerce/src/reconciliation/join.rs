//! Joins lines of a provider's record with our books, and judges each. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    Booked, Class, Reconciled, booking,
    entry::{booking_id, line_id, posting_kinds},
};
use crate::{
    Effects, Money, Payment, PaymentId, Timestamp,
    ledger::Unbalanced,
    payment::{Dispute, LineKind, Refund, RefundId, StatementLine},
    sales::derived,
};

/// What is known about lines before they are judged.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub payments: Vec<Payment>,
    /// Lines as they are kept, by their ids.
    pub kept: BTreeMap<Uuid, Reconciled>,
    /// What postings did to the clearing account, by their ids.
    pub booked: BTreeMap<Uuid, Booked>,
}

/// The posting that should tell of the same movement as a line, and how much it should have moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expected {
    posting: Uuid,
    amount: Money,
}

/// Lines of one provider, each once.
pub(super) struct Lines<'a> {
    pub provider: &'a str,
    pub lines: BTreeMap<Uuid, &'a StatementLine>,
}

/// Lines as they are to be kept, and what is booked because of them.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub lines: Vec<Reconciled>,
    pub effects: Effects,
}

impl<'a> Lines<'a> {
    /// Of what moved nothing there is nothing to explain.
    pub fn of(provider: &'a str, lines: &'a [StatementLine]) -> Self {
        let with_id = |line: &'a StatementLine| (line_id(provider, line.kind, &line.name), line);
        let moved = lines.iter().filter(|line| !line.amount.is_zero());
        Self { provider, lines: moved.map(with_id).collect() }
    }

    /// The ids of the lines, and of those they are about.
    pub fn ids(&self) -> Vec<Uuid> {
        let about = self.lines.values().filter_map(|line| self.about(line));
        let all: BTreeSet<_> = self.lines.keys().copied().chain(about).collect();
        all.into_iter().collect()
    }

    fn about(&self, line: &StatementLine) -> Option<Uuid> {
        let name = line.about.as_ref()?;
        Some(line_id(self.provider, LineKind::Capture, name))
    }

    /// Our ids of payments that the lines name themselves or through what they are about.
    pub fn payment_ids(&self, kept: &BTreeMap<Uuid, Reconciled>) -> Vec<PaymentId> {
        let named = self.lines.values().filter_map(|line| named(line));
        let known = kept.values().filter_map(|kept| kept.payment);
        let all: BTreeSet<_> = named.chain(known).collect();
        all.into_iter().collect()
    }

    /// The provider's names of payments.
    pub fn payment_names(&self) -> Vec<String> {
        let all: BTreeSet<_> =
            self.lines.values().filter_map(|line| line.payment.clone()).collect();
        all.into_iter().collect()
    }

    /// Every posting there may be because of the lines.
    pub fn postings(&self, known: &Known) -> Vec<Uuid> {
        let expected = self.lines.iter().flat_map(|(id, line)| {
            let payment = self.payment_of(line, known);
            expected(*id, line, payment).into_iter().map(|expected| expected.posting)
        });
        let fees = self.lines.keys().map(|id| booking_id(*id, "provider_fee"));
        let all: BTreeSet<_> = expected.chain(fees).collect();
        all.into_iter().collect()
    }

    fn payment_of<'k>(&self, line: &StatementLine, known: &'k Known) -> Option<&'k Payment> {
        let by_id = |id: PaymentId| known.payments.iter().find(|payment| payment.id == id);
        let by_name = |name: &String| {
            known.payments.iter().find(|payment| payment.provider_ref.as_ref() == Some(name))
        };
        let of = |line: &StatementLine| {
            named(line).and_then(by_id).or_else(|| line.payment.as_ref().and_then(by_name))
        };
        let about = || {
            let about = self.about(line)?;
            let kept = known.kept.get(&about).and_then(|kept| by_id(kept.payment?));
            kept.or_else(|| self.lines.get(&about).and_then(|about| of(about)))
        };
        of(line).or_else(about)
    }

    /// The class of each line; fees are booked of what is explained, for another shop may share the account.
    pub fn judge(
        &self,
        known: &Known,
        late_after: TimeDelta,
        now: Timestamp,
    ) -> Result<Judged, Unbalanced> {
        let (explained, judged) = (BTreeSet::new(), Judged::default());
        let mut judge = Judge { lines: self, known, late_after, now, explained, judged };
        self.lines.iter().try_for_each(|(id, line)| judge.hear(*id, line))?;
        judge.judged.lines.retain(|row| known.kept.get(&row.id) != Some(row));
        Ok(judge.judged)
    }
}

/// Hears one line after the other.
struct Judge<'a> {
    lines: &'a Lines<'a>,
    known: &'a Known,
    late_after: TimeDelta,
    now: Timestamp,
    /// Postings that have explained a line before this one.
    explained: BTreeSet<Uuid>,
    judged: Judged,
}

impl Judge<'_> {
    fn hear(&mut self, id: Uuid, line: &StatementLine) -> Result<(), Unbalanced> {
        let payment = self.lines.payment_of(line, self.known);
        let booking = booking::of_line(self.lines.provider, id, line)?;
        let fresh = booking.filter(|posting| !self.known.booked.contains_key(&posting.id));
        let (class, posting) = match &fresh {
            Some(posting) => (Class::Explained, Some(posting.id)),
            None => self.verdict(id, line, payment),
        };
        let mut row = Reconciled {
            id,
            provider: self.lines.provider.to_owned(),
            line: line.clone(),
            class,
            payment: payment.map(|payment| payment.id),
            posting,
            fee_posting: None,
            seen_at: self.now,
            explained_at: class.is_explained().then_some(self.now),
            alarmed_at: None,
        };
        self.judged.effects.postings.extend(fresh);
        self.explained.extend(posting.filter(|_| class.is_explained()));
        self.charge(&mut row)?;
        keep_the_first(&mut row, self.known.kept.get(&id));
        self.judged.lines.push(row);
        Ok(())
    }

    /// A posting that explains another line explains nothing here.
    fn verdict(
        &self,
        id: Uuid,
        line: &StatementLine,
        payment: Option<&Payment>,
    ) -> (Class, Option<Uuid>) {
        let expected = expected(id, line, payment);
        let booked = expected.iter().find_map(|it| self.known.booked.get(&it.posting));
        let Some(booked) = booked else {
            let differs = expected.iter().any(|it| it.amount != line.amount);
            return (if differs { Class::Differs } else { Class::MissingHere }, None);
        };
        let taken = booked.explains.is_some_and(|line| line != id)
            || self.explained.contains(&booked.posting);
        if taken {
            return (Class::MissingHere, None);
        }
        let class = if booked.amount != line.amount {
            Class::Differs
        } else if booked.at.signed_duration_since(line.at) > self.late_after {
            Class::Late
        } else {
            Class::Explained
        };
        (class, Some(booked.posting))
    }

    /// Books the fee that goes with an explained line; one that was told otherwise before is not explained any more.
    fn charge(&mut self, row: &mut Reconciled) -> Result<(), Unbalanced> {
        let fee = row.line.fee.filter(|fee| !fee.is_zero() && row.class.is_explained());
        let Some(taken) = fee else { return Ok(()) };
        let about = row.payment.map_or(row.id, PaymentId::uuid);
        let posting = booking::fee(self.lines.provider, (row.id, about), taken, row.line.at)?;
        row.fee_posting = Some(posting.id);
        match self.known.booked.get(&posting.id) {
            None => self.judged.effects.postings.push(posting),
            Some(booked) if booked.amount == booking::opposite(taken) => {}
            Some(_) => (row.class, row.explained_at) = (Class::Differs, None),
        }
        Ok(())
    }
}

/// When it was seen, explained and told for the first time stays.
fn keep_the_first(row: &mut Reconciled, kept: Option<&Reconciled>) {
    let Some(kept) = kept else { return };
    row.seen_at = kept.seen_at;
    row.alarmed_at = kept.alarmed_at;
    if row.class.is_explained() {
        row.explained_at = kept.explained_at.or(row.explained_at);
    }
}

/// Our payment, as the provider kept its id.
fn named(line: &StatementLine) -> Option<PaymentId> {
    line.reference.as_ref().and_then(|reference| reference.parse().ok())
}

/// The postings that may tell of the same: one of them, if it was booked at all.
fn expected(id: Uuid, line: &StatementLine, payment: Option<&Payment>) -> Vec<Expected> {
    let dispute = || payment.and_then(|payment| dispute(line, payment));
    let of = match line.kind {
        LineKind::Capture => payment.map(|payment| (payment.id.uuid(), payment.amount)),
        LineKind::Refund => refund(line, payment).map(|(refund, amount)| (refund.uuid(), amount)),
        LineKind::Dispute => dispute().map(|it| (it.id.uuid(), booking::opposite(it.amount))),
        LineKind::DisputeWon => dispute().map(|it| (it.id.uuid(), it.amount)),
        LineKind::Fee => return vec![Expected::booked(id, "provider_fee", line.amount)],
        LineKind::Payout => return vec![Expected::booked(id, "provider_settled", line.amount)],
        LineKind::Other => None,
    };
    let Some((of, amount)) = of else { return Vec::new() };
    let posting = |kind: &&str| Expected { posting: derived(of, kind), amount };
    posting_kinds(line.kind).iter().map(posting).collect()
}

impl Expected {
    fn booked(line: Uuid, step: &str, amount: Money) -> Self {
        Self { posting: booking_id(line, step), amount }
    }
}

/// A refund that names ours needs no payment to be found.
fn refund(line: &StatementLine, payment: Option<&Payment>) -> Option<(RefundId, Money)> {
    let named: Option<RefundId> = line.reference.as_ref().and_then(|it| it.parse().ok());
    let ours = |refund: &&Refund| {
        named == Some(refund.id)
            || (refund.provider_ref.is_some() && refund.provider_ref == line.object)
    };
    let known = payment.and_then(|payment| payment.refunds.iter().find(ours));
    let known = known.map(|refund| (refund.id, booking::opposite(refund.amount)));
    known.or(named.map(|id| (id, line.amount)))
}

/// The one the provider names, else one of that amount.
fn dispute<'a>(line: &StatementLine, payment: &'a Payment) -> Option<&'a Dispute> {
    let amount = Money::new(line.amount.minor.saturating_abs(), line.amount.currency);
    let named = |it: &&Dispute| {
        it.provider_ref.is_some() && it.provider_ref.as_ref() == line.object.as_ref()
    };
    let alike = |it: &&Dispute| it.amount == amount;
    let disputes = &payment.disputes;
    disputes.iter().find(named).or_else(|| disputes.iter().find(alike))
}
