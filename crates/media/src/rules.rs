//! What is accepted, and how long things may take.

use std::time::Duration;

use chrono::TimeDelta;

/// What a file may cost us. They are judged in this order: its bytes before it is read, its pixels before it is
/// decoded, its memory while it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub bytes: usize,
    pub pixels: u64,
    /// Of either side.
    pub side: u32,
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 10 * 1024 * 1024,
            pixels: 40_000_000,
            side: 16_384,
            memory: 256 * 1024 * 1024,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Rules {
    pub limits: Limits,
    /// Pictures in work at the same moment; each may take `limits.memory` and a little more.
    pub at_once: usize,
    /// How long a store may take; well below `upload_window`, so that what is swept is not still on its way.
    pub put_within: Duration,
    /// An upload that is not finished by then is taken back.
    pub upload_window: TimeDelta,
    /// How many images a person may have that are attached to nothing.
    pub most_unused: u64,
    /// How long an image may stay attached to nothing; for ever when absent.
    pub unused_for: Option<TimeDelta>,
    /// How long a link to a private image opens it.
    pub private_for: TimeDelta,
    pub sweep_every: Duration,
    /// How many rows a sweep moves at a time.
    pub batch: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            at_once: 2,
            put_within: Duration::from_mins(1),
            upload_window: TimeDelta::minutes(10),
            most_unused: 200,
            unused_for: Some(TimeDelta::days(7)),
            private_for: TimeDelta::minutes(15),
            sweep_every: Duration::from_mins(1),
            batch: 100,
        }
    }
}
