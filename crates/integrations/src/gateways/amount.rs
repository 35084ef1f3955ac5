//! Amounts as providers write them. A provider may give a currency other decimals than ISO 4217 does.

use commerce::{Currency, Money, payment::GatewayError};

/// Why an amount cannot be sent; the payment can never be made at this provider.
const NOT_REPRESENTABLE: &str = "amount_not_representable";

/// The amount in units of `decimals` places, if that loses nothing.
pub(super) fn to_units(money: Money, decimals: u8) -> Result<i64, GatewayError> {
    rescaled(money.minor, money.currency.exponent(), decimals).ok_or_else(not_representable)
}

/// The amount of so many units of `decimals` places.
pub(super) fn from_units(
    units: i64,
    decimals: u8,
    currency: Currency,
) -> Result<Money, GatewayError> {
    let minor = rescaled(units, decimals, currency.exponent()).ok_or(GatewayError::Unknown)?;
    Ok(Money::new(minor, currency))
}

/// The amount as a decimal string: `23.98`, `5` where there are no decimals.
pub(super) fn to_decimal(money: Money, decimals: u8) -> Result<String, GatewayError> {
    let units = to_units(money, decimals)?;
    let places = usize::from(decimals);
    if places == 0 {
        return Ok(units.to_string());
    }
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", units.unsigned_abs(), width = places.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    Ok(format!("{sign}{whole}.{fraction}"))
}

/// Reads a decimal string exactly; what is finer than the currency's minor unit cannot be read.
pub(super) fn from_decimal(text: &str, currency: Currency) -> Result<Money, GatewayError> {
    let minor = parse(text, currency.exponent()).ok_or(GatewayError::Unknown)?;
    Ok(Money::new(minor, currency))
}

pub(super) fn currency(code: &str) -> Result<Currency, GatewayError> {
    Currency::parse(&code.to_ascii_uppercase()).map_err(|_| GatewayError::Unknown)
}

/// Money of three decimals whose last digit the provider wants to be nought.
pub(super) fn ends_in_nought(money: Money) -> Result<Money, GatewayError> {
    let rounded = money.currency.exponent() < 3 || money.minor.checked_rem(10) == Some(0);
    if rounded { Ok(money) } else { Err(not_representable()) }
}

fn not_representable() -> GatewayError {
    GatewayError::Refused { code: NOT_REPRESENTABLE.to_owned() }
}

fn rescaled(units: i64, from: u8, to: u8) -> Option<i64> {
    let factor = 10_i64.checked_pow(u32::from(from.abs_diff(to)))?;
    if to >= from {
        return units.checked_mul(factor);
    }
    let exact = units.checked_rem(factor)? == 0;
    if exact { units.checked_div(factor) } else { None }
}

fn parse(text: &str, exponent: u8) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let places = u8::try_from(fraction.len()).ok()?;
    let units: i64 = format!("{whole}{fraction}").parse().ok()?;
    rescaled(units, places, exponent)?.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_and_read_without_loss() {
        for (minor, code, decimals, text) in [
            (23_98, "USD", 2, "23.98"),
            (5, "USD", 2, "0.05"),
            (-1_05, "USD", 2, "-1.05"),
            (500, "JPY", 0, "500"),
            (1_234_00, "HUF", 0, "1234"),
            (1_500, "KWD", 3, "1.500"),
        ] {
            let money = Money::new(minor, Currency::parse(code).unwrap());
            assert_eq!(to_decimal(money, decimals), Ok(text.to_owned()));
            assert_eq!(from_decimal(text, money.currency), Ok(money));
        }
    }

    #[test]
    fn what_a_provider_cannot_write_is_refused() {
        let huf = Money::new(1_234_50, Currency::parse("HUF").unwrap());

        let refused = Err(GatewayError::Refused { code: NOT_REPRESENTABLE.into() });
        assert_eq!(to_decimal(huf, 0), refused);
        assert!(ends_in_nought(Money::new(1_005, Currency::KWD)).is_err());
        assert!(ends_in_nought(Money::new(1_010, Currency::KWD)).is_ok());
        assert!(ends_in_nought(Money::usd(1_005)).is_ok());
    }

    #[test]
    fn only_exact_decimals_are_read() {
        assert_eq!(from_decimal("23.980", Currency::USD), Ok(Money::usd(23_98)));
        assert_eq!(from_decimal(".5", Currency::USD), Ok(Money::usd(50)));
        for text in ["", ".", "1,00", "1.005", "+1", "1e2", "--1", "9223372036854775807.00"] {
            assert_eq!(from_decimal(text, Currency::USD), Err(GatewayError::Unknown), "{text}");
        }
    }

    #[test]
    fn another_scale_is_translated_both_ways() {
        let krona = Money::new(5, Currency::parse("ISK").unwrap());
        assert_eq!(to_units(krona, 2), Ok(500));
        assert_eq!(from_units(500, 2, krona.currency), Ok(krona));
        assert_eq!(from_units(550, 2, krona.currency), Err(GatewayError::Unknown));
    }
}
