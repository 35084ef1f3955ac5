//! The rules of `docs/pricing.md`.

use commerce::order::{self, OrderLine};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Prices;

fn line(minor: i64, quantity: u32) -> QuoteLine {
    QuoteLine { unit_price: Money::usd(minor), quantity, seller: None }
}

fn of_seller(minor: i64, seller: u128) -> QuoteLine {
    QuoteLine { seller: Some(Uuid::from_u128(seller)), ..line(minor, 1) }
}

fn free() -> ShippingRate {
    ShippingRate::free(Currency::USD)
}

fn flat(minor: i64) -> ShippingRate {
    ShippingRate { flat: Money::usd(minor), ..free() }
}

fn terms(tax: TaxRule, shipping: ShippingRate) -> QuoteTerms {
    QuoteTerms { discount: None, tax: Some(tax), shipping: Some(shipping) }
}

fn percentage(basis_points: u32) -> Discount {
    Discount { seller: None, off: Off::Percentage { basis_points }, minimum: Prices::default() }
}

fn fixed(minor: i64) -> Discount {
    let amounts = [Money::usd(minor)].into_iter().collect();
    Discount { off: Off::Fixed { amounts }, ..percentage(0) }
}

fn with(discount: Discount) -> QuoteTerms {
    QuoteTerms { discount: Some(discount), ..terms(TaxRule::none(), free()) }
}

fn usd(lines: &[QuoteLine], terms: &QuoteTerms) -> Quote {
    quote(Currency::USD, lines, terms).unwrap()
}

fn each(quote: &Quote, part: fn(&PricedLine) -> Money) -> Vec<i64> {
    quote.lines.iter().map(|line| part(line).minor).collect()
}

#[test]
fn tax_is_added_on_top_of_net_prices() {
    let lines = [line(19_99, 2), line(5_00, 1)];

    let quote = usd(&lines, &terms(TaxRule::exclusive(1_000), flat(4_00)));

    assert_eq!(quote.totals.subtotal, Money::usd(44_98));
    assert_eq!(quote.totals.tax, Money::usd(4_50));
    assert_eq!(quote.totals.total, Money::usd(53_48));
    assert_eq!(each(&quote, |line| line.tax), [400, 50]);
}

#[test]
fn tax_is_found_inside_gross_prices() {
    let quote = usd(&[line(110_00, 1)], &terms(TaxRule::inclusive(1_000), free()));

    assert_eq!(quote.totals.included_tax, Some(Money::usd(10_00)));
    assert_eq!(quote.totals.tax, Money::usd(0));
    assert_eq!(quote.totals.total, Money::usd(110_00));
}

#[test]
fn shipping_is_taxed_where_the_rule_says_so() {
    let lines = [line(100_00, 1)];

    let with = usd(&lines, &terms(TaxRule::exclusive(1_000).with_shipping(), flat(10_00)));
    let without = usd(&lines, &terms(TaxRule::exclusive(1_000), flat(10_00)));

    assert_eq!((with.totals.tax, with.totals.total), (Money::usd(11_00), Money::usd(121_00)));
    assert_eq!(without.totals.tax, Money::usd(10_00));
}

#[test]
fn a_discount_comes_off_before_shipping_and_tax() {
    let lines = [line(30_00, 1), line(10_00, 2)];
    let rate = ShippingRate { free_from: Some(Money::usd(50_00)), ..flat(5_00) };
    let tax = TaxRule::exclusive(2_000);
    let terms = QuoteTerms { discount: Some(percentage(1_000)), ..terms(tax, rate) };

    let quote = usd(&lines, &terms);

    assert_eq!(quote.totals.discount, Money::usd(5_00));
    assert_eq!(each(&quote, |line| line.discount), [300, 200]);
    assert_eq!(quote.totals.shipping, Money::usd(5_00), "goods of 45.00 are not sent for nothing");
    assert_eq!(quote.totals.tax, Money::usd(9_00));
    assert_eq!(quote.totals.total, Money::usd(59_00));
}

#[test]
fn a_fixed_discount_is_never_above_the_goods() {
    let quote = usd(&[line(3_00, 1), line(1_00, 1)], &with(fixed(10_00)));

    assert_eq!(each(&quote, |line| line.discount), [3_00, 1_00]);
    assert_eq!(quote.totals.total, Money::usd(0));
}

#[test]
fn a_discount_is_on_the_goods_of_whoever_gives_it() {
    let lines = [line(10_00, 1), of_seller(20_00, 1), of_seller(30_00, 2)];
    let of_one = Discount { seller: Some(Uuid::from_u128(1)), ..percentage(5_000) };
    let of_nobody = Discount { seller: Some(Uuid::from_u128(3)), ..percentage(5_000) };

    assert_eq!(each(&usd(&lines, &with(of_one)), |line| line.discount), [0, 10_00, 0]);
    assert_eq!(each(&usd(&lines, &with(percentage(5_000))), |line| line.discount), [5_00, 0, 0]);
    let nothing = usd(&lines, &with(of_nobody));
    assert_eq!(nothing.withheld, Some(NoDiscount::NothingToDiscount));
    assert_eq!(nothing.totals.discount, Money::usd(0));
}

