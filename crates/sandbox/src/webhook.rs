//! Webhooks: signed, and sent on a bounded number of connections at once.

use std::{rc::Rc, sync::Arc, time::Duration};

use actix_web::rt;
use futures_util::future::join_all;
use hmac::{Hmac, Mac};
use reqwest::{Client, redirect};
use sha2::Sha256;
use tokio::sync::{Semaphore, mpsc::UnboundedReceiver};

use crate::{
    Attempt,
    books::{Dispatch, EventRecord},
    gateway::Gateway,
};

const CONNECTIONS: usize = 64;
const TIMEOUT: Duration = Duration::from_secs(10);

/// The `v1` element: the lower-case hex HMAC-SHA-256 of `{t}.{body}`.
pub fn signature(secret: &str, t: i64, body: &[u8]) -> String {
    // HMAC takes keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{t}.").as_bytes());
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

pub fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .timeout(TIMEOUT)
        .redirect(redirect::Policy::none())
        .pool_max_idle_per_host(CONNECTIONS)
        .no_proxy()
        .user_agent("sandbox-gateway/1")
        .build()
}

/// Sends what comes, for ever. Runs in the gateway's own thread.
pub async fn send_all(
    gateway: Arc<Gateway>,
    client: Client,
    mut rows: UnboundedReceiver<Vec<Dispatch>>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let courier = Rc::new(Courier { gateway, client });
    while let Some(row) = rows.recv().await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let courier = Rc::clone(&courier);
        rt::spawn(async move {
            for send in row {
                courier.deliver(&send).await;
            }
            drop(place);
        });
    }
}

struct Courier {
    gateway: Arc<Gateway>,
    client: Client,
}

impl Courier {
    /// All copies of one event at once.
    async fn deliver(&self, send: &Dispatch) {
        let found = self.gateway.read(|state| {
            let event = state.event(&send.event).ok()?.clone();
            Some((event, state.setup.webhook_url.clone()?, state.setup.clock.now_ms() / 1_000))
        });
        let Some((event, url, now)) = found else { return };
        let header = self.header(&event, now);
        let copies = (0..send.copies).map(|_| self.post(&url, &event, &header));
        let outcomes = join_all(copies).await;
        let attempt = |(status, error)| Attempt {
            event: event.id.clone(),
            r#type: event.kind.clone(),
            number: send.number,
            status,
            error,
            at: now,
        };
        let tries = outcomes.into_iter().map(attempt).collect();
        self.gateway.with(|state| state.attempted(send, tries));
    }

    fn header(&self, event: &EventRecord, now: i64) -> String {
        let sign = |secret: &String| {
            let secret = if event.wrong_signature { "not-the-secret" } else { secret };
            format!(",v1={}", signature(secret, now, event.body.as_bytes()))
        };
        let elements: String = self.gateway.webhook_secrets.iter().map(sign).collect();
        format!("t={now}{elements}")
    }

    async fn post(
        &self,
        url: &str,
        event: &EventRecord,
        header: &str,
    ) -> (Option<u16>, Option<String>) {
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("sandbox-event-id", &event.id)
            .header("sandbox-signature", header)
            .body(event.body.clone());
        match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                // Read to its end, so that the connection serves again.
                let _ = response.bytes().await;
                (Some(status), None)
            }
            Err(error) => (None, Some(error.without_url().to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_the_one_of_the_documentation() {
        let body =
            br#"{"id":"evt_1","type":"intent.captured","created":1700000000,"data":{"intent":{"id":"pi_1"}}}"#;

        let v1 = signature("whsec_example", 1_700_000_000, body);

        assert_eq!(v1, "a94a6a02739a647b63ea8c672d425fd7b52eb9b35ca0c9563a71217aeb075011");
    }
}
