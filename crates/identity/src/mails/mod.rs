//! Mails, sent by the worker when it hears of what happened; no event and no row carries a token.

mod compose;

use std::sync::Arc;

use async_trait::async_trait;
use commerce::{
    Effects, Env, Event, StoreError, UserId,
    event::{Delivery, Subscriber, Trouble},
    update,
};
use serde_json::{Value, json};

pub use compose::Mail;

use crate::{
    Attempts, Client, Email, IdentityError, MailError, Mailer, Pending, Purpose, Settings,
    TokenKey, User, Users, session::later,
};

pub(crate) const REGISTERED: &str = "user_registered";
pub(crate) const REGISTERED_AGAIN: &str = "user_registered_again";
pub(crate) const VERIFICATION_ASKED: &str = "email_verification_asked";
pub(crate) const RESET_ASKED: &str = "password_reset_asked";
pub(crate) const PASSWORD_CHANGED: &str = "password_changed";
pub(crate) const TOKEN_REUSED: &str = "refresh_token_reused";

/// So many mails of one kind may strangers have sent to one account in a window.
const MAILS_A_WINDOW: u32 = 5;

/// A wish concerning an address that may have no account.
pub(crate) fn asked(env: &Env, name: &'static str, email: &Email, client: &Client) -> Event {
    let body = json!({
        "email": email.as_str(),
        "address": client.shown_address(),
        "request_id": client.request_id,
    });
    Event::new(env, name, env.uuid(), body)
}

/// Writes the mails of identity.
pub struct MailRoom {
    pub users: Arc<dyn Users>,
    pub attempts: Arc<dyn Attempts>,
    pub mailer: Arc<dyn Mailer>,
    pub key: TokenKey,
    pub env: Env,
    pub settings: Arc<Settings>,
}

#[async_trait]
impl Subscriber for MailRoom {
    fn name(&self) -> &'static str {
        "identity.mail"
    }

    fn events(&self) -> &'static [&'static str] {
        &[
            REGISTERED,
            REGISTERED_AGAIN,
            VERIFICATION_ASKED,
            RESET_ASKED,
            PASSWORD_CHANGED,
            TOKEN_REUSED,
        ]
    }

    async fn handle(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let Some(mail) = self.mail_for(delivery).await? else { return Ok(()) };
        self.mailer.send(&mail).await.map_err(|error| match error {
            MailError::Passing(error) => Trouble::Passing(error),
            MailError::Lasting(error) => Trouble::Lasting(error),
        })
    }
}

impl MailRoom {
    /// The mail that an event calls for, if it still does.
    async fn mail_for(&self, delivery: &Delivery) -> Result<Option<Mail>, Trouble> {
        let id = delivery.event;
        match delivery.name.as_str() {
            REGISTERED => {
                let Some(user) = self.user(delivery).await? else { return Ok(None) };
                Ok(self.with_token(&user, Purpose::Verification, id))
            }
            VERIFICATION_ASKED => self.answer(delivery, Purpose::Verification).await,
            RESET_ASKED => self.answer(delivery, Purpose::Reset).await,
            REGISTERED_AGAIN => {
                let Some(user) = self.user(delivery).await? else { return Ok(None) };
                let told_before = delivery.attempts > 1;
                let few = told_before || self.few_enough("again", user.id).await?;
                Ok(few.then(|| compose::registered_again(id, &user, &self.settings)))
            }
            PASSWORD_CHANGED => {
                Ok(self.user(delivery).await?.map(|user| compose::password_changed(id, &user)))
            }
            TOKEN_REUSED => {
                Ok(self.user(delivery).await?.map(|user| compose::token_reused(id, &user)))
            }
            other => Err(Trouble::Lasting(format!("no mail is written about `{other}`"))),
        }
    }

    async fn user(&self, delivery: &Delivery) -> Result<Option<User>, Trouble> {
        let id = UserId::from_uuid(delivery.subject);
        let found = self.users.find(id).await.map_err(|error| passing(&error))?;
        Ok(found.map(|stored| stored.state))
    }

