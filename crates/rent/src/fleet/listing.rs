//! A listing: a vehicle a shop offers, in one or more identical units.

use commerce::{
    Aggregate, Env, Id, ResourceId, Tagged, Timestamp,
    picture::{self, Chosen, Holder, Image, ImageId, NewImage, PictureId},
};
use serde::{Deserialize, Serialize};

use super::{Rates, Vehicle, faults};
use crate::{RentError, ShopId};

pub type ListingId = Id<Listing>;

impl Tagged for Listing {
    const PREFIX: &'static str = "veh";
}

/// How listings are called as what holds pictures.
pub(super) const HOLDS: &str = "rent_listing";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    pub id: ListingId,
    pub shop: ShopId,
    pub title: String,
    pub description: String,
    pub vehicle: Vehicle,
    /// Absent until somebody sets them.
    pub rates: Option<Rates>,
    pub terms: Terms,
    /// In the order they go out.
    pub units: Vec<Unit>,
    /// In the order they are shown.
    pub images: Vec<Image>,
    pub status: ListingStatus,
    /// Its seller may not sell now: nobody finds it, whatever its status.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Aggregate for Listing {
    type Id = ListingId;

    fn id(&self) -> ListingId {
        self.id
    }
}

pub type UnitId = Id<Unit>;

impl Tagged for Unit {
    const PREFIX: &'static str = "unt";
}

/// One of the identical vehicles of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub id: UnitId,
    /// What tells it from the others: a number plate, a frame number.
    pub label: String,
    /// In the workshop or gone; it is not lent until it is back, but keeps its bookings.
    pub away: bool,
}

impl Unit {
    /// What bookings claim the time of.
    pub fn resource(&self) -> ResourceId {
        self.id.uuid().into()
    }
}

/// How a vehicle is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Booked at once, or asked for.
    pub instant: bool,
    /// How long before its period a booking is made at the latest.
    pub lead_minutes: u32,
    /// How long a unit rests between two periods.
    pub turnaround_minutes: u32,
    /// How far ahead it can be booked.
    pub horizon_days: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self { instant: true, lead_minutes: 60, turnaround_minutes: 30, horizon_days: 365 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum ListingStatus {
    /// Only those who keep the shop see it.
    Draft,
    /// Found and booked since then.
    Published { since: Timestamp },
    /// Not for now; bookings stand.
    Paused { since: Timestamp },
    /// Never again; bookings stand.
    Retired { since: Timestamp },
}

impl ListingStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published { .. } => "published",
            Self::Paused { .. } => "paused",
            Self::Retired { .. } => "retired",
        }
    }
}

#[derive(Debug, Clone)]
pub struct NewListing {
    pub shop: ShopId,
    pub title: String,
    pub description: String,
    pub vehicle: Vehicle,
    pub rates: Option<Rates>,
    pub terms: Terms,
    /// A label for each unit.
    pub units: Vec<String>,
    pub images: Vec<NewImage>,
}

/// What changes on a listing; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct ListingEdit {
    pub title: Option<String>,
    pub description: Option<String>,
    /// Of the same kind as before.
    pub vehicle: Option<Vehicle>,
    pub rates: Option<Rates>,
    pub terms: Option<Terms>,
}

impl Listing {
    /// A new listing that nobody but the shop's keepers sees yet.
    pub fn draft(env: &Env, new: NewListing, chosen: &Chosen) -> Result<Self, RentError> {
        let now = env.now();
        let mut images = Vec::with_capacity(new.images.len());
        for image in new.images {
            picture::place(&mut images, env, image, chosen);
        }
        let listing = Self {
            id: Id::new(env),
            shop: new.shop,
            title: new.title,
            description: new.description,
            vehicle: new.vehicle,
            rates: new.rates,
            terms: new.terms,
            units: new.units.into_iter().map(|label| unit(env, label)).collect(),
            images,
            status: ListingStatus::Draft,
            withheld: false,
            created_at: now,
            updated_at: now,
        };
        listing.sound()
    }

