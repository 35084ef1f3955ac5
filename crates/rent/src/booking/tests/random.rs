//! Whatever happens, in whatever order: nobody has time that another has, and no money is lost.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use commerce::{Actor, Money, Order, Payment, Version, order::OrderState};
use proptest::prelude::*;

use super::{assert_sound, record};
use crate::{
    Answering, Booking, BookingId, BookingState, CancelBooking, ChargeKind, Listing, NewCharge,
    NewListing, Terms,
    testing::{World, operator, owner, traveller},
};

#[derive(Debug, Clone)]
enum Happens {
    Book { who: u8, instant: bool, from: i64, hours: i64 },
    Start(usize),
    Capture(usize),
    Answer(usize, bool),
    Cancel(usize, u8),
    HandOver(usize),
    TakeBack(usize),
    Charge(usize, i64),
    Complete(usize),
    Deliver,
    Pass(i64),
}

fn happens() -> impl Strategy<Value = Happens> {
    let which = 0_usize..64;
    prop_oneof![
        6 => (0_u8..6, prop::bool::weighted(0.7), 2_i64..60, 1_i64..30)
            .prop_map(|(who, instant, from, hours)| Happens::Book { who, instant, from, hours }),
        4 => which.clone().prop_map(Happens::Start),
        4 => which.clone().prop_map(Happens::Capture),
        2 => (which.clone(), prop::bool::weighted(0.8)).prop_map(|(at, yes)| Happens::Answer(at, yes)),
        2 => (which.clone(), 0_u8..3).prop_map(|(at, by)| Happens::Cancel(at, by)),
        3 => which.clone().prop_map(Happens::HandOver),
        3 => which.clone().prop_map(Happens::TakeBack),
        3 => (which.clone(), 1_i64..120_00).prop_map(|(at, minor)| Happens::Charge(at, minor)),
        1 => which.prop_map(Happens::Complete),
        3 => Just(Happens::Deliver),
        3 => (1_i64..900).prop_map(Happens::Pass),
    ]
}

struct Story {
    world: World,
    /// One booked at once, one on request; two units each.
    listings: Vec<Listing>,
    bookings: Vec<BookingId>,
    payments: BTreeMap<usize, Payment>,
}

impl Story {
    async fn begin() -> Self {
        let world = World::new();
        let shop = world.open_shop().await;
        let mut listings = Vec::new();
        for instant in [true, false] {
            let terms = Terms { instant, turnaround_minutes: 90, ..Terms::default() };
            listings.push(world.publish(&shop, |new| NewListing { terms, ..new }).await);
        }
        Self { world, listings, bookings: Vec::new(), payments: BTreeMap::new() }
    }

    async fn pick(&self, at: usize) -> Option<(usize, Booking, Version)> {
        let at = at.checked_rem(self.bookings.len())?;
        let stored = self.world.stored(self.bookings[at]).await;
        Some((at, stored.state, stored.version))
    }

    /// What is refused is refused; nothing may panic, and nothing may be half done.
    async fn let_it(&mut self, happens: Happens) {
        let world = &self.world;
        match happens {
            Happens::Book { who, instant, from, hours } => {
                let now = world.env().now();
                let from = now + TimeDelta::hours(from);
                let period = commerce::Span::try_new(from, from + TimeDelta::hours(hours)).unwrap();
                let listing = &self.listings[usize::from(!instant)];
                if let Ok(made) = world.book(&traveller(who), listing, period).await {
                    self.bookings.push(made.state.id);
                }
            }
            Happens::Start(at) => {
                let Some((at, booking, _)) = self.pick(at).await else { return };
                let Some(order) = booking.order else { return };
                if let Some(payment) = self.world.start(&by(&booking), order).await {
                    self.payments.insert(at, payment);
                }
            }
            Happens::Capture(at) => {
                let at = at.checked_rem(self.payments.len());
                let payment = at.and_then(|at| self.payments.values().nth(at));
                if let Some(payment) = payment {
                    world.capture(payment).await;
                }
            }
            Happens::Deliver => world.settle_down().await,
            Happens::Pass(minutes) => {
                world.clock.clock.advance(TimeDelta::minutes(minutes));
                world.sweep().await;
            }
            other => self.on_a_booking(other).await,
        }
    }

