//! Which rule holds, and what it takes.

use commerce::{
    Currency, Id, Money,
    seller::OnSale,
    testing::{TestEnv, moment},
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::Settings;

const SELLER: Uuid = Uuid::from_u128(1);
const PRODUCT: Uuid = Uuid::from_u128(2);
const SHOES: Uuid = Uuid::from_u128(3);
const CLOTHES: Uuid = Uuid::from_u128(4);

fn thing(minor: i64) -> OnSale {
    OnSale {
        seller: SELLER,
        product: PRODUCT,
        categories: vec![SHOES, CLOTHES],
        price: Money::usd(minor),
    }
}

fn rule(position: u32, basis_points: u32, scope: Scope) -> Rule {
    Rule {
        id: Id::new(&TestEnv::new().env()),
        position,
        scope,
        basis_points,
        amounts: Vec::new(),
        kept_on_refund: false,
        created_at: moment(0),
        updated_at: moment(0),
        retired: None,
    }
}

fn of(seller: Option<Uuid>, category: Option<Uuid>, product: Option<Uuid>) -> Scope {
    Scope { seller, category, product }
}

fn fee(rules: &[Rule], minor: i64) -> i64 {
    commission(rules, &thing(minor), &Settings::default()).unwrap().fee.minor
}

#[test]
fn the_most_specific_rule_holds_and_among_equals_the_first() {
    let ladder = [
        rule(9, 100, Scope::default()),
        rule(8, 200, of(Some(SELLER), None, None)),
        rule(7, 300, of(None, Some(CLOTHES), None)),
        rule(6, 400, of(None, Some(SHOES), None)),
        rule(5, 500, of(Some(SELLER), Some(SHOES), None)),
        rule(4, 600, of(None, None, Some(PRODUCT))),
        rule(3, 700, of(Some(SELLER), None, Some(PRODUCT))),
    ];

    for top in 1..=ladder.len() {
        let expected = i64::try_from(top).unwrap() * 1_00;
        assert_eq!(fee(&ladder[..top], 100_00), expected);
        let upside_down: Vec<_> = ladder[..top].iter().rev().cloned().collect();
        assert_eq!(fee(&upside_down, 100_00), expected, "whatever order they are read in");
    }
    let equals = [rule(2, 900, Scope::default()), rule(1, 800, Scope::default())];
    assert_eq!(fee(&equals, 100_00), 8_00);
}

#[test]
fn what_does_not_fit_does_not_hold() {
    let other = Uuid::from_u128(99);
    let retired = Rule { retired: Some(moment(1)), ..rule(0, 5_000, Scope::default()) };
    let rules = [
        retired,
        rule(1, 5_000, of(Some(other), None, None)),
        rule(2, 5_000, of(None, Some(other), None)),
        rule(3, 5_000, of(Some(SELLER), None, Some(other))),
    ];

    let taken = commission(&rules, &thing(100_00), &Settings::default()).unwrap();

    assert_eq!((taken.fee, taken.rule), (Money::usd(10_00), None), "the shop's own rate");
}

#[test]
fn a_fee_has_a_fixed_part_a_floor_and_a_cap_in_its_currency_and_tax_on_top() {
    let amounts = |currency, fixed_minor, floor_minor, cap_minor| Amounts {
        currency,
        fixed_minor,
        floor_minor,
        cap_minor,
    };
    let mut rule = rule(1, 1_000, Scope::default());
    rule.amounts = vec![
        amounts(Currency::EUR, 99_00, None, None),
        amounts(Currency::USD, 30, Some(1_00), Some(20_00)),
    ];
    let settings = Settings { fee_tax_basis_points: 1_900, ..Settings::default() };
    let of = |minor| commission(std::slice::from_ref(&rule), &thing(minor), &settings).unwrap();

    assert_eq!(of(50_00).fee, Money::usd(5_30));
    assert_eq!(of(50_00).tax, Money::usd(1_01));
    assert_eq!(of(2_00).fee, Money::usd(1_00), "the floor");
    assert_eq!(of(1_000_00).fee, Money::usd(20_00), "the cap");
    assert_eq!(of(50).fee, Money::usd(50), "never more than the price");
    assert_eq!(of(50).tax, Money::usd(0));
}

#[test]
fn a_rule_says_all_that_is_wrong_with_it() {
    let wrong = Amounts {
        currency: Currency::USD,
        fixed_minor: -1,
        floor_minor: Some(5),
        cap_minor: Some(4),
    };
    let rule = Rule { amounts: vec![wrong, wrong], ..rule(1, 10_001, Scope::default()) };

    let Err(crate::MarketError::Invalid(faults)) = rule.sound() else { panic!("it is unsound") };

    assert_eq!(faults.len(), 7);
}

proptest! {
    #[test]
    fn a_fee_and_its_tax_are_never_less_than_nothing_nor_more_than_the_price(
        price in 0_i64..=1_000_000_000_000, basis_points in 0_u32..=10_000, tax in 0_u32..=5_000,
        fixed_minor in 0_i64..1_000_000, floor in prop::option::of(0_i64..1_000_000),
        above in prop::option::of(0_i64..1_000_000),
    ) {
        let cap = above.map(|above| floor.unwrap_or(0) + above);
        let mut rule = rule(1, basis_points, Scope::default());
        rule.amounts = vec![Amounts {
            currency: Currency::USD, fixed_minor, floor_minor: floor, cap_minor: cap }];
        let settings = Settings { fee_tax_basis_points: tax, ..Settings::default() };

        let taken = commission(&[rule.sound().unwrap()], &thing(price), &settings).unwrap();

        let (fee, tax) = (taken.fee.minor, taken.tax.minor);
        prop_assert!(fee >= 0 && tax >= 0 && fee + tax <= price);
        prop_assert!(cap.is_none_or(|cap| fee <= cap));
        prop_assert!(floor.is_none_or(|floor| fee >= floor.min(price)));
    }
}
