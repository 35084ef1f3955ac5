//! Operators look at accounts.

use commerce::{Actor, Page, PageRequest, Role, UserId};

use crate::{Identity, IdentityError, UserFilter, UserRow};

impl Identity {
    pub async fn list_users(
        &self,
        actor: Actor,
        filter: UserFilter,
        page: PageRequest,
    ) -> Result<Page<UserRow>, IdentityError> {
        only_operators(actor)?;
        Ok(self.users.list_users(filter, page).await?)
    }

    pub async fn show_user(&self, actor: Actor, id: UserId) -> Result<UserRow, IdentityError> {
        only_operators(actor)?;
        let found = self.users.find(id).await?.ok_or(IdentityError::NoUser)?;
        Ok(found.state.into())
    }
}

pub(crate) fn only_operators(actor: Actor) -> Result<(), IdentityError> {
    if actor.role == Role::Operator { Ok(()) } else { Err(IdentityError::NotAllowed) }
}
