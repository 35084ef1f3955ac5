//! End every session of one's account, this one included.

use commerce::{Actor, Effects, update};
use serde_json::json;

use crate::{Client, Identity, IdentityError, User};

impl Identity {
    pub async fn log_out_everywhere(
        &self,
        actor: Actor,
        client: &Client,
    ) -> Result<(), IdentityError> {
        let ended = update(&*self.users, actor.user, |user: User| {
            let action = "signed_out_everywhere";
            let row = client.audit_by(&self.env, actor, action, actor.user, json!({}));
            Ok((user.without_sessions(), Effects::none().record(row)))
        });
        ended.await.map(drop)
    }
}
