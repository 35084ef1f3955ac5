//! The statement that fetches the next candidates of a search, and how many units of each can be had.

use commerce::{Span, StoreError};
use rent::{Bounds, Near, Position, Sort, VehicleQuery};
use sea_orm::Value;
use serde::Serialize;
use uuid::Uuid;

use super::listing::bits;
use crate::{
    Engine,
    sql::{Binds, micros},
};

/// A shop and how far away it is.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Reach {
    pub shop: Uuid,
    pub metres: i64,
}

/// Where candidates come from.
pub enum Source {
    Shops(Vec<Reach>),
    /// Every shop, or those in a circle.
    Everywhere(Option<Near>),
}

/// The next candidates, and how many units of each can be had.
///
/// They are found by what indexes hold alone; the rest is read of as many as were asked for. No plan is left to
/// chance: where candidates come from decides what is read first.
pub fn batch(
    engine: Engine,
    query: &VehicleQuery,
    source: &Source,
    (after, batch): (Option<Position>, u32),
) -> Result<(String, Vec<Value>), StoreError> {
    let mut binds = Binds::default();
    let Tables { from, metres, within } = tables(source, engine, &mut binds)?;
    let (value, down) = match query.sort {
        Sort::Distance => (metres, ""),
        Sort::PriceUp => ("l.day_from", ""),
        Sort::PriceDown => ("l.day_from", " desc"),
    };
    let mut conditions = conditions(query, &mut binds);
    conditions.extend(within);
    conditions.extend(after.map(|after| comes_after(after, value, &mut binds)));
    let all = conditions.join(" and ");
    let units = units(engine, query.filter.free_in, &mut binds);
    // SQLite takes the tables of a cross join as they come.
    let (join, on) = engine.pick(("join", "on"), ("cross join", "where"));
    let sql = format!(
        "select c.listing, c.sorted, s.lat_e6, s.lon_e6, {units} as had from (\
         select l.id as listing, {value} as sorted, l.shop from {from} \
         where {all} order by sorted{down}, l.id limit {batch}) c \
         {join} (rent_listings v join rent_shops s on s.id = v.shop) {on} v.id = c.listing \
         order by c.sorted{down}, c.listing"
    );
    Ok((sql, binds.0))
}

/// What a search is made over, with the listings as `l`.
struct Tables {
    from: String,
    /// How far a listing's shop is.
    metres: &'static str,
    within: Option<String>,
}

fn tables(source: &Source, engine: Engine, binds: &mut Binds) -> Result<Tables, StoreError> {
    let (listings, nowhere) = ("rent_listings l".to_owned(), "cast(0 as bigint)");
    Ok(match source {
        Source::Shops(shops) => {
            let rows = binds.add(serde_json::to_string(shops).map_err(StoreError::new)?);
            Tables { from: of_shops(engine, &rows), metres: "n.metres", within: None }
        }
        Source::Everywhere(None) => Tables { from: listings, metres: nowhere, within: None },
        Source::Everywhere(Some(near)) => {
            let within = within(near.bounds(), binds);
            let within = format!("(select {within} from rent_shops s where s.id = l.shop)");
            Tables { from: listings, metres: nowhere, within: Some(within) }
        }
    })
}

/// PostgreSQL does not look behind `offset 0`, so each shop is asked for its listings.
fn of_shops(engine: Engine, rows: &str) -> String {
    engine.pick(
        format!(
            "json_to_recordset(cast({rows} as json)) as n(shop uuid, metres bigint) cross join lateral \
             (select * from rent_listings l where l.shop = n.shop offset 0) l"
        ),
        format!(
            "(select unhex(value ->> 'shop', '-') as shop, value ->> 'metres' as metres \
             from json_each({rows})) n cross join rent_listings l on l.shop = n.shop"
        ),
    )
}

fn conditions(query: &VehicleQuery, binds: &mut Binds) -> Vec<String> {
    let filter = &query.filter;
    let currency = binds.add(filter.currency.code());
    let mut all = vec![
        "l.status = 'published' and l.ready > 0".to_owned(),
        format!("l.currency = {currency}"),
    ];
    all.extend(filter.kind.map(|kind| format!("l.kind = {}", binds.add(kind.as_str()))));
    all.extend(filter.price_min.map(|min| format!("l.day_from >= {}", binds.add(min))));
    all.extend(filter.price_max.map(|max| format!("l.day_from <= {}", binds.add(max))));
    all.extend(filter.seats.map(|seats| format!("l.seats >= {}", binds.add(i64::from(seats)))));
    if !filter.features.is_empty() {
        let wanted = binds.add(bits(&filter.features));
        all.push(format!("(l.features & {wanted}) = {wanted}"));
    }
    all
}

/// As [`Position::key`] puts them in order.
fn comes_after(after: Position, value: &str, binds: &mut Binds) -> String {
    let (at, listing) = (binds.add(after.value), binds.add(after.listing.uuid()));
    match after.sort {
        Sort::Distance | Sort::PriceUp => format!("({value}, l.id) > ({at}, {listing})"),
        Sort::PriceDown => {
            format!("{value} <= {at} and ({value} < {at} or l.id > {listing})")
        }
    }
}

/// How many units of a candidate nobody has claimed in a period and the rest after it.
fn units(engine: Engine, period: Option<Span>, binds: &mut Binds) -> String {
    let Some(period) = period else { return "v.ready".to_owned() };
    let (from, to) = (binds.add(micros(period.starts_at())), binds.add(micros(period.ends_at())));
    let each = engine.pick("json_array_elements_text(v.units)", "json_each(v.units)");
    let unit = engine.pick("cast(u.value as uuid)", "unhex(u.value, '-')");
    format!(
        "(select count(*) from {each} u where coalesce((\
         select k.starts_at from commerce_claims k where k.resource = {unit} and k.live \
         and k.ends_at > {from} order by k.ends_at limit 1) >= {to} + v.turnaround * 60000000, true))"
    )
}

/// A box over the 180th meridian has its west east of its east.
pub fn within(bounds: Bounds, binds: &mut Binds) -> String {
    let Bounds { south_e6, north_e6, west_e6, east_e6 } = bounds;
    let mut edge = |e6: i32| binds.add(i64::from(e6));
    let (south, north, west, east) = (edge(south_e6), edge(north_e6), edge(west_e6), edge(east_e6));
    let both = if west_e6 <= east_e6 { "and" } else { "or" };
    format!(
        "s.lat_e6 >= {south} and s.lat_e6 <= {north} \
         and (s.lon_e6 >= {west} {both} s.lon_e6 <= {east})"
    )
}
