//! One store in memory that serves every aggregate, under one lock.

use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use uuid::Uuid;

use super::books;
use crate::{
    Aggregate, Change, Claim, ClaimMove, ClaimState, CommitError, Currency, Effects, Event, Order,
    OrderId, Page, PageRequest, Payment, PaymentId, Posting, Receipt, Receipts, Repository,
    ResourceId, StoreError, Stored, Timestamp, UserId, Version, Write,
    audit::AuditRow,
    claim::{StockDelta, StockMove},
    order::{OrderFilter, OrderState, Orders},
    payment::{Inbox, Notice, PaymentFilter, Payments, Reception},
    picture::{HELD, Holder, Picture, PictureId, PictureMove, PictureState, Pictures, Way},
    reconciliation::{Concluded, Reconciled},
};

type Row = (Arc<dyn Any + Send + Sync>, Version);
type Clash = Box<dyn Fn(&dyn Any, &dyn Any) -> bool + Send>;

/// Everything that was written.
#[derive(Default)]
pub struct Books {
    rows: HashMap<(TypeId, Uuid), Row>,
    clashes: HashMap<TypeId, Vec<(String, Clash)>>,
    /// `on_hand` and `held` of every resource.
    pub stock: BTreeMap<ResourceId, (i64, i64)>,
    pub claims: BTreeMap<Uuid, Claim>,
    pub pictures: BTreeMap<PictureId, Picture>,
    pub stock_moves: Vec<StockMove>,
    pub postings: Vec<Posting>,
    pub events: Vec<Event>,
    pub audits: Vec<AuditRow>,
    pub receipts: Vec<Receipt>,
    pub notices: Vec<Notice>,
    pub quarantined: Vec<(String, String)>,
    /// Lines of providers' records.
    pub lines: BTreeMap<Uuid, Reconciled>,
    pub runs: Vec<Concluded>,
}

impl Books {
    /// Debits less credits of an account.
    pub fn balance(&self, code: &str, currency: Currency) -> i64 {
        books::balance(&self.postings, code, currency)
    }

    pub fn all<T: Aggregate>(&self) -> Vec<Stored<T>> {
        let ours = self.rows.iter().filter(|((kind, _), _)| *kind == TypeId::of::<T>());
        let mut all: Vec<_> = ours.filter_map(|(_, row)| read::<T>(row)).collect();
        all.sort_by_key(|stored| stored.state.id().into());
        all
    }

    /// Removes an aggregate as if it had never been written.
    pub fn forget<T: Aggregate>(&mut self, id: Uuid) {
        self.rows.remove(&(TypeId::of::<T>(), id));
    }

    fn get<T: Aggregate>(&self, id: Uuid) -> Option<Stored<T>> {
        self.rows.get(&(TypeId::of::<T>(), id)).and_then(read)
    }

    fn save<T: Aggregate>(&mut self, write: &Write<T>) -> Result<(), CommitError> {
        let id: Uuid = write.state.id().into();
        let found = self.get::<T>(id).map_or(Version(0), |stored| stored.version);
        if found != write.expected {
            let made = write.expected == Version(0);
            return Err(if made { CommitError::Exists } else { CommitError::Stale });
        }
        let rivals =
            self.rows.iter().filter(|((kind, key), _)| *kind == TypeId::of::<T>() && *key != id);
        for (name, clash) in self.clashes.get(&TypeId::of::<T>()).into_iter().flatten() {
            if rivals.clone().any(|(_, (row, _))| clash(row.as_ref(), &write.state)) {
                return Err(CommitError::Taken(name.clone()));
            }
        }
        let row: Row = (Arc::new(write.state.clone()), found.next());
        self.rows.insert((TypeId::of::<T>(), id), row);
        Ok(())
    }

    pub(super) fn apply(&mut self, effects: Effects) -> Result<(), CommitError> {
        if let Some(receipt) = effects.receipt {
            self.keep_receipt(receipt)?;
        }
        effects.payments.iter().try_for_each(|payment| self.save(payment))?;
        effects.orders.iter().try_for_each(|order| self.save(order))?;
        effects.pictures.iter().try_for_each(|moved| self.move_picture(moved))?;
        self.move_claims(effects.claims, effects.stock)?;
        books::post(&mut self.postings, effects.postings)?;
        effects.events.into_iter().try_for_each(|event| self.tell(event))?;
        self.audits.extend(effects.audits);
        Ok(())
    }

