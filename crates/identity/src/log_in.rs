//! Sign in with a password: the door that must not tell who lives here.

use commerce::{Effects, Failure, SessionId, Stored, Timestamp, Write, update};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tracing::warn;

use crate::{
    AccessClaims, Client, Email, Identity, IdentityError, Matched, Password, RefreshToken, Session,
    User, UserRow, lockout::Guesses, session::later,
};

#[derive(Debug)]
pub struct LogIn {
    pub email: Email,
    pub password: Password,
}

/// What a person who signed in, or refreshed, goes away with.
#[derive(Debug)]
pub struct SignedIn {
    pub user: UserRow,
    pub session: SessionId,
    access_token: SecretString,
    pub access_expires_at: Timestamp,
    pub refresh_token: RefreshToken,
    pub refresh_expires_at: Timestamp,
}

impl SignedIn {
    /// For the client's eyes only.
    pub fn access_token(&self) -> &str {
        self.access_token.expose_secret()
    }
}

impl Identity {
    pub async fn log_in(&self, log_in: LogIn, client: &Client) -> Result<SignedIn, IdentityError> {
        let guesses = Guesses::of(&log_in.email, client);
        self.refuse_if_locked(&guesses).await?;
        let found = self.users.by_email(&log_in.email).await?;
        let whose = found.as_ref().map(|user| user.state.id);
        let Some((user, matched)) = self.check(found, &log_in.password).await? else {
            let refusal = IdentityError::BadCredentials;
            return Err(self.wrong_password(&guesses, whose, client, refusal).await);
        };
        let counted = self.refuse_if_locked(&guesses).await?;
        self.forgive(&guesses, counted).await?;
        self.admit(&user, client).await?;
        if matched == Matched::Outdated {
            self.hash_anew(&user, &log_in.password).await;
        }
        self.open_session(user, client).await
    }

    /// The user, if the password is theirs; as much work when there is no user.
    async fn check(
        &self,
        found: Option<Stored<User>>,
        password: &Password,
    ) -> Result<Option<(User, Matched)>, IdentityError> {
        let Some(Stored { state: user, .. }) = found else {
            self.hasher.verify_dummy(password).await?;
            return Ok(None);
        };
        match self.hasher.verify(password, &user.password).await? {
            Matched::No => Ok(None),
            matched @ (Matched::Yes | Matched::Outdated) => Ok(Some((user, matched))),
        }
    }

    /// Lets in who may sign in. Whoever is refused had the right password, which is worth knowing afterwards.
    async fn admit(&self, user: &User, client: &Client) -> Result<(), IdentityError> {
        let refusal = if user.is_disabled() {
            IdentityError::Disabled
        } else if self.settings.require_verified_email && !user.is_verified() {
            IdentityError::Unverified
        } else {
            return Ok(());
        };
        let facts = json!({ "why": refusal.code() });
        let row = client.audit(&self.env, "sign_in_refused", user.id, facts);
        self.note(Effects::none().record(row)).await?;
        Err(refusal)
    }

    /// Keeps the password at today's cost; a failure only means that the next sign-in tries again.
    async fn hash_anew(&self, user: &User, password: &Password) {
        let done: Result<_, IdentityError> = async {
            let hash = self.hasher.hash(password).await?;
            let checked = &user.password;
            update(&*self.users, user.id, |now: User| {
                let password = if now.password == *checked { hash.clone() } else { now.password };
                Ok::<_, IdentityError>((User { password, ..now }, Effects::none()))
            })
            .await
        }
        .await;
        if let Err(error) = done {
            warn!(user = %user.id, %error, "a password could not be hashed anew");
        }
    }

    async fn open_session(&self, user: User, client: &Client) -> Result<SignedIn, IdentityError> {
        let now = self.env.now();
        let token = self.key.first(&self.env, SessionId::new(&self.env));
        let whose = (user.id, user.era);
        let session = Session::open(&token, whose, client, &self.settings, now);
        let facts = json!({ "session": session.id.to_string() });
        let row = client.audit(&self.env, "signed_in", user.id, facts);
        let change = Write::new(session.clone()).with(Effects::none().record(row));
        self.sessions.commit(change).await?;
        self.signed_in(user, &session, token)
    }

