//! What becomes of payouts: paid once, itemised exactly, and given back.

use std::sync::Arc;

use commerce::{Currency, Money, event::Sweep};
use proptest::prelude::*;

use super::*;
use crate::{
    MarketError, ProfileEdit, Seller, SellerId,
    testing::{World, memory},
};

fn usd(seller: &Seller) -> PayoutRequest {
    PayoutRequest { seller: seller.id, currency: Currency::USD }
}

async fn pay(world: &World, seller: &Seller) -> Payout {
    world.market.pay_out(&world.operator, usd(seller), None).await.unwrap().state
}

async fn read(world: &World, id: PayoutId) -> Payout {
    world.market.payouts.find(id).await.unwrap().unwrap().state
}

fn itemised(payout: &Payout) -> i64 {
    payout.items.iter().map(|item| item.amount.minor).sum()
}

#[tokio::test]
async fn the_memory_keeps_its_promises() {
    crate::testing::assert_ports(Arc::new(memory())).await;
}

#[tokio::test]
async fn a_payout_is_sent_paid_and_confirmed_in_the_books() {
    let world = World::default();
    let (seller, _) = world.seller("Ann").await;
    world.earned(seller.id, Money::usd(95_60)).await;

    let made = pay(&world, &seller).await;
    assert_eq!((itemised(&made), made.amount.minor), (95_60, 95_60));
    assert_eq!(world.balance("payout:in_transit"), -95_60);
    world.market.send_payout(made.id).await.unwrap();
    assert_eq!(read(&world, made.id).await.state.name(), "sent");
    world.bank.moves(made.id, TransferState::Paid);
    world.pass(1);
    assert_eq!(FollowPayouts(world.market.clone()).run().await.unwrap(), 1);

    assert_eq!(read(&world, made.id).await.state.name(), "paid");
    assert_eq!((world.balance("payout:in_transit"), world.balance("cash:bank")), (0, -95_60));
    assert_eq!(world.stands(seller.id), [0, 0, 0]);
}

#[tokio::test]
async fn a_payout_that_comes_back_is_the_sellers_again_and_is_paid_anew() {
    for paid_before in [false, true] {
        let world = World::default();
        let (seller, _) = world.seller("Ann").await;
        world.earned(seller.id, Money::usd(50_00)).await;
        let first = pay(&world, &seller).await;
        world.market.send_payout(first.id).await.unwrap();
        if paid_before {
            world.bank.moves(first.id, TransferState::Paid);
            world.market.follow(first.id).await.unwrap();
        }

        world.bank.moves(first.id, TransferState::Returned { code: "account_closed".into() });
        world.pass(12);
        FollowPayouts(world.market.clone()).run().await.unwrap();
        world.market.follow(first.id).await.unwrap();

        assert_eq!(read(&world, first.id).await.state.name(), "returned");
        assert_eq!(world.stands(seller.id), [0, 50_00, 0]);
        assert_eq!((world.balance("payout:in_transit"), world.balance("cash:bank")), (0, 0));
        let second = pay(&world, &seller).await;
        let kinds: Vec<_> = second.items.iter().map(|item| item.kind.as_str()).collect();
        assert_eq!((kinds, second.amount), (vec!["payout_returned"], Money::usd(50_00)));
    }
}