    /// Looks the address up, issues a token if it has an account, and words the mail.
    async fn answer(&self, delivery: &Delivery, purpose: Purpose) -> Result<Option<Mail>, Trouble> {
        let text = |name: &str| delivery.body.get(name).and_then(Value::as_str);
        let Some(email) = text("email").and_then(|email| Email::parse(email).ok()) else {
            return Err(Trouble::Lasting("the event names no address".into()));
        };
        let found = self.users.by_email(&email).await.map_err(|error| passing(&error))?;
        let Some(user) = found.map(|stored| stored.state).filter(|user| wants(user, purpose))
        else {
            return Ok(None);
        };
        let client = Client {
            address: text("address").and_then(|address| address.parse().ok()),
            agent: None,
            request_id: text("request_id").map(Into::into),
        };
        let user = match pending(&user, purpose) {
            // Asked by a later event, or by this one when it was told before.
            Some(pending) if pending.request >= delivery.event => user,
            Some(_) | None if !self.few_enough(purpose.prefix(), user.id).await? => {
                return Ok(None);
            }
            Some(_) | None => self.issue(&user, purpose, delivery, &client).await?,
        };
        Ok(self.with_token(&user, purpose, delivery.event))
    }

    /// Gives the account a token of that purpose, which voids the one before.
    async fn issue(
        &self,
        user: &User,
        purpose: Purpose,
        delivery: &Delivery,
        client: &Client,
    ) -> Result<User, Trouble> {
        let (ttl, action) = match purpose {
            Purpose::Verification => (self.settings.verification_ttl, "verification_sent"),
            Purpose::Reset => (self.settings.reset_ttl, "password_reset_sent"),
        };
        let issued = update(&*self.users, user.id, |user: User| {
            let expires_at = later(self.env.now(), ttl);
            let whose = (purpose, user.id);
            let issued = Pending::issue(&self.env, &self.key, whose, delivery.event, expires_at);
            let row = client.audit(&self.env, action, user.id, json!({}));
            let user = match purpose {
                Purpose::Verification => User { verification: Some(issued), ..user },
                Purpose::Reset => User { reset: Some(issued), ..user },
            };
            Ok::<_, IdentityError>((user, Effects::none().record(row)))
        });
        let issued = issued.await.map_err(|error| Trouble::Passing(error.to_string()))?;
        issued.ok_or_else(|| Trouble::Lasting("the account is gone".into()))
    }

    /// The mail with the token that this event asked for; none if it is not the latest any more.
    fn with_token(&self, user: &User, purpose: Purpose, event: uuid::Uuid) -> Option<Mail> {
        let pending = pending(user, purpose).filter(|pending| pending.request == event)?;
        let token = pending.token(&self.key, purpose, user.id);
        Some(compose::with_token(event, user, &token, &self.settings))
    }

    async fn few_enough(&self, kind: &str, user: UserId) -> Result<bool, Trouble> {
        let name = format!("mail:{kind}:{}", user.uuid().simple());
        let window = self.settings.lockout.window;
        let counted = self.attempts.count(&[&name], self.env.now(), window).await;
        let counted = counted.map_err(|error| passing(&error))?;
        Ok(counted.iter().all(|tally| tally.count <= MAILS_A_WINDOW))
    }
}

/// Whether a mail of that purpose makes sense for the account.
fn wants(user: &User, purpose: Purpose) -> bool {
    let open = !user.is_disabled();
    match purpose {
        Purpose::Verification => open && !user.is_verified(),
        Purpose::Reset => open,
    }
}

fn pending(user: &User, purpose: Purpose) -> Option<&Pending> {
    match purpose {
        Purpose::Verification => user.verification.as_ref(),
        Purpose::Reset => user.reset.as_ref(),
    }
}

fn passing(error: &StoreError) -> Trouble {
    Trouble::Passing(error.to_string())
}
