//! Counts in Redis, across all instances; while Redis is lost, each instance counts for itself.

use std::time::Duration;

use ::redis::{
    Client, RedisError, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use async_trait::async_trait;
use commerce::{
    StoreError,
    limit::{Limiter, Quota, Verdict},
};
use tracing::warn;

use super::MemoryLimiter;

/// A fixed window that opens with the first attempt.
const COUNT: &str = "local n = redis.call('INCR', KEYS[1]) \
    if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end \
    return {n, redis.call('PTTL', KEYS[1])}";

const PATIENCE: Duration = Duration::from_millis(250);

pub struct RedisLimiter {
    redis: ConnectionManager,
    count: Script,
    alone: MemoryLimiter,
}

impl RedisLimiter {
    pub async fn connect(url: &str) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE.saturating_mul(4)))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let redis = ConnectionManager::new_with_config(Client::open(url)?, config).await?;
        Ok(Self { redis, count: Script::new(COUNT), alone: MemoryLimiter::default() })
    }

    async fn count(&self, quota: &Quota, principal: &str) -> Result<(u32, i64), RedisError> {
        let key = format!("souk:limit:{}:{principal}", quota.policy);
        let window = u64::try_from(quota.period.as_millis()).unwrap_or(u64::MAX);
        let mut redis = self.redis.clone();
        self.count.key(key).arg(window).invoke_async(&mut redis).await
    }
}

#[async_trait]
impl Limiter for RedisLimiter {
    async fn hit(&self, quota: &Quota, principal: &str) -> Result<Verdict, StoreError> {
        match self.count(quota, principal).await {
            Ok((count, left_ms)) => Ok(Verdict {
                allowed: count <= quota.limit,
                limit: quota.limit,
                remaining: quota.limit.saturating_sub(count),
                reset: u64::try_from(left_ms).map_or(quota.period, Duration::from_millis),
            }),
            Err(error) => {
                warn!(%error, "Redis is out of reach; this instance counts for itself");
                Ok(self.alone.judge(quota, principal))
            }
        }
    }
}