#[tokio::test]
async fn a_payout_that_the_provider_refuses_never_left() {
    let world = World::default();
    let (seller, _) = world.seller("Ann").await;
    world.earned(seller.id, Money::usd(50_00)).await;
    let made = pay(&world, &seller).await;
    world.bank.till().faults.push(TransferError::Refused { code: "no_such_account".into() });

    world.market.send_payout(made.id).await.unwrap();

    assert_eq!(read(&world, made.id).await.state.name(), "failed");
    assert_eq!(world.stands(seller.id), [0, 50_00, 0]);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_pays_once() {
    let world = World::default();
    let (seller, _) = world.seller("Ann").await;
    world.earned(seller.id, Money::usd(50_00)).await;
    let made = pay(&world, &seller).await;
    world.bank.till().faults.push(TransferError::Unknown);

    let lost = world.market.send_payout(made.id).await;
    assert!(matches!(lost, Err(MarketError::Unanswered)));
    world.pass(1);
    FollowPayouts(world.market.clone()).run().await.unwrap();

    assert_eq!(read(&world, made.id).await.state.name(), "sent");
    let till = world.bank.till();
    assert_eq!((till.transfers.len(), till.asked), (1, 2));
}

#[tokio::test]
async fn what_a_seller_owes_is_kept_from_the_next_payout() {
    let world = World::default();
    let (seller, _) = world.seller("Ann").await;
    world.earned(seller.id, Money::usd(50_00)).await;
    pay(&world, &seller).await;
    world.taken_back(seller.id, Money::usd(20_00)).await;
    assert_eq!(world.stands(seller.id), [0, 0, 20_00]);
    let nothing = world.market.pay_out(&world.operator, usd(&seller), None).await;
    assert!(matches!(nothing, Err(MarketError::NothingToPay)));

    world.earned(seller.id, Money::usd(30_00)).await;
    let next = pay(&world, &seller).await;

    assert_eq!((next.amount, itemised(&next)), (Money::usd(10_00), 10_00));
    assert_eq!(next.items.len(), 2);
    assert_eq!(world.stands(seller.id), [0, 0, 0]);
}

#[tokio::test]
async fn sellers_are_paid_on_their_day_what_is_worth_it() {
    let world = World::default();
    let (seller, owner) = world.seller("Ann").await;
    let stored = world.market.seller(&owner, seller.id).await.unwrap();
    let edit = ProfileEdit { minimums: Some(vec![Money::usd(40_00)]), ..ProfileEdit::default() };
    world.market.edit_seller(&owner, seller.id, stored.version, edit).await.unwrap();
    world.earned(seller.id, Money::usd(30_00)).await;
    let sweep = RunPayouts(world.market.clone());

    assert_eq!(sweep.run().await.unwrap(), 0, "not today");
    world.pass(24);
    assert_eq!(sweep.run().await.unwrap(), 0, "too little");
    world.earned(seller.id, Money::usd(30_00)).await;
    assert_eq!(sweep.run().await.unwrap(), 0, "the day is over");
    world.pass(24);
    assert_eq!(sweep.run().await.unwrap(), 1);

    assert_eq!(world.stands(seller.id), [0, 0, 0]);
    assert_eq!(sweep.run().await.unwrap(), 0);
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Earn(i64),
    TakeBack(i64),
    Pay,
    Word(u8),
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        (1_i64..10_000).prop_map(Act::Earn),
        (1_i64..10_000).prop_map(Act::TakeBack),
        Just(Act::Pay),
        (0_u8..4).prop_map(Act::Word),
    ]
}

/// Lets the bank say something about every payout.
async fn word(world: &World, which: u8) {
    let refs: Vec<String> = world.bank.till().transfers.keys().cloned().collect();
    for provider_ref in refs {
        let id: PayoutId = provider_ref.parse().unwrap();
        let state = match which {
            0 => TransferState::InTransit,
            1 => TransferState::Paid,
            2 => TransferState::Failed { code: "x".into() },
            _ => TransferState::Returned { code: "x".into() },
        };
        world.bank.moves(id, state);
        world.market.follow(id).await.unwrap();
    }
}

async fn act(world: &World, seller: &Seller, act: Act) {
    match act {
        Act::Earn(minor) => world.earned(seller.id, Money::usd(minor)).await,
        Act::TakeBack(minor) => world.taken_back(seller.id, Money::usd(minor)).await,
        Act::Pay => match world.market.pay_out(&world.operator, usd(seller), None).await {
            Ok(made) => world.market.send_payout(made.state.id).await.unwrap(),
            Err(MarketError::NothingToPay) => {}
            Err(error) => panic!("{error}"),
        },
        Act::Word(which) => word(world, which).await,
    }
}

fn out(world: &World, seller: SellerId) -> i64 {
    let all = world.store.read().all::<Payout>();
    let live = all.iter().filter(|p| p.state.seller == seller && !p.state.state.is_over());
    live.map(|payout| payout.state.amount.minor).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// I9: what a seller has and owes is what it earned less what was taken back and what was paid out.
    #[test]
    fn a_sellers_account_is_what_it_earned_less_refunds_and_payouts(acts in prop::collection::vec(acts(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::default();
            let (seller, _) = world.seller("Ann").await;
            let (mut earned, mut taken) = (0, 0);
            for one in acts {
                match one {
                    Act::Earn(minor) => earned += minor,
                    Act::TakeBack(minor) => taken += minor,
                    Act::Pay | Act::Word(_) => {}
                }
                act(&world, &seller, one).await;
                let [pending, payable, receivable] = world.stands(seller.id);
                let sum = pending + payable - receivable;
                assert_eq!(sum, earned - taken - out(&world, seller.id));
            }
            for payout in world.store.read().all::<Payout>() {
                assert_eq!(itemised(&payout.state), payout.state.amount.minor);
            }
        });
    }
}
