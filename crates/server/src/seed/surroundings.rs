//! Surroundings in which everything comes out the same each time: a clock that ticks when told, and no chance.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta};
use commerce::{Clock, Env, Random, Timestamp};

/// The morning the demonstration shop opened: 2026-01-05 08:00 UTC.
const OPENING_S: i64 = 1_767_600_000;

#[derive(Debug)]
pub struct Surroundings {
    clock: Arc<Ticks>,
    env: Env,
}

impl Surroundings {
    /// Different seeds make different ids.
    pub fn new(seed: u64) -> Self {
        let clock = Arc::new(Ticks(AtomicI64::new(0)));
        let env = Env::new(clock.clone(), Arc::new(Sequence(AtomicU64::new(seed))));
        Self { clock, env }
    }

    pub fn env(&self) -> &Env {
        &self.env
    }

    pub fn tick(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Ticks(AtomicI64);

impl Clock for Ticks {
    fn now(&self) -> Timestamp {
        let opening = DateTime::from_timestamp(OPENING_S, 0).unwrap_or_default();
        opening + TimeDelta::seconds(self.0.load(Ordering::Relaxed))
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Debug)]
struct Sequence(AtomicU64);

impl Sequence {
    fn next(&self) -> u64 {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Random for Sequence {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.next().to_le_bytes();
            chunk.iter_mut().zip(random).for_each(|(byte, random)| *byte = random);
        }
    }
}
