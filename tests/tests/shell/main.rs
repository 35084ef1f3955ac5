//! The shell around every handler: headers, limits, caches, browsers, proxies, repeated requests, health.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

mod answers;
mod browsers;
mod caches;
mod house;
mod limits;
mod once;
mod raw;

use reqwest::Method;
use tests::{Answer, Client, Engine, Shop};

/// A shop whose quotas are so many requests in a minute.
async fn shop_with(settings: &[(&str, &str)]) -> Shop {
    Shop::open_with(Engine::Sqlite, settings).await
}

async fn get_with(client: &Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    client.ask(Method::GET, path, headers, None).await
}
