//! The rules of a booking's life.

use chrono::TimeDelta;
use commerce::{Currency, Failure, Money, Order, Repository, Version, picture::PictureId};

use super::{assert_sound, record};
use crate::{
    Answering, Book, BookingFilter, BookingState, CancelBooking, ChargeKind, Deposit, Driver,
    ExtraChoice, Listing, NewCharge, NewListing, RentError, Terms,
    testing::{World, a_driver, operator, owner, stranger, traveller},
};

const DAY: i64 = 24;

async fn world() -> (World, Listing) {
    let world = World::new();
    let listing = world.publish(&world.open_shop().await, |new| new).await;
    (world, listing)
}

async fn on_request() -> (World, Listing) {
    let world = World::new();
    let terms = Terms { instant: false, ..Terms::default() };
    let listing = world.publish(&world.open_shop().await, |new| NewListing { terms, ..new }).await;
    (world, listing)
}

fn balance(world: &World, code: &str) -> i64 {
    world.memory.read().balance(code, Currency::USD)
}

fn sales(world: &World) -> i64 {
    -balance(world, "rev:sales")
}

fn refunded(world: &World) -> i64 {
    let books = world.provider.books();
    let refunds = books.intents.values().flat_map(|intent| &intent.refunds);
    refunds.map(|refund| refund.amount.minor).sum()
}

#[tokio::test]
async fn the_last_unit_goes_to_the_first_and_the_next_hears_what_is_free() {
    let (world, listing) = world().await;
    let wanted = World::span(DAY, 2 * DAY);
    let first = world.book(&traveller(1), &listing, wanted).await.unwrap().state;
    let second = world.book(&traveller(2), &listing, wanted).await.unwrap().state;

    let third = world.book(&traveller(3), &listing, wanted).await.unwrap_err();

    assert_ne!(first.unit, second.unit);
    let RentError::NotFree { nearest } = &third else { panic!("{third:?}") };
    assert_eq!(third.code(), "not_free");
    assert!(!nearest.is_empty() && nearest.iter().all(|slot| !slot.overlaps(first.claimed)));
    let again = world.book(&traveller(3), &listing, nearest[0]).await;
    assert!(again.is_ok(), "what was offered can be booked");
    assert_sound(&world);
}

#[tokio::test]
async fn paying_confirms_and_takes_the_deposit_apart() {
    let (world, listing) = world().await;

    let booking = world.confirmed(&traveller(1), &listing, World::span(DAY, 3 * DAY)).await.state;

    // Two days at 50.00, 10 % tax, 100.00 deposit.
    assert_eq!(booking.state.name(), "confirmed");
    assert_eq!(booking.quote.totals.total, Money::usd(210_00));
    assert_eq!(sales(&world), 100_00);
    assert_eq!(-balance(&world, "tax:IN-AS"), 10_00);
    assert_sound(&world);
}

#[tokio::test]
async fn a_cancelled_booking_frees_its_time_and_gives_back_by_its_tiers() {
    let (world, listing) = world().await;
    let who = traveller(1);
    let booking = world.confirmed(&who, &listing, World::span(3 * DAY, 5 * DAY)).await;
    let cancel = CancelBooking { booking: booking.state.id, seen: booking.version };

    let cancelled = world.rent.cancel_booking(&who, cancel).await.unwrap().state;
    world.settle_down().await;

    // Three days before: half of 110.00 and the deposit.
    assert_eq!(cancelled.state.name(), "cancelled");
    assert_eq!(refunded(&world), 155_00);
    assert_eq!((sales(&world), -balance(&world, "tax:IN-AS")), (50_00, 5_00));
    assert_eq!(balance(&world, "refund:payable"), 0);
    assert!(world.memory.read().claims.values().all(|claim| !claim.is_live()));
    assert_sound(&world);
}

#[tokio::test]
async fn when_the_shop_backs_out_everything_goes_back() {
    let (world, listing) = world().await;
    let booking = world.confirmed(&traveller(1), &listing, World::span(2, DAY)).await;
    let cancel = CancelBooking { booking: booking.state.id, seen: booking.version };

    world.rent.cancel_booking(&owner(), cancel).await.unwrap();
    world.settle_down().await;

    assert_eq!(refunded(&world), booking.state.quote.totals.total.minor);
    assert_eq!((sales(&world), balance(&world, "tax:IN-AS")), (0, 0));
    assert_sound(&world);
}

#[tokio::test]
async fn an_unpaid_booking_runs_out_with_its_order() {
    let (world, listing) = world().await;
    let booking = world.book(&traveller(1), &listing, World::span(DAY, 2 * DAY)).await.unwrap();

    world.pass(TimeDelta::minutes(21)).await;

    assert_eq!(world.stored(booking.state.id).await.state.state.name(), "expired");
    assert!(world.memory.read().claims.values().all(|claim| !claim.is_live()));
}

