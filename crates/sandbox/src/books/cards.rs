//! The check of a card, of which nothing but the brand and the last four digits is kept.

use chrono::{DateTime, Datelike};
use serde::{Deserialize, Serialize};

use crate::{error::Refusal, model::Card};

/// A card as the shopper gives it. It has no `Debug`, so it cannot be logged by mistake.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCard {
    pub number: String,
    pub exp_month: u32,
    pub exp_year: i32,
    pub cvc: String,
}

impl NewCard {
    pub fn digits(&self) -> String {
        self.number.chars().filter(|c| !matches!(c, ' ' | '-')).collect()
    }

    pub fn check(&self, now_ms: i64) -> Result<Card, Refusal> {
        let digits = self.digits();
        if !(12..=19).contains(&digits.len()) || !passes_luhn(&digits) {
            return Err(wrong("number", "the card number cannot be right"));
        }
        if !(1..=12).contains(&self.exp_month) || !(2000..=9999).contains(&self.exp_year) {
            return Err(wrong(
                "exp_month",
                "the expiry must be a month of 1 to 12 and a year of four digits",
            ));
        }
        let today = DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
        if (self.exp_year, self.exp_month) < (today.year(), today.month()) {
            return Err(wrong("exp_year", "the card has expired"));
        }
        let brand = brand_of(&digits);
        let cvc_length = if brand == "amex" { 4 } else { 3 };
        if self.cvc.len() != cvc_length || !self.cvc.chars().all(|c| c.is_ascii_digit()) {
            return Err(wrong("cvc", "the security code has the wrong length"));
        }
        let last4 = digits.chars().skip(digits.len() - 4).collect();
        Ok(Card { brand: brand.to_owned(), last4 })
    }
}

fn wrong(field: &str, message: &str) -> Refusal {
    Refusal::new(422, "invalid_card", message).at(format!("card.{field}"))
}

/// ISO/IEC 7812-1, annex B.
fn passes_luhn(digits: &str) -> bool {
    let mut sum = 0;
    for (place, c) in digits.chars().rev().enumerate() {
        let Some(digit) = c.to_digit(10) else { return false };
        sum += match place % 2 {
            1 if digit > 4 => digit * 2 - 9,
            1 => digit * 2,
            _ => digit,
        };
    }
    sum % 10 == 0
}

fn brand_of(digits: &str) -> &'static str {
    match digits.as_bytes() {
        [b'4', ..] => "visa",
        [b'5', b'1'..=b'5', ..] | [b'2', b'2'..=b'7', ..] => "mastercard",
        [b'3', b'4' | b'7', ..] => "amex",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 15 November 2023.
    const NOW_MS: i64 = 1_700_000_000_000;

    fn card(number: &str) -> NewCard {
        NewCard { number: number.into(), exp_month: 11, exp_year: 2023, cvc: "123".into() }
    }

    #[test]
    fn a_good_card_keeps_its_brand_and_four_digits() {
        let kept = card("4242 4242-4242 4242").check(NOW_MS).unwrap();

        assert_eq!(kept, Card { brand: "visa".into(), last4: "4242".into() });
    }

    #[test]
    fn a_card_that_cannot_exist_is_refused_at_the_field() {
        let cases = [
            (card("4242424242424241"), "card.number"),
            (card("4242x24242424242"), "card.number"),
            (card("0"), "card.number"),
            (NewCard { exp_month: 13, ..card("4242424242424242") }, "card.exp_month"),
            (NewCard { exp_month: 10, ..card("4242424242424242") }, "card.exp_year"),
            (NewCard { cvc: "12".into(), ..card("4242424242424242") }, "card.cvc"),
            (card("378282246310005"), "card.cvc"),
        ];

        for (card, field) in cases {
            let refusal = card.check(NOW_MS).unwrap_err();
            assert_eq!((refusal.status, refusal.param.as_deref()), (422, Some(field)));
        }
    }

    #[test]
    fn an_expired_card_is_one_whose_month_is_over() {
        assert!(card("4242424242424242").check(NOW_MS).is_ok());
        assert!(card("4242424242424242").check(NOW_MS + 31 * 86_400_000).is_err());
    }
}
