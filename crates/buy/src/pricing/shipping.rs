//! What sending goods costs, and a table of it by zone.

use async_trait::async_trait;
use commerce::{Currency, Money, MoneyError, StoreError};

use super::{Area, Place, Shipping, ShippingRates};

/// The price of one parcel, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShippingRate {
    /// For any parcel.
    pub flat: Money,
    /// On top of it, for each piece.
    pub per_piece: Money,
    /// Goods that come to this after the discount are sent for nothing.
    pub free_from: Option<Money>,
}

impl ShippingRate {
    pub fn free(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { flat: zero, per_piece: zero, free_from: None }
    }

    /// For goods worth so much, in so many pieces; no goods, no parcel.
    pub(super) fn of(&self, goods: Money, pieces: i64) -> Result<Money, MoneyError> {
        let free = self.free_from.is_some_and(|from| goods.minor >= from.minor);
        if pieces == 0 || free {
            return Ok(Money::zero(goods.currency));
        }
        self.flat.plus(self.per_piece.times(pieces)?)
    }
}

/// Where goods are sent at the same price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    pub to: Vec<Area>,
    /// One for each currency goods are sent there for.
    pub rates: Vec<ShippingRate>,
}

/// Zones that are set once, by configuration. Without any, goods are sent everywhere for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zones(pub Vec<Zone>);

impl Zones {
    /// Of those that cover the place the one with the smallest area.
    fn of(&self, place: &Place) -> Option<&Zone> {
        let covering = self.0.iter().flat_map(|zone| zone.to.iter().map(move |area| (area, zone)));
        let covering = covering.filter(|(area, _)| area.covers(place));
        covering.max_by_key(|(area, _)| *area).map(|(_, zone)| zone)
    }
}

#[async_trait]
impl ShippingRates for Zones {
    async fn shipping(
        &self,
        to: Option<&Place>,
        currency: Currency,
    ) -> Result<Shipping, StoreError> {
        if self.0.is_empty() {
            return Ok(Shipping::At(ShippingRate::free(currency)));
        }
        let Some(place) = to else { return Ok(Shipping::NotYetKnown) };
        let rates = self.of(place).into_iter().flat_map(|zone| &zone.rates);
        let mut ours = rates.filter(|rate| rate.flat.currency == currency);
        Ok(ours.next().copied().map_or(Shipping::Nowhere, Shipping::At))
    }
}