#[tokio::test]
async fn late_money_revives_a_booking_whose_time_is_still_free() {
    let (world, listing) = world().await;
    let who = traveller(1);
    let booking = world.book(&who, &listing, World::span(DAY, 2 * DAY)).await.unwrap().state;
    let payment = world.start(&who, booking.order.unwrap()).await.unwrap();
    world.clock.clock.advance(TimeDelta::minutes(21));
    world.sweep().await;
    world.capture(&payment).await;
    world.settle_down().await;

    assert_eq!(world.stored(booking.id).await.state.state.name(), "confirmed");
    assert_sound(&world);
}

#[tokio::test]
async fn late_money_for_time_that_is_gone_goes_back() {
    let (world, listing) = world().await;
    let wanted = World::span(DAY, 2 * DAY);
    let booking = world.book(&traveller(1), &listing, wanted).await.unwrap().state;
    let payment = world.start(&traveller(1), booking.order.unwrap()).await.unwrap();
    world.clock.clock.advance(TimeDelta::minutes(21));
    world.sweep().await;
    for rival in [traveller(2), traveller(3)] {
        world.confirmed(&rival, &listing, wanted).await;
    }

    world.capture(&payment).await;
    world.settle_down().await;

    assert_eq!(world.stored(booking.id).await.state.state.name(), "expired");
    assert_eq!(refunded(&world), booking.quote.totals.total.minor);
    assert_sound(&world);
}

#[tokio::test]
async fn late_money_for_a_booking_its_traveller_gave_up_goes_back() {
    let (world, listing) = world().await;
    let who = traveller(1);
    let booking = world.book(&who, &listing, World::span(DAY, 2 * DAY)).await.unwrap();
    let payment = world.start(&who, booking.state.order.unwrap()).await.unwrap();
    world.clock.clock.advance(TimeDelta::minutes(21));
    world.sweep().await;
    let cancel = CancelBooking { booking: booking.state.id, seen: booking.version };
    world.rent.cancel_booking(&who, cancel).await.unwrap();
    world.settle_down().await;

    world.capture(&payment).await;
    world.settle_down().await;

    assert_eq!(world.stored(booking.state.id).await.state.state.name(), "cancelled");
    assert_eq!(refunded(&world), payment.amount.minor);
    assert!(world.memory.read().claims.values().all(|claim| !claim.is_live()));
    assert_sound(&world);
}

#[tokio::test]
async fn an_accepted_request_hands_its_time_to_its_order() {
    let (world, listing) = on_request().await;
    let who = traveller(1);
    let asked = world.book(&who, &listing, World::span(2 * DAY, 3 * DAY)).await.unwrap();
    assert_eq!(asked.state.order, None);
    let answer = Answering { booking: asked.state.id, seen: asked.version, accept: true };

    let by_traveller = world.rent.answer_request(&who, answer).await.unwrap_err();
    let accepted = world.rent.answer_request(&owner(), answer).await.unwrap().state;
    world.pay(&who, accepted.order.unwrap()).await;

    assert_eq!(by_traveller.code(), "not_the_shop");
    assert_eq!(world.stored(accepted.id).await.state.state.name(), "confirmed");
    assert_eq!(world.memory.read().claims.values().filter(|claim| claim.is_live()).count(), 1);
    assert_sound(&world);
}

#[tokio::test]
async fn a_request_nobody_answers_runs_out() {
    let (world, listing) = on_request().await;
    let asked = world.book(&traveller(1), &listing, World::span(2 * DAY, 3 * DAY)).await.unwrap();

    world.pass(TimeDelta::hours(23)).await;
    assert_eq!(world.stored(asked.state.id).await.state.state.name(), "held");
    world.pass(TimeDelta::hours(1)).await;

    let expired = world.stored(asked.state.id).await;
    assert_eq!(expired.state.state.name(), "expired");
    let answer = Answering { booking: asked.state.id, seen: expired.version, accept: true };
    let late = world.rent.answer_request(&owner(), answer).await.unwrap_err();
    assert_eq!(late.code(), "wrong_state");
    assert!(world.memory.read().claims.values().all(|claim| !claim.is_live()));
}

#[tokio::test]
async fn a_declined_request_frees_its_time() {
    let (world, listing) = on_request().await;
    let asked = world.book(&traveller(1), &listing, World::span(2 * DAY, 3 * DAY)).await.unwrap();
    let answer = Answering { booking: asked.state.id, seen: asked.version, accept: false };

    let declined = world.rent.answer_request(&owner(), answer).await.unwrap().state;

    assert_eq!(declined.state.name(), "cancelled");
    assert!(world.memory.read().claims.values().all(|claim| !claim.is_live()));
}

