//! The binary `souk`: it knows everything, and puts everything together.

mod chance;
pub mod cli;
pub mod config;
mod enrol;
mod gauges;
mod health;
mod ledger;
mod papers;
mod pictures;
mod prices;
mod providers;
pub mod seed;
pub mod serve;
pub mod telemetry;
mod wallets;
pub mod wiring;
