//! How a booking is changed by one of its sides, over the version they saw.

use commerce::{ATTEMPTS, Actor, CommitError, Effects, Role, Stored, Timestamp, Version, picture};

use super::{
    Booking, BookingId, Side, accounts,
    photo::{self, Named},
};
use crate::{Rent, RentError};

/// Which booking, as its reader saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub booking: BookingId,
    pub version: Version,
}

/// A booking as a decision leaves it, and what goes with it beside its deposit's postings and its pictures.
pub(super) type Decided = Result<(Booking, Effects), RentError>;

impl Rent {
    /// The booking and the side the actor stands on; nobody else learns that there is one.
    pub(super) async fn booking_for(
        &self,
        actor: &Actor,
        id: BookingId,
    ) -> Result<(Stored<Booking>, Side), RentError> {
        let stored = self.bookings.find(id).await?.ok_or(RentError::NoBooking)?;
        let booking = &stored.state;
        let side = match actor {
            _ if actor.user == booking.traveller => Side::Traveller,
            _ if actor.user == booking.owner => Side::Owner,
            _ if actor.role == Role::Operator => Side::House,
            _ => return Err(RentError::NoBooking),
        };
        Ok((stored, side))
    }

    /// What only the shop does; a traveller is told so.
    pub(super) async fn change_as_shop(
        &self,
        actor: &Actor,
        seen: Seen,
        decide: impl Fn(Booking, Timestamp) -> Decided + Send + Sync,
    ) -> Result<Stored<Booking>, RentError> {
        self.change_as_either(actor, seen, |booking, side, now| match side {
            Side::Owner | Side::House => decide(booking, now),
            Side::Traveller => Err(RentError::NotTheShop),
        })
        .await
    }

    pub(super) async fn change_as_either(
        &self,
        actor: &Actor,
        seen: Seen,
        decide: impl Fn(Booking, Side, Timestamp) -> Decided + Send + Sync,
    ) -> Result<Stored<Booking>, RentError> {
        let (stored, side) = self.booking_as_seen(actor, seen).await?;
        let now = self.env.now();
        let decided = decide(stored.state.clone(), side, now)?;
        self.commit_over(&stored, decided, now).await
    }

    /// What only the shop does, with pictures that the booking holds from then on. Whatever is wrong with any of
    /// them is told together with what else is.
    pub(super) async fn change_with_photos(
        &self,
        actor: &Actor,
        seen: Seen,
        named: Named<'_>,
        decide: impl Fn(Booking, Timestamp) -> Decided + Send + Sync,
    ) -> Result<Stored<Booking>, RentError> {
        let (stored, side) = self.booking_as_seen(actor, seen).await?;
        if side == Side::Traveller {
            return Err(RentError::NotTheShop);
        }
        let pointer = |at| format!("{}/{at}", named.pointer);
        let (pictures, ids) = (&*self.pictures, named.pictures);
        let faults = picture::unfit_evidence(pictures, actor, ids, pointer).await?;
        let now = self.env.now();
        let decided = RentError::with(faults, decide(stored.state.clone(), now))?;
        self.commit_over(&stored, decided, now).await
    }

    /// The booking in the version that its reader saw.
    async fn booking_as_seen(
        &self,
        actor: &Actor,
        seen: Seen,
    ) -> Result<(Stored<Booking>, Side), RentError> {
        let (stored, side) = self.booking_for(actor, seen.booking).await?;
        if stored.version == seen.version { Ok((stored, side)) } else { Err(RentError::Outdated) }
    }

    /// Never decided again on another version than was seen.
    async fn commit_over(
        &self,
        stored: &Stored<Booking>,
        (booking, effects): (Booking, Effects),
        now: Timestamp,
    ) -> Result<Stored<Booking>, RentError> {
        match self.commit_booking(stored, booking, effects, now).await {
            Err(RentError::Commit(CommitError::Stale)) => Err(RentError::Outdated),
            written => written,
        }
    }

    /// What the house does by itself: decided again when another writer was quicker, left alone when there is
    /// nothing (more) to do.
    pub(super) async fn change_by_itself(
        &self,
        id: BookingId,
        decide: impl Fn(Booking, Timestamp) -> Result<Option<(Booking, Effects)>, RentError>
        + Send
        + Sync,
    ) -> Result<bool, RentError> {
        for _ in 0..ATTEMPTS {
            let Some(stored) = self.bookings.find(id).await? else {
                return Ok(false);
            };
            let now = self.env.now();
            let Some((booking, effects)) = decide(stored.state.clone(), now)? else {
                return Ok(false);
            };
            match self.commit_booking(&stored, booking, effects, now).await {
                Err(RentError::Commit(CommitError::Stale)) => {}
                written => return written.map(|_| true),
            }
        }
        Err(CommitError::Stale.into())
    }

    pub(super) async fn commit_booking(
        &self,
        stored: &Stored<Booking>,
        booking: Booking,
        effects: Effects,
        now: Timestamp,
    ) -> Result<Stored<Booking>, RentError> {
        let posted = accounts::moved(&self.env, &stored.state, &booking)?;
        let held = photo::taken(&stored.state, &booking, now);
        let state = Booking { updated_at: now, ..booking };
        let change = stored.becomes(state.clone()).with(effects.and(posted).and(held));
        self.bookings.commit(change).await?;
        Ok(Stored { state, version: stored.version.next() })
    }
}