    fn keep_receipt(&mut self, receipt: Receipt) -> Result<(), CommitError> {
        let same = |kept: &&mut Receipt| {
            kept.request.scope == receipt.request.scope && kept.request.key == receipt.request.key
        };
        match self.receipts.iter_mut().find(same) {
            None => self.receipts.push(receipt),
            Some(kept) if kept.answer.is_none() && kept.subject == receipt.subject => {
                *kept = receipt;
            }
            Some(_) => return Err(CommitError::AlreadyDone),
        }
        Ok(())
    }

    /// An event is told once.
    fn tell(&mut self, event: Event) -> Result<(), CommitError> {
        if self.events.iter().any(|told| told.id == event.id) {
            return Err(CommitError::Exists);
        }
        self.events.push(event);
        Ok(())
    }

    fn move_picture(&mut self, moved: &PictureMove) -> Result<(), CommitError> {
        let known = self.pictures.get_mut(&moved.picture);
        match (moved.way, known) {
            (Way::Take, Some(picture)) if is_free(picture) => {
                picture.holder = Some(moved.holder.clone());
                Ok(())
            }
            (Way::Keep, Some(picture)) if is_free_evidence(picture) => {
                picture.holder = Some(moved.holder.clone());
                Ok(())
            }
            (Way::Take | Way::Keep, _) => Err(CommitError::Taken(HELD.into())),
            (Way::Leave, Some(picture)) if picture.holder.as_ref() == Some(&moved.holder) => {
                picture.holder = None;
                Ok(())
            }
            (Way::Leave, _) => Ok(()),
        }
    }

    fn move_claims(
        &mut self,
        moves: Vec<ClaimMove>,
        stock: Vec<StockMove>,
    ) -> Result<(), CommitError> {
        let mut deltas: BTreeMap<ResourceId, StockDelta> = BTreeMap::new();
        let mut spans = Vec::new();
        for claim_move in moves {
            let id = claim_move.claim.id.uuid();
            let found = self.claims.get(&id).map(|claim| claim.state.name());
            if found != claim_move.from.map(ClaimState::name) {
                return Err(CommitError::Stale);
            }
            if claim_move.claim.span.is_some() {
                spans.push(claim_move.claim.clone());
            } else {
                let delta = deltas.entry(claim_move.claim.resource).or_default();
                *delta = delta.plus(claim_move.delta());
            }
            self.claims.insert(id, claim_move.claim);
        }
        for stock_move in &stock {
            let delta = deltas.entry(stock_move.resource).or_default();
            *delta = delta.plus(StockDelta { on_hand: stock_move.units, held: 0 });
            self.stock.entry(stock_move.resource).or_default();
        }
        self.stock_moves.extend(stock);
        let taken = |claim: &&Claim| self.claims.values().any(|other| claim.rivals(other));
        let mut short: Vec<_> = spans.iter().filter(taken).map(|claim| claim.resource).collect();
        for (resource, delta) in deltas {
            let (on_hand, held) = self.stock.get(&resource).copied().unwrap_or_default();
            let (on_hand, held) = (on_hand + delta.on_hand, held + delta.held);
            if held < 0 || held > on_hand {
                short.push(resource);
            }
            self.stock.insert(resource, (on_hand, held));
        }
        if short.is_empty() { Ok(()) } else { Err(CommitError::OutOfStock(short)) }
    }

    fn copy(&self) -> Snapshot {
        Snapshot {
            stock: self.stock.clone(),
            claims: self.claims.clone(),
            pictures: self.pictures.clone(),
            stock_moves: self.stock_moves.len(),
            postings: self.postings.len(),
            events: self.events.len(),
            audits: self.audits.len(),
            receipts: self.receipts.clone(),
        }
    }

    fn undo(&mut self, before: Snapshot) {
        self.stock = before.stock;
        self.claims = before.claims;
        self.pictures = before.pictures;
        self.stock_moves.truncate(before.stock_moves);
        self.postings.truncate(before.postings);
        self.events.truncate(before.events);
        self.audits.truncate(before.audits);
        self.receipts = before.receipts;
    }
}

