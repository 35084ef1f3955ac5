//! Sends back what a booking owes its traveller, through the core.

use async_trait::async_trait;
use commerce::{
    Failure, Kind, OrderId,
    event::{Delivery, Subscriber, Trouble},
    sales::{LineAmount, MoneyBack, Sales, Share},
};

use super::{Back, Booking, BookingState, Deposit, events::MONEY_DUE};
use crate::{Item, Rent, RentError};

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
        let deposit = self.deposit(booking, order).await?;
        let cancelled = matches!(booking.state, BookingState::Cancelled { .. });
        let sent = match cancelled {
            true => self.sales.call_off(order, &money(back, deposit, "booking cancelled")).await,
            false => self.sales.give_back(order, &money(back, deposit, "deposit returned")).await,
        };
        Ok(sent?)
    }

    /// The order's line of the deposit and what of it goes back; the other lines are as the quote's.
    async fn deposit(
        &self,
        booking: &Booking,
        order: OrderId,
    ) -> Result<Option<LineAmount>, RentError> {
        let Deposit::Settled { returned: amount, .. } = booking.deposit else { return Ok(None) };
        let Some(order) = self.rent.orders.find(order).await? else { return Ok(None) };
        let mut lines = booking.quote.lines.iter().zip(&order.state.lines);
        let line = lines.find(|(quoted, _)| quoted.item == Item::Deposit);
        Ok(line.map(|(_, line)| LineAmount { line: line.id, amount }))
    }
}

fn money(back: Back, of_line: Option<LineAmount>, reason: &str) -> MoneyBack {
    let share = match back.part {
        None => Share::Everything,
        Some(part) => Share::Part { amount: part.amount, tax: part.tax, of_line },
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
