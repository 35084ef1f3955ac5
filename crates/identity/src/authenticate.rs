//! Open the door to an access token whose session lives at this moment.

use async_trait::async_trait;
use commerce::{Actor, AuthError, Authenticator};

use crate::Identity;

/// One look at the store by the session's key, so that an ended session is refused at once. The role is the
/// account's of this moment, not the token's.
#[async_trait]
impl Authenticator for Identity {
    async fn authenticate(&self, access_token: &str) -> Result<Actor, AuthError> {
        let claims = self.tokens.verify(access_token)?;
        let standing = self.sessions.standing(claims.session).await?.ok_or(AuthError::Ended)?;
        let actor = standing.actor(self.env.now()).ok_or(AuthError::Ended)?;
        if actor.user == claims.user { Ok(actor) } else { Err(AuthError::Invalid) }
    }
}
