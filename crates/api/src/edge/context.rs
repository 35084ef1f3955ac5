//! What is known of the request at hand, wherever in its handling one stands.

use std::{cell::Cell, net::IpAddr, rc::Rc, time::Duration};

use commerce::limit::Verdict;

tokio::task_local! {
    static REQUEST: Rc<Request>;
}

/// One request, as the edge saw it.
#[derive(Debug)]
pub struct Request {
    pub id: String,
    pub path: String,
    pub address: IpAddr,
    /// What a stranger is counted under.
    pub stranger: String,
    /// The strictest quota the request met, for the headers of the answer.
    pub quota: Cell<Option<Met>>,
    /// Whether it is the client that is waited for.
    pub reading: Cell<bool>,
    /// How much time it has in all, where that is not what every request has.
    pub granted: Cell<Option<Duration>>,
}

/// A quota that a request met, and what is left of it.
#[derive(Debug, Clone, Copy)]
pub struct Met {
    pub policy: &'static str,
    pub verdict: Verdict,
    pub window_s: u64,
}

/// Runs `work` with `request` at hand.
pub async fn with<T>(request: Rc<Request>, work: impl Future<Output = T>) -> T {
    REQUEST.scope(request, work).await
}

pub fn current() -> Option<Rc<Request>> {
    REQUEST.try_with(Rc::clone).ok()
}

pub fn request_id() -> String {
    with_request_id(ToOwned::to_owned).unwrap_or_default()
}

/// Says something with the id of the request at hand; `None` outside of one.
pub fn with_request_id<T>(say: impl FnOnce(&str) -> T) -> Option<T> {
    REQUEST.try_with(|request| say(&request.id)).ok()
}

pub fn path() -> String {
    REQUEST.try_with(|request| request.path.clone()).unwrap_or_default()
}

/// Awaits what the client still has to say.
pub async fn reading<T>(work: impl Future<Output = T>) -> T {
    let mark = |reading| REQUEST.try_with(|request| request.reading.set(reading));
    let _ = mark(true);
    let said = work.await;
    let _ = mark(false);
    said
}

pub fn is_reading() -> bool {
    REQUEST.try_with(|request| request.reading.get()).unwrap_or_default()
}

/// Gives the request at hand so much time in all.
pub fn grant(in_all: Duration) {
    let _ = REQUEST.try_with(|request| request.granted.set(Some(in_all)));
}

pub fn granted() -> Option<Duration> {
    REQUEST.try_with(|request| request.granted.get()).ok().flatten()
}

/// Remembers a quota the request met; the one with the least left is told to the client.
pub fn met_quota(met: Met) {
    let _ = REQUEST.try_with(|request| {
        let known = request.quota.get().map(|known| known.verdict.remaining);
        if known.is_none_or(|remaining| met.verdict.remaining <= remaining) {
            request.quota.set(Some(met));
        }
    });
}
