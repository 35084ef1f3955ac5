//! Change one's password, knowing the current one; every other session ends.

use commerce::{Actor, Effects, Event, update};
use serde_json::json;

use crate::{
    Client, Identity, IdentityError, Matched, Password, PasswordHash, User, lockout::Guesses, mails,
};

#[derive(Debug)]
pub struct ChangePassword {
    pub current: Password,
    pub new: Password,
}

impl Identity {
    /// Whoever found an open session must not guess the password there: wrong ones count as at the door.
    pub async fn change_password(
        &self,
        actor: Actor,
        change: ChangePassword,
        client: &Client,
    ) -> Result<(), IdentityError> {
        let found = self.users.find(actor.user).await?.ok_or(IdentityError::NoUser)?;
        let checked = found.state.password;
        let guesses = Guesses::of(&found.state.email, client);
        self.refuse_if_locked(&guesses).await?;
        if self.hasher.verify(&change.current, &checked).await? == Matched::No {
            let refusal = IdentityError::WrongPassword;
            return Err(self.wrong_password(&guesses, Some(actor.user), client, refusal).await);
        }
        let counted = self.refuse_if_locked(&guesses).await?;
        let new = self.hasher.hash(&change.new).await?;
        self.replace_password(actor, &checked, new, client).await?;
        self.forgive(&guesses, counted).await
    }

    /// The password that was checked must still be the password.
    async fn replace_password(
        &self,
        actor: Actor,
        checked: &PasswordHash,
        new: PasswordHash,
        client: &Client,
    ) -> Result<(), IdentityError> {
        let now = self.env.now();
        let replaced = update(&*self.users, actor.user, |user: User| {
            if user.password != *checked {
                return Err(IdentityError::WrongPassword);
            }
            let row = client.audit_by(&self.env, actor, "password_changed", user.id, json!({}));
            let told = Event::new(&self.env, mails::PASSWORD_CHANGED, user.id, json!({}));
            let user = user.with_password(new.clone(), Some(actor.session), now);
            Ok((user, Effects::none().record(row).tell(told)))
        });
        replaced.await?.map(drop).ok_or(IdentityError::NoUser)
    }
}

#[cfg(test)]
mod tests {
    use commerce::Role;

    use super::*;
    use crate::testing::{PASSWORD, World};

    async fn change(world: &World, actor: Actor, current: &str) -> Result<(), IdentityError> {
        let parse = |text: &str| Password::parse(text).unwrap();
        let change = ChangePassword { current: parse(current), new: parse("a new password") };
        world.identity.change_password(actor, change, &Client::default()).await
    }

    #[tokio::test]
    async fn changing_the_password_spares_only_the_session_it_is_done_in() {
        let world = World::default();
        let (_, phone) = world.signed_in("ada@example.org", Role::Customer).await;
        let (actor, laptop) = world.signed_in("ada@example.org", Role::Customer).await;

        change(&world, actor, PASSWORD).await.unwrap();

        assert!(world.authenticate(&phone).await.is_err());
        assert!(world.authenticate(&laptop).await.is_ok());
        let token = laptop.refresh_token.reveal();
        assert!(world.identity.refresh(&token, &Client::default()).await.is_ok());
        assert!(world.log_in("ada@example.org", "a new password").await.is_ok());
    }

    #[tokio::test]
    async fn the_current_password_cannot_be_guessed_from_within() {
        let world = World::default();
        let (actor, _) = world.signed_in("ada@example.org", Role::Customer).await;
        for _ in 0..10 {
            let refused = change(&world, actor, "not the password").await;
            assert!(matches!(refused, Err(IdentityError::WrongPassword)));
        }

        let locked = change(&world, actor, PASSWORD).await;

        assert!(matches!(locked, Err(IdentityError::Locked { .. })));
    }
}
