//! Counts in Redis, across all instances; while Redis is lost, each instance allows its share.

use std::{num::NonZeroU32, time::Duration};

use ::redis::{
    Client, RedisError, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
    cmd,
};
use async_trait::async_trait;
use commerce::{
    StoreError,
    limit::{Limiter, Quota, Verdict},
};
use tracing::warn;

use super::MemoryLimiter;

/// The generic cell rate algorithm, by the clock of Redis, in microseconds. Under the key is kept when the bucket will be
/// whole again. Answers whether the attempt is allowed, how many more are, and how long until the bucket is whole, or,
/// when it is not allowed, until the next may be.
const JUDGE: &str = r"
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local limit, period = tonumber(ARGV[1]), tonumber(ARGV[2])
    local gap = period / limit
    local whole = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + gap
    if whole - now > period + 0.5 then
        return {0, 0, math.ceil(whole - now - period)}
    end
    redis.call('SET', KEYS[1], string.format('%.0f', whole), 'PX', math.ceil((whole - now) / 1000))
    return {1, math.floor((period - (whole - now) + 0.5) / gap), math.ceil(whole - now)}
";

/// How long one question may take before this instance counts for itself.
const PATIENCE: Duration = Duration::from_millis(250);

pub struct RedisLimiter {
    redis: ConnectionManager,
    judge: Script,
    alone: MemoryLimiter,
    instances: NonZeroU32,
}

impl RedisLimiter {
    /// Connects one of so many instances, which share the quotas evenly when they cannot share a count. A Redis that
    /// does not answer is no error: it is asked again by and by. A URL that cannot be read is one.
    pub async fn connect(url: &str, instances: NonZeroU32) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE.saturating_mul(4)))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let redis = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        let limiter =
            Self { redis, judge: Script::new(JUDGE), alone: MemoryLimiter::default(), instances };
        limiter.greet().await;
        Ok(limiter)
    }

    /// Connects now, so that no request waits for it, and says it when nobody is there.
    async fn greet(&self) {
        let answer: Result<(), _> = cmd("PING").query_async(&mut self.redis.clone()).await;
        if let Err(error) = answer {
            warn!(%error, "Redis is out of reach; this instance counts for itself until it is back");
        }
    }

    async fn ask(&self, quota: &Quota, principal: &str) -> Result<(bool, u32, u64), RedisError> {
        let key = format!("souk:limit:{}:{}:{principal}", quota.policy, quota.limit);
        let period = u64::try_from(quota.period.as_micros()).unwrap_or(u64::MAX);
        let mut redis = self.redis.clone();
        self.judge.key(key).arg(quota.limit).arg(period).invoke_async(&mut redis).await
    }

    /// What this instance allows on its own: its share, but never nothing.
    fn alone(&self, quota: &Quota, principal: &str) -> Verdict {
        let limit = quota.limit.div_ceil(self.instances.get());
        self.alone.judge(&Quota { limit, ..quota.clone() }, principal)
    }
}

#[async_trait]
impl Limiter for RedisLimiter {
    async fn hit(&self, quota: &Quota, principal: &str) -> Result<Verdict, StoreError> {
        if quota.limit == 0 {
            return Ok(self.alone(quota, principal));
        }
        match self.ask(quota, principal).await {
            Ok((allowed, remaining, reset)) => Ok(Verdict {
                allowed,
                limit: quota.limit,
                remaining,
                reset: Duration::from_micros(reset),
            }),
            Err(error) => {
                warn!(%error, "Redis is out of reach; this instance counts for itself");
                Ok(self.alone(quota, principal))
            }
        }
    }
}