    async fn on_a_booking(&self, happens: Happens) {
        let (Happens::Answer(at, _)
        | Happens::Cancel(at, _)
        | Happens::HandOver(at)
        | Happens::TakeBack(at)
        | Happens::Charge(at, _)
        | Happens::Complete(at)) = happens
        else {
            return;
        };
        let Some((_, booking, seen)) = self.pick(at).await else { return };
        let (rent, id) = (&self.world.rent, booking.id);
        let _ = match happens {
            Happens::Answer(_, accept) => {
                rent.answer_request(&owner(), Answering { booking: id, seen, accept }).await
            }
            Happens::Cancel(_, side) => {
                let actor = [by(&booking), owner(), operator()][usize::from(side)];
                rent.cancel_booking(&actor, CancelBooking { booking: id, seen }).await
            }
            Happens::HandOver(_) => {
                self.wait_for(&booking).await;
                let seen = self.world.stored(id).await.version;
                rent.hand_over(&owner(), (id, seen), record(1)).await
            }
            Happens::TakeBack(_) => rent.take_back(&owner(), (id, seen), record(2)).await,
            Happens::Charge(_, minor) => {
                let new = NewCharge {
                    kind: ChargeKind::Damage,
                    amount: Money::usd(minor),
                    reason: "a dent".into(),
                    evidence: vec![self.world.a_photo(&owner())],
                };
                rent.charge_deposit(&owner(), (id, seen), new).await
            }
            _ => rent.complete_booking(&owner(), (id, seen)).await,
        };
    }

    /// A paid vehicle is picked up when its time comes, if nothing else has happened by then.
    async fn wait_for(&self, booking: &Booking) {
        let now = self.world.env().now();
        let early = booking.period.starts_at() - now;
        if matches!(booking.state, BookingState::Confirmed { .. }) && early > TimeDelta::zero() {
            self.world.pass(early).await;
        }
    }

    /// Everything ends: what runs out does, what is out comes back, and every event is heard.
    async fn end(&self) {
        let world = &self.world;
        world.settle_down().await;
        for _ in 0..2 {
            for at in 0..self.bookings.len() {
                let Some((_, booking, seen)) = self.pick(at).await else { continue };
                let _ = world.rent.take_back(&owner(), (booking.id, seen), record(2)).await;
            }
            world.pass(TimeDelta::days(20)).await;
        }
        world.settle_down().await;
    }

    fn assert_over(&self) {
        let books = self.world.memory.read();
        for booking in books.all::<Booking>() {
            assert!(!booking.state.state.is_open(), "everything ends: {booking:?}");
        }
        for booking in books.all::<Booking>().into_iter().map(|stored| stored.state) {
            let order =
                books.all::<Order>().into_iter().find(|o| Some(o.state.id) == booking.order);
            let paid = order.is_some_and(|o| matches!(o.state.state, OrderState::Paid { .. }));
            let done = matches!(booking.state, BookingState::Completed { .. });
            assert!(
                paid == done || booking.handed_over.is_some(),
                "who pays is served: {booking:?}"
            );
        }
        let held: i64 = self.world.provider.books().holds();
        let clearing = books.balance("psp:model:clearing", commerce::Currency::USD);
        assert_eq!(held, clearing, "the provider holds what the books say");
        assert_eq!(
            books.balance("refund:payable", commerce::Currency::USD),
            0,
            "nobody waits for money"
        );
    }
}

fn by(booking: &Booking) -> Actor {
    let number = (0..6).find(|&who| traveller(who).user == booking.traveller);
    traveller(number.unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nobody_has_time_that_another_has_and_no_money_is_lost(
        all in prop::collection::vec(happens(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut story = Story::begin().await;
            for happens in all {
                story.let_it(happens).await;
                let books = story.world.memory.read();
                let live: Vec<_> = books.claims.values().filter(|claim| claim.is_live()).collect();
                assert!(!live.iter().any(|a| live.iter().any(|b| a.rivals(b))));
            }
            story.world.settle_down().await;
            assert_sound(&story.world);
            story.end().await;
            assert_sound(&story.world);
            story.assert_over();
        });
    }
}
