//! An operator changes somebody else's account; whatever they do, an operator is left.

use commerce::{Actor, Effects, Role, Stored, UserId, retrying};

use crate::{Identity, IdentityError, User, UserRow, list_users::only_operators};

impl Identity {
    /// Nobody changes their own account, and the operator's is written beside the other one. So of two operators who
    /// act on each other at once one comes second and finds that they may not any more.
    pub(crate) async fn change_another(
        &self,
        actor: Actor,
        id: UserId,
        decide: impl Fn(User) -> (User, Effects) + Send + Sync,
    ) -> Result<UserRow, IdentityError> {
        only_operators(actor)?;
        if actor.user == id {
            return Err(IdentityError::OwnAccount);
        }
        Ok(retrying(|| self.try_another(actor, id, &decide)).await?.into())
    }

    async fn try_another(
        &self,
        actor: Actor,
        id: UserId,
        decide: impl Fn(User) -> (User, Effects) + Send + Sync,
    ) -> Result<User, IdentityError> {
        let own = self.users.find(actor.user).await?.filter(still_operates);
        let own = own.ok_or(IdentityError::NotAllowed)?;
        let other = self.users.find(id).await?.ok_or(IdentityError::NoUser)?;
        let (changed, effects) = decide(other.state.clone());
        let change = other.becomes(changed.clone()).with(effects);
        self.users.commit(change.and(own.becomes(own.state.clone()))).await?;
        Ok(changed)
    }
}

fn still_operates(own: &Stored<User>) -> bool {
    own.state.role == Role::Operator && !own.state.is_disabled()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use commerce::{
        Change, CommitError, Page, PageRequest, Repository, StoreError, testing::Memory,
    };

    use super::*;
    use crate::{Client, Email, UserFilter, Users, testing::World};

    /// Accounts in memory, where one operator disables another just before the first commit.
    struct Beside {
        memory: Memory,
        first: Mutex<Option<(Identity, Actor, UserId)>>,
    }

    impl Beside {
        fn identity(world: &World, by: Actor, id: UserId) -> Identity {
            let first = Mutex::new(Some((world.identity.clone(), by, id)));
            let beside = Self { memory: world.memory.clone(), first };
            Identity { users: Arc::new(beside), ..world.identity.clone() }
        }
    }

    #[async_trait]
    impl Repository<User> for Beside {
        async fn find(&self, id: UserId) -> Result<Option<Stored<User>>, StoreError> {
            self.memory.find(id).await
        }

        async fn commit(&self, change: Change<User>) -> Result<(), CommitError> {
            let first = self.first.lock().unwrap().take();
            if let Some((identity, by, id)) = first {
                identity.disable_user(by, id, &Client::default()).await.unwrap();
            }
            self.memory.commit(change).await
        }
    }

    #[async_trait]
    impl Users for Beside {
        async fn by_email(&self, email: &Email) -> Result<Option<Stored<User>>, StoreError> {
            self.memory.by_email(email).await
        }

        async fn list_users(
            &self,
            filter: UserFilter,
            page: PageRequest,
        ) -> Result<Page<UserRow>, StoreError> {
            self.memory.list_users(filter, page).await
        }
    }

    #[tokio::test]
    async fn of_two_operators_who_act_on_each_other_at_once_one_is_left() {
        let client = Client::default();
        for demotes in [true, false] {
            let world = World::default();
            let (ada, _) = world.signed_in("ada@example.org", Role::Operator).await;
            let (bea, _) = world.signed_in("bea@example.org", Role::Operator).await;
            let identity = Beside::identity(&world, ada, bea.user);

            let second = if demotes {
                identity.change_role(bea, (ada.user, Role::Customer), &client).await
            } else {
                identity.disable_user(bea, ada.user, &client).await
            };

            assert!(matches!(second, Err(IdentityError::NotAllowed)), "{second:?}");
            let (ada, bea) = (world.user(ada.user).await, world.user(bea.user).await);
            assert!(ada.role == Role::Operator && !ada.is_disabled());
            assert!(bea.is_disabled());
        }
    }

    #[tokio::test]
    async fn an_operator_who_meets_another_change_only_decides_again() {
        let world = World::default();
        let (ada, _) = world.signed_in("ada@example.org", Role::Operator).await;
        let (bea, _) = world.signed_in("bea@example.org", Role::Operator).await;
        let cid = world.enrol("cid@example.org", Role::Customer).await;
        let identity = Beside::identity(&world, ada, cid);

        let change = (cid, Role::Seller);
        let changed = identity.change_role(bea, change, &Client::default()).await.unwrap();

        assert_eq!(changed.role, Role::Seller);
        assert!(world.user(cid).await.is_disabled(), "what the other did stays");
    }
}
