//! Prove that one reads the mail of one's address.

use commerce::{Effects, update};
use serde_json::json;

use crate::{Client, Identity, IdentityError, MailToken, Purpose, User};

impl Identity {
    pub async fn verify_email(&self, token: &str, client: &Client) -> Result<(), IdentityError> {
        let token =
            MailToken::parse(Purpose::Verification, token).ok_or(IdentityError::LinkSpent)?;
        let now = self.env.now();
        let verified = update(&*self.users, token.user, |user: User| {
            let row = client.audit(&self.env, "email_verified", user.id, json!({}));
            Ok::<_, IdentityError>((user.verify(&token, now)?, Effects::none().record(row)))
        });
        verified.await?.map(drop).ok_or(IdentityError::LinkSpent)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{Email, testing::World};

    #[tokio::test]
    async fn a_link_verifies_once() {
        let world = World::default();
        world.register("ada@example.org").await.unwrap();
        world.deliver().await;
        let token = world.mailed_token();

        let verify = async || world.identity.verify_email(&token, &Client::default()).await;

        verify().await.unwrap();
        assert!(matches!(verify().await, Err(IdentityError::LinkSpent)));
    }

    #[tokio::test]
    async fn a_mail_sent_again_voids_the_one_before_and_neither_lives_for_ever() {
        let world = World::default();
        let client = Client::default();
        world.register("ada@example.org").await.unwrap();
        world.deliver().await;
        let first = world.mailed_token();
        let ada = Email::parse("ada@example.org").unwrap();
        world.test.clock.advance(TimeDelta::seconds(1));
        world.identity.resend_verification(&ada, &client).await.unwrap();
        world.deliver().await;
        let second = world.mailed_token();

        assert_ne!(first, second);
        let verify = async |token| world.identity.verify_email(token, &client).await;
        assert!(matches!(verify(&first).await, Err(IdentityError::LinkSpent)));
        world.test.clock.advance(TimeDelta::days(1));
        assert!(matches!(verify(&second).await, Err(IdentityError::LinkSpent)));
    }

    #[tokio::test]
    async fn a_verified_or_unknown_address_gets_no_mail() {
        let world = World::default();
        world.enrol("ada@example.org", commerce::Role::Customer).await;

        for address in ["ada@example.org", "nobody@example.org"] {
            let email = Email::parse(address).unwrap();
            world.identity.resend_verification(&email, &Client::default()).await.unwrap();
        }
        world.deliver().await;

        assert!(world.mailbox.read().is_empty());
    }
}
