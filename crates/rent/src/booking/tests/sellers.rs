//! What is lent for sellers of a market: whose the money is, and when nothing is lent.

use std::sync::Arc;

use async_trait::async_trait;
use commerce::{
    Account, Currency, Money, StoreError, UserId, Version,
    seller::{Commission, Keeping, OnSale, Sellers, Terms},
};
use uuid::Uuid;

use super::{assert_sound, record};
use crate::{
    BookingState, ChargeKind, Item, Listing, NewCharge, RentError,
    testing::{World, owner, stranger, traveller},
};

const ANN: Uuid = Uuid::from_u128(0xA);
const DAY: i64 = 24;

/// Everybody keeps shops for Ann, who gives a tenth.
struct Anns {
    stopped: bool,
}

#[async_trait]
impl Sellers for Anns {
    async fn keeps_for(&self, _: UserId) -> Result<Keeping, StoreError> {
        Ok(if self.stopped { Keeping::Barred } else { Keeping::Seller(ANN) })
    }

    async fn may_sell(&self, seller: Uuid) -> Result<bool, StoreError> {
        Ok(!self.stopped && seller == ANN)
    }

    async fn terms(&self, things: &[OnSale]) -> Result<Vec<Terms>, StoreError> {
        let terms = |thing: &OnSale| match self.stopped {
            true => Terms::Barred,
            false => Terms::Commission(Commission {
                fee: thing.price.basis_points(1_000).unwrap(),
                tax: Money::zero(thing.price.currency),
                jurisdiction: "IN-AS".into(),
                kept_on_refund: false,
                rule: None,
            }),
        };
        Ok(things.iter().map(terms).collect())
    }
}

fn under(mut world: World, stopped: bool) -> World {
    world.rent = world.rent.clone().with_sellers(Arc::new(Anns { stopped }));
    world
}

async fn world() -> (World, Listing) {
    let world = under(World::new(), false);
    let listing = world.publish(&world.open_shop().await, |new| new).await;
    (world, listing)
}

fn credit(world: &World, account: &Account) -> i64 {
    -world.memory.read().balance(account.code(), Currency::USD)
}

#[tokio::test]
async fn rent_is_the_sellers_and_the_deposit_nobodys() {
    let (world, listing) = world().await;

    let booking = world.confirmed(&traveller(1), &listing, World::span(DAY, 3 * DAY)).await.state;

    let lent_for = booking.lent_for.clone().unwrap();
    for (line, commission) in booking.quote.lines.iter().zip(&lent_for.commissions) {
        assert_eq!(commission.is_none(), line.item == Item::Deposit);
    }
    // Two days at 50.00 and a tenth of tax, less a tenth of the 100.00.
    assert_eq!(credit(&world, &Account::seller_pending(ANN)), 100_00);
    assert_eq!(credit(&world, &Account::deposit(booking.id.uuid())), 100_00);
    assert_eq!(credit(&world, &Account::sales()), 0);
    assert_sound(&world);
}

#[tokio::test]
async fn what_is_claimed_of_a_deposit_is_the_sellers_and_the_rest_goes_back() {
    let (world, listing) = world().await;
    let who = traveller(1);
    let booked = world.confirmed(&who, &listing, World::span(DAY, 3 * DAY)).await;
    let id = booked.state.id;
    world.clock.clock.set(World::hour(DAY));
    let out = world.rent.hand_over(&owner(), (id, booked.version), record(100)).await.unwrap();
    let back = world.rent.take_back(&owner(), (id, out.version), record(200)).await.unwrap();
    let charge = NewCharge {
        kind: ChargeKind::Damage,
        amount: Money::usd(30_00),
        reason: "A dent.".into(),
        evidence: vec![world.a_photo(&owner())],
    };
    let charged = world.rent.charge_deposit(&owner(), (id, back.version), charge).await.unwrap();

    let done = world.rent.complete_booking(&owner(), (id, charged.version)).await.unwrap();
    world.settle_down().await;

    assert!(matches!(done.state.state, BookingState::Completed { .. }));
    assert_eq!(credit(&world, &Account::seller_payable(ANN)), 30_00);
    assert_eq!(credit(&world, &Account::seller_pending(ANN)), 100_00, "all of her rent");
    assert_eq!(credit(&world, &Account::sales()), 0);
    assert_sound(&world);
}

#[tokio::test]
async fn nothing_is_lent_for_a_seller_who_was_stopped() {
    let (world, listing) = world().await;
    let world = under(world, true);

    let refused = world.book(&traveller(1), &listing, World::span(DAY, 2 * DAY)).await;
    world.rent.follow_seller(ANN).await.unwrap();
    let hidden = world.rent.read_listing(None, listing.id).await;
    let kept = world.rent.read_listing(Some(&owner()), listing.id).await.unwrap();

    assert!(matches!(refused, Err(RentError::SellerStopped)), "{refused:?}");
    let publish = async |who| world.rent.publish_listing(&who, listing.id, Version(9)).await;
    assert!(matches!(publish(owner()).await, Err(RentError::SellerStopped)));
    let theirs = publish(stranger()).await;
    assert!(matches!(theirs, Err(RentError::NoListing)), "a stranger learns nothing: {theirs:?}");
    assert!(matches!(hidden, Err(RentError::NoListing)));
    assert!(kept.listing.state.withheld && kept.listing.state.is_published());
    let world = under(world, false);
    world.rent.follow_seller(ANN).await.unwrap();
    assert!(world.rent.read_listing(None, listing.id).await.is_ok());
}
