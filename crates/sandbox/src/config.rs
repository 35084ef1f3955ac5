//! What the gateway is told at its start.

use std::{fmt, path::PathBuf, sync::Arc};

use crate::{Clock, FaultPlan, Ids, RandomIds, SystemClock};

/// How the gateway is set up. `Config::default()` listens on a free local port, in memory, without fault.
#[derive(Clone)]
pub struct Config {
    /// `host:port`; port 0 takes a free one.
    pub bind: String,
    /// Where shoppers reach it, when that is not where it listens.
    pub public_url: Option<String>,
    /// The secret key of the merchant's server.
    pub api_key: String,
    pub webhook_url: Option<String>,
    pub webhook_secret: String,
    /// Secrets that are being replaced: webhooks are signed with each of them too.
    pub previous_webhook_secrets: Vec<String>,
    /// How long to wait before each new try of a webhook.
    pub retries_ms: Vec<u64>,
    /// The journal, so that the books outlive the process; in memory if absent.
    pub data: Option<PathBuf>,
    pub faults: FaultPlan,
    /// Whether browsers of any origin may use the shopper's routes.
    pub allow_cors: bool,
    pub fee: Fee,
    pub workers: usize,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1:0".to_owned(),
            public_url: None,
            api_key: "sk_sandbox_test".to_owned(),
            webhook_url: None,
            webhook_secret: "whsec_test".to_owned(),
            previous_webhook_secrets: Vec::new(),
            retries_ms: vec![1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000],
            data: None,
            faults: FaultPlan::default(),
            allow_cors: true,
            fee: Fee::default(),
            workers: 1,
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        }
    }
}

/// Without its secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("bind", &self.bind)
            .field("webhook_url", &self.webhook_url)
            .field("data", &self.data)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// What the gateway keeps of each capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fee {
    pub basis_points: i64,
    pub fixed_minor: i64,
}

impl Default for Fee {
    fn default() -> Self {
        Self { basis_points: 290, fixed_minor: 30 }
    }
}

impl Fee {
    /// Rounded down, and never more than the capture itself.
    pub(crate) fn of(self, captured: i64) -> i64 {
        let share = captured.saturating_mul(self.basis_points) / 10_000;
        share.saturating_add(self.fixed_minor).min(captured)
    }
}

#[cfg(test)]
mod tests {
    use super::Fee;

    #[test]
    fn a_fee_is_a_share_and_a_fixed_part_but_never_more_than_the_capture() {
        let fee = Fee::default();

        assert_eq!(fee.of(1_999), 87);
        assert_eq!(fee.of(110_00), 349);
        assert_eq!(fee.of(10), 10);
    }
}