struct Snapshot {
    stock: BTreeMap<ResourceId, (i64, i64)>,
    claims: BTreeMap<Uuid, Claim>,
    pictures: BTreeMap<PictureId, Picture>,
    stock_moves: usize,
    postings: usize,
    events: usize,
    audits: usize,
    receipts: Vec<Receipt>,
}

fn is_free(picture: &Picture) -> bool {
    picture.holder.is_none() && matches!(picture.state, PictureState::Open(_))
}

fn is_free_evidence(picture: &Picture) -> bool {
    picture.holder.is_none() && picture.state == PictureState::Private
}

fn read<T: Aggregate>((row, version): &Row) -> Option<Stored<T>> {
    row.downcast_ref::<T>().map(|state| Stored { state: state.clone(), version: *version })
}

/// The store; clones share what was written.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Books>>);

impl Memory {
    pub fn read(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stands in for a unique index named `name`.
    pub fn with_clash<T: Aggregate>(self, name: &str, clash: fn(&T, &T) -> bool) -> Self {
        let judge: Clash = Box::new(move |a, b| match (a.downcast_ref(), b.downcast_ref()) {
            (Some(a), Some(b)) => clash(a, b),
            _ => false,
        });
        self.read().clashes.entry(TypeId::of::<T>()).or_default().push((name.to_owned(), judge));
        self
    }

    /// Puts an aggregate there as if it had been written once.
    pub fn put<T: Aggregate>(&self, state: T) {
        let id = state.id().into();
        self.read().rows.insert((TypeId::of::<T>(), id), (Arc::new(state), Version(1)));
    }

    /// Puts an uploaded picture there, in the place of the one with its id.
    pub fn put_picture(&self, picture: Picture) {
        self.read().pictures.insert(picture.id, picture);
    }

    pub fn set_stock(&self, resource: ResourceId, on_hand: i64) {
        self.read().stock.insert(resource, (on_hand, 0));
    }

    pub fn on_hand(&self, resource: ResourceId) -> i64 {
        self.read().stock.get(&resource).map_or(0, |(on_hand, _)| *on_hand)
    }

    pub fn held(&self, resource: ResourceId) -> i64 {
        self.read().stock.get(&resource).map_or(0, |(_, held)| *held)
    }

    fn pages<T>(all: Vec<T>, page: &PageRequest) -> Page<T> {
        let from: usize = page.cursor.as_deref().and_then(|at| at.parse().ok()).unwrap_or(0);
        let limit = usize::try_from(page.limit.max(1)).unwrap_or(usize::MAX);
        let more = all.len() > from.saturating_add(limit);
        let next_cursor = more.then(|| (from + limit).to_string());
        Page { data: all.into_iter().skip(from).take(limit).collect(), next_cursor }
    }

    /// A page of any list a test's port returns.
    pub fn page<T>(all: Vec<T>, page: &PageRequest) -> Page<T> {
        Self::pages(all, page)
    }
}

#[async_trait]
impl<T: Aggregate> Repository<T> for Memory {
    async fn find(&self, id: T::Id) -> Result<Option<Stored<T>>, StoreError> {
        Ok(self.read().get(id.into()))
    }

    async fn commit(&self, change: Change<T>) -> Result<(), CommitError> {
        let mut books = self.read();
        let mut touched: Vec<(TypeId, Uuid)> = Vec::new();
        touched.extend(change.writes.iter().map(|w| (TypeId::of::<T>(), w.state.id().into())));
        touched.extend(
            change.effects.orders.iter().map(|w| (TypeId::of::<Order>(), w.state.id.uuid())),
        );
        touched.extend(
            change.effects.payments.iter().map(|w| (TypeId::of::<Payment>(), w.state.id.uuid())),
        );
        let before = books.copy();
        let rows: Vec<_> =
            touched.into_iter().map(|key| (key, books.rows.get(&key).cloned())).collect();
        let written = change
            .writes
            .iter()
            .try_for_each(|write| books.save(write))
            .and_then(|()| books.apply(change.effects));
        if written.is_err() {
            books.undo(before);
            for (key, row) in rows {
                match row {
                    Some(row) => books.rows.insert(key, row),
                    None => books.rows.remove(&key),
                };
            }
        }
        written
    }
}

#[async_trait]
impl Pictures for Memory {
    async fn pictures(
        &self,
        ids: &[PictureId],
        holder: Option<&Holder>,
    ) -> Result<Vec<Picture>, StoreError> {
        let asked = |picture: &&Picture| {
            ids.contains(&picture.id) || (holder.is_some() && picture.holder.as_ref() == holder)
        };
        Ok(self.read().pictures.values().filter(asked).cloned().collect())
    }
}

#[async_trait]
impl Receipts for Memory {
    async fn find_receipt(&self, scope: &str, key: &str) -> Result<Option<Receipt>, StoreError> {
        let books = self.read();
        let mut kept = books.receipts.iter();
        Ok(kept.find(|r| r.request.scope == scope && r.request.key == key).cloned())
    }

