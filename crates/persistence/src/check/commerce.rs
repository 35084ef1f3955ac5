//! What the core promises of stock, claims, orders, payments and events.

use super::Invariant;

pub const INVARIANTS: &[Invariant] = &[
    Invariant::new(
        "stock is never negative and never promised twice",
        "select resource as culprit from commerce_stock where held < 0 or held > on_hand",
    ),
    Invariant::new(
        "what is on hand is what came less what was taken",
        "select s.resource as culprit from commerce_stock s
         left join (select resource, sum(units) as units from commerce_stock_moves group by resource) m
           on m.resource = s.resource
         left join (select resource, sum(units) as units from commerce_claims
                    where state = 'kept' and starts_at is null group by resource) k
           on k.resource = s.resource
         where s.on_hand <> coalesce(m.units, 0) - coalesce(k.units, 0)",
    ),
    Invariant::new(
        "what is held is the sum of the held claims",
        "select s.resource as culprit from commerce_stock s
         left join (select resource, sum(units) as units from commerce_claims
                    where state = 'held' and starts_at is null group by resource) h
           on h.resource = s.resource
         where s.held <> coalesce(h.units, 0)",
    ),
    Invariant::new(
        "every claim and every move is of a known resource",
        "select c.resource as culprit from commerce_claims c where c.starts_at is null
         and not exists (select 1 from commerce_stock s where s.resource = c.resource)
         union all
         select c.resource as culprit from commerce_claims c where c.starts_at is not null
         and not exists (select 1 from commerce_calendars d where d.resource = c.resource)
         union all
         select m.resource as culprit from commerce_stock_moves m
         where not exists (select 1 from commerce_stock s where s.resource = m.resource)",
    ),
    // Among spans in the order of their beginnings, the first that overlaps any overlaps the one before it.
    Invariant::new(
        "no two live claims are on the same time of a resource",
        "select id as culprit from (
             select id, starts_at, lag(ends_at) over (partition by resource order by starts_at, ends_at) as taken_until
             from commerce_claims where starts_at is not null and state <> 'released') spans
         where taken_until > starts_at",
    ),
    Invariant::by_engine(
        "an order's claims are held while it waits and kept once it is paid",
        "select o.id as culprit from commerce_orders o
         cross join lateral json_array_elements(o.sale -> 'lines') as l(line)
         left join commerce_claims c on c.id = cast(l.line -> 'reservation' ->> 'claim' as uuid)
         where l.line -> 'reservation' ->> 'claim' is not null and not coalesce(case o.state
             when 'paid' then c.state = 'kept'
             when 'pending' then c.state = 'held'
               or (c.id is null and l.line -> 'reservation' ->> 'policy' = 'on_payment')
             else c.id is null or c.state <> 'held' end
           and (c.id is null or (c.holder = o.id
             and (c.starts_at is null) = (l.line -> 'reservation' ->> 'span' is null)
             and c.units = cast(l.line -> 'reservation' ->> 'units' as bigint))), false)",
        "select o.id as culprit from commerce_orders o
         join json_each(o.sale, '$.lines') l
         left join commerce_claims c on c.id = unhex(l.value ->> '$.reservation.claim', '-')
         where l.value ->> '$.reservation.claim' is not null and not coalesce(case o.state
             when 'paid' then c.state = 'kept'
             when 'pending' then c.state = 'held'
               or (c.id is null and l.value ->> '$.reservation.policy' = 'on_payment')
             else c.id is null or c.state <> 'held' end
           and (c.id is null or (c.holder = o.id
             and (c.starts_at is null) = (l.value ->> '$.reservation.span' is null)
             and c.units = l.value ->> '$.reservation.units')), false)",
    ),
    Invariant::new(
        "nothing is held for an order that does not wait for payment",
        "select c.id as culprit from commerce_claims c join commerce_orders o on o.id = c.holder
         where c.state = 'held' and o.state <> 'pending'",
    ),
    Invariant::by_engine(
        "every paid order has exactly one settled payment, the one it names",
        "select o.id as culprit from commerce_orders o
         left join commerce_payments p on p.order_id = o.id and p.settles
         where o.state = 'paid'
           and (p.id is null or p.id <> cast(o.life -> 'state' ->> 'payment' as uuid))",
        "select o.id as culprit from commerce_orders o
         left join commerce_payments p on p.order_id = o.id and p.settles
         where o.state = 'paid'
           and (p.id is null or p.id <> unhex(o.life ->> '$.state.payment', '-'))",
    ),
    Invariant::new(
        "at most one payment settles an order, and only what was captured settles",
        "select order_id as culprit from commerce_payments where settles
         group by order_id having count(*) > 1
         union all
         select id as culprit from commerce_payments where settles and state <> 'captured'",
    ),
    Invariant::new(
        "no order that waits for payment is settled",
        "select o.id as culprit from commerce_orders o
         join commerce_payments p on p.order_id = o.id and p.settles where o.state = 'pending'",
    ),
    Invariant::new(
        "every payment belongs to an order",
        "select p.id as culprit from commerce_payments p
         where not exists (select 1 from commerce_orders o where o.id = p.order_id)",
    ),
    Invariant::new(
        "never more is refunded than was captured",
        "select id as culprit from commerce_payments where refunded > captured or refunded < 0",
    ),
    Invariant::new(
        "the events of a stream are numbered from one without gaps",
        "select s.name as culprit from commerce_streams s
         left join (select stream, count(*) as n, min(seq) as low, max(seq) as high
                    from commerce_events where stream is not null group by stream) e
           on e.stream = s.name
         where s.top <> coalesce(e.n, 0) or s.top <> coalesce(e.high, 0) or coalesce(e.low, 1) <> 1
         union all
         select e.stream as culprit from (
             select distinct stream from commerce_events where stream is not null) e
         where not exists (select 1 from commerce_streams s where s.name = e.stream)",
    ),
    Invariant::new(
        "every delivery is of a known event",
        "select d.id as culprit from commerce_deliveries d
         where not exists (select 1 from commerce_events e where e.id = d.event)",
    ),
];
