//! Gives whoever owns a seller the role it takes to sell, once the seller is approved.

use async_trait::async_trait;
use commerce::{
    Effects, Failure, Kind, Role, UserId,
    event::{Delivery, Subscriber, Trouble},
    update,
};
use serde_json::{Value, json};

use crate::{Client, Identity, IdentityError, User};

pub struct LetSellersIn(pub Identity);

#[async_trait]
impl Subscriber for LetSellersIn {
    fn name(&self) -> &'static str {
        "identity.let_sellers_in"
    }

    fn events(&self) -> &'static [&'static str] {
        &["seller_approved"]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let owner = delivery.body.get("owner").and_then(Value::as_str);
        let Some(owner) = owner.and_then(|owner| owner.parse().ok()) else {
            return Err(Trouble::Lasting("the event names no owner".into()));
        };
        self.0.let_in(owner).await.map_err(|error| match error.kind() {
            Kind::NotFound => Trouble::Lasting(error.to_string()),
            _ => Trouble::Passing(error.to_string()),
        })
    }
}

impl Identity {
    /// Changes nothing for anybody who is more than a customer.
    async fn let_in(&self, owner: UserId) -> Result<(), IdentityError> {
        let changed = update(&*self.users, owner, |user: User| {
            if user.role != Role::Customer {
                return Ok::<_, IdentityError>((user, Effects::none()));
            }
            let facts = json!({ "from": user.role.as_str(), "to": Role::Seller.as_str() });
            let row = Client::default().audit(&self.env, "role_changed", owner, facts);
            Ok((User { role: Role::Seller, ..user }, Effects::none().record(row)))
        });
        changed.await?.ok_or(IdentityError::NoUser).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn the_owner_of_an_approved_seller_may_sell_and_nobody_loses_anything() {
        let world = World::default();

        for (email, role, becomes) in [
            ("ada@example.org", Role::Customer, Role::Seller),
            ("bea@example.org", Role::Seller, Role::Seller),
            ("op@example.org", Role::Operator, Role::Operator),
        ] {
            let (actor, signed_in) = world.signed_in(email, role).await;
            world.identity.let_in(actor.user).await.unwrap();
            world.identity.let_in(actor.user).await.unwrap();
            assert_eq!(world.authenticate(&signed_in).await.unwrap().role, becomes);
        }
        assert_eq!(world.audited("role_changed"), 1);
    }
}
