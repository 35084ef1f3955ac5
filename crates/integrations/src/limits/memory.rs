//! Counts in this process, by the generic cell rate algorithm.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
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
type Counters = HashMap<(String, u32), Arc<Counter>>;

type Counter =
    RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// How many principals a counter may know before it forgets the quiet ones.
const CROWD: usize = 50_000;

/// One counter for each policy; clones share them.
#[derive(Clone, Default)]
pub struct MemoryLimiter(Arc<RwLock<Counters>>);

impl MemoryLimiter {
    fn counter(&self, quota: &Quota) -> Option<Arc<Counter>> {
        let name = (quota.policy.clone(), quota.limit);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if known.is_some() {
            return known;
        }
        let limit = NonZeroU32::new(quota.limit)?;
        let gap = quota.period.checked_div(quota.limit)?;
        let rate = governor::Quota::with_period(gap)?.allow_burst(limit);
        let counter = RateLimiter::keyed(rate).with_middleware::<StateInformationMiddleware>();
        let mut counters = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Some(counters.entry(name).or_insert_with(|| Arc::new(counter)).clone())
    }

    /// What the limiter says; a quota of nothing allows nothing.
    pub fn judge(&self, quota: &Quota, principal: &str) -> Verdict {
        let refused = |reset| Verdict { allowed: false, limit: quota.limit, remaining: 0, reset };
        let Some(counter) = self.counter(quota) else { return refused(quota.period) };
        if counter.len() > CROWD {
            counter.retain_recent();
        }
        match counter.check_key(&principal.to_owned()) {
            Ok(state) => Verdict {
                allowed: true,
                limit: quota.limit,
                remaining: state.remaining_burst_capacity(),
                reset: quota.period,
            },
            Err(until) => refused(until.wait_time_from(DefaultClock::default().now())),
        }
    }
}

#[async_trait]
impl Limiter for MemoryLimiter {
    async fn hit(&self, quota: &Quota, principal: &str) -> Result<Verdict, StoreError> {
        Ok(self.judge(quota, principal))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn quota(limit: u32) -> Quota {
        Quota { policy: "search".into(), limit, period: Duration::from_mins(1) }
    }

    #[test]
    fn a_principal_is_refused_after_its_quota_and_others_are_not() {
        let limiter = MemoryLimiter::default();

        let verdicts: Vec<_> = (0..3).map(|_| limiter.judge(&quota(2), "one")).collect();

        assert_eq!(verdicts.iter().map(|v| v.allowed).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(verdicts[0].remaining, 1);
        assert!(verdicts[2].reset > Duration::ZERO);
        assert!(limiter.judge(&quota(2), "another").allowed);
    }

    #[test]
    fn a_quota_of_nothing_allows_nothing() {
        assert!(!MemoryLimiter::default().judge(&quota(0), "one").allowed);
    }
}
