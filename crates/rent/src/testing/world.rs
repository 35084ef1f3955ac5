//! A rental shop with a payment provider behind it, and short ways to use it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use chrono::TimeDelta;
use commerce::{
    Actor, Answer, Env, Once, OrderId, Payment, RequestKey, Span, Stored, Timestamp,
    event::{Delivery, Subscriber, Sweep},
    payment::{Gateways, IntentState, PaymentGateway},
    picture::{Picture, PictureId, PictureState},
    sales::{Sales, SalesSettings, StartPayment},
    seller::NoSellers,
    testing::{Memory, ModelProvider, TestEnv},
};

use super::{Links, a_driver, a_shop, memory, new_listing, owner};
use crate::{Book, Booking, BookingId, Listing, NewListing, Rent, RentError, RentShop, Rules};

pub struct World {
    pub rent: Rent,
    pub sales: Sales,
    pub clock: TestEnv,
    pub memory: Memory,
    pub provider: ModelProvider,
    heard: AtomicUsize,
    keys: AtomicU32,
}

impl World {
    #[expect(clippy::new_without_default, reason = "a default would hide that the seed is fixed")]
    pub fn new() -> Self {
        let (clock, memory, provider) = (TestEnv::new(), memory(), ModelProvider::default());
        let shared = Arc::new(memory.clone());
        let gateway: Arc<dyn PaymentGateway> = Arc::new(provider.clone());
        let sales = Sales {
            orders: shared.clone(),
            payments: shared.clone(),
            inbox: shared.clone(),
            receipts: shared.clone(),
            sellers: Arc::new(NoSellers),
            seller_books: shared.clone(),
            journal: shared.clone(),
            gateways: Gateways::new([gateway]),
            env: clock.env(),
            settings: SalesSettings::default(),
        };
        let rent = Rent::over(shared, clock.env(), Rules::default()).with_links(Arc::new(Links));
        Self {
            rent,
            sales,
            clock,
            memory,
            provider,
            heard: AtomicUsize::new(0),
            keys: AtomicU32::new(0),
        }
    }

    pub fn env(&self) -> Env {
        self.clock.env()
    }

    /// So many hours from the world's beginning.
    pub fn hour(hour: i64) -> Timestamp {
        commerce::testing::moment(hour * 3_600)
    }

    pub fn span(from: i64, to: i64) -> Span {
        Span::try_new(Self::hour(from), Self::hour(to)).unwrap()
    }

    pub fn once<T>(&self) -> Once<T> {
        once(&self.keys.fetch_add(1, Ordering::Relaxed).to_string())
    }

    pub async fn open_shop(&self) -> RentShop {
        self.rent.open_shop(&owner(), a_shop(), None).await.unwrap().state
    }

    /// A published listing made of the sample by `change`.
    pub async fn publish(
        &self,
        shop: &RentShop,
        change: impl FnOnce(NewListing) -> NewListing,
    ) -> Listing {
        let new = change(new_listing(shop.id));
        let made = self.rent.create_listing(&owner(), new, None).await.unwrap();
        let id = made.state.id;
        self.rent.publish_listing(&owner(), id, made.version).await.unwrap().state
    }

    pub async fn book(
        &self,
        traveller: &Actor,
        listing: &Listing,
        period: Span,
    ) -> Result<Stored<Booking>, RentError> {
        let book = Book {
            traveller: traveller.user,
            listing: listing.id,
            period,
            extras: Vec::new(),
            driver: a_driver(),
            accepted: None,
            once: self.once(),
        };
        self.rent.book(&book).await
    }

    pub async fn pay(&self, traveller: &Actor, order: OrderId) {
        if let Some(payment) = self.start(traveller, order).await {
            self.capture(&payment).await;
        }
        self.settle_down().await;
    }

    /// Begins to pay; nothing when the order does not want it any more.
    pub async fn start(&self, traveller: &Actor, order: OrderId) -> Option<Payment> {
        let start = StartPayment { order, provider: "model".into() };
        self.sales.start_payment(traveller, start, self.once()).await.ok()
    }

    /// The provider takes the money, and says so.
    pub async fn capture(&self, payment: &Payment) {
        let stored = commerce::Repository::<Payment>::find(&self.memory, payment.id).await;
        let Some(reference) = stored.unwrap().unwrap().state.provider_ref else { return };
        self.provider.books().moves(&reference, IntentState::Captured);
        let intent = self.provider.books().intents.get(&reference).cloned().unwrap();
        self.sales.settle("model", None, &intent).await.unwrap();
    }

    /// Delivers every event, and those that come of it, and moves refunds on.
    pub async fn settle_down(&self) {
        let mut subscribers = self.sales.subscribers();
        subscribers.extend(self.rent.subscribers(self.sales.clone()));
        while let Some(event) = self.next_event() {
            let wants = |s: &&Arc<dyn Subscriber>| s.events().contains(&event.name.as_str());
            for subscriber in subscribers.iter().filter(wants) {
                subscriber.handle(&event).await.unwrap();
            }
        }
    }

    fn next_event(&self) -> Option<Delivery> {
        let books = self.memory.read();
        let event = books.events.get(self.heard.load(Ordering::Relaxed))?;
        self.heard.fetch_add(1, Ordering::Relaxed);
        Some(Delivery {
            id: event.id,
            event: event.id,
            subscriber: String::new(),
            name: event.name.to_owned(),
            subject: event.subject,
            body: event.body.clone(),
            at: event.at,
            attempts: 1,
        })
    }

    /// Time passes, and everything that is due happens.
    pub async fn pass(&self, time: TimeDelta) {
        self.clock.clock.advance(time);
        self.sweep().await;
        self.settle_down().await;
    }

    pub async fn sweep(&self) {
        let sweeps: Vec<Arc<dyn Sweep>> =
            self.sales.sweeps().into_iter().chain(self.rent.sweeps()).collect();
        for sweep in sweeps {
            sweep.run().await.unwrap();
        }
    }

    /// A private picture that somebody has uploaded, and nothing holds.
    pub fn a_photo(&self, of: &Actor) -> PictureId {
        self.a_picture(of, PictureState::Private)
    }

    /// An uploaded picture that nothing holds.
    pub fn a_picture(&self, of: &Actor, state: PictureState) -> PictureId {
        let (id, alt) = (PictureId::new(&self.env()), "A scratch".into());
        self.memory.put_picture(Picture { id, owner: of.user, alt, stem: id, holder: None, state });
        id
    }

    pub async fn stored(&self, id: BookingId) -> Stored<Booking> {
        commerce::Repository::<Booking>::find(&self.memory, id).await.unwrap().unwrap()
    }

    /// A booking that is paid for.
    pub async fn confirmed(&self, who: &Actor, listing: &Listing, period: Span) -> Stored<Booking> {
        let booking = self.book(who, listing, period).await.unwrap().state;
        self.pay(who, booking.order.unwrap()).await;
        self.stored(booking.id).await
    }
}

pub fn once<T>(key: &str) -> Once<T> {
    let request = RequestKey { scope: "test".into(), key: key.into(), hash: "h".into() };
    Once { request, answer: |_| Answer { status: 201, headers: Vec::new(), body: String::new() } }
}
