//! Set a new password with a mailed link: one commit spends the link and ends every session.

use commerce::{Effects, Event, update};
use serde_json::json;

use crate::{
    Client, Identity, IdentityError, MailToken, Password, Purpose, User,
    lockout::{Counted, Guesses},
    mails,
};

#[derive(Debug)]
pub struct ResetPassword {
    pub token: String,
    pub password: Password,
}

impl Identity {
    pub async fn reset_password(
        &self,
        reset: ResetPassword,
        client: &Client,
    ) -> Result<(), IdentityError> {
        let spent = || IdentityError::LinkSpent;
        let token = MailToken::parse(Purpose::Reset, &reset.token).ok_or_else(spent)?;
        let found = self.users.find(token.user).await?.ok_or_else(spent)?;
        // A spent link must not cost us a hash.
        if !found.state.expects_reset(&token, self.env.now()) {
            return Err(spent());
        }
        let hash = self.hasher.hash(&reset.password).await?;
        let now = self.env.now();
        let done = update(&*self.users, token.user, |user: User| {
            let row = client.audit(&self.env, "password_reset", user.id, json!({}));
            let told = Event::new(&self.env, mails::PASSWORD_CHANGED, user.id, json!({}));
            let effects = Effects::none().record(row).tell(told);
            Ok::<_, IdentityError>((user.reset(&token, hash.clone(), now)?, effects))
        });
        let user = done.await?.ok_or_else(spent)?;
        self.forgive(&Guesses::of(&user.email, client), Counted { account: true }).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeDelta;
    use commerce::{Role, event::Subscriber as _};

    use super::*;
    use crate::{
        Email,
        testing::{PASSWORD, World},
    };

    const NEW: &str = "a new password";

    async fn ask(world: &World) -> String {
        let ada = Email::parse("Ada@example.org").unwrap();
        world.test.clock.advance(TimeDelta::seconds(1));
        world.identity.forgot_password(&ada, &Client::default()).await.unwrap();
        world.deliver().await;
        world.mailed_token()
    }

    async fn reset(world: &World, token: &str) -> Result<(), IdentityError> {
        let password = Password::parse(NEW).unwrap();
        let reset = ResetPassword { token: token.to_owned(), password };
        world.identity.reset_password(reset, &Client::default()).await
    }

    #[tokio::test]
    async fn a_reset_sets_the_password_and_ends_every_session() {
        let world = World::default();
        let (_, old) = world.signed_in("ada@example.org", Role::Customer).await;
        let token = ask(&world).await;

        reset(&world, &token).await.unwrap();
        world.deliver().await;

        assert!(world.authenticate(&old).await.is_err());
        assert!(world.log_in("ada@example.org", PASSWORD).await.is_err());
        assert!(world.log_in("ada@example.org", NEW).await.is_ok());
        assert_eq!(world.last_mail().subject, "Your password was changed");
    }

    #[tokio::test]
    async fn a_link_works_once_and_for_ten_minutes() {
        let world = World::default();
        world.enrol("ada@example.org", Role::Customer).await;
        let used = ask(&world).await;
        reset(&world, &used).await.unwrap();
        let late = ask(&world).await;
        world.test.clock.advance(TimeDelta::minutes(10));

        for token in [used.as_str(), late.as_str(), "rst_nonsense", ""] {
            let refused = reset(&world, token).await;
            assert!(matches!(refused, Err(IdentityError::LinkSpent)), "{token}");
        }
    }

    #[tokio::test]
    async fn a_new_link_voids_the_one_before() {
        let world = World::default();
        world.enrol("ada@example.org", Role::Customer).await;
        let (first, second) = (ask(&world).await, ask(&world).await);

        assert!(matches!(reset(&world, &first).await, Err(IdentityError::LinkSpent)));
        assert!(reset(&world, &second).await.is_ok());
    }

    #[tokio::test]
    async fn an_unknown_address_is_noted_alike_and_gets_no_mail() {
        let world = World::default();
        let ada = world.enrol("ada@example.org", Role::Customer).await;
        for address in ["ada@example.org", "bob@example.org"] {
            let email = Email::parse(address).unwrap();
            world.identity.forgot_password(&email, &Client::default()).await.unwrap();
        }
        assert!(world.user(ada).await.reset.is_none(), "nothing is looked up on the way");

        world.deliver().await;

        assert_eq!(world.mailbox.read().len(), 1);
    }

    #[tokio::test]
    async fn a_mail_told_twice_carries_the_same_token() {
        let world = World::default();
        let ada = world.enrol("ada@example.org", Role::Customer).await;
        let token = ask(&world).await;
        let event = world.memory.read().events.last().unwrap().clone();

        world.mail_room.handle(&crate::testing::delivery(&event)).await.unwrap();

        assert_eq!(world.mailed_token(), token);
        let kept = serde_json::to_string(&world.user(ada).await.reset).unwrap();
        assert!(!kept.contains(&token[37..]), "the store does not hold the token");
    }

    #[tokio::test]
    async fn strangers_cannot_flood_a_mailbox() {
        let world = World::default();
        world.enrol("ada@example.org", Role::Customer).await;

        for _ in 0..20 {
            ask(&world).await;
        }

        assert_eq!(world.mailbox.read().len(), 5);
    }

    #[tokio::test]
    async fn a_reset_opens_a_locked_account_and_verifies_its_address() {
        let world = World::default();
        world.register("ada@example.org").await.unwrap();
        for _ in 0..11 {
            let _ = world.log_in("ada@example.org", "not the password").await;
        }
        let token = ask(&world).await;

        reset(&world, &token).await.unwrap();

        let signed_in = world.log_in("ada@example.org", NEW).await.unwrap();
        assert!(signed_in.user.verified_at.is_some());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_many_resets_with_one_link_one_succeeds() {
        let world = Arc::new(World::default());
        world.enrol("ada@example.org", Role::Customer).await;
        let token = ask(&world).await;

        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let (world, token) = (world.clone(), token.clone());
                tokio::spawn(async move { reset(&world, &token).await.is_ok() })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            won += usize::from(task.await.unwrap());
        }

        assert_eq!(won, 1);
    }
}
