//! Make an account; an address that has one gets a mail instead, and the visitor is told the same.

use commerce::{CommitError, Effects, Event, FieldError, Role, UserId, Write};
use serde_json::json;

use crate::{
    Client, DisplayName, Email, Era, Identity, IdentityError, Password, PasswordHash, Pending,
    Purpose, User, mails, session::later,
};

#[derive(Debug)]
pub struct Register {
    pub email: Email,
    pub name: DisplayName,
    pub password: Password,
}

impl Register {
    /// Reads what a visitor sent, naming every value that is not acceptable.
    pub fn parse(email: &str, name: &str, password: String) -> Result<Self, IdentityError> {
        let refusal = |field: &str, code: &str, error: &dyn std::error::Error| {
            FieldError::new(format!("#/{field}"), code, error.to_string())
        };
        let email = Email::parse(email).map_err(|error| refusal("email", "bad_email", &error));
        let name = DisplayName::parse(name).map_err(|error| refusal("name", "bad_name", &error));
        let password =
            Password::parse(password).map_err(|error| refusal("password", "bad_password", &error));
        match (email, name, password) {
            (Ok(email), Ok(name), Ok(password)) => Ok(Self { email, name, password }),
            (email, name, password) => {
                let errors = [email.err(), name.err(), password.err()];
                Err(IdentityError::Fields(errors.into_iter().flatten().collect()))
            }
        }
    }
}

impl Identity {
    /// The same work and the same answer whether or not the address has an account.
    pub async fn register(&self, register: Register, client: &Client) -> Result<(), IdentityError> {
        let hash = self.hasher.hash(&register.password).await?;
        if let Some(known) = self.users.by_email(&register.email).await? {
            return self.registered_again(known.state.id, client).await;
        }
        let email = register.email.clone();
        match self.add_user(register, hash, client).await {
            // Somebody else registered the address in the meantime.
            Err(CommitError::Taken(_)) => match self.users.by_email(&email).await? {
                Some(known) => self.registered_again(known.state.id, client).await,
                None => Ok(()),
            },
            added => Ok(added?),
        }
    }

    async fn add_user(
        &self,
        register: Register,
        password: PasswordHash,
        client: &Client,
    ) -> Result<(), CommitError> {
        let (env, now) = (&self.env, self.env.now());
        let id = UserId::new(env);
        let told = Event::new(env, mails::REGISTERED, id, json!({}));
        let expires_at = later(now, self.settings.verification_ttl);
        let whose = (Purpose::Verification, id);
        let user = User {
            id,
            email: register.email,
            name: register.name,
            role: Role::Customer,
            password,
            password_changed_at: now,
            verified_at: None,
            disabled_at: None,
            era: Era::default(),
            verification: Some(Pending::issue(env, &self.key, whose, told.id, expires_at)),
            reset: None,
            created_at: now,
        };
        let row = client.audit(env, "registered", id, json!({}));
        self.users.commit(Write::new(user).with(Effects::none().tell(told).record(row))).await
    }

    async fn registered_again(&self, id: UserId, client: &Client) -> Result<(), IdentityError> {
        let row = client.audit(&self.env, "registered_again", id, json!({}));
        let told = Event::new(&self.env, mails::REGISTERED_AGAIN, id, json!({}));
        Ok(self.note(Effects::none().tell(told).record(row)).await?)
    }
}

#[cfg(test)]
mod tests {
    use commerce::Failure;

    use super::*;
    use crate::testing::{PASSWORD, World};

    #[tokio::test]
    async fn a_new_account_is_mailed_a_link_that_verifies_it() {
        let world = World::default();

        world.register("ada@example.org").await.unwrap();
        world.deliver().await;
        world.identity.verify_email(&world.mailed_token(), &Client::default()).await.unwrap();

        assert!(
            world.log_in("ADA@example.org", PASSWORD).await.unwrap().user.verified_at.is_some()
        );
        assert_eq!((world.audited("registered"), world.audited("email_verified")), (1, 1));
    }

    #[tokio::test]
    async fn a_known_address_is_answered_the_same_and_mailed() {
        let world = World::default();
        world.register("ada@example.org").await.unwrap();

        world.register("Ada@Example.org").await.unwrap();
        world.deliver().await;

        assert_eq!(world.memory.read().all::<User>().len(), 1);
        assert_eq!(world.last_mail().subject, "You have an account already");
        let hashed = world.hasher.hashed.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!(hashed, 2, "a known address costs a hash as well");
    }

    #[tokio::test]
    async fn an_account_may_have_to_be_verified_before_it_signs_in() {
        let settings = crate::Settings { require_verified_email: true, ..Default::default() };
        let world = World::with(settings);
        world.register("ada@example.org").await.unwrap();

        let refused = world.log_in("ada@example.org", PASSWORD).await;
        let wrong = world.log_in("ada@example.org", "not the password").await;

        assert!(matches!(refused, Err(IdentityError::Unverified)));
        assert!(matches!(wrong, Err(IdentityError::BadCredentials)));
    }

    #[test]
    fn every_bad_value_is_named() {
        let refused = Register::parse("ada", "", "short".into()).unwrap_err();

        let pointers: Vec<_> = refused.fields().into_iter().map(|field| field.pointer).collect();
        assert_eq!(pointers, ["#/email", "#/name", "#/password"]);
    }
}
