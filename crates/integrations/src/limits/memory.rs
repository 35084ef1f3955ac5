//! Counts in this process, by the generic cell rate algorithm.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use commerce::{
    StoreError,
    limit::{Limiter, Quota, Verdict},
};
use governor::{
    RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

/// Counters by policy and limit.
type Counters<C> = HashMap<(String, u32), Arc<Counter<C>>>;

type Cells<C> = RateLimiter<String, DefaultKeyedStateStore<String>, C, StateInformationMiddleware>;

/// How many principals a counter may know before it forgets the quiet ones.
const CROWD: usize = 50_000;
/// How many attempts pass between two looks at the crowd, which cost more than an attempt.
const GLANCE: u64 = 1_024;

struct Counter<C: Clock> {
    cells: Cells<C>,
    /// How long until one attempt is given back.
    gap: Duration,
    attempts: AtomicU64,
}

impl<C: Clock> Counter<C> {
    fn forget_the_quiet(&self) {
        let attempts = self.attempts.fetch_add(1, Ordering::Relaxed);
        if attempts % GLANCE == GLANCE - 1 && self.cells.len() > CROWD {
            self.cells.retain_recent();
        }
    }
}

/// One counter for each policy; clones share them.
#[derive(Clone)]
pub struct MemoryLimiter<C: Clock = DefaultClock> {
    counters: Arc<RwLock<Counters<C>>>,
    clock: C,
}

impl Default for MemoryLimiter {
    fn default() -> Self {
        Self::at(DefaultClock::default())
    }
}

impl<C: Clock + Clone> MemoryLimiter<C> {
    /// A limiter that tells the time by this clock.
    pub fn at(clock: C) -> Self {
        Self { counters: Arc::default(), clock }
    }

    fn counter(&self, quota: &Quota) -> Option<Arc<Counter<C>>> {
        let name = (quota.policy.clone(), quota.limit);
        let known =
            self.counters.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if known.is_some() {
            return known;
        }
        let limit = NonZeroU32::new(quota.limit)?;
        let gap = quota.period.checked_div(quota.limit)?;
        let rate = governor::Quota::with_period(gap)?.allow_burst(limit);
        let cells = Cells::new(rate, DefaultKeyedStateStore::default(), self.clock.clone());
        let counter = Arc::new(Counter { cells, gap, attempts: AtomicU64::new(0) });
        let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
        Some(counters.entry(name).or_insert(counter).clone())
    }

    /// What the limiter says; a quota of nothing allows nothing.
    pub fn judge(&self, quota: &Quota, principal: &str) -> Verdict {
        let refused = |reset| Verdict { allowed: false, limit: quota.limit, remaining: 0, reset };
        let Some(counter) = self.counter(quota) else { return refused(quota.period) };
        counter.forget_the_quiet();
        match counter.cells.check_key(&principal.to_owned()) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = quota.limit.saturating_sub(remaining);
                let reset = counter.gap.saturating_mul(used);
                Verdict { allowed: true, limit: quota.limit, remaining, reset }
            }
            Err(until) => refused(until.wait_time_from(self.clock.now())),
        }
    }
}

#[async_trait]
impl<C> Limiter for MemoryLimiter<C>
where
    C: Clock + Clone + Send + Sync,
    C::Instant: Send + Sync,
{
    async fn hit(&self, quota: &Quota, principal: &str) -> Result<Verdict, StoreError> {
        Ok(self.judge(quota, principal))
    }
}
