//! What one's account says, and what one may change of it.

use commerce::{Actor, Effects, update};

use crate::{DisplayName, Identity, IdentityError, User, UserRow};

impl Identity {
    pub async fn me(&self, actor: Actor) -> Result<UserRow, IdentityError> {
        let found = self.users.find(actor.user).await?.ok_or(IdentityError::NoUser)?;
        Ok(found.state.into())
    }

    pub async fn update_me(
        &self,
        actor: Actor,
        name: DisplayName,
    ) -> Result<UserRow, IdentityError> {
        let renamed = update(&*self.users, actor.user, |user: User| {
            let user = User { name: name.clone(), ..user };
            Ok::<_, IdentityError>((user, Effects::none()))
        });
        Ok(renamed.await?.ok_or(IdentityError::NoUser)?.into())
    }
}
