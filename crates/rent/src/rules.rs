//! What the house allows; set by configuration.

use std::time::Duration;

use chrono::TimeDelta;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long a booking waits for payment.
    pub hold: TimeDelta,
    /// How long an owner may think about a request.
    pub answer_within: TimeDelta,
    /// Bookings one traveller may hold at once without having paid, so that nobody hoards vehicles.
    pub max_held: u64,
    /// How long before its period a vehicle may be handed over.
    pub hand_over_early: TimeDelta,
    /// How long after the return an owner may claim damage; then the deposit goes back by itself.
    pub claim_window: TimeDelta,
    /// How long after the return both sides may write reviews.
    pub review_window: TimeDelta,
    /// How far around a refused period free slots are looked for.
    pub look_around: TimeDelta,
    /// How many free slots a refusal names.
    pub slots_named: usize,
    /// How many bookings a sweep takes up at once.
    pub batch: u32,
    pub sweep_every: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            hold: TimeDelta::minutes(20),
            answer_within: TimeDelta::hours(24),
            max_held: 5,
            hand_over_early: TimeDelta::hours(2),
            claim_window: TimeDelta::hours(48),
            review_window: TimeDelta::days(14),
            look_around: TimeDelta::days(7),
            slots_named: 5,
            batch: 100,
            sweep_every: Duration::from_secs(30),
        }
    }
}
