//! Ask for the verification mail again.

use commerce::Effects;

use crate::{Client, Email, Identity, IdentityError, mails};

impl Identity {
    /// Only notes the wish. Whether the address has an account is looked up later, by the worker, so that
    /// neither the answer nor its time can tell.
    pub async fn resend_verification(
        &self,
        email: &Email,
        client: &Client,
    ) -> Result<(), IdentityError> {
        let asked = mails::asked(&self.env, mails::VERIFICATION_ASKED, email, client);
        Ok(self.note(Effects::none().tell(asked)).await?)
    }
}
