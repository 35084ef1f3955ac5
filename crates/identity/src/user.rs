//! An account: who a person is to the shop, and what proves it.

use commerce::{Aggregate, Role, SessionId, Timestamp, UserId};

use crate::{DisplayName, Email, IdentityError, MailToken, PasswordHash, Pending};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// Unique by [`Email::key`].
    pub email: Email,
    pub name: DisplayName,
    pub role: Role,
    pub password: PasswordHash,
    pub password_changed_at: Timestamp,
    pub verified_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    pub era: Era,
    pub verification: Option<Pending>,
    pub reset: Option<Pending>,
    pub created_at: Timestamp,
}

/// Which sessions live: those opened in this epoch, and the one spared when the epoch began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Era {
    pub epoch: i64,
    pub spared: Option<SessionId>,
}

impl Era {
    /// Ends every session but the one spared, in one write.
    pub fn next(self, spared: Option<SessionId>) -> Self {
        Self { epoch: self.epoch.saturating_add(1), spared }
    }

    pub fn admits(self, session: SessionId, epoch: i64) -> bool {
        epoch == self.epoch || self.spared == Some(session)
    }
}

impl Aggregate for User {
    type Id = UserId;

    fn id(&self) -> UserId {
        self.id
    }
}

impl User {
    pub fn is_verified(&self) -> bool {
        self.verified_at.is_some()
    }

    pub fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// Spends the verification token.
    pub fn verify(self, token: &MailToken, now: Timestamp) -> Result<Self, IdentityError> {
        match &self.verification {
            Some(pending) if pending.fits(token, now) => {
                Ok(Self { verified_at: Some(now), verification: None, ..self })
            }
            Some(_) | None => Err(IdentityError::LinkSpent),
        }
    }

    pub fn expects_reset(&self, token: &MailToken, now: Timestamp) -> bool {
        !self.is_disabled() && self.reset.as_ref().is_some_and(|pending| pending.fits(token, now))
    }

    /// Spends the reset token. Whoever holds it reads the account's mail, so the address is verified too.
    pub fn reset(
        self,
        token: &MailToken,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        if !self.expects_reset(token, now) {
            return Err(IdentityError::LinkSpent);
        }
        let verified_at = self.verified_at.or(Some(now));
        Ok(Self { verified_at, verification: None, ..self.with_password(password, None, now) })
    }

    /// A new password ends every session but the one it was changed in, and voids a pending reset.
    pub fn with_password(
        self,
        password: PasswordHash,
        spared: Option<SessionId>,
        now: Timestamp,
    ) -> Self {
        let era = self.era.next(spared);
        Self { password, password_changed_at: now, era, reset: None, ..self }
    }

    pub fn without_sessions(self) -> Self {
        Self { era: self.era.next(None), ..self }
    }

    /// Nobody signs in, every session ends, and mailed tokens are void.
    pub fn disabled(self, now: Timestamp) -> Self {
        let disabled_at = self.disabled_at.or(Some(now));
        Self { disabled_at, reset: None, ..self.without_sessions() }
    }
}

#[cfg(test)]
mod tests {
    use commerce::testing::TestEnv;

    use super::*;

    #[test]
    fn a_new_epoch_admits_the_spared_session_until_the_next() {
        let env = TestEnv::new().env();
        let (kept, other) = (SessionId::new(&env), SessionId::new(&env));
        let first = Era::default();

        let second = first.next(Some(kept));
        let third = second.next(None);

        assert!(first.admits(kept, 0) && first.admits(other, 0));
        assert!(second.admits(kept, 0) && !second.admits(other, 0) && second.admits(other, 1));
        assert!(!third.admits(kept, 0) && !third.admits(other, 1));
    }
}
