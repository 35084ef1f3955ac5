//! An operator closes an account, whose sessions end at once, or opens it again.

use commerce::{Actor, Effects, UserId};
use serde_json::json;

use crate::{Client, Identity, IdentityError, User, UserRow};

impl Identity {
    pub async fn disable_user(
        &self,
        actor: Actor,
        id: UserId,
        client: &Client,
    ) -> Result<UserRow, IdentityError> {
        let now = self.env.now();
        self.close_or_open(actor, id, client, "user_disabled", |user| user.disabled(now)).await
    }

    pub async fn enable_user(
        &self,
        actor: Actor,
        id: UserId,
        client: &Client,
    ) -> Result<UserRow, IdentityError> {
        let opened = |user| User { disabled_at: None, ..user };
        self.close_or_open(actor, id, client, "user_enabled", opened).await
    }

    async fn close_or_open(
        &self,
        actor: Actor,
        id: UserId,
        client: &Client,
        action: &'static str,
        change: impl Fn(User) -> User + Send + Sync,
    ) -> Result<UserRow, IdentityError> {
        let decide = |user: User| {
            let row = client.audit_by(&self.env, actor, action, id, json!({}));
            (change(user), Effects::none().record(row))
        };
        self.change_another(actor, id, decide).await
    }
}

#[cfg(test)]
mod tests {
    use commerce::Role;

    use super::*;
    use crate::testing::{PASSWORD, World};

    #[tokio::test]
    async fn a_disabled_account_is_out_at_once_and_may_come_back() {
        let world = World::default();
        let client = Client::default();
        let (operator, _) = world.signed_in("op@example.org", Role::Operator).await;
        let (ada, signed_in) = world.signed_in("ada@example.org", Role::Customer).await;

        world.identity.disable_user(operator, ada.user, &client).await.unwrap();
        assert!(world.authenticate(&signed_in).await.is_err());
        let token = signed_in.refresh_token.reveal();
        assert!(world.identity.refresh(&token, &client).await.is_err());

        world.identity.enable_user(operator, ada.user, &client).await.unwrap();
        assert!(world.authenticate(&signed_in).await.is_err(), "old sessions stay ended");
        assert!(world.log_in("ada@example.org", PASSWORD).await.is_ok());
    }
}
