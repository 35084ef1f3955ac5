//! Randomness nobody can guess.

use commerce::Random;
use rand::RngCore;

/// The thread's own cipher stream, seeded by the operating system and again after every 64 KiB: as strong as asking
/// for each byte, without a call of the system for each.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chance;

impl Random for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}