    pub(crate) fn edited(self, edit: ListingEdit) -> Result<Self, RentError> {
        self.may_change()?;
        if edit.vehicle.as_ref().is_some_and(|vehicle| vehicle.kind() != self.vehicle.kind()) {
            return Err(RentError::OtherKind);
        }
        let edited = Self {
            title: edit.title.unwrap_or(self.title),
            description: edit.description.unwrap_or(self.description),
            vehicle: edit.vehicle.unwrap_or(self.vehicle),
            rates: edit.rates.or(self.rates),
            terms: edit.terms.unwrap_or(self.terms),
            ..self
        };
        edited.sound()
    }

    /// Lets travellers find it; a listing that they find already stays so.
    pub fn published(self, now: Timestamp) -> Result<Self, RentError> {
        match self.status {
            ListingStatus::Published { .. } => Ok(self),
            ListingStatus::Draft | ListingStatus::Paused { .. } => {
                Self { status: ListingStatus::Published { since: now }, ..self }.sound()
            }
            ListingStatus::Retired { .. } => Err(RentError::Retired),
        }
    }

    pub(crate) fn paused(self, now: Timestamp) -> Result<Self, RentError> {
        match self.status {
            ListingStatus::Published { .. } => {
                Ok(Self { status: ListingStatus::Paused { since: now }, ..self })
            }
            ListingStatus::Paused { .. } => Ok(self),
            ListingStatus::Draft => Err(RentError::NotPublished),
            ListingStatus::Retired { .. } => Err(RentError::Retired),
        }
    }

    pub(crate) fn retired(self, now: Timestamp) -> Self {
        match self.status {
            ListingStatus::Retired { .. } => self,
            _ => Self { status: ListingStatus::Retired { since: now }, ..self },
        }
    }

    pub(crate) fn with_unit(mut self, env: &Env, label: String) -> Result<Self, RentError> {
        self.may_change()?;
        self.units.push(unit(env, label));
        self.sound()
    }

    pub(crate) fn with_unit_away(mut self, id: UnitId, away: bool) -> Result<Self, RentError> {
        let unit = self.units.iter_mut().find(|unit| unit.id == id).ok_or(RentError::NoUnit)?;
        unit.away = away;
        Ok(self)
    }

    pub(crate) fn with_image(
        mut self,
        env: &Env,
        new: NewImage,
        chosen: &Chosen,
    ) -> Result<Self, RentError> {
        self.may_change()?;
        picture::place(&mut self.images, env, new, chosen);
        self.sound()
    }

    pub(crate) fn without_image(mut self, id: ImageId) -> Result<Self, RentError> {
        let before = self.images.len();
        self.images.retain(|image| image.id != id);
        if self.images.len() == before { Err(RentError::NoImage) } else { self.sound() }
    }

    /// Shows other images because of what became of their pictures. Without any it is lent no more for now.
    pub(crate) fn showing(self, images: Vec<Image>, now: Timestamp) -> Self {
        let status = match self.status {
            ListingStatus::Published { .. } if images.is_empty() => {
                ListingStatus::Paused { since: now }
            }
            other => other,
        };
        Self { images, status, ..self }
    }

    /// As what holds its uploaded pictures.
    pub(crate) fn holder(id: ListingId) -> Holder {
        Holder::new(HOLDS, id)
    }

    pub(crate) fn pictures(&self) -> Vec<PictureId> {
        picture::pictures_of(&self.images)
    }

    pub fn is_published(&self) -> bool {
        matches!(self.status, ListingStatus::Published { .. })
    }

    /// Whether travellers find and book it.
    pub fn is_open(&self) -> bool {
        self.is_published() && !self.withheld
    }

    /// The units that can go out.
    pub fn ready_units(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(|unit| !unit.away)
    }

    pub fn resources(&self) -> Vec<ResourceId> {
        self.ready_units().map(Unit::resource).collect()
    }

    fn may_change(&self) -> Result<(), RentError> {
        match self.status {
            ListingStatus::Retired { .. } => Err(RentError::Retired),
            _ => Ok(()),
        }
    }

    /// The listing if all of it makes sense, else everything that does not.
    fn sound(self) -> Result<Self, RentError> {
        let faults = faults::of(&self);
        if faults.is_empty() { Ok(self) } else { Err(RentError::Invalid(faults)) }
    }
}

fn unit(env: &Env, label: String) -> Unit {
    Unit { id: Id::new(env), label, away: false }
}
