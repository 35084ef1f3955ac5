//! How much may be paid into a wallet, and how much may be in it.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::WalletError;
use crate::{Currency, Money, MoneyError};

/// What a shop allows in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopUpLimits {
    pub least_minor: i64,
    pub most_minor: i64,
    /// No top-up is begun that would leave more than this in the wallet.
    pub balance_minor: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletSettings {
    /// Whether orders may be paid from wallets and these be topped up; refunds go back into them all the same.
    pub enabled: bool,
    /// A currency that is not named is not taken.
    pub limits: BTreeMap<Currency, TopUpLimits>,
    /// How long a top-up waits for its payment.
    pub hold: TimeDelta,
}

impl Default for WalletSettings {
    fn default() -> Self {
        Self { enabled: false, limits: BTreeMap::new(), hold: TimeDelta::minutes(30) }
    }
}

impl WalletSettings {
    /// The limits that allow `amount`.
    pub(crate) fn allow(&self, amount: Money) -> Result<TopUpLimits, WalletError> {
        let currency = amount.currency;
        let limits = self.limits.get(&currency).filter(|_| self.enabled);
        let limits = *limits.ok_or(WalletError::OtherCurrency(currency))?;
        if amount.minor < limits.least_minor.max(1) {
            let least = Money::new(limits.least_minor.max(1), currency);
            return Err(WalletError::TooLittle { least });
        }
        if amount.minor > limits.most_minor {
            return Err(WalletError::TooMuch { most: Money::new(limits.most_minor, currency) });
        }
        Ok(limits)
    }
}

impl TopUpLimits {
    /// What may still be paid in beside what is there and what is on its way.
    pub(crate) fn room(self, there: Money, coming: Money) -> Result<Money, MoneyError> {
        let whole = Money::new(self.balance_minor, there.currency);
        let room = whole.minus(there)?.minus(coming)?;
        Ok(Money::new(room.minor.max(0), room.currency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> WalletSettings {
        let usd = TopUpLimits { least_minor: 500, most_minor: 20_000, balance_minor: 50_000 };
        let limits = BTreeMap::from([(Currency::USD, usd)]);
        WalletSettings { enabled: true, limits, ..WalletSettings::default() }
    }

    #[test]
    fn what_is_paid_in_is_neither_too_little_nor_too_much() {
        let settings = settings();

        assert!(settings.allow(Money::usd(500)).is_ok());
        assert!(settings.allow(Money::usd(20_000)).is_ok());
        let least = Money::usd(500);
        assert_eq!(settings.allow(Money::usd(499)), Err(WalletError::TooLittle { least }));
        let most = Money::usd(20_000);
        assert_eq!(settings.allow(Money::usd(20_001)), Err(WalletError::TooMuch { most }));
    }

    #[test]
    fn a_currency_without_limits_is_not_taken() {
        let euros = Money::new(1_000, Currency::EUR);

        assert_eq!(settings().allow(euros), Err(WalletError::OtherCurrency(Currency::EUR)));
        let off = WalletSettings { enabled: false, ..settings() };
        let dollars = Money::usd(1_000);
        assert_eq!(off.allow(dollars), Err(WalletError::OtherCurrency(Currency::USD)));
    }

    #[test]
    fn there_is_room_for_what_is_neither_there_nor_coming() {
        let limits = settings().allow(Money::usd(500)).unwrap();
        let room = |there, coming| limits.room(Money::usd(there), Money::usd(coming));

        assert_eq!(room(30_000, 5_000), Ok(Money::usd(15_000)));
        assert_eq!(room(60_000, 0), Ok(Money::usd(0)));
    }
}
