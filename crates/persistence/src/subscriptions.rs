//! Who hears of which event; known before the first commit, so that a commit writes the deliveries.

use std::{collections::BTreeMap, sync::Arc};

use commerce::event::Subscriber;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscriptions(BTreeMap<String, Vec<String>>);

impl Subscriptions {
    pub fn none() -> Self {
        Self::default()
    }

    pub fn of(subscribers: &[Arc<dyn Subscriber>]) -> Self {
        let wishes =
            subscribers.iter().flat_map(|s| s.events().iter().map(move |event| (event, s)));
        wishes.fold(Self::none(), |all, (event, s)| all.and(event, s.name()))
    }

    pub fn and(mut self, event: &str, subscriber: &str) -> Self {
        self.0.entry(event.to_owned()).or_default().push(subscriber.to_owned());
        self
    }

    pub fn to(&self, event: &str) -> &[String] {
        self.0.get(event).map_or(&[], Vec::as_slice)
    }
}
