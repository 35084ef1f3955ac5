//! The catalogue and carts, kept so that lists and search cost the same whatever there is to choose from.

mod bulk;
mod cart;
mod category;
mod coupon;
mod facets;
mod list;
mod offers;
mod product;
mod query;
mod rows;
mod search;
mod sheet;

pub use bulk::BulkProducts;
#[cfg(feature = "testing")]
pub(crate) use facets::count_within as facets_within;

use crate::check::Invariant;

/// What this part of the shop promises; `souk check` looks for exceptions.
pub const INVARIANTS: &[Invariant] = &[
    Invariant::new(
    "every picture that a product holds is held by one that is there",
    "select i.id as culprit from media_images i where i.holder_kind = 'buy_product' and not exists (
         select 1 from buy_products p where p.id = i.holder_id)",
    ),
    Invariant::by_engine(
    "a coupon's uses are held while its order waits and kept once it is paid",
    "select o.id as culprit
         from (select * from commerce_orders where cast(sale as text) like '%\"coupon\"%') o
         cross join lateral json_array_elements(o.sale -> 'coupon' -> 'uses') as u(used)
         left join commerce_claims c on c.id = cast(u.used ->> 'claim' as uuid)
         where not coalesce(c.holder = o.id and c.units = 1 and c.state = case o.state
             when 'paid' then 'kept' when 'pending' then 'held' else 'released' end, false)",
    "select o.id as culprit
         from (select * from commerce_orders where sale like '%\"coupon\"%') o
         join json_each(o.sale, '$.coupon.uses') u
         left join commerce_claims c on c.id = unhex(u.value ->> '$.claim', '-')
         where not coalesce(c.holder = o.id and c.units = 1 and c.state = case o.state
             when 'paid' then 'kept' when 'pending' then 'held' else 'released' end, false)",
    ),
];
