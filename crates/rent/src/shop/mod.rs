//! A rental shop: whose it is, where it stands and when it is open.

mod faults;
mod keep_shop;
mod plan;
mod ports;
#[cfg(test)]
mod tests;

pub use plan::{DateRange, DayException, Hours, WeekPlan};
pub use ports::Shops;

use commerce::{Aggregate, Env, Id, Tagged, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Place, RentError, Zone};

pub type ShopId = Id<RentShop>;

impl Tagged for RentShop {
    const PREFIX: &'static str = "rsh";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RentShop {
    pub id: ShopId,
    pub owner: UserId,
    /// The seller of the market it lends for, since it was opened; absent for the house's own shops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<Uuid>,
    pub name: String,
    /// What its opening hours, rates and dates are told in.
    pub zone: Zone,
    pub place: Place,
    pub address: String,
    pub week: WeekPlan,
    /// Days on which other hours hold than the week's, one entry a day.
    pub exceptions: Vec<DayException>,
    /// Days on which nothing is out.
    pub blackouts: Vec<DateRange>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Aggregate for RentShop {
    type Id = ShopId;

    fn id(&self) -> ShopId {
        self.id
    }
}

#[derive(Debug, Clone)]
pub struct NewShop {
    pub name: String,
    pub zone: Zone,
    pub place: Place,
    pub address: String,
    pub week: WeekPlan,
}

/// What changes on a shop; what is absent stays. Its zone stays always: bookings were made in it.
#[derive(Debug, Clone, Default)]
pub struct ShopEdit {
    pub name: Option<String>,
    pub place: Option<Place>,
    pub address: Option<String>,
    pub week: Option<WeekPlan>,
    pub exceptions: Option<Vec<DayException>>,
    pub blackouts: Option<Vec<DateRange>>,
}

impl RentShop {
    pub fn open(env: &Env, owner: UserId, new: NewShop) -> Result<Self, RentError> {
        let now = env.now();
        let shop = Self {
            id: Id::new(env),
            owner,
            seller: None,
            name: new.name,
            zone: new.zone,
            place: new.place,
            address: new.address,
            week: new.week,
            exceptions: Vec::new(),
            blackouts: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        shop.sound()
    }

    pub(crate) fn edited(self, edit: ShopEdit) -> Result<Self, RentError> {
        let edited = Self {
            name: edit.name.unwrap_or(self.name),
            place: edit.place.unwrap_or(self.place),
            address: edit.address.unwrap_or(self.address),
            week: edit.week.unwrap_or(self.week),
            exceptions: edit.exceptions.unwrap_or(self.exceptions),
            blackouts: edit.blackouts.unwrap_or(self.blackouts),
            ..self
        };
        edited.sound()
    }

    /// The shop if all of it makes sense, else everything that does not.
    fn sound(self) -> Result<Self, RentError> {
        let faults = faults::of(&self);
        if faults.is_empty() { Ok(self) } else { Err(RentError::Invalid(faults)) }
    }
}
