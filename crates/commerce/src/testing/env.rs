//! A clock and a source of randomness that tests set.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use chrono::TimeDelta;

use crate::{Clock, Env, Random, Timestamp};

/// Noon of the first of May 2026, and `seconds` later.
pub fn moment(seconds: i64) -> Timestamp {
    let noon: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
    noon + TimeDelta::seconds(seconds)
}

/// A clock that stands still until it is told.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl Default for ManualClock {
    fn default() -> Self {
        Self(Mutex::new(moment(0)))
    }
}

impl ManualClock {
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014): repeatable, and never the same twice in a run.
#[derive(Debug, Default)]
pub struct SeededRandom(AtomicU64);

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.next().to_le_bytes();
            chunk.iter_mut().zip(random).for_each(|(byte, random)| *byte = random);
        }
    }
}

/// Surroundings under the test's control.
#[derive(Debug, Clone)]
pub struct TestEnv {
    pub clock: Arc<ManualClock>,
    pub random: Arc<SeededRandom>,
}

impl TestEnv {
    #[expect(clippy::new_without_default, reason = "a default would hide that the seed is fixed")]
    pub fn new() -> Self {
        Self::seeded(42)
    }

    pub fn seeded(seed: u64) -> Self {
        Self { clock: Arc::default(), random: Arc::new(SeededRandom::new(seed)) }
    }

    pub fn env(&self) -> Env {
        Env::new(self.clock.clone(), self.random.clone())
    }
}
