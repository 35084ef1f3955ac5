//! Finding vehicles: near a place, of a kind, with features, at a price, and free in a period.

mod geo;
mod query;
mod search_vehicles;
#[cfg(test)]
mod tests;

pub use geo::{Bounds, Near, Place, distance_m};
pub use query::{Hit, Position, Sort, VehicleFilter, VehicleQuery, VehicleSearch};
pub use search_vehicles::{Find, Found};
