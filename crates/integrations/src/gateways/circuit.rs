//! Keeps a provider's bad hour from becoming ours: only so many calls at once, and none while it is plainly down.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use commerce::payment::GatewayError;
use tokio::sync::Semaphore;
use tracing::warn;

#[derive(Debug, Clone, Copy)]
pub struct CircuitSettings {
    /// Calls at once; further ones wait.
    pub calls: usize,
    /// After so many failures in a row no call is made for `pause`, and then one that tries.
    pub failures: u32,
    pub pause: Duration,
}

impl Default for CircuitSettings {
    fn default() -> Self {
        Self { calls: 32, failures: 10, pause: Duration::from_secs(2) }
    }
}

/// The way to one provider.
#[derive(Debug)]
pub struct Circuit {
    settings: CircuitSettings,
    places: Semaphore,
    health: Mutex<Health>,
}

impl Circuit {
    pub fn new(settings: CircuitSettings) -> Self {
        let places = Semaphore::new(settings.calls);
        Self { settings, places, health: Mutex::default() }
    }

    /// Makes the call, unless the provider is given a rest.
    pub async fn call<T>(
        &self,
        work: impl Future<Output = Result<T, GatewayError>>,
    ) -> Result<T, GatewayError> {
        let _place = self.places.acquire().await.map_err(|_| GatewayError::Busy)?;
        if self.health().rests(Instant::now(), self.settings) {
            return Err(GatewayError::Busy);
        }
        let answer = work.await;
        let failed = matches!(answer, Err(GatewayError::Unknown | GatewayError::Busy));
        self.health().learn(failed, Instant::now(), self.settings);
        answer
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Health {
    failures: u32,
    rests_until: Option<Instant>,
}

impl Health {
    /// The first call after the pause goes through, and the others wait for what it learns.
    fn rests(&mut self, now: Instant, settings: CircuitSettings) -> bool {
        match self.rests_until {
            None => false,
            Some(until) if now < until => true,
            Some(_) => {
                self.rests_until = now.checked_add(settings.pause);
                false
            }
        }
    }

    fn learn(&mut self, failed: bool, now: Instant, settings: CircuitSettings) {
        if !failed {
            *self = Self::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= settings.failures {
            warn!(failures = self.failures, "a payment provider is given a rest");
            self.rests_until = now.checked_add(settings.pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_fails_is_given_a_rest_and_then_tried_once() {
        let pause = Duration::from_secs(10);
        let settings = CircuitSettings { calls: 2, failures: 3, pause };
        let mut health = Health::default();
        let now = Instant::now();
        for _ in 0..3 {
            assert!(!health.rests(now, settings));
            health.learn(true, now, settings);
        }

        assert!(health.rests(now, settings));
        assert!(!health.rests(now + pause, settings), "one call tries");
        assert!(health.rests(now + pause, settings), "the others wait");
        health.learn(false, now + pause, settings);
        assert!(!health.rests(now + pause, settings));
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer() {
        let settings = CircuitSettings { failures: 1, ..CircuitSettings::default() };
        let circuit = Circuit::new(settings);
        let refused = GatewayError::Refused { code: "card_declined".into() };

        for _ in 0..3 {
            let answer: Result<(), _> = circuit.call(async { Err(refused.clone()) }).await;
            assert_eq!(answer, Err(refused.clone()));
        }
    }

    #[tokio::test]
    async fn a_provider_that_rests_is_not_called() {
        let settings = CircuitSettings { failures: 1, ..CircuitSettings::default() };
        let circuit = Circuit::new(settings);
        let _: Result<(), _> = circuit.call(async { Err(GatewayError::Unknown) }).await;

        let answer = circuit.call(async { Ok(()) }).await;

        assert_eq!(answer, Err(GatewayError::Busy));
    }
}
