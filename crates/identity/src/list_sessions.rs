//! Where one is signed in.

use commerce::{Actor, Page, PageRequest};

use crate::{Identity, IdentityError, Session};

impl Identity {
    /// The live sessions of one's own account, newest first.
    pub async fn list_sessions(
        &self,
        actor: Actor,
        page: PageRequest,
    ) -> Result<Page<Session>, IdentityError> {
        Ok(self.sessions.live_sessions(actor.user, self.env.now(), page).await?)
    }
}