#[tokio::test]
async fn a_deposit_goes_back_when_nothing_was_claimed_in_time() {
    let (world, listing) = world().await;
    let out = world.confirmed(&traveller(1), &listing, World::span(DAY, 2 * DAY)).await;
    let id = out.state.id;
    let early = world.rent.hand_over(&owner(), (id, out.version), record(100)).await.unwrap_err();
    assert_eq!(early.code(), "not_yet");
    world.clock.clock.set(World::hour(DAY));
    let out = world.rent.hand_over(&owner(), (id, out.version), record(100)).await.unwrap();
    world.clock.clock.set(World::hour(2 * DAY));
    world.rent.take_back(&owner(), (id, out.version), record(250)).await.unwrap();

    world.pass(TimeDelta::hours(47)).await;
    assert_eq!(world.stored(id).await.state.state.name(), "returned");
    world.pass(TimeDelta::hours(1)).await;

    let done = world.stored(id).await.state;
    assert_eq!(done.state.name(), "completed");
    assert_eq!(refunded(&world), 100_00);
    assert_eq!((sales(&world), -balance(&world, "tax:IN-AS")), (50_00, 5_00));
    assert_sound(&world);
}

#[tokio::test]
async fn lateness_and_damage_come_out_of_the_deposit_and_no_more() {
    let (world, listing) = world().await;
    let out = world.confirmed(&traveller(1), &listing, World::span(DAY, 2 * DAY)).await;
    let id = out.state.id;
    world.clock.clock.set(World::hour(DAY));
    let out = world.rent.hand_over(&owner(), (id, out.version), record(100)).await.unwrap();
    world.clock.clock.set(World::hour(2 * DAY + 2));
    let backwards = world.rent.take_back(&owner(), (id, out.version), record(99)).await;
    assert_eq!(backwards.unwrap_err().fields()[0].pointer, "#/odometer_km");
    let back = world.rent.take_back(&owner(), (id, out.version), record(300)).await.unwrap();
    let scratch = world.a_photo(&owner());
    let charge = |minor, evidence: &[PictureId]| NewCharge {
        kind: ChargeKind::Damage,
        amount: Money::usd(minor),
        reason: "a scratch".into(),
        evidence: evidence.to_vec(),
    };
    let claim = async |seen, new| world.rent.charge_deposit(&owner(), (id, seen), new).await;

    let bare = claim(back.version, charge(1, &[])).await.unwrap_err();
    let greedy = claim(back.version, charge(70_01, &[scratch])).await.unwrap_err();
    let fair = claim(back.version, charge(20_00, &[scratch])).await.unwrap();
    world.rent.complete_booking(&owner(), (id, fair.version)).await.unwrap();
    world.settle_down().await;

    assert_eq!(bare.fields()[0].pointer, "#/evidence");
    assert_eq!(greedy.code(), "deposit_too_small");
    let done = world.stored(id).await.state;
    assert_eq!(done.charged().unwrap(), Money::usd(50_00), "two hours late and a scratch");
    let Deposit::Settled { returned, claimed, .. } = done.deposit else { panic!("{done:?}") };
    assert_eq!((returned, claimed), (Money::usd(50_00), Money::usd(50_00)));
    assert_eq!(refunded(&world), 50_00);
    assert_eq!(sales(&world), 50_00 + 50_00, "the house lent it itself");
    assert_sound(&world);
}

#[tokio::test]
async fn what_was_never_picked_up_is_completed_and_its_deposit_goes_back() {
    let (world, listing) = world().await;
    let booking = world.confirmed(&traveller(1), &listing, World::span(DAY, 2 * DAY)).await;

    world.pass(TimeDelta::hours(2 * DAY + 48)).await;

    assert_eq!(world.stored(booking.state.id).await.state.state.name(), "completed");
    assert_eq!(refunded(&world), 100_00);
    assert_sound(&world);
}

#[tokio::test]
async fn an_order_refunded_by_an_operator_ends_its_booking() {
    let (world, listing) = world().await;
    let booking = world.confirmed(&traveller(1), &listing, World::span(DAY, 2 * DAY)).await.state;
    let order = Repository::<Order>::find(&world.memory, booking.order.unwrap()).await.unwrap();
    let commerce::order::OrderState::Paid { payment, .. } = order.unwrap().state.state else {
        panic!("it is paid")
    };
    let all = commerce::sales::RefundRequest {
        payment,
        amount: None,
        reason: "sorry".into(),
        restock: false,
    };

    world.sales.refund(&operator(), all, world.once()).await.unwrap();
    world.settle_down().await;

    assert_eq!(world.stored(booking.id).await.state.state.name(), "cancelled");
    assert!(world.memory.read().claims.values().all(|claim| !claim.is_live()));
    assert_eq!(sales(&world), 0);
    assert_sound(&world);
}

