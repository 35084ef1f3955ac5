//! Reconciliation over memory.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Memory, books};
use crate::{
    Account, CommitError, Currency, Effects, Money, Page, PageRequest, Payment, PaymentId, Posting,
    StoreError,
    ledger::Layer,
    reconciliation::{
        Booked, Class, Concluded, LineFilter, OwnEntry, Reconciled, Reconciliations, Standing,
        Total, Unseen,
    },
};

#[async_trait]
impl Reconciliations for Memory {
    async fn payments_known(
        &self,
        provider: &str,
        ids: &[PaymentId],
        names: &[String],
    ) -> Result<Vec<Payment>, StoreError> {
        let named =
            |it: &Payment| it.provider_ref.as_ref().is_some_and(|name| names.contains(name));
        let all = self.read().all::<Payment>().into_iter().map(|stored| stored.state);
        let ours = all.filter(|payment| payment.provider == provider);
        Ok(ours.filter(|payment| ids.contains(&payment.id) || named(payment)).collect())
    }

    async fn kept_lines(&self, ids: &[Uuid]) -> Result<Vec<Reconciled>, StoreError> {
        let books = self.read();
        Ok(ids.iter().filter_map(|id| books.lines.get(id)).cloned().collect())
    }

    async fn booked(
        &self,
        account: &Account,
        postings: &[Uuid],
    ) -> Result<Vec<Booked>, StoreError> {
        let books = self.read();
        let ours = books.postings.iter().filter(|posting| postings.contains(&posting.id));
        let explains = |posting: Uuid| {
            let of =
                |line: &&Reconciled| line.class.is_explained() && line.posting == Some(posting);
            books.lines.values().find(of).map(|line| line.id)
        };
        let booked = |posting: &Posting| {
            let amount = moved(posting, account)?;
            let (explains, at) = (explains(posting.id), posting.at);
            Some(Booked { posting: posting.id, amount, at, explains })
        };
        Ok(ours.filter_map(booked).collect())
    }

    async fn keep_lines(&self, lines: &[Reconciled], effects: Effects) -> Result<(), CommitError> {
        let mut books = self.read();
        books.apply(effects)?;
        for line in lines {
            let explained = line.posting.filter(|_| line.class != Class::MissingThere);
            if explained.is_some() {
                books.lines.retain(|_, kept| {
                    kept.class != Class::MissingThere || kept.posting != explained
                });
            }
            books.lines.insert(line.id, line.clone());
        }
        Ok(())
    }

    async fn list_lines(
        &self,
        filter: LineFilter,
        page: PageRequest,
    ) -> Result<Page<Reconciled>, StoreError> {
        let fits = |line: &&Reconciled| {
            filter.provider.as_ref().is_none_or(|provider| line.provider == *provider)
                && filter.class.map_or(!line.class.is_explained(), |class| line.class == class)
        };
        let mut all: Vec<_> = self.read().lines.values().filter(fits).cloned().collect();
        all.sort_by_key(|line| (line.line.at, line.id));
        Ok(Self::page(all, &page))
    }

    async fn unseen(&self, ask: &Unseen) -> Result<Vec<OwnEntry>, StoreError> {
        let books = self.read();
        let wanted = |posting: &&Posting| {
            ask.kinds.contains(&posting.kind)
                && (ask.from..ask.until).contains(&posting.at)
                && posting.id >= ask.since
                && !books.lines.values().any(|line| line.posting == Some(posting.id))
        };
        let own = |posting: &Posting| {
            let amount = moved(posting, &ask.account)?;
            let kind = posting.kind.to_owned();
            Some(OwnEntry { posting: posting.id, kind, amount, at: posting.at })
        };
        let found = books.postings.iter().filter(wanted).filter_map(own);
        Ok(found.take(usize::try_from(ask.limit).unwrap_or(usize::MAX)).collect())
    }

    async fn standings(&self) -> Result<Vec<Standing>, StoreError> {
        let books = self.read();
        let standing = |run: &Concluded| {
            let ours: Vec<_> =
                books.lines.values().filter(|line| line.provider == run.provider).collect();
            let mut totals: Vec<Total> = Vec::new();
            for line in &ours {
                let currency = line.line.amount.currency;
                let same =
                    |it: &&mut Total| it.class == line.class && it.amount.currency == currency;
                let minor = line.line.amount.minor.abs();
                if let Some(total) = totals.iter_mut().find(same) {
                    total.count += 1;
                    total.amount.minor += minor;
                } else {
                    let amount = Money::new(minor, currency);
                    totals.push(Total { class: line.class, count: 1, amount });
                }
            }
            let code = Account::clearing(&run.provider);
            let usd = books::balance(&books.postings, code.code(), Currency::USD);
            let open = ours.iter().filter(|line| !line.class.is_explained());
            let missing = ours.iter().filter(|line| line.class == Class::MissingThere);
            Standing {
                run: run.clone(),
                totals,
                clearing: vec![Money::usd(usd)],
                oldest: open.map(|line| (line.line.at, line.id)).min().map(|(at, id)| (id, at)),
                missing_there_since: missing.map(|line| line.line.at).min(),
            }
        };
        Ok(books.runs.iter().map(standing).collect())
    }

    async fn conclude(&self, run: &Concluded) -> Result<(), StoreError> {
        let mut books = self.read();
        books.runs.retain(|known| known.provider != run.provider);
        books.runs.push(run.clone());
        Ok(())
    }
}

/// What a posting did to the account.
fn moved(posting: &Posting, account: &Account) -> Option<Money> {
    let ours = posting.entries().iter().filter(|entry| entry.layer == Layer::Settled);
    ours.filter(|entry| entry.account == *account).map(|entry| entry.amount).next()
}
