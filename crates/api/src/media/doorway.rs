//! The door uploads come in by: so many at a time, and so many of one person, whatever is sent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::http::StatusCode;
use commerce::UserId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::Problem;

/// What uploads may take of the house.
#[derive(Debug, Clone, Copy)]
pub struct UploadLimits {
    /// How many are inside at once: their bytes are in memory until they are in their store.
    pub at_once: usize,
    /// How many of these may be one person's, those that wait among them.
    pub of_one_person: usize,
    /// How long one may wait to be let in.
    pub wait: Duration,
    /// How long an upload may take in all, from its first byte to its answer.
    pub timeout: Duration,
}

#[derive(Debug, Clone)]
pub struct Doorway {
    limits: UploadLimits,
    places: Arc<Semaphore>,
    people: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// A place inside; it is free again when this is dropped.
#[derive(Debug)]
pub struct Inside {
    _turn: Turn,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Turn(Doorway, UserId);

impl Doorway {
    pub fn new(limits: UploadLimits) -> Self {
        let places = Arc::new(Semaphore::new(limits.at_once));
        Self { limits, places, people: Arc::default() }
    }

    /// Nothing of the body is read before this.
    pub async fn enter(&self, who: UserId) -> Result<Inside, Problem> {
        let turn = self.line_up(who)?;
        match timeout(self.limits.wait, self.places.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(Inside { _turn: turn, _place: place }),
            Ok(Err(_)) | Err(_) => {
                let detail = "too many pictures are being uploaded; try again";
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "uploads_busy", detail)
                    .retry_after(self.limits.wait))
            }
        }
    }

    fn line_up(&self, who: UserId) -> Result<Turn, Problem> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let own = people.entry(who).or_insert(0);
        if *own >= self.limits.of_one_person {
            let detail = format!("you are uploading {own} pictures already; wait for one to end");
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_uploads", detail);
            return Err(problem.retry_after(Duration::from_secs(1)));
        }
        *own = own.saturating_add(1);
        Ok(Turn(self.clone(), who))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Self(Doorway { people, .. }, who) = self;
        let mut people = people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = people.get_mut(who) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                people.remove(who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn doorway() -> Doorway {
        let (wait, timeout) = (Duration::ZERO, Duration::from_secs(1));
        Doorway::new(UploadLimits { at_once: 2, of_one_person: 1, wait, timeout })
    }

    fn person(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn so_many_are_let_in_and_no_more_until_one_leaves() {
        let doorway = doorway();
        let first = doorway.enter(person(1)).await.unwrap();
        let _second = doorway.enter(person(2)).await.unwrap();

        let third = doorway.enter(person(3)).await.unwrap_err();

        assert_eq!(third.status(), 503);
        drop(first);
        assert!(doorway.enter(person(3)).await.is_ok());
    }

    #[tokio::test]
    async fn one_person_leaves_room_for_others() {
        let doorway = doorway();
        let own = doorway.enter(person(1)).await.unwrap();

        let again = doorway.enter(person(1)).await.unwrap_err();

        assert_eq!(again.status(), 429);
        assert!(doorway.enter(person(2)).await.is_ok());
        drop(own);
        assert!(doorway.enter(person(1)).await.is_ok());
        assert!(doorway.people.lock().unwrap().is_empty());
    }
}
