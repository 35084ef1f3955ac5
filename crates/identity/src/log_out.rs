//! End the session one is signed in with.

use commerce::{Actor, Effects, update};
use serde_json::json;

use crate::{Client, End, Identity, IdentityError, Session};

impl Identity {
    pub async fn log_out(&self, actor: Actor, client: &Client) -> Result<(), IdentityError> {
        let now = self.env.now();
        let ended = update(&*self.sessions, actor.session, |session: Session| {
            let facts = json!({ "session": session.id.to_string() });
            let row = client.audit_by(&self.env, actor, "signed_out", actor.user, facts);
            Ok((session.end(End::LoggedOut, now), Effects::none().record(row)))
        });
        ended.await.map(drop)
    }
}
