//! Sends back what a booking owes its traveller, through the core.

use async_trait::async_trait;
use commerce::{
    Failure, Kind,
    event::{Delivery, Subscriber, Trouble},
    sales::{MoneyBack, Sales, Share},
};

use super::{Back, Booking, BookingState, events::MONEY_DUE};
use crate::{Rent, RentError};

pub struct SettleBookings {
    pub rent: Rent,
    pub sales: Sales,
}

#[async_trait]
impl Subscriber for SettleBookings {
    fn name(&self) -> &'static str {
        "rent.settle_bookings"
    }

    fn events(&self) -> &'static [&'static str] {
        &[MONEY_DUE]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let found = self.rent.bookings.find(delivery.subject.into()).await;
        match found.map_err(RentError::from)? {
            Some(stored) => self.settle(&stored.state).await,
            None => Ok(()),
        }
    }
}

impl SettleBookings {
    /// A cancelled booking calls its order off; a completed one only gives its deposit back.
    async fn settle(&self, booking: &Booking) -> Result<(), Trouble> {
        let Some((back, order)) = booking.back.zip(booking.order) else {
            return Ok(());
        };
        let cancelled = matches!(booking.state, BookingState::Cancelled { .. });
        let sent = match cancelled {
            true => self.sales.call_off(order, &money(back, "booking cancelled")).await,
            false => self.sales.give_back(order, &money(back, "deposit returned")).await,
        };
        Ok(sent?)
    }
}

fn money(back: Back, reason: &str) -> MoneyBack {
    let share = match back.part {
        None => Share::Everything,
        Some(part) => Share::Part { amount: part.amount, tax: part.tax },
    };
    MoneyBack { id: back.refund, share, reason: reason.to_owned() }
}

impl From<RentError> for Trouble {
    fn from(error: RentError) -> Self {
        match error.kind() {
            Kind::Unavailable | Kind::Conflict | Kind::Internal => Self::Passing(error.to_string()),
            _ => Self::Lasting(error.to_string()),
        }
    }
}
