//! Whatever a template is given, it balances in every asset or refuses; and it moves what the design says.
#![expect(clippy::arithmetic_side_effects, reason = "tests may overflow")]

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    Account, Currency, Id, Money, Posting, Timestamp,
    ledger::Unbalanced,
    testing::{TestEnv, moment},
};

const TAX: &str = "DE";

fn ids() -> (Uuid, Uuid) {
    (Uuid::from_u128(1), Uuid::from_u128(2))
}

fn at() -> Timestamp {
    moment(0)
}

/// Sums to nothing in every currency, and has no entry of nothing.
fn balances(posting: &Posting) -> bool {
    let entries = posting.entries();
    let sum = |currency: Currency| -> i128 {
        let ours = entries.iter().filter(|entry| entry.amount.currency == currency);
        ours.map(|entry| i128::from(entry.amount.minor)).sum()
    };
    entries.iter().all(|entry| !entry.amount.is_zero() && sum(entry.amount.currency) == 0)
}

fn on(posting: &Posting, account: &Account) -> i64 {
    let ours = posting.entries().iter().filter(|entry| entry.account == *account);
    ours.map(|entry| entry.amount.minor).sum()
}

fn currencies() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec![Currency::JPY, Currency::USD, Currency::KWD, Currency::XAU])
}

fn amounts() -> impl Strategy<Value = Money> {
    (1_i64..1_000_000_000, currencies()).prop_map(|(minor, currency)| Money::new(minor, currency))
}

/// The parts of an amount, none of them negative.
fn parts(count: usize) -> impl Strategy<Value = Vec<Money>> {
    (prop::collection::vec(0_i64..1_000_000, count), currencies()).prop_map(|(parts, currency)| {
        parts.into_iter().map(|minor| Money::new(minor, currency)).collect()
    })
}

fn total(parts: &[Money]) -> Money {
    Money::sum(parts[0].currency, parts.iter().copied()).unwrap()
}

