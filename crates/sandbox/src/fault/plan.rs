//! The default faults: those of every intent, and those drawn for a share of them.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Faults;

/// What intents meet when nobody asks for anything else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultPlan {
    pub always: Faults,
    /// Each is drawn by itself.
    pub chances: Vec<Chance>,
    pub seed: u64,
}

/// A fault of so many intents in a thousand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chance {
    pub per_mille: u16,
    pub fault: Faults,
}

impl FaultPlan {
    /// The same seed and reference meet the same faults, whatever comes in between.
    pub(crate) fn draw(&self, reference: &str) -> Faults {
        let mut drawn = self.always.clone();
        for (line, chance) in self.chances.iter().enumerate() {
            if self.roll(line, reference) < u64::from(chance.per_mille) {
                drawn = drawn.with(&chance.fault);
            }
        }
        drawn
    }

    fn roll(&self, line: usize, reference: &str) -> u64 {
        let digest = Sha256::digest(format!("{}/{line}/{reference}", self.seed));
        let lead = digest.iter().take(7).fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        lead % 1_000
    }
}

impl From<Faults> for FaultPlan {
    fn from(always: Faults) -> Self {
        Self { always, ..Self::default() }
    }
}
