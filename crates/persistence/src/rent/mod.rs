//! Rental shops, listings, bookings and reviews: one document a row, beside the columns by which it is found.

mod booking;
mod bulk;
mod candidates;
mod listing;
mod review;
mod search;
mod shop;

pub use bulk::BulkRentals;

use crate::check::Invariant;

/// What renting promises; `souk check` looks for exceptions. That nobody's time overlaps is the core's own promise.
pub const INVARIANTS: &[Invariant] = &[
    Invariant::new(
        "every listing, booking and review is of something that is there",
        "select l.id as culprit from rent_listings l
         where not exists (select 1 from rent_shops s where s.id = l.shop)
         union all
         select b.id as culprit from rent_bookings b
         where not exists (select 1 from rent_listings l where l.id = b.listing)
         union all
         select r.id as culprit from rent_reviews r
         where not exists (select 1 from rent_bookings b where b.id = r.booking)",
    ),
    Invariant::new(
        "every picture that a listing holds is held by one that is there",
        "select i.id as culprit from media_images i where i.holder_kind = 'rent_listing' and not exists (
             select 1 from rent_listings l where l.id = i.holder_id)",
    ),
    Invariant::new(
        "every picture that a booking holds is private, and held by one that is there",
        "select i.id as culprit from media_images i where i.holder_kind = 'rent_booking'
         and (i.visibility <> 'private' or not exists (
             select 1 from rent_bookings b where b.id = i.holder_id))",
    ),
    Invariant::new(
        "a request that waits for its answer holds its unit's time",
        "select b.id as culprit from rent_bookings b where b.answer_by is not null and not exists (
             select 1 from commerce_claims c
             where c.holder = b.id and c.resource = b.unit and c.state = 'held' and c.live)",
    ),
    Invariant::new(
        "a booking's order was raised for it",
        "select b.id as culprit from rent_bookings b left join commerce_orders o on o.id = b.\"order\"
         where b.\"order\" is not null and not coalesce(o.reference = b.id and o.mode = 'rent', false)",
    ),
];
