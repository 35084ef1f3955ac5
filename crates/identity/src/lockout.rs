//! Guessing is slowed by account and by address: too many wrong passwords lock both for the rest of a window.
//!
//! The counters are read before a password is checked, so a locked account costs nothing, and again after,
//! so that guesses made side by side learn no more than guesses made in turn.

use commerce::{Effects, UserId};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{Client, Email, Identity, IdentityError, Tally};

/// Under which names a guess is counted. An account that does not exist is counted just the same.
pub(crate) struct Guesses {
    account: String,
    address: String,
}

impl Guesses {
    pub(crate) fn of(email: &Email, client: &Client) -> Self {
        let account = hex::encode(Sha256::digest(email.key()));
        Self {
            account: format!("account:{account}"),
            address: format!("address:{}", client.network()),
        }
    }

    fn names(&self) -> [&str; 2] {
        [&self.account, &self.address]
    }
}

/// Whether anything was counted for the account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub(crate) account: bool,
}

impl Identity {
    /// What was counted so far, if it is bearable.
    pub(crate) async fn refuse_if_locked(
        &self,
        guesses: &Guesses,
    ) -> Result<Counted, IdentityError> {
        let tallies = self.attempts.tallies(&guesses.names(), self.env.now()).await?;
        let locked = tallies.iter().zip(self.limits());
        let locked = locked.filter_map(|(tally, limit)| tally.filter(|it| it.count >= limit));
        match locked.map(|tally| tally.until).max() {
            Some(until) => Err(self.locked(until)),
            None => Ok(Counted { account: tallies.first().is_some_and(Option::is_some) }),
        }
    }

    /// Counts a wrong password and says how to refuse it.
    pub(crate) async fn wrong_password(
        &self,
        guesses: &Guesses,
        whose: Option<UserId>,
        client: &Client,
        refusal: IdentityError,
    ) -> IdentityError {
        match self.count_guess(guesses, whose, client).await {
            Ok(None) => refusal,
            Ok(Some(locked)) | Err(locked) => locked,
        }
    }

    async fn count_guess(
        &self,
        guesses: &Guesses,
        whose: Option<UserId>,
        client: &Client,
    ) -> Result<Option<IdentityError>, IdentityError> {
        let window = self.settings.lockout.window;
        let tallies = self.attempts.count(&guesses.names(), self.env.now(), window).await?;
        let crossed = |compare: fn(&u32, &u32) -> bool| {
            let both = tallies.iter().zip(self.limits());
            both.filter(|(tally, limit)| compare(&tally.count, limit))
                .map(|(tally, _)| *tally)
                .max_by_key(|tally| tally.until)
        };
        let mut effects = Effects::none();
        // Beyond the limit nothing more is learnt, so nothing more is written.
        let beyond: Option<Tally> = crossed(u32::gt);
        if beyond.is_none() {
            let row = client.audit(&self.env, "password_wrong", whose, json!({}));
            effects = effects.record(row);
        }
        if crossed(|count, limit| count == limit).is_some() {
            let row = client.audit(&self.env, "sign_in_locked", whose, json!({}));
            effects = effects.record(row);
        }
        if !effects.audits.is_empty() {
            self.note(effects).await?;
        }
        Ok(beyond.map(|tally| self.locked(tally.until)))
    }

    /// A right password clears what was counted for the account; the address keeps its tally.
    pub(crate) async fn forgive(
        &self,
        guesses: &Guesses,
        counted: Counted,
    ) -> Result<(), IdentityError> {
        if counted.account {
            self.attempts.clear(&guesses.account).await?;
        }
        Ok(())
    }

    /// In the order of [`Guesses::names`].
    fn limits(&self) -> [u32; 2] {
        [self.settings.lockout.attempts, self.settings.lockout.address_attempts]
    }

    fn locked(&self, until: commerce::Timestamp) -> IdentityError {
        let left = until.signed_duration_since(self.env.now()).to_std().unwrap_or_default();
        IdentityError::Locked { retry_after: left }
    }
}