proptest! {
    #[test]
    fn what_only_passes_from_account_to_account_balances(amount in amounts()) {
        let env = TestEnv::new().env();
        let (id, about) = ids();
        let (order, user) = (Id::new(&env), Id::new(&env));
        let other = Uuid::from_u128(9);

        let all = [
            payment_captured(id, "stripe", order, amount, at()),
            provider_fee(id, "stripe", about, amount, at()),
            provider_settled(id, "stripe", about, amount, at()),
            provider_fee_returned(id, "stripe", about, amount, at()),
            provider_settlement_returned(id, "stripe", about, amount, at()),
            earnings_released(id, about, other, amount, at()),
            earnings_netted(id, about, other, amount, at()),
            payout_sent(id, about, other, amount, at()),
            payout_confirmed(id, about, amount, at()),
            payout_returned(id, about, other, other, amount, at()),
            payout_returned_late(id, about, other, amount, at()),
            refund_before_sale(id, about, order, amount, at()),
            refund_sent(id, about, "stripe", amount, at()),
            dispute_opened(id, about, "stripe", amount, at()),
            dispute_won(id, about, other, "stripe", amount, at()),
            wallet_topped_up(id, about, "stripe", user, amount, at()),
            wallet_paid(id, order, user, amount, at()),
            wallet_refunded(id, about, user, amount, at()),
            top_up_taken_back(id, about, user, amount, at()),
            top_up_kept(id, about, user, amount, at()),
            deposit_taken(id, about, amount, at()),
            promotion_funded(id, order, amount, at()),
            rounding_booked(id, about, Account::bank(), amount, at()),
            rounding_booked(id, about, Account::bank(), amount.negated().unwrap(), at()),
        ];

        for posting in all {
            let posting = posting.unwrap();
            prop_assert!(balances(&posting), "{}", posting.kind);
            prop_assert_eq!(posting.entries().len(), 2, "{}", posting.kind);
            prop_assert!(balances(&posting.reversed(about, "taken_back", at())));
        }
    }

    #[test]
    fn a_sale_is_net_and_tax(parts in parts(2)) {
        let env = TestEnv::new().env();
        let (id, about) = ids();
        let takings = Takings { net: parts[0], tax: parts[1], jurisdiction: TAX.into() };
        let whole = total(&parts);

        for posting in [
            sale_recognised(id, Id::new(&env), &takings, whole, at()),
            refund_after_sale(id, about, &takings, whole, at()),
            refund_undone(id, about, &takings, whole, at()),
            deposit_settled(id, about, Some(about), parts[0], parts[1], at()),
            deposit_settled(id, about, None, parts[0], parts[1], at()),
        ] {
            prop_assert!(balances(&posting.unwrap()));
        }
    }

    #[test]
    fn what_a_seller_earns_is_the_sale_less_commission_and_its_tax(parts in parts(3)) {
        let env = TestEnv::new().env();
        let seller = Uuid::from_u128(3);
        let earning = Earning {
            seller,
            gross: total(&parts),
            commission: parts[1],
            commission_tax: parts[2],
            jurisdiction: TAX.into(),
        };

        let posting = seller_earned(ids().0, Id::new(&env), &earning, at()).unwrap();

        prop_assert!(balances(&posting));
        prop_assert_eq!(on(&posting, &Account::seller_pending(seller)), -parts[0].minor);
    }

    #[test]
    fn a_refund_of_many_parts_is_their_sum(
        parts in prop::collection::vec(parts(5), 1..12).prop_map(|mut all| {
            let currency = all[0][0].currency;
            all.iter_mut().flatten().for_each(|money| money.currency = currency);
            all
        }),
    ) {
        let sellers = parts.iter().enumerate().map(|(number, part)| {
            if number == 0 {
                return RefundPart::Own(Takings { net: part[0], tax: part[1], jurisdiction: TAX.into() });
            }
            RefundPart::Seller(SellerRefund {
                seller: Uuid::from_u128(u128::try_from(number).unwrap()),
                from: Clawback { pending: part[0], payable: part[1], receivable: part[2] },
                commission: part[3],
                commission_tax: part[4],
                jurisdiction: TAX.into(),
            })
        });
        let sellers: Vec<_> = sellers.collect();
        let whole: Vec<_> = sellers.iter().map(|part| part.total().unwrap()).collect();
        let whole = total(&whole);

        let posting = refund_of_parts(ids().0, ids().1, &sellers, whole, at()).unwrap();

        prop_assert!(balances(&posting));
        prop_assert_eq!(on(&posting, &Account::refund_payable()), -whole.minor);
        for part in &sellers {
            if let RefundPart::Seller(part) = part {
                prop_assert!(balances(&refund_after_earning(ids().0, ids().1, part, at()).unwrap()));
                prop_assert!(balances(&refund_after_payout(ids().0, ids().1, part, at()).unwrap()));
            }
        }
    }

    #[test]
    fn the_shares_of_a_refund_sum_to_it(
        refund in 0_i64..1_000_000,
        left in prop::collection::vec(0_i64..1_000_000, 1..50),
        currency in currencies(),
    ) {
        prop_assume!(left.iter().any(|minor| *minor > 0));
        let left: Vec<_> = left.into_iter().map(|minor| Money::new(minor, currency)).collect();

        let shares = refund_shares(Money::new(refund, currency), &left).unwrap();

        prop_assert_eq!(total(&shares).minor, refund);
        prop_assert!(shares.iter().zip(&left).all(|(share, left)| share.is_zero() || left.is_positive()));
    }

    #[test]
    fn a_clawback_takes_what_there_is_and_the_rest_is_owed(amount in 0_i64..1_000, there in -50_i64..1_000) {
        let clawback = Clawback::after_payout(Money::usd(amount), Money::usd(there)).unwrap();

        prop_assert_eq!(clawback.payable.minor, amount.min(there.max(0)));
        prop_assert_eq!(clawback.total().unwrap().minor, amount);
    }

    #[test]
    fn a_lost_dispute_is_borne_whole(shares in parts(4)) {
        let borne: Vec<_> = shares.iter().enumerate().map(|(number, share)| {
            let seller = Uuid::from_u128(u128::try_from(number).unwrap());
            let bearer = if number == 0 { DisputeBearer::Shop } else { DisputeBearer::Seller(seller) };
            (bearer, *share)
        }).collect();

        let posting = dispute_lost(ids().0, ids().1, &borne, total(&shares), at()).unwrap();

        prop_assert!(balances(&posting));
    }
}

#[test]
fn the_marketplace_example_of_the_design_is_booked_to_the_cent() {
    let env = TestEnv::new().env();
    let seller = Uuid::from_u128(3);
    let earning = Earning {
        seller,
        gross: Money::usd(110_00),
        commission: Money::usd(12_00),
        commission_tax: Money::usd(2_40),
        jurisdiction: TAX.into(),
    };

    let posting = seller_earned(ids().0, Id::new(&env), &earning, at()).unwrap();

    assert_eq!(on(&posting, &Account::seller_pending(seller)), -95_60);
    assert_eq!(on(&posting, &Account::commission()), -12_00);
    assert_eq!(on(&posting, &Account::tax(TAX)), -2_40);
}

#[test]
fn a_commission_of_more_than_the_sale_is_refused() {
    let env = TestEnv::new().env();
    let earning = Earning {
        seller: Uuid::nil(),
        gross: Money::usd(100),
        commission: Money::usd(99),
        commission_tax: Money::usd(2),
        jurisdiction: TAX.into(),
    };

    let posting = seller_earned(ids().0, Id::new(&env), &earning, at());

    assert_eq!(posting.unwrap_err(), Unbalanced::Amount("seller_earned"));
}

#[test]
fn what_is_taken_back_says_what_it_takes_back() {
    let (id, about) = ids();
    let sent = payout_sent(id, about, about, Money::usd(5), at()).unwrap();

    let back = payout_returned(about, about, sent.id, about, Money::usd(5), at()).unwrap();

    let reversed = sent.reversed(about, "payout_returned", at());
    assert_eq!(back.reverses, Some(sent.id));
    let mut entries = (back.entries().to_vec(), reversed.entries().to_vec());
    entries.0.sort_by(|a, b| a.account.cmp(&b.account));
    entries.1.sort_by(|a, b| a.account.cmp(&b.account));
    assert_eq!(entries.0, entries.1);
}
