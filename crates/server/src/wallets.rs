//! What wallets may hold, as configuration tells it.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use commerce::{
    Currency,
    wallet::{TopUpLimits, WALLET, WalletSettings},
};

use crate::{
    config::{Payments, WalletLimits},
    wiring::{WiringError, setting},
};

const KEY: &str = "payments.wallet.limits";

pub fn settings(payments: &Payments) -> Result<WalletSettings, WiringError> {
    let mut limits = BTreeMap::new();
    for row in &payments.wallet.limits {
        let currency = Currency::parse(&row.currency).map_err(|error| setting(KEY)(&error))?;
        if limits.insert(currency, limits_of(row)?).is_some() {
            return Err(setting(KEY)(&format!("{} is told twice", row.currency)));
        }
    }
    let enabled = payments.enabled.iter().any(|provider| provider == WALLET);
    let hold = TimeDelta::minutes(payments.wallet.hold_minutes);
    Ok(WalletSettings { enabled, limits, hold })
}

fn limits_of(row: &WalletLimits) -> Result<TopUpLimits, WiringError> {
    let WalletLimits { currency, least, most, balance } = row;
    if !(1..=*most).contains(least) || most > balance {
        let why = format!("{currency}: 1 <= least <= most <= balance, or nobody can top up");
        return Err(setting(KEY)(&why));
    }
    Ok(TopUpLimits { least_minor: *least, most_minor: *most, balance_minor: *balance })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::config::{Environment, load_from};

    fn wired(limits: &str) -> Result<WalletSettings, String> {
        let variable = ("SOUK__PAYMENTS__WALLET__LIMITS".to_owned(), limits.to_owned());
        let variables = HashMap::from([variable]);
        let config = load_from(Environment::Development, &variables);
        settings(&config.map_err(|error| error.to_string())?.payments)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn each_currency_has_its_limits() {
        let wired = wired(
            r#"[{ currency = "USD", least = 1, most = 2, balance = 3 },
                { currency = "JPY", least = 100, most = 100, balance = 100 }]"#,
        )
        .unwrap();

        assert!(wired.enabled);
        let dollars = TopUpLimits { least_minor: 1, most_minor: 2, balance_minor: 3 };
        assert_eq!(wired.limits.get(&Currency::USD), Some(&dollars));
        assert_eq!(wired.limits.len(), 2);
    }

    #[test]
    fn limits_that_let_nobody_in_are_refused() {
        for limits in [
            r#"[{ currency = "USD", least = 0, most = 2, balance = 3 }]"#,
            r#"[{ currency = "USD", least = 3, most = 2, balance = 3 }]"#,
            r#"[{ currency = "USD", least = 1, most = 4, balance = 3 }]"#,
            r#"[{ currency = "XXZ", least = 1, most = 2, balance = 3 }]"#,
            r#"[{ currency = "USD", least = 1, most = 2, balance = 3 },
                { currency = "USD", least = 1, most = 2, balance = 3 }]"#,
        ] {
            let told = wired(limits).unwrap_err();
            assert!(told.contains("payments.wallet.limits"), "{told}");
        }
    }
}
