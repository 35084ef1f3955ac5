//! Clients for the outside world: they never wait without end and never follow where they are sent.

use std::time::Duration;

use reqwest::{Client, redirect::Policy};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// A client whose calls end within `timeout`, connecting included.
pub fn client(timeout: Duration) -> Result<Client, reqwest::Error> {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(Policy::none())
        .user_agent(concat!("souk/", env!("CARGO_PKG_VERSION")))
        .build()
}