    /// The tokens for a session that lives.
    pub(crate) fn signed_in(
        &self,
        user: User,
        session: &Session,
        refresh_token: RefreshToken,
    ) -> Result<SignedIn, IdentityError> {
        let now = self.env.now();
        let claims = AccessClaims {
            user: user.id,
            session: session.id,
            role: user.role,
            issued_at: now,
            expires_at: later(now, self.settings.access_ttl),
        };
        Ok(SignedIn {
            session: session.id,
            access_token: self.tokens.issue(&claims)?.into(),
            access_expires_at: claims.expires_at,
            refresh_token,
            refresh_expires_at: session.expires_at,
            user: user.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use chrono::TimeDelta;
    use commerce::{Kind, Role};

    use super::*;
    use crate::{
        Settings,
        testing::{PASSWORD, World},
    };

    const WRONG: &str = "not the password";

    #[tokio::test]
    async fn the_right_password_opens_a_session() {
        let world = World::default();
        let id = world.enrol("ada@example.org", Role::Seller).await;

        let signed_in = world.log_in("Ada@Example.ORG", PASSWORD).await.unwrap();

        let actor = world.authenticate(&signed_in).await.unwrap();
        assert_eq!((actor.user, actor.role), (id, Role::Seller));
        assert_eq!(world.audited("signed_in"), 1);
    }

    #[tokio::test]
    async fn an_unknown_address_costs_and_says_the_same_as_a_wrong_password() {
        let world = World::default();
        world.enrol("ada@example.org", Role::Customer).await;
        let refusal = async |email| {
            let before = world.hasher.verified.load(Ordering::SeqCst);
            let error = world.log_in(email, WRONG).await.unwrap_err();
            let work = world.hasher.verified.load(Ordering::SeqCst) - before;
            (error.to_string(), error.kind(), error.code(), work)
        };

        assert_eq!(refusal("ada@example.org").await, refusal("nobody@example.org").await);
        assert_eq!(world.audited("password_wrong"), 2);
    }

    #[tokio::test]
    async fn ten_wrong_passwords_lock_the_account_for_the_rest_of_the_window_only() {
        let world = World::default();
        world.enrol("ada@example.org", Role::Customer).await;
        for n in 0..10 {
            let refused = world.log_in("ada@example.org", WRONG).await;
            assert!(matches!(refused, Err(IdentityError::BadCredentials)), "{n}");
        }
        let verified = world.hasher.verified.load(Ordering::SeqCst);

        let locked = world.log_in("ada@example.org", PASSWORD).await.unwrap_err();

        assert_eq!((locked.kind(), locked.code()), (Kind::Limited, "too_many_attempts"));
        assert_eq!(locked.retry_after(), Some(std::time::Duration::from_mins(15)));
        assert_eq!(world.hasher.verified.load(Ordering::SeqCst), verified, "a lock costs nothing");
        assert_eq!(world.audited("sign_in_locked"), 1);
        world.test.clock.advance(TimeDelta::minutes(15));
        assert!(world.log_in("ada@example.org", PASSWORD).await.is_ok());
    }

    #[tokio::test]
    async fn an_account_that_is_not_there_is_locked_too() {
        let world = World::default();
        for _ in 0..10 {
            let _ = world.log_in("nobody@example.org", WRONG).await;
        }

        let locked = world.log_in("nobody@example.org", WRONG).await;

        assert!(matches!(locked, Err(IdentityError::Locked { .. })));
    }

    #[tokio::test]
    async fn success_forgives_the_account_but_not_the_address() {
        let world = World::default();
        world.enrol("ada@example.org", Role::Customer).await;
        let here = Client::new("192.0.2.1".parse().ok(), None, None);
        let there = Client::new("192.0.2.2".parse().ok(), None, None);
        for round in 0..5 {
            for n in 0..9 {
                let email = format!("person{round}{n}@example.org");
                let _ = world.log_in_from(&here, &email, WRONG).await;
            }
            let _ = world.log_in_from(&here, "ada@example.org", WRONG).await;
            let right = world.log_in_from(&here, "ada@example.org", PASSWORD).await;
            assert_eq!(right.is_ok(), round < 4, "{round}: {right:?}");
        }

        let locked = world.log_in_from(&here, "ada@example.org", PASSWORD).await;

        assert!(matches!(locked, Err(IdentityError::Locked { .. })), "fifty from one address");
        assert!(world.log_in_from(&there, "ada@example.org", PASSWORD).await.is_ok());
    }

    #[tokio::test]
    async fn a_disabled_account_says_so_only_to_its_owner() {
        let world = World::default();
        let (operator, _) = world.signed_in("op@example.org", Role::Operator).await;
        let id = world.enrol("ada@example.org", Role::Customer).await;
        world.identity.disable_user(operator, id, &Client::default()).await.unwrap();

        let wrong = world.log_in("ada@example.org", WRONG).await;
        let right = world.log_in("ada@example.org", PASSWORD).await;

        assert!(matches!(wrong, Err(IdentityError::BadCredentials)));
        assert!(matches!(right, Err(IdentityError::Disabled)));
    }

    #[tokio::test]
    async fn a_right_password_that_opens_nothing_is_on_record() {
        let settings = Settings { require_verified_email: true, ..Settings::default() };
        let world = World::with(settings);
        let (operator, _) = world.signed_in("op@example.org", Role::Operator).await;
        let ada = world.enrol("ada@example.org", Role::Customer).await;
        world.identity.disable_user(operator, ada, &Client::default()).await.unwrap();
        world.register("bea@example.org").await.unwrap();

        let disabled = world.log_in("ada@example.org", PASSWORD).await;
        let unverified = world.log_in("bea@example.org", PASSWORD).await;

        assert!(matches!(disabled, Err(IdentityError::Disabled)));
        assert!(matches!(unverified, Err(IdentityError::Unverified)));
        let books = world.memory.read();
        let refused = books.audits.iter().filter(|row| row.action == "sign_in_refused");
        let told: Vec<_> = refused.map(|row| (row.subject, row.facts["why"].clone())).collect();
        assert_eq!(told[0], (Some(ada.uuid()), "account_disabled".into()));
        assert_eq!((told.len(), &told[1].1), (2, &"email_not_verified".into()));
    }

    #[tokio::test]
    async fn a_password_of_another_cost_is_hashed_anew() {
        let world = World::default();
        let id = world.enrol("ada@example.org", Role::Customer).await;
        world.hasher.cost.store(5, Ordering::SeqCst);

        let signed_in = world.log_in("ada@example.org", PASSWORD).await.unwrap();

        assert!(world.user(id).await.password.as_str().starts_with("5$"));
        assert!(world.authenticate(&signed_in).await.is_ok(), "and no session ends");
    }
}
