//! The payment providers that are switched on. Which there are, their folders tell.

use std::{sync::Arc, time::Duration};

use commerce::{Clock, payment::Gateways, wallet::WALLET};
use integrations::gateways::{Means, Patience, SettingError};
use market::{BY_HAND, ByHand, PayoutGateway};

use crate::{
    config::{Config, Payments},
    wiring::WiringError,
};

pub fn gateways(payments: &Payments, clock: &Arc<dyn Clock>) -> Result<Gateways, WiringError> {
    let means = means(payments, clock);
    // The wallet is ours: nobody is asked.
    let others = payments.enabled.iter().filter(|name| *name != WALLET);
    let opened =
        others.map(|name| payments.providers.named(name, "payments.enabled")?.open(&means));
    Ok(Gateways::new(opened.collect::<Result<Vec<_>, SettingError>>()?))
}

/// Who carries money to sellers.
pub fn payouts(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn PayoutGateway>, WiringError> {
    let (payments, name) = (&config.payments, &config.market.payouts);
    if name == BY_HAND {
        return Ok(Arc::new(ByHand));
    }
    let provider = payments.providers.named(name, "market.payouts")?;
    Ok(provider.payouts(&means(payments, clock))?)
}

fn means(payments: &Payments, clock: &Arc<dyn Clock>) -> Means {
    let patience = Patience {
        attempts: payments.attempts,
        total: Duration::from_millis(payments.patience_ms),
        ..Patience::default()
    };
    Means { clock: clock.clone(), patience }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use commerce::SystemClock;
    use integrations::gateways::PROVIDERS;

    use super::*;
    use crate::config::{ConfigError, Environment, load_from};

    /// The configuration of a shop that has switched this provider on, with all that the refusals asked for.
    fn switched_on(provider: &str) -> Config {
        let mut variables =
            HashMap::from([("SOUK__PAYMENTS__ENABLED".to_owned(), provider.to_owned())]);
        loop {
            match load_from(Environment::Development, &variables) {
                Ok(config) => return config,
                Err(ConfigError::Missing { variable, .. }) => {
                    let before = variables.insert(variable.clone(), "https://in.example".into());
                    assert_eq!(before, None, "{variable} was told");
                }
                Err(error) => panic!("{provider}: {error}"),
            }
        }
    }

    #[test]
    fn every_provider_is_opened_from_the_environment_by_its_name() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        for provider in PROVIDERS {
            let config = switched_on(provider.name);

            let gateways = gateways(&config.payments, &clock).unwrap();

            assert!(gateways.get(provider.name).is_some(), "{}", provider.name);
        }
    }

    #[test]
    fn a_provider_carries_money_to_sellers_only_if_it_can() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut config = switched_on("stripe");
        for carrier in [BY_HAND, "sandbox"] {
            config.market.payouts = carrier.to_owned();
            assert_eq!(payouts(&config, &clock).unwrap().provider(), carrier);
        }

        config.market.payouts = "stripe".to_owned();
        let told = payouts(&config, &clock).err().map(|error| error.to_string());

        assert!(told.unwrap_or_default().starts_with("market.payouts: `stripe` carries no money"));
    }
}
