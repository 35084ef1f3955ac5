//! End one of one's own sessions, perhaps on a lost phone.

use commerce::{Actor, Effects, SessionId, update};
use serde_json::json;

use crate::{Client, End, Identity, IdentityError, Session};

impl Identity {
    /// A session of somebody else is not there.
    pub async fn end_session(
        &self,
        actor: Actor,
        id: SessionId,
        client: &Client,
    ) -> Result<(), IdentityError> {
        let now = self.env.now();
        let ended = update(&*self.sessions, id, |session: Session| {
            if session.user != actor.user || session.ended.is_some() {
                return Err(IdentityError::NoSession);
            }
            let facts = json!({ "session": id.to_string() });
            let row = client.audit_by(&self.env, actor, "session_ended", actor.user, facts);
            Ok((session.end(End::Revoked, now), Effects::none().record(row)))
        });
        ended.await?.map(drop).ok_or(IdentityError::NoSession)
    }
}

#[cfg(test)]
mod tests {
    use commerce::{PageRequest, Role};

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn one_session_ends_and_the_others_live() {
        let world = World::default();
        let (actor, laptop) = world.signed_in("ada@example.org", Role::Customer).await;
        let (_, phone) = world.signed_in("ada@example.org", Role::Customer).await;
        let client = Client::default();

        world.identity.end_session(actor, phone.session, &client).await.unwrap();

        assert!(world.authenticate(&phone).await.is_err());
        assert!(world.authenticate(&laptop).await.is_ok());
        let page = PageRequest { limit: 10, cursor: None };
        let listed = world.identity.list_sessions(actor, page).await.unwrap();
        assert_eq!(listed.data.iter().map(|it| it.id).collect::<Vec<_>>(), [laptop.session]);
        let again = world.identity.end_session(actor, phone.session, &client).await;
        assert!(matches!(again, Err(IdentityError::NoSession)));
    }

    #[tokio::test]
    async fn a_strangers_session_is_not_there() {
        let world = World::default();
        let (ada, _) = world.signed_in("ada@example.org", Role::Customer).await;
        let (_, bob) = world.signed_in("bob@example.org", Role::Customer).await;

        let refused = world.identity.end_session(ada, bob.session, &Client::default()).await;

        assert!(matches!(refused, Err(IdentityError::NoSession)));
        assert!(world.authenticate(&bob).await.is_ok());
    }

    #[tokio::test]
    async fn logging_out_ends_this_session_and_logging_out_everywhere_all() {
        let world = World::default();
        let (_, tablet) = world.signed_in("ada@example.org", Role::Customer).await;
        let (actor, laptop) = world.signed_in("ada@example.org", Role::Customer).await;

        world.identity.log_out(actor, &Client::default()).await.unwrap();
        assert!(world.authenticate(&laptop).await.is_err());
        assert!(world.authenticate(&tablet).await.is_ok());

        world.identity.log_out_everywhere(actor, &Client::default()).await.unwrap();
        assert!(world.authenticate(&tablet).await.is_err());
    }
}
