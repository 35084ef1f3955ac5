//! The stores in memory.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use commerce::{
    Page, PageRequest, Repository, SessionId, StoreError, Stored, Timestamp, UserId,
    testing::Memory,
};

use crate::{
    Attempts, Email, Session, Sessions, Standing, Tally, User, UserFilter, UserRow, Users,
    session::later,
};

pub(super) fn with_unique_email(memory: Memory) -> Memory {
    memory.with_clash("identity_users_email", |a: &User, b: &User| a.email.key() == b.email.key())
}

#[async_trait]
impl Users for Memory {
    async fn by_email(&self, email: &Email) -> Result<Option<Stored<User>>, StoreError> {
        let key = email.key();
        let all = self.read().all::<User>();
        Ok(all.into_iter().find(|stored| stored.state.email.key() == key))
    }

    async fn list_users(
        &self,
        filter: UserFilter,
        page: PageRequest,
    ) -> Result<Page<UserRow>, StoreError> {
        let prefix = filter.email.map(|email| email.to_ascii_lowercase()).unwrap_or_default();
        let fits = |user: &User| {
            user.email.key().starts_with(&prefix)
                && filter.role.is_none_or(|role| user.role == role)
        };
        let all = self.read().all::<User>().into_iter().rev().map(|stored| stored.state);
        Ok(Self::page(all.filter(fits).map(UserRow::from).collect(), &page))
    }
}

#[async_trait]
impl Sessions for Memory {
    async fn standing(&self, id: SessionId) -> Result<Option<Standing>, StoreError> {
        let session: Option<Stored<Session>> = self.find(id).await?;
        let Some(session) = session.map(|stored| stored.state) else { return Ok(None) };
        let user: Option<Stored<User>> = self.find(session.user).await?;
        Ok(user.map(|Stored { state: user, .. }| Standing {
            session: id,
            epoch: session.epoch,
            ended: session.ended.is_some(),
            expires_at: session.expires_at,
            user: user.id,
            era: user.era,
            role: user.role,
            disabled: user.is_disabled(),
        }))
    }

    async fn live_sessions(
        &self,
        user: UserId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Session>, StoreError> {
        let owner: Option<Stored<User>> = self.find(user).await?;
        let era = owner.map(|stored| stored.state.era).unwrap_or_default();
        let all = self.read().all::<Session>().into_iter().rev().map(|stored| stored.state);
        let live = all.filter(|session| session.user == user && session.is_live(era, now));
        Ok(Self::page(live.collect(), &page))
    }

    async fn forget_sessions(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// Wrong passwords, counted in memory.
#[derive(Debug, Default)]
pub struct MemoryAttempts(Mutex<HashMap<String, Tally>>);

impl MemoryAttempts {
    fn read(&self) -> MutexGuard<'_, HashMap<String, Tally>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Attempts for MemoryAttempts {
    async fn tallies(
        &self,
        names: &[&str],
        now: Timestamp,
    ) -> Result<Vec<Option<Tally>>, StoreError> {
        let all = self.read();
        let open = |name: &&str| all.get(*name).copied().filter(|tally| now < tally.until);
        Ok(names.iter().map(open).collect())
    }

    async fn count(
        &self,
        names: &[&str],
        now: Timestamp,
        window: TimeDelta,
    ) -> Result<Vec<Tally>, StoreError> {
        let mut all = self.read();
        let fresh = Tally { count: 0, until: later(now, window) };
        let mut count = |name: &&str| {
            let open = all.get(*name).copied().filter(|tally| now < tally.until).unwrap_or(fresh);
            let counted = Tally { count: open.count.saturating_add(1), ..open };
            all.insert((*name).to_owned(), counted);
            counted
        };
        Ok(names.iter().map(&mut count).collect())
    }

    async fn clear(&self, name: &str) -> Result<(), StoreError> {
        self.read().remove(name);
        Ok(())
    }

    async fn forget_attempts(&self, now: Timestamp, _: u32) -> Result<u64, StoreError> {
        let mut all = self.read();
        let before = all.len();
        all.retain(|_, tally| now < tally.until);
        Ok(u64::try_from(before.saturating_sub(all.len())).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use commerce::testing::{TestEnv, assert_repository, moment};

    use super::*;
    use crate::{Client, End, Era, Settings, TokenKey, testing::user};

    #[tokio::test]
    async fn users_are_kept() {
        let (env, memory) = (TestEnv::new().env(), with_unique_email(Memory::default()));
        let first = user(&env);
        let next = first.clone().disabled(moment(5));

        assert_repository(&memory, first, next).await;
    }

    #[tokio::test]
    async fn sessions_are_kept() {
        let env = TestEnv::new().env();
        let key = TokenKey::derive(b"a secret");
        let token = key.first(&env, SessionId::new(&env));
        let whose = (UserId::new(&env), Era::default());
        let first =
            Session::open(&token, whose, &Client::default(), &Settings::default(), moment(0));
        let next = first.clone().end(End::Revoked, moment(5));

        assert_repository(&Memory::default(), first, next).await;
    }
}
