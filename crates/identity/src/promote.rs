//! Give an account another role on the house's own authority, which is whoever has its configuration.

use commerce::{Effects, Role, update};
use serde_json::json;

use crate::{Client, Email, Identity, IdentityError, User};

impl Identity {
    /// The role it had. An address that nobody proved may be a stranger's, who must not become an operator by it.
    pub async fn promote(&self, email: &Email, role: Role) -> Result<Role, IdentityError> {
        let known = self.users.by_email(email).await?.ok_or(IdentityError::NoUser)?.state;
        let promoted = update(&*self.users, known.id, |user: User| {
            if user.is_disabled() {
                return Err(IdentityError::Disabled);
            }
            if !user.is_verified() {
                return Err(IdentityError::Unverified);
            }
            if user.role == role {
                return Ok((user, Effects::none()));
            }
            let facts = json!({ "from": user.role.as_str(), "to": role.as_str() });
            let row = Client::default().audit(&self.env, "role_changed", user.id, facts);
            Ok((User { role, ..user }, Effects::none().record(row)))
        });
        promoted.await?.ok_or(IdentityError::NoUser)?;
        Ok(known.role)
    }
}
