//! Book a vehicle: price the period, set a free unit's time aside, and raise the order or ask the owner.

use commerce::{
    ATTEMPTS, CommitError, Effects, Failure, Id, Kind, Money, Once, OrderId, Span, Stored, UserId,
    Version, Write,
    seller::{OnSale, Terms},
};

use super::{
    Awaiting, Booking, BookingState, Deposit, LateTerms, LentFor, effects,
    events::{What, told},
};
use crate::{
    Driver, ExtraChoice, Item, Listing, ListingId, Quote, QuoteLine, Rent, RentError, RentShop,
    Unit,
    availability::{claimed, free_units},
    quote,
};

#[derive(Debug, Clone)]
pub struct Book {
    pub traveller: UserId,
    pub listing: ListingId,
    pub period: Span,
    pub extras: Vec<ExtraChoice>,
    pub driver: Driver,
    /// The total the traveller saw; another price is refused.
    pub accepted: Option<Money>,
    pub once: Once<Stored<Booking>>,
}

impl Rent {
    /// Two travellers who want the last unit meet at its claim; whoever comes second gets another unit if one is
    /// free, else the nearest free slots.
    pub async fn book(&self, book: &Book) -> Result<Stored<Booking>, RentError> {
        let request = &book.once.request;
        if self.receipts.find_receipt(&request.scope, &request.key).await?.is_some() {
            return Err(CommitError::AlreadyDone.into());
        }
        let page = self.read_listing(None, book.listing).await?;
        let (listing, shop) = (page.listing.state, page.shop);
        if shop.owner == book.traveller {
            return Err(RentError::OwnVehicle);
        }
        let quote = self.agreed(&listing, &shop, book)?;
        let held = self.bookings.held_bookings(book.traveller).await?;
        if held >= self.rules.max_held {
            return Err(RentError::TooManyHeld(held));
        }
        let lent_for = self.on_terms(&shop, &listing, &quote).await?;
        for attempt in 0..ATTEMPTS {
            let busy = self.busy_while(&listing, book.period).await?;
            let free = free_units(&listing, &busy, book.period);
            let Some(unit) = self.one_of(&free, attempt) else {
                break;
            };
            let booking = Booking {
                lent_for: lent_for.clone(),
                ..self.new_booking(&listing, &shop, unit, quote.clone(), book)
            };
            match self.set_aside(booking, &listing, book).await {
                Err(RentError::Commit(CommitError::OutOfStock(_))) => {}
                written => return written,
            }
        }
        Err(RentError::NotFree { nearest: self.nearest(&listing, &shop, book.period).await? })
    }

    /// What lending costs the seller it is done for; a seller who may not sell lends nothing.
    async fn on_terms(
        &self,
        shop: &RentShop,
        listing: &Listing,
        quote: &Quote,
    ) -> Result<Option<LentFor>, RentError> {
        let Some(seller) = shop.seller else { return Ok(None) };
        let lent = |line: &&QuoteLine| line.item != Item::Deposit;
        let thing = |line: &QuoteLine| OnSale {
            seller,
            product: listing.id.uuid(),
            categories: Vec::new(),
            price: line.total,
        };
        let things: Vec<_> = quote.lines.iter().filter(lent).map(thing).collect();
        let mut terms = self.sellers.terms(&things).await?.into_iter();
        let mut commissions = Vec::with_capacity(quote.lines.len());
        for line in &quote.lines {
            let of_line = if lent(&line) { terms.next() } else { None };
            commissions.push(match of_line {
                None => None,
                Some(Terms::Commission(commission)) => Some(commission),
                Some(Terms::Barred) => return Err(RentError::SellerStopped),
            });
        }
        Ok(Some(LentFor { seller, commissions }))
    }

    /// The first that goes out; whoever lost it to another tries any, so that not everybody wants the next one.
    fn one_of<'a>(&self, free: &[&'a Unit], attempt: usize) -> Option<&'a Unit> {
        let count = u128::try_from(free.len()).unwrap_or(u128::MAX);
        let drawn = if attempt == 0 { 0 } else { self.env.uuid().as_u128() };
        let at = drawn.checked_rem(count)?;
        free.get(usize::try_from(at).ok()?).copied()
    }

    /// The price, if the traveller accepted it and may drive the vehicle; else everything that is in the way.
    fn agreed(&self, listing: &Listing, shop: &RentShop, book: &Book) -> Result<Quote, RentError> {
        let quoted = quote(listing, shop, book.period, &book.extras, self.env.now());
        let first_day = shop.zone.date(book.period.starts_at());
        let faults = book.driver.faults(&listing.vehicle, first_day);
        let quote = match quoted {
            quoted if faults.is_empty() => quoted?,
            Err(error) if error.kind() != Kind::Invalid => return Err(error),
            quoted => {
                let others = quoted.err().map(|error| error.fields()).unwrap_or_default();
                return Err(RentError::Invalid(others.into_iter().chain(faults).collect()));
            }
        };
        let total = quote.totals.total;
        match book.accepted {
            Some(accepted) if accepted != total => Err(RentError::PriceChanged { total }),
            _ => Ok(quote),
        }
    }

    fn new_booking(
        &self,
        listing: &Listing,
        shop: &RentShop,
        unit: &Unit,
        quote: Quote,
        book: &Book,
    ) -> Booking {
        let now = self.env.now();
        let instant = listing.terms.instant;
        let (awaiting, within) = match instant {
            true => (Awaiting::Payment, self.rules.hold),
            false => (Awaiting::Answer, self.rules.answer_within),
        };
        // Nobody waits for an answer beyond the time the period begins at.
        let until = effects::later(now, within).min(book.period.starts_at());
        let rates = listing.rates.as_ref();
        let hour = rates.map_or(0, |rates| rates.late_hour_minor);
        let grace_minutes = rates.map_or(0, |rates| rates.late_grace_minutes);
        let deposit = if quote.deposit.is_positive() { Deposit::Due } else { Deposit::None };
        Booking {
            id: Id::new(&self.env),
            listing: listing.id,
            unit: unit.id,
            shop: shop.id,
            owner: shop.owner,
            lent_for: None,
            traveller: book.traveller,
            driver: book.driver.clone(),
            title: listing.title.clone(),
            period: book.period,
            claimed: claimed(listing, book.period),
            zone: shop.zone,
            late: LateTerms { hour: Money::new(hour, quote.deposit.currency), grace_minutes },
            quote,
            claim: Id::new(&self.env),
            order: instant.then(|| OrderId::new(&self.env)),
            state: BookingState::Held { until, awaiting },
            deposit,
            handed_over: None,
            returned: None,
            charges: Vec::new(),
            back: None,
            created_at: now,
            updated_at: now,
        }
    }

    async fn set_aside(
        &self,
        booking: Booking,
        listing: &Listing,
        book: &Book,
    ) -> Result<Stored<Booking>, RentError> {
        let BookingState::Held { until, .. } = booking.state else {
            return Err(booking.refused());
        };
        let (held, what) = match booking.order {
            Some(order) => (effects::raise(&self.env, &booking, order, until)?, What::Held),
            None => (Effects::none().claim([effects::hold(&booking, until)]), What::Requested),
        };
        let made = Stored { state: booking.clone(), version: Version(1) };
        let receipt = book.once.receipt(booking.id.uuid(), &made);
        let effects = held.and(told(&self.env, what, &booking)).receipt(receipt);
        tracing::debug!(booking = %booking.id, listing = %listing.id, "a unit is set aside");
        self.bookings.commit(Write::new(booking).with(effects)).await?;
        Ok(made)
    }
}
