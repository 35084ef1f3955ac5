//! Make an account on the house's own authority: the first operator, the people of a demonstration shop.

use commerce::{CommitError, Effects, Role, UserId, Write};
use serde_json::json;

use crate::{Client, DisplayName, Email, Era, Identity, IdentityError, Password, User};

#[derive(Debug)]
pub struct Enrol {
    pub email: Email,
    pub name: DisplayName,
    pub password: Password,
    pub role: Role,
}

impl Identity {
    /// The account of that address, made if there is none; one that is there is left as it is.
    pub async fn enrol(&self, enrol: Enrol) -> Result<UserId, IdentityError> {
        if let Some(known) = self.users.by_email(&enrol.email).await? {
            return Ok(known.state.id);
        }
        let (env, now) = (&self.env, self.env.now());
        let email = enrol.email.clone();
        let user = User {
            id: UserId::new(env),
            email: enrol.email,
            name: enrol.name,
            role: enrol.role,
            password: self.hasher.hash(&enrol.password).await?,
            password_changed_at: now,
            verified_at: Some(now),
            disabled_at: None,
            era: Era::default(),
            verification: None,
            reset: None,
            created_at: now,
        };
        let id = user.id;
        let facts = json!({ "role": enrol.role.as_str() });
        let row = Client::default().audit(env, "enrolled", id, facts);
        match self.users.commit(Write::new(user).with(Effects::none().record(row))).await {
            Err(CommitError::Taken(_)) => {
                let known = self.users.by_email(&email).await?.ok_or(IdentityError::NoUser)?;
                Ok(known.state.id)
            }
            added => Ok(added.map(|()| id)?),
        }
    }
}
