//! An operator gives an account another role; it counts from the next request on.

use commerce::{Actor, Effects, Role, UserId};
use serde_json::json;

use crate::{Client, Identity, IdentityError, User, UserRow};

impl Identity {
    pub async fn change_role(
        &self,
        actor: Actor,
        (id, role): (UserId, Role),
        client: &Client,
    ) -> Result<UserRow, IdentityError> {
        let decide = |user: User| {
            let facts = json!({ "from": user.role.as_str(), "to": role.as_str() });
            let row = client.audit_by(&self.env, actor, "role_changed", id, facts);
            (User { role, ..user }, Effects::none().record(row))
        };
        self.change_another(actor, id, decide).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_role_counts_from_the_next_request_on() {
        let world = World::default();
        let (operator, _) = world.signed_in("op@example.org", Role::Operator).await;
        let (ada, signed_in) = world.signed_in("ada@example.org", Role::Customer).await;

        let change = (ada.user, Role::Seller);
        world.identity.change_role(operator, change, &Client::default()).await.unwrap();

        assert_eq!(world.authenticate(&signed_in).await.unwrap().role, Role::Seller);
        assert_eq!(world.audited("role_changed"), 1);
    }

    #[tokio::test]
    async fn only_operators_manage_accounts_and_never_their_own() {
        let world = World::default();
        let client = Client::default();
        let (operator, _) = world.signed_in("op@example.org", Role::Operator).await;
        let (seller, _) = world.signed_in("ada@example.org", Role::Seller).await;
        let identity = &world.identity;

        let refused = identity.change_role(seller, (seller.user, Role::Operator), &client).await;
        assert!(matches!(refused, Err(IdentityError::NotAllowed)));
        let refused = identity.disable_user(seller, operator.user, &client).await;
        assert!(matches!(refused, Err(IdentityError::NotAllowed)));
        let refused = identity.disable_user(operator, operator.user, &client).await;
        assert!(matches!(refused, Err(IdentityError::OwnAccount)));
    }
}
