//! What operators and clients read, over memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{Memory, books};
use crate::{
    Claim, Currency, Money, Page, PageRequest, Posting, ResourceId, Span, StoreError,
    audit::{AuditEntry, AuditFilter, AuditLog, AuditRow},
    claim::{Busy, Calendars},
    event::{Feed, FeedEvent},
    invoice::{Issued, PaperId, Papers},
    ledger::{Balance, BookedEntry, Journal, Layer, TrialBalance},
};

#[async_trait]
impl Journal for Memory {
    async fn list_balances(
        &self,
        prefix: &str,
        page: PageRequest,
    ) -> Result<Page<Balance>, StoreError> {
        let mut sums: BTreeMap<(String, Currency), Balance> = BTreeMap::new();
        let books = self.read();
        for entry in books.postings.iter().flat_map(Posting::entries) {
            let (code, currency) = (entry.account.code().to_owned(), entry.amount.currency);
            let first = Balance {
                code: code.clone(),
                class: entry.account.class(),
                balance: Money::zero(currency),
                reserved: entry.account.has_floor().then(|| Money::zero(currency)),
            };
            let sum = sums.entry((code, currency)).or_insert(first);
            if entry.layer == Layer::Settled {
                sum.balance.minor += entry.amount.minor;
            }
            if let Some(reserved) = &mut sum.reserved {
                reserved.minor = books::reserved(&books.postings, &entry.account, currency);
            }
        }
        let all = sums.into_values().filter(|balance| balance.code.starts_with(prefix));
        Ok(Self::page(all.collect(), &page))
    }

    async fn list_entries(
        &self,
        code: &str,
        page: PageRequest,
    ) -> Result<Page<BookedEntry>, StoreError> {
        let books = self.read();
        let entries = books.postings.iter().rev().flat_map(|posting| {
            let ours = posting.entries().iter().filter(|entry| entry.account.code() == code);
            ours.map(|entry| BookedEntry {
                posting: posting.id,
                kind: posting.kind.to_owned(),
                reference: posting.reference,
                at: posting.at,
                amount: entry.amount,
                layer: entry.layer,
            })
        });
        Ok(Self::page(entries.collect(), &page))
    }

    async fn trial_balance(&self) -> Result<Vec<TrialBalance>, StoreError> {
        let mut rows: BTreeMap<Currency, TrialBalance> = BTreeMap::new();
        let books = self.read();
        let entries = books.postings.iter().flat_map(Posting::entries);
        for entry in entries.filter(|entry| entry.layer == Layer::Settled) {
            let currency = entry.amount.currency;
            let first = TrialBalance { currency, debits: 0, credits: 0 };
            let row = rows.entry(currency).or_insert(first);
            row.debits += entry.amount.minor.max(0);
            row.credits -= entry.amount.minor.min(0);
        }
        Ok(rows.into_values().collect())
    }
}

#[async_trait]
impl Feed for Memory {
    async fn read_feed(
        &self,
        stream: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<FeedEvent>, StoreError> {
        let books = self.read();
        let ours = books.events.iter().filter(|event| event.stream.as_deref() == Some(stream));
        let numbered = (1..).zip(ours).map(|(seq, event)| FeedEvent {
            seq,
            id: event.id,
            name: event.name.to_owned(),
            subject: event.subject,
            body: event.body.clone(),
            at: event.at,
        });
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(numbered.filter(|event| event.seq > after).take(limit).collect())
    }
}

#[async_trait]
impl AuditLog for Memory {
    async fn list_audits(
        &self,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let fits = |row: &AuditRow| {
            let actor = row.actor.map(|actor| actor.user);
            filter.actor.is_none_or(|user| actor == Some(user))
                && filter.action.as_ref().is_none_or(|action| row.action == action)
                && filter.subject.is_none_or(|subject| row.subject == Some(subject))
        };
        let books = self.read();
        let rows = books.audits.iter().rev().filter(|row| fits(row)).cloned();
        let entries = rows.map(|row| AuditEntry {
            id: row.id,
            at: row.at,
            actor: row.actor.map(|actor| actor.user),
            action: row.action.to_owned(),
            subject: row.subject,
            address: row.address,
            request_id: row.request_id,
            facts: row.facts,
        });
        Ok(Self::page(entries.collect(), &page))
    }
}

#[async_trait]
impl Calendars for Memory {
    async fn busy(&self, resources: &[ResourceId], within: Span) -> Result<Vec<Busy>, StoreError> {
        let wanted = |claim: &&Claim| claim.is_live() && resources.contains(&claim.resource);
        let busy = |claim: &Claim| {
            let span = claim.span.filter(|span| span.overlaps(within))?;
            Some(Busy { resource: claim.resource, span })
        };
        let mut all: Vec<_> = self.read().claims.values().filter(wanted).filter_map(busy).collect();
        all.sort_by_key(|busy| (busy.resource, busy.span));
        Ok(all)
    }
}

#[async_trait]
impl Papers for Memory {
    async fn issued(&self, of: &[PaperId]) -> Result<Vec<Issued>, StoreError> {
        let books = self.read();
        let mut found = Vec::new();
        for id in of {
            let Some(event) = books.events.iter().find(|event| event.id == id.uuid()) else {
                continue;
            };
            let before = books.events.iter().take_while(|earlier| earlier.id != event.id);
            let ahead = before.filter(|earlier| earlier.stream == event.stream).count();
            let paper = serde_json::from_value(event.body.clone()).map_err(StoreError::new)?;
            let number = i64::try_from(ahead).unwrap_or_default() + 1;
            found.push(Issued { id: *id, number, at: event.at, paper });
        }
        Ok(found)
    }
}
