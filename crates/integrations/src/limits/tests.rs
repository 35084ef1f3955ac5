//! One contract for both stores; and what happens while Redis is lost.

use std::{num::NonZeroU32, time::Duration};

use commerce::limit::{Limiter, Quota, Verdict};
use governor::clock::FakeRelativeClock;

use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::{MemoryLimiter, RedisLimiter};

const ONE: NonZeroU32 = NonZeroU32::MIN;

/// A policy of its own for each test: the counts in Redis outlive one.
fn quota(limit: u32, period: Duration) -> Quota {
    Quota { policy: uuid::Uuid::new_v4().to_string(), limit, period }
}

fn per_minute(limit: u32) -> Quota {
    quota(limit, Duration::from_mins(1))
}

/// The Redis that the tests may use; `tests/bin/test-all` starts one.
fn redis_url() -> String {
    std::env::var("SOUK_TEST_REDIS").expect("SOUK_TEST_REDIS names a Redis for the tests")
}

/// A way to Redis that can be cut.
struct Relay {
    url: String,
    carrying: JoinHandle<()>,
}

impl Relay {
    async fn to(url: &str) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").await.unwrap(), url)
    }

    fn at(door: TcpListener, url: &str) -> Self {
        let url = reqwest::Url::parse(url).unwrap();
        let there = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(6379));
        let mut here = url;
        here.set_host(Some("127.0.0.1")).unwrap();
        here.set_port(Some(door.local_addr().unwrap().port())).unwrap();
        let carrying = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((mut near, _)) = door.accept().await {
                let mut far = TcpStream::connect(&there).await.unwrap();
                lines.spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { url: here.to_string(), carrying }
    }

    /// Ends every connection and takes no more.
    async fn cut(self) {
        self.carrying.abort();
        let _ = self.carrying.await;
    }
}

async fn both() -> [(&'static str, Box<dyn Limiter>); 2] {
    let redis = RedisLimiter::connect(&redis_url(), ONE).await.unwrap();
    [("memory", Box::new(MemoryLimiter::default())), ("redis", Box::new(redis))]
}

async fn hits(limiter: &dyn Limiter, quota: &Quota, times: usize) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for _ in 0..times {
        verdicts.push(limiter.hit(quota, "someone").await.unwrap());
    }
    verdicts
}

fn allowed(verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|verdict| verdict.allowed).count()
}

#[tokio::test]
async fn a_principal_is_refused_after_its_quota_and_others_are_not() {
    for (store, limiter) in both().await {
        let quota = per_minute(5);

        let verdicts = hits(&*limiter, &quota, 7).await;

        assert_eq!(allowed(&verdicts), 5, "{store}");
        assert!(verdicts[..5].iter().all(|verdict| verdict.allowed), "{store} {verdicts:?}");
        assert_eq!(verdicts[0].remaining, 4, "{store}");
        assert_eq!(verdicts[4].remaining, 0, "{store}");
        assert!(verdicts.iter().all(|verdict| verdict.limit == 5), "{store}");
        assert!(limiter.hit(&quota, "another").await.unwrap().allowed, "{store}");
    }
}

#[tokio::test]
async fn it_tells_how_long_until_the_quota_is_whole_or_the_next_may_pass() {
    for (store, limiter) in both().await {
        let verdicts = hits(&*limiter, &per_minute(5), 6).await;

        let whole_after = |used: u64| Duration::from_secs(used * 12);
        assert!(verdicts[0].reset <= whole_after(1), "{store} {verdicts:?}");
        assert!(verdicts[4].reset > whole_after(1), "{store} {verdicts:?}");
        assert!(verdicts[4].reset <= whole_after(5), "{store} {verdicts:?}");
        assert!(verdicts[5].reset > Duration::ZERO, "{store} {verdicts:?}");
        assert!(verdicts[5].reset <= whole_after(1), "{store} {verdicts:?}");
    }
}

#[tokio::test]
async fn refused_attempts_do_not_count() {
    for (store, limiter) in both().await {
        let quota = quota(1, Duration::from_millis(400));
        assert!(limiter.hit(&quota, "someone").await.unwrap().allowed, "{store}");
        let refused = hits(&*limiter, &quota, 3).await;

        let wait = refused.iter().map(|verdict| verdict.reset).max();
        tokio::time::sleep(wait.unwrap_or_default()).await;

        assert!(limiter.hit(&quota, "someone").await.unwrap().allowed, "{store}");
    }
}

#[tokio::test]
async fn a_quota_of_nothing_allows_nothing() {
    for (store, limiter) in both().await {
        assert!(!limiter.hit(&per_minute(0), "someone").await.unwrap().allowed, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_share_one_count() {
    let quota = per_minute(20);
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let limiter = std::sync::Arc::new(RedisLimiter::connect(&redis_url(), ONE).await.unwrap());
        for _ in 0..30 {
            let (limiter, quota) = (limiter.clone(), quota.clone());
            attempts.spawn(async move { limiter.hit(&quota, "someone").await.unwrap() });
        }
    }

    let verdicts = attempts.join_all().await;

    assert_eq!(allowed(&verdicts), 20);
}

#[tokio::test]
async fn while_redis_is_lost_each_instance_allows_its_share() {
    let relay = Relay::to(&redis_url()).await;
    let limiter = RedisLimiter::connect(&relay.url, NonZeroU32::new(4).unwrap()).await.unwrap();
    let quota = per_minute(8);
    assert_eq!(limiter.hit(&quota, "someone").await.unwrap().limit, 8);

    relay.cut().await;
    let verdicts = hits(&limiter, &quota, 3).await;

    assert_eq!(verdicts.iter().map(|verdict| verdict.limit).max(), Some(2));
    assert_eq!(allowed(&verdicts), 2);
}

#[tokio::test]
async fn a_redis_that_is_not_there_at_the_start_is_asked_as_soon_as_it_is() {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    drop(door);
    let url = format!("redis://{address}/");
    let limiter = RedisLimiter::connect(&url, NonZeroU32::new(4).unwrap()).await.unwrap();
    let quota = per_minute(400);
    assert_eq!(limiter.hit(&quota, "someone").await.unwrap().limit, 100);

    let _relay = Relay::at(TcpListener::bind(address).await.unwrap(), &redis_url());

    let back = async { while limiter.hit(&quota, "someone").await.unwrap().limit != 400 {} };
    tokio::time::timeout(Duration::from_secs(30), back).await.expect("Redis is never asked again");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    assert!(RedisLimiter::connect("not a url", ONE).await.is_err());
}

#[test]
fn time_gives_attempts_back_one_by_one() {
    let clock = FakeRelativeClock::default();
    let limiter = MemoryLimiter::at(clock.clone());
    let quota = per_minute(5);
    for _ in 0..5 {
        assert!(limiter.judge(&quota, "someone").allowed);
    }
    assert_eq!(limiter.judge(&quota, "someone").reset, Duration::from_secs(12));

    clock.advance(Duration::from_secs(12));

    assert!(limiter.judge(&quota, "someone").allowed);
    assert!(!limiter.judge(&quota, "someone").allowed);
}
