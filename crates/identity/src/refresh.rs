//! Continue a session with its refresh token, which is replaced; using an old one again ends the session.

use commerce::{ATTEMPTS, CommitError, Effects, Event, IsStale, Stored};
use serde_json::json;

use crate::{
    Client, Identity, IdentityError, Presented, RefreshToken, Session, SignedIn, User, mails,
};

impl Identity {
    pub async fn refresh(&self, token: &str, client: &Client) -> Result<SignedIn, IdentityError> {
        let token = self.key.open(token).ok_or(IdentityError::BadRefresh)?;
        for _ in 0..ATTEMPTS {
            match self.present(&token, client).await {
                Err(error) if error.is_stale() => {}
                done => return done,
            }
        }
        Err(CommitError::Stale.into())
    }

    async fn present(
        &self,
        token: &RefreshToken,
        client: &Client,
    ) -> Result<SignedIn, IdentityError> {
        let (user, stored) = self.live_session(token).await?;
        let session = stored.state.clone();
        match session.present(token, &self.key, &self.settings, self.env.now()) {
            Presented::Rotated(session, next) => {
                self.sessions.commit(stored.becomes(session.clone()).alone()).await?;
                self.signed_in(user, &session, next)
            }
            Presented::Repeated(next) => self.signed_in(user, &stored.state, next),
            Presented::Reused(over) => {
                let change = stored.becomes(over).with(self.alarm(&stored.state, client));
                self.sessions.commit(change).await?;
                Err(IdentityError::RefreshReused)
            }
        }
    }

    async fn live_session(
        &self,
        token: &RefreshToken,
    ) -> Result<(User, Stored<Session>), IdentityError> {
        let stored = self.sessions.find(token.session).await?.ok_or(IdentityError::SessionEnded)?;
        let user = self.users.find(stored.state.user).await?.ok_or(IdentityError::SessionEnded)?;
        let lives = stored.state.is_live(user.state.era, self.env.now());
        if lives && !user.state.is_disabled() {
            Ok((user.state, stored))
        } else {
            Err(IdentityError::SessionEnded)
        }
    }

    fn alarm(&self, session: &Session, client: &Client) -> Effects {
        let facts = json!({ "session": session.id.to_string() });
        let row = client.audit(&self.env, "refresh_token_reused", session.user, facts);
        let told = Event::new(&self.env, mails::TOKEN_REUSED, session.user, json!({}));
        Effects::none().record(row).tell(told)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use chrono::TimeDelta;
    use commerce::Role;

    use super::*;
    use crate::testing::World;

    async fn refresh(world: &World, token: &str) -> Result<SignedIn, IdentityError> {
        world.identity.refresh(token, &Client::default()).await
    }

    #[tokio::test]
    async fn a_refresh_token_is_replaced_at_each_use() {
        let world = World::default();
        let (_, first) = world.signed_in("ada@example.org", Role::Customer).await;

        let second = refresh(&world, &first.refresh_token.reveal()).await.unwrap();
        let third = refresh(&world, &second.refresh_token.reveal()).await.unwrap();

        assert_eq!(third.session, first.session);
        assert!(world.authenticate(&third).await.is_ok());
        let session = &world.memory.read().all::<Session>()[0].state;
        assert_eq!(session.current, third.refresh_token.fingerprint());
    }

    #[tokio::test]
    async fn a_lost_answer_comes_again_for_ten_seconds() {
        let world = World::default();
        let (_, first) = world.signed_in("ada@example.org", Role::Customer).await;
        let token = first.refresh_token.reveal();
        let next = refresh(&world, &token).await.unwrap().refresh_token.reveal();

        world.test.clock.advance(TimeDelta::seconds(10));
        assert_eq!(refresh(&world, &token).await.unwrap().refresh_token.reveal(), next);
        assert!(refresh(&world, &next).await.is_ok());
    }

    #[tokio::test]
    async fn an_old_token_ends_the_session_and_warns_its_owner() {
        let world = World::default();
        let (_, first) = world.signed_in("ada@example.org", Role::Customer).await;
        let token = first.refresh_token.reveal();
        let second = refresh(&world, &token).await.unwrap();
        world.test.clock.advance(TimeDelta::seconds(11));

        let reused = refresh(&world, &token).await;
        world.deliver().await;

        assert!(matches!(reused, Err(IdentityError::RefreshReused)));
        assert!(world.authenticate(&second).await.is_err());
        let heir = refresh(&world, &second.refresh_token.reveal()).await;
        assert!(matches!(heir, Err(IdentityError::SessionEnded)));
        assert_eq!(world.last_mail().subject, "We ended one of your sessions");
        assert_eq!(world.audited("refresh_token_reused"), 1);
    }

    #[tokio::test]
    async fn a_forged_token_ends_nothing() {
        let world = World::default();
        let (_, first) = world.signed_in("ada@example.org", Role::Customer).await;
        let forged = crate::TokenKey::derive(b"a guess").first(&world.test.env(), first.session);

        let refused = refresh(&world, &forged.reveal()).await;

        assert!(matches!(refused, Err(IdentityError::BadRefresh)));
        assert!(world.authenticate(&first).await.is_ok());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn twenty_refreshes_at_once_have_one_successor() {
        let world = Arc::new(World::default());
        let (_, first) = world.signed_in("ada@example.org", Role::Customer).await;
        let token = first.refresh_token.reveal();

        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (identity, token) = (world.identity.clone(), token.clone());
                tokio::spawn(async move { identity.refresh(&token, &Client::default()).await })
            })
            .collect();
        let mut successors = BTreeSet::new();
        for task in tasks {
            successors.insert(task.await.unwrap().unwrap().refresh_token.reveal());
        }

        assert_eq!(successors.len(), 1);
    }

    #[tokio::test]
    async fn a_session_that_is_not_used_expires() {
        let world = World::default();
        let (_, first) = world.signed_in("ada@example.org", Role::Customer).await;

        world.test.clock.advance(TimeDelta::days(30));

        let late = refresh(&world, &first.refresh_token.reveal()).await;
        assert!(matches!(late, Err(IdentityError::SessionEnded)));
    }
}
