//! Kept answers: the same request under the same key is answered once.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Line, State};
use crate::error::Refusal;

const KEPT_SECONDS: i64 = 86_400;

/// A caller's key, the route it was used on, and a digest of the request.
#[derive(Debug, Clone)]
pub struct Key {
    pub scope: String,
    pub digest: String,
}

/// An answer that was given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    pub digest: String,
    pub status: u16,
    pub body: String,
    at: i64,
}

impl State {
    /// The answer this key was given before, if any.
    pub fn replay(&self, key: &Key) -> Result<Option<Kept>, Refusal> {
        let oldest = self.now() - KEPT_SECONDS;
        let Some(kept) = self.kept.get(&key.scope).filter(|kept| kept.at >= oldest) else {
            return Ok(None);
        };
        if kept.digest == key.digest {
            return Ok(Some(kept.clone()));
        }
        let message = "this Idempotency-Key came with another request before";
        Err(Refusal::new(422, "idempotency_key_reused", message))
    }

    pub fn keep(&mut self, key: Key, status: u16, body: &str) {
        let kept = Kept { digest: key.digest, status, body: body.to_owned(), at: self.now() };
        self.note(&Line::Kept(Cow::Borrowed(&key.scope), Cow::Borrowed(&kept)));
        self.put_kept(key.scope, kept);
    }

    pub(super) fn put_kept(&mut self, scope: String, kept: Kept) {
        self.kept_in_order.push_back((kept.at, scope.clone()));
        self.kept.insert(scope, kept);
        let oldest = self.now() - KEPT_SECONDS;
        while let Some((_, scope)) = self.kept_in_order.pop_front_if(|first| first.0 < oldest) {
            if self.kept.get(&scope).is_some_and(|kept| kept.at < oldest) {
                self.kept.remove(&scope);
            }
        }
    }
}