    async fn forget_receipts(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

#[async_trait]
impl Orders for Memory {
    async fn list_orders(
        &self,
        filter: OrderFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Order>>, StoreError> {
        let fits = |order: &Order| {
            filter.buyer.is_none_or(|buyer| order.buyer == buyer)
                && filter.state.as_ref().is_none_or(|state| order.state.name() == state)
                && (!filter.cancellation_requested || order.cancellation_request.is_some())
        };
        let mut all = self.read().all::<Order>();
        all.retain(|stored| fits(&stored.state));
        all.reverse();
        Ok(Self::pages(all, &page))
    }

    async fn expired_orders(&self, now: Timestamp, limit: u32) -> Result<Vec<OrderId>, StoreError> {
        let due =
            |order: &Order| matches!(order.state, OrderState::Pending { until } if until <= now);
        let all = self.read().all::<Order>();
        let due = all.into_iter().filter(|stored| due(&stored.state)).map(|stored| stored.state.id);
        Ok(due.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }

    async fn open_orders(&self, buyer: UserId) -> Result<u64, StoreError> {
        let open = |o: &Order| o.buyer == buyer && matches!(o.state, OrderState::Pending { .. });
        let count = self.read().all::<Order>().iter().filter(|stored| open(&stored.state)).count();
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

#[async_trait]
impl Payments for Memory {
    async fn by_provider_ref(
        &self,
        provider: &str,
        provider_ref: &str,
    ) -> Result<Option<Stored<Payment>>, StoreError> {
        let fits =
            |p: &Payment| p.provider == provider && p.provider_ref.as_deref() == Some(provider_ref);
        Ok(self.read().all::<Payment>().into_iter().find(|stored| fits(&stored.state)))
    }

    async fn of_order(&self, order: OrderId) -> Result<Vec<Stored<Payment>>, StoreError> {
        let mut all = self.read().all::<Payment>();
        all.retain(|stored| stored.state.order == order);
        Ok(all)
    }

    async fn list_payments(
        &self,
        filter: PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<Stored<Payment>>, StoreError> {
        let fits = |p: &Payment| {
            filter.buyer.is_none_or(|buyer| p.buyer == buyer)
                && filter.order.is_none_or(|order| p.order == order)
        };
        let mut all = self.read().all::<Payment>();
        all.retain(|stored| fits(&stored.state));
        all.reverse();
        Ok(Self::pages(all, &page))
    }

    async fn due_payments(&self, now: Timestamp, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
        let all = self.read().all::<Payment>();
        let due = all.into_iter().filter(|s| s.state.check_at.is_some_and(|at| at <= now));
        Ok(due.map(|s| s.state.id).take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }
}

#[async_trait]
impl Inbox for Memory {
    async fn receive(&self, notice: &Notice, event: Event) -> Result<Reception, StoreError> {
        let mut books = self.read();
        let same =
            |kept: &&Notice| kept.provider == notice.provider && kept.event_id == notice.event_id;
        match books.notices.iter().find(same) {
            Some(kept) if kept.digest == notice.digest => Ok(Reception::Duplicate),
            Some(_) => {
                books.quarantined.push((notice.event_id.clone(), "same id, other body".into()));
                Ok(Reception::Quarantined)
            }
            None => {
                books.notices.push(notice.clone());
                books.events.push(event);
                Ok(Reception::First)
            }
        }
    }

    async fn quarantine(&self, _: &str, event_id: &str, why: &str) -> Result<(), StoreError> {
        self.read().quarantined.push((event_id.to_owned(), why.to_owned()));
        Ok(())
    }
}
