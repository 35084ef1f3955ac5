//! Randomness of the operating system.

use commerce::Random;
use rand::{TryRngCore, rngs::OsRng};

/// Seeds from the operating system when it can, else from the thread's own generator, which it seeded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chance;

impl Random for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        if OsRng.try_fill_bytes(bytes).is_err() {
            rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
        }
    }
}