#[test]
fn a_discount_waits_for_its_minimum_and_keeps_to_its_currencies() {
    let minimum = |money: Money| [money].into_iter().collect::<Prices>();
    let from = |money| Discount { minimum: minimum(money), ..percentage(1_000) };
    let withheld = |discount, minor| usd(&[line(minor, 1)], &with(discount)).withheld;
    let (least, euro) = (Money::usd(20_00), Money::new(20_00, Currency::EUR));

    assert_eq!(withheld(from(least), 20_00), None);
    let below = NoDiscount::BelowMinimum { minimum: least };
    assert_eq!(withheld(from(least), 19_99), Some(below));
    assert_eq!(withheld(from(euro), 20_00), Some(NoDiscount::OtherCurrency));
    let in_euro = Off::Fixed { amounts: minimum(euro) };
    let discount = Discount { off: in_euro, ..percentage(0) };
    assert_eq!(withheld(discount, 20_00), Some(NoDiscount::OtherCurrency));
}

#[test]
fn what_is_not_known_yet_is_not_in_the_totals_and_says_so() {
    let quote = usd(&[line(10_00, 1)], &QuoteTerms::default());

    assert_eq!(quote.totals.total, Money::usd(10_00));
    assert!(!quote.tax_known && !quote.shipping_known);
}

#[test]
fn a_parcel_costs_by_its_pieces_and_nothing_is_sent_for_nothing() {
    let rate = ShippingRate { per_piece: Money::usd(1_00), ..flat(4_00) };

    let three = usd(&[line(1_00, 2), line(1_00, 1)], &terms(TaxRule::none(), rate));
    let nothing = usd(&[], &terms(TaxRule::none(), rate));

    assert_eq!(three.totals.shipping, Money::usd(7_00));
    assert_eq!(nothing.totals.total, Money::usd(0));
}

#[test]
fn two_currencies_are_not_added() {
    let euro = QuoteLine { unit_price: Money::new(1, Currency::EUR), ..line(1, 1) };

    assert!(quote(Currency::USD, &[line(1, 1), euro], &QuoteTerms::default()).is_err());
}

#[tokio::test]
async fn the_rule_of_the_smallest_area_holds() {
    let area = |text: &str| text.parse::<Area>().unwrap();
    let rules = vec![
        (area("US"), TaxRule::exclusive(100)),
        (area("US-CA"), TaxRule::exclusive(725)),
        (area("DE"), TaxRule::inclusive(1_900)),
    ];
    let table = Taxes { rules, elsewhere: TaxRule::none() };
    let points = async |country: &str, region: Option<&str>| {
        let place = Place { country: country.into(), region: region.map(str::to_owned) };
        table.tax_rule(Some(&place)).await.unwrap().unwrap().basis_points
    };

    assert_eq!(points("US", Some("CA")).await, 725);
    assert_eq!(points("US", Some("NV")).await, 100);
    assert_eq!(points("DE", None).await, 1_900);
    assert_eq!(points("FR", None).await, 0);
    assert_eq!(table.tax_rule(None).await.unwrap(), None);
    let alike = Taxes::everywhere(TaxRule::exclusive(500));
    assert_eq!(alike.tax_rule(None).await.unwrap(), Some(TaxRule::exclusive(500)));
}

#[tokio::test]
async fn goods_are_sent_where_a_zone_has_a_rate_in_their_currency() {
    let zone = |to: &[&str], minor| Zone {
        to: to.iter().map(|area| area.parse().unwrap()).collect(),
        rates: vec![flat(minor)],
    };
    let zones = Zones(vec![zone(&["US", "CA"], 5_00), zone(&["US-HI"], 25_00)]);
    let rate = async |country: &str, region: Option<&str>, currency| {
        let place = Place { country: country.into(), region: region.map(str::to_owned) };
        zones.shipping(Some(&place), currency).await.unwrap()
    };

    assert_eq!(rate("US", Some("NY"), Currency::USD).await, Shipping::At(flat(5_00)));
    assert_eq!(rate("US", Some("HI"), Currency::USD).await, Shipping::At(flat(25_00)));
    assert_eq!(rate("FR", None, Currency::USD).await, Shipping::Nowhere);
    assert_eq!(rate("US", None, Currency::EUR).await, Shipping::Nowhere);
    assert_eq!(zones.shipping(None, Currency::USD).await.unwrap(), Shipping::NotYetKnown);
    let anywhere = Zones::default().shipping(None, Currency::USD).await.unwrap();
    assert_eq!(anywhere, Shipping::At(free()));
}

fn any_line() -> impl Strategy<Value = QuoteLine> {
    (0_i64..=10_000_000, 1_u32..=999, prop::option::of(0_u128..3)).prop_map(
        |(minor, count, seller)| QuoteLine {
            seller: seller.map(Uuid::from_u128),
            ..line(minor, count)
        },
    )
}

