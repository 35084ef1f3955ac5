//! A world in memory: fakes of every port, and mails that can be read.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod doubles;
mod stores;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use commerce::{
    Actor, Authenticator, Env, Repository, Role, Stored, UserId,
    event::{Delivery, Subscriber},
    testing::{Memory, TestEnv},
};

pub use doubles::{FakeHasher, FakeTokens, SentMail};
pub use stores::MemoryAttempts;

use crate::{
    Client, DisplayName, Email, Enrol, Era, Identity, IdentityError, LogIn, Mail, MailRoom,
    Password, PasswordHash, Register, Settings, SignedIn, TokenKey, User,
};

pub const PASSWORD: &str = "correct horse battery";

/// Identity over memory, with a clock that tests set.
pub struct World {
    pub test: TestEnv,
    pub memory: Memory,
    pub hasher: Arc<FakeHasher>,
    pub mailbox: Arc<SentMail>,
    pub identity: Identity,
    pub mail_room: MailRoom,
    delivered: AtomicUsize,
}

impl Default for World {
    fn default() -> Self {
        Self::with(Settings::default())
    }
}

impl World {
    pub fn with(settings: Settings) -> Self {
        Self::over(settings, Memory::default(), &TestEnv::new())
    }

    /// Over a memory that other modes write to as well.
    pub fn over(settings: Settings, memory: Memory, test: &TestEnv) -> Self {
        let memory = stores::with_unique_email(memory);
        let (hasher, mailbox) = (Arc::<FakeHasher>::default(), Arc::<SentMail>::default());
        let attempts = Arc::<MemoryAttempts>::default();
        let settings = Arc::new(settings);
        let key = TokenKey::derive(b"the key of a world in memory");
        let identity = Identity {
            users: Arc::new(memory.clone()),
            sessions: Arc::new(memory.clone()),
            attempts: attempts.clone(),
            hasher: hasher.clone(),
            tokens: Arc::new(FakeTokens { clock: test.clock.clone() }),
            key: key.clone(),
            env: test.env(),
            settings: settings.clone(),
        };
        let mail_room = MailRoom {
            users: Arc::new(memory.clone()),
            attempts,
            mailer: mailbox.clone(),
            key,
            env: test.env(),
            settings,
        };
        let (test, delivered) = (test.clone(), AtomicUsize::new(0));
        Self { test, memory, hasher, mailbox, identity, mail_room, delivered }
    }

    /// Hands every event not yet delivered to the mail room, as the worker does.
    pub async fn deliver(&self) {
        let events = self.memory.read().events.clone();
        let from = self.delivered.swap(events.len(), Ordering::SeqCst);
        for event in events.into_iter().skip(from) {
            let delivery = delivery(&event);
            if self.mail_room.events().contains(&event.name) {
                self.mail_room.handle(&delivery).await.unwrap();
            }
        }
    }

    pub async fn register(&self, email: &str) -> Result<(), IdentityError> {
        let register = Register::parse(email, "Ada", PASSWORD.into())?;
        self.identity.register(register, &Client::default()).await
    }

    /// An account that is verified.
    pub async fn enrol(&self, email: &str, role: Role) -> UserId {
        let enrol = Enrol {
            email: Email::parse(email).unwrap(),
            name: DisplayName::parse("Ada").unwrap(),
            password: Password::parse(PASSWORD).unwrap(),
            role,
        };
        self.identity.enrol(enrol).await.unwrap()
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Result<SignedIn, IdentityError> {
        self.log_in_from(&Client::default(), email, password).await
    }

    pub async fn log_in_from(
        &self,
        client: &Client,
        email: &str,
        password: &str,
    ) -> Result<SignedIn, IdentityError> {
        let (email, password) = (Email::parse(email)?, Password::parse(password)?);
        self.identity.log_in(LogIn { email, password }, client).await
    }

    /// Enrols and signs in.
    pub async fn signed_in(&self, email: &str, role: Role) -> (Actor, SignedIn) {
        self.enrol(email, role).await;
        let signed_in = self.log_in(email, PASSWORD).await.unwrap();
        let actor = self.authenticate(&signed_in).await.unwrap();
        (actor, signed_in)
    }

    pub async fn authenticate(&self, who: &SignedIn) -> Result<Actor, commerce::AuthError> {
        self.identity.authenticate(who.access_token()).await
    }

    pub async fn user(&self, id: UserId) -> User {
        let found: Option<Stored<User>> = self.memory.find(id).await.unwrap();
        found.unwrap().state
    }

    /// The mail sent last.
    pub fn last_mail(&self) -> Mail {
        self.mailbox.read().last().unwrap().clone()
    }

    /// The token in the mail sent last.
    pub fn mailed_token(&self) -> String {
        let link = self.last_mail().link.unwrap();
        link.split_once("#token=").unwrap().1.to_owned()
    }

    pub fn audited(&self, action: &str) -> usize {
        self.memory.read().audits.iter().filter(|row| row.action == action).count()
    }
}

/// Somebody who registered just now.
pub fn user(env: &Env) -> User {
    User {
        id: UserId::new(env),
        email: Email::parse("ada@example.org").unwrap(),
        name: DisplayName::parse("Ada Lovelace").unwrap(),
        role: Role::Customer,
        password: PasswordHash::new("$2b$04$hash"),
        password_changed_at: env.now(),
        verified_at: None,
        disabled_at: None,
        era: Era::default(),
        verification: None,
        reset: None,
        created_at: env.now(),
    }
}

/// An event on its way to the mail room for the first time.
pub fn delivery(event: &commerce::Event) -> Delivery {
    Delivery {
        id: event.id,
        event: event.id,
        subscriber: "identity.mail".into(),
        name: event.name.into(),
        subject: event.subject,
        body: event.body.clone(),
        at: event.at,
        attempts: 1,
    }
}
