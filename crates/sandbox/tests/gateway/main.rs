//! The gateway over real HTTP, as a merchant and a shopper meet it.

#![cfg(test)]

mod books;
mod endpoints;
mod faults;
mod idempotency;
mod journal;
mod pay_page;
mod refunds;
mod refusals;
mod running;
mod support;
mod webhooks;