#[tokio::test]
async fn a_booking_is_made_once_a_key() {
    let (world, listing) = world().await;
    let book = Book {
        traveller: traveller(1).user,
        listing: listing.id,
        period: World::span(DAY, 2 * DAY),
        extras: Vec::new(),
        driver: a_driver(),
        accepted: Some(Money::usd(155_00)),
        once: world.once(),
    };
    world.rent.book(&book).await.unwrap();

    let again = world.rent.book(&book).await.unwrap_err();
    let dearer = Book { accepted: Some(Money::usd(1)), once: world.once(), ..book };

    assert_eq!(again.code(), "already_done");
    let moved = world.rent.book(&dearer).await.unwrap_err();
    assert_eq!(moved.facts().unwrap()["total"]["amount"], 155_00);
}

#[tokio::test]
async fn nobody_hoards_vehicles() {
    let (world, listing) = world().await;
    let held = |day: i64| World::span(day * DAY, day * DAY + 5);
    for day in 1..=5 {
        world.book(&traveller(1), &listing, held(day)).await.unwrap();
    }

    let sixth = world.book(&traveller(1), &listing, held(6)).await.unwrap_err();

    assert_eq!(sixth.code(), "too_many_held");
}

#[tokio::test]
async fn a_shop_does_not_book_its_own_vehicles() {
    let (world, listing) = world().await;

    let refused = world.book(&owner(), &listing, World::span(DAY, 2 * DAY)).await.unwrap_err();

    assert_eq!((refused.code(), refused.kind()), ("own_vehicle", commerce::Kind::Conflict));
}

#[tokio::test]
async fn everything_that_is_in_the_way_of_a_booking_is_told_at_once() {
    let (world, listing) = world().await;
    let boat = ExtraChoice { code: "boat".into(), count: 1 };
    let book = Book {
        traveller: traveller(1).user,
        listing: listing.id,
        period: World::span(DAY, 2 * DAY),
        extras: vec![boat],
        driver: Driver { licence: None, name: " ".into(), ..a_driver() },
        accepted: None,
        once: world.once(),
    };

    let refused = world.rent.book(&book).await.unwrap_err();

    let pointers = refused.fields().into_iter().map(|fault| fault.pointer);
    assert!(pointers.eq(["#/extras/0", "#/driver/name", "#/driver/licence"]));
    let too_long = Book { period: World::span(DAY, 90 * DAY), extras: Vec::new(), ..book };
    let refused = world.rent.book(&too_long).await.unwrap_err();
    assert_eq!(refused.fields()[0].code, "too_long");
    assert_eq!(refused.fields().len(), 3);
}

#[tokio::test]
async fn where_nothing_is_free_for_weeks_the_nearest_slots_are_further_away() {
    let (world, listing) = world().await;
    let month = World::span(DAY, 20 * DAY);
    for who in [1, 2] {
        world.book(&traveller(who), &listing, month).await.unwrap();
    }

    let refused = world.book(&traveller(3), &listing, World::span(10 * DAY, 11 * DAY)).await;

    let RentError::NotFree { nearest } = refused.unwrap_err() else { panic!("something was free") };
    assert!(nearest[0].starts_at() >= month.ends_at());
}

#[tokio::test]
async fn each_side_sees_its_own_bookings() {
    let (world, listing) = world().await;
    let booking = world.book(&traveller(1), &listing, World::span(DAY, 2 * DAY)).await.unwrap();
    let id = booking.state.id;

    assert_eq!(world.rent.booking(&stranger(), id).await.unwrap_err().code(), "no_booking");
    assert_eq!(world.rent.booking(&traveller(2), id).await.unwrap_err().code(), "no_booking");
    for actor in [traveller(1), owner(), operator()] {
        assert_eq!(world.rent.booking(&actor, id).await.unwrap().state.id, id);
    }
    let cancel = CancelBooking { booking: id, seen: Version(7) };
    let stale = world.rent.cancel_booking(&traveller(1), cancel).await.unwrap_err();
    assert_eq!(stale.code(), "outdated");
    let filter = BookingFilter { shop: Some(listing.shop), ..BookingFilter::default() };
    let list = async |actor| {
        let page = commerce::PageRequest { limit: 10, cursor: None };
        world.rent.bookings(&actor, filter.clone(), page).await.map(|page| page.data.len())
    };
    assert_eq!(list(owner()).await.unwrap(), 1);
    assert_eq!(list(traveller(1)).await.unwrap_err().code(), "no_shop");
}

#[test]
fn a_state_names_itself() {
    let at = World::hour(0);
    assert!(BookingState::Active { since: at }.is_open());
    assert!(!BookingState::Expired { at }.is_open());
}