fn any_discount() -> impl Strategy<Value = Discount> {
    let percentage = (1_u32..=10_000).prop_map(percentage);
    let discount = prop_oneof![percentage, (1_i64..=1_000_000_000).prop_map(fixed)];
    (discount, prop::option::of(0_u128..3), prop::option::of(1_i64..=1_000_000)).prop_map(
        |(discount, seller, least)| Discount {
            seller: seller.map(Uuid::from_u128),
            minimum: least.map(Money::usd).into_iter().collect(),
            ..discount
        },
    )
}

fn any_terms() -> impl Strategy<Value = QuoteTerms> {
    let tax = (0_u32..=3_000, any::<bool>(), any::<bool>()).prop_map(
        |(basis_points, inclusive, on_shipping)| TaxRule {
            inclusive,
            on_shipping,
            ..TaxRule::exclusive(basis_points)
        },
    );
    let rate = (0_i64..=100_000, 0_i64..=1_000, prop::option::of(1_i64..=100_000_000)).prop_map(
        |(minor, piece, from)| ShippingRate {
            per_piece: Money::usd(piece),
            free_from: from.map(Money::usd),
            ..flat(minor)
        },
    );
    (prop::option::of(any_discount()), prop::option::of(tax), prop::option::of(rate))
        .prop_map(|(discount, tax, shipping)| QuoteTerms { discount, tax, shipping })
}

/// The quote as an order keeps it.
fn order_lines(lines: &[QuoteLine], quote: &Quote) -> Vec<OrderLine> {
    let kept = |(line, priced): (&QuoteLine, &PricedLine)| OrderLine {
        id: Uuid::nil(),
        sku: String::new(),
        name: String::new(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        total: priced.total,
        tax: priced.tax,
        seller: line.seller,
        commission: None,
        reservation: None,
        snapshot: json!({}),
    };
    lines.iter().zip(&quote.lines).map(kept).collect()
}

proptest! {
    #[test]
    fn the_parts_sum_to_the_whole_and_none_is_negative(
        lines in prop::collection::vec(any_line(), 0..60), terms in any_terms(),
    ) {
        let quote = usd(&lines, &terms);

        let sum = |part| each(&quote, part).iter().sum::<i64>();
        let totals = &quote.totals;
        prop_assert_eq!(sum(|line| line.total), totals.subtotal.minor);
        prop_assert_eq!(sum(|line| line.discount), totals.discount.minor);
        prop_assert_eq!(sum(|line| line.shipping), totals.shipping.minor);
        prop_assert_eq!(sum(|line| line.tax), totals.owed_tax().unwrap().minor);
        let whole = totals.subtotal.minor - totals.discount.minor + totals.tax.minor + totals.shipping.minor;
        prop_assert_eq!(whole, totals.total.minor);
        prop_assert!(totals.discount.minor <= totals.subtotal.minor);
        for line in &quote.lines {
            prop_assert!(line.discount.minor >= 0 && line.discount.minor <= line.total.minor);
            prop_assert!(line.tax.minor >= 0 && line.shipping.minor >= 0);
        }
    }

    #[test]
    fn the_order_of_the_lines_does_not_matter_to_the_totals(
        lines in prop::collection::vec(any_line(), 0..30), terms in any_terms(), turn in 0_usize..30,
    ) {
        let mut turned: Vec<_> = lines.iter().rev().copied().collect();
        turned.rotate_left(turn.min(lines.len()));

        prop_assert_eq!(usd(&lines, &terms).totals, usd(&turned, &terms).totals);
    }

    #[test]
    fn tax_within_the_prices_never_changes_what_is_paid(
        lines in prop::collection::vec(any_line(), 0..30), terms in any_terms(),
        basis_points in 0_u32..=3_000, on_shipping in any::<bool>(),
    ) {
        let inclusive = TaxRule { on_shipping, ..TaxRule::inclusive(basis_points) };
        let taxed = QuoteTerms { tax: Some(inclusive), ..terms.clone() };
        let untaxed = QuoteTerms { tax: Some(TaxRule::none()), ..terms };

        let (taxed, untaxed) = (usd(&lines, &taxed), usd(&lines, &untaxed));

        prop_assert_eq!(taxed.totals.total, untaxed.totals.total);
        prop_assert!(taxed.totals.included().minor <= taxed.totals.total.minor);
    }

    #[test]
    fn an_order_shares_its_totals_out_as_they_were_quoted(
        lines in prop::collection::vec(any_line(), 1..30), terms in any_terms(),
    ) {
        let quote = usd(&lines, &terms);
        let redemption = order::Redemption {
            coupon: Uuid::nil(),
            code: "ANY".into(),
            discounts: quote.lines.iter().map(|line| line.discount).collect(),
            uses: Vec::new(),
        };

        let kept = order_lines(&lines, &quote);
        let shares = order::shares(&kept, &quote.totals, Some(&redemption)).unwrap();

        for (share, line) in shares.iter().zip(&quote.lines) {
            prop_assert_eq!(share.goods, line.goods().unwrap());
            prop_assert_eq!(share.shipping, line.shipping);
            prop_assert_eq!(share.tax.plus(share.included_tax).unwrap(), line.tax);
        }
        let gross: i64 = shares.iter().map(|share| share.gross().unwrap().minor).sum();
        prop_assert_eq!(gross, quote.totals.total.minor);
    }
}
