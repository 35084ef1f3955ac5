//! What identity is promised by its store, on both engines.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world should stop"
)]

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::TimeDelta;
use commerce::{
    Actor, AuthError, Authenticator, CommitError, Env, PageRequest, Repository, Role, SessionId,
    Stored, UserId, Version, Write,
    event::{Outbox, Outcome, Subscriber},
    testing::{TestEnv, assert_repository, moment},
};
use identity::{
    Attempts, Client, DisplayName, Email, End, Enrol, Era, Identity, IdentityError, LogIn, Mail,
    MailRoom, Password, Pending, Purpose, Register, ResetPassword, Session, Sessions, Settings,
    SignedIn, Tally, TokenKey, User, UserFilter, Users,
    testing::{self, FakeHasher, FakeTokens, PASSWORD, SentMail},
};
use persistence::{Db, Subscriptions, testing::TestDb};

/// Runs a rule on both engines, and checks every invariant after.
macro_rules! both {
    ($rule:ident) => {
        mod $rule {
            use persistence::testing::TestDb;

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                super::holds(TestDb::sqlite().await, super::$rule).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                super::holds(TestDb::postgres().await, super::$rule).await;
            }
        }
    };
}

async fn holds(test: TestDb, rule: impl AsyncFnOnce(Db)) {
    rule(test.db.clone()).await;
    test.finish().await;
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn key() -> TokenKey {
    TokenKey::derive(b"the key of a test")
}

fn user(env: &Env, address: &str) -> User {
    let id = UserId::new(env);
    let pending = |purpose| {
        let expires_at = env.now() + TimeDelta::minutes(10);
        Pending::issue(env, &key(), (purpose, id), env.uuid(), expires_at)
    };
    User {
        id,
        email: email(address),
        verification: Some(pending(Purpose::Verification)),
        reset: Some(pending(Purpose::Reset)),
        ..testing::user(env)
    }
}

fn session(env: &Env, of: &User) -> Session {
    let client = Client::new("2001:db8::7".parse().ok(), Some("curl/8"), None);
    let token = key().first(env, SessionId::new(env));
    Session::open(&token, (of.id, of.era), &client, &Settings::default(), env.now())
}

/// Identity over a database, with quick passwords and mails that can be read.
struct House {
    db: Db,
    test: TestEnv,
    identity: Identity,
    mail_room: Arc<MailRoom>,
    mailbox: Arc<SentMail>,
}

impl House {
    fn over(db: Db) -> Self {
        let test = TestEnv::new();
        let settings = Arc::new(Settings::default());
        let mailbox = Arc::<SentMail>::default();
        let identity = Identity {
            users: Arc::new(db.clone()),
            sessions: Arc::new(db.clone()),
            attempts: Arc::new(db.clone()),
            hasher: Arc::<FakeHasher>::default(),
            tokens: Arc::new(FakeTokens { clock: test.clock.clone() }),
            key: key(),
            env: test.env(),
            settings: settings.clone(),
        };
        let mail_room = Arc::new(MailRoom {
            users: Arc::new(db.clone()),
            attempts: Arc::new(db.clone()),
            mailer: mailbox.clone(),
            key: key(),
            env: test.env(),
            settings,
        });
        let listeners: Vec<Arc<dyn Subscriber>> = vec![mail_room.clone()];
        db.subscribe(Subscriptions::of(&listeners));
        Self { db, test, identity, mail_room, mailbox }
    }

    /// What the worker does.
    async fn deliver(&self) {
        let names = [self.mail_room.name()];
        let batch = self.db.lease(&names, 100, Duration::from_mins(1)).await.unwrap();
        let mut outcomes = Vec::new();
        for delivery in batch {
            self.mail_room.handle(&delivery).await.unwrap();
            outcomes.push((delivery, Outcome::Done));
        }
        self.db.settle(&outcomes).await.unwrap();
    }

    async fn enrol(&self, address: &str) -> UserId {
        let enrol = Enrol {
            email: email(address),
            name: DisplayName::parse("Ada").unwrap(),
            password: Password::parse(PASSWORD).unwrap(),
            role: Role::Customer,
        };
        self.identity.enrol(enrol).await.unwrap()
    }

    async fn log_in(&self, address: &str, password: &str) -> Result<SignedIn, IdentityError> {
        let password = Password::parse(password).unwrap();
        self.identity.log_in(LogIn { email: email(address), password }, &Client::default()).await
    }

    async fn authenticate(&self, who: &SignedIn) -> Result<Actor, AuthError> {
        self.identity.authenticate(who.access_token()).await
    }

    fn mailed_token(&self) -> String {
        let mail = self.mailbox.read().last().unwrap().clone();
        mail.link.unwrap().split_once("#token=").unwrap().1.to_owned()
    }
}

both!(a_user_is_kept_as_every_aggregate_is);
async fn a_user_is_kept_as_every_aggregate_is(db: Db) {
    let env = TestEnv::new().env();
    let first = user(&env, "ada@example.org");
    let next = User {
        role: Role::Operator,
        verified_at: Some(moment(5)),
        disabled_at: Some(moment(6)),
        era: Era { epoch: 3, spared: Some(SessionId::new(&env)) },
        verification: None,
        ..first.clone()
    };

    assert_repository(&db, first, next).await;
}

both!(a_session_is_kept_as_every_aggregate_is);
async fn a_session_is_kept_as_every_aggregate_is(db: Db) {
    let env = TestEnv::new().env();
    let ada = user(&env, "ada@example.org");
    db.commit(Write::new(ada.clone()).alone()).await.unwrap();
    let first = session(&env, &ada);
    let rotated = Session { previous: Some((first.current, moment(9))), ..first.clone() };

    assert_repository(&db, first, rotated.end(End::Reused, moment(10))).await;
}

both!(an_address_belongs_to_one_account_in_any_case);
async fn an_address_belongs_to_one_account_in_any_case(db: Db) {
    let env = TestEnv::new().env();
    let ada = user(&env, "Ada@Example.org");
    db.commit(Write::new(ada.clone()).alone()).await.unwrap();

    let again = db.commit(Write::new(user(&env, "aDA@example.ORG")).alone()).await;

    assert!(matches!(&again, Err(CommitError::Taken(_))), "{again:?}");
    let found = db.by_email(&email("ADA@EXAMPLE.ORG")).await.unwrap().unwrap();
    assert_eq!(found.state, ada);
    assert!(db.by_email(&email("bob@example.org")).await.unwrap().is_none());
}

both!(accounts_are_listed_by_page_newest_first);
async fn accounts_are_listed_by_page_newest_first(db: Db) {
    let test = TestEnv::new();
    for n in 0..7 {
        test.clock.advance(TimeDelta::seconds(1));
        let one = user(&test.env(), &format!("Person{n}@example.org"));
        let role = if n % 2 == 0 { Role::Seller } else { Role::Customer };
        db.commit(Write::new(User { role, ..one }).alone()).await.unwrap();
    }
    let list = async |filter: UserFilter| {
        let (mut all, mut page) = (Vec::new(), PageRequest { limit: 2, cursor: None });
        loop {
            let read = db.list_users(filter.clone(), page.clone()).await.unwrap();
            assert!(read.data.len() <= 2);
            all.extend(read.data.into_iter().map(|user| user.email));
            match read.next_cursor {
                Some(cursor) => page.cursor = Some(cursor),
                None => return all,
            }
        }
    };

    let all = list(UserFilter::default()).await;
    let expected: Vec<_> = (0..7).rev().map(|n| format!("Person{n}@example.org")).collect();
    assert_eq!(all, expected);
    let sellers = list(UserFilter { role: Some(Role::Seller), email: None }).await;
    assert_eq!(sellers.len(), 4);
    let named = list(UserFilter { role: None, email: Some("pErSoN3".into()) }).await;
    assert_eq!(named, ["Person3@example.org"]);
    let odd = list(UserFilter { role: None, email: Some("%".into()) }).await;
    assert!(odd.is_empty(), "a prefix is no pattern");
}

both!(a_standing_shows_the_account_of_this_moment);
async fn a_standing_shows_the_account_of_this_moment(db: Db) {
    let env = TestEnv::new().env();
    let ada = user(&env, "ada@example.org");
    db.commit(Write::new(ada.clone()).alone()).await.unwrap();
    let one = session(&env, &ada);
    db.commit(Write::new(one.clone()).alone()).await.unwrap();
    let actor = async || db.standing(one.id).await.unwrap().unwrap().actor(moment(1));

    assert_eq!(actor().await.unwrap().role, Role::Customer);
    let changed = User { role: Role::Seller, era: ada.era.next(Some(one.id)), ..ada };
    db.commit(Write::over(Version(1), changed.clone()).alone()).await.unwrap();
    assert_eq!(actor().await.unwrap().role, Role::Seller, "spared, with its new role");
    db.commit(Write::over(Version(2), changed.disabled(moment(1))).alone()).await.unwrap();
    assert_eq!(actor().await, None);
    assert!(db.standing(SessionId::new(&env)).await.unwrap().is_none());
}

both!(only_live_sessions_are_listed_and_old_ones_forgotten);
async fn only_live_sessions_are_listed_and_old_ones_forgotten(db: Db) {
    let test = TestEnv::new();
    let ada = user(&test.env(), "ada@example.org");
    db.commit(Write::new(ada.clone()).alone()).await.unwrap();
    let mut sessions = Vec::new();
    for _ in 0..5 {
        test.clock.advance(TimeDelta::seconds(1));
        let one = session(&test.env(), &ada);
        db.commit(Write::new(one.clone()).alone()).await.unwrap();
        sessions.push(one);
    }
    let now = test.env().now();
    let over = sessions[0].clone().end(End::LoggedOut, now);
    db.commit(Write::over(Version(1), over).alone()).await.unwrap();
    let expired = Session { expires_at: now, ..sessions[1].clone() };
    db.commit(Write::over(Version(1), expired).alone()).await.unwrap();

    let first = PageRequest { limit: 2, cursor: None };
    let page = db.live_sessions(ada.id, now, first).await.unwrap();
    assert_eq!(page.data, [sessions[4].clone(), sessions[3].clone()]);
    let second = PageRequest { limit: 2, cursor: page.next_cursor };
    let rest = db.live_sessions(ada.id, now, second).await.unwrap();
    assert_eq!((rest.data, rest.next_cursor), (vec![sessions[2].clone()], None));

    let later = now + TimeDelta::seconds(1);
    assert_eq!(db.forget_sessions(later, 10).await.unwrap(), 1);
    let gone: Option<Stored<Session>> = db.find(sessions[1].id).await.unwrap();
    assert!(gone.is_none());
}

both!(attempts_are_counted_until_their_window_closes);
async fn attempts_are_counted_until_their_window_closes(db: Db) {
    let window = TimeDelta::minutes(15);
    let count = async |at| db.count(&["account:a", "address:b"], at, window).await.unwrap();

    assert_eq!(count(moment(0)).await, [Tally { count: 1, until: moment(900) }; 2]);
    assert_eq!(count(moment(899)).await, [Tally { count: 2, until: moment(900) }; 2]);
    let seen = db.tallies(&["address:b", "nobody", "account:a"], moment(899)).await.unwrap();
    assert_eq!(
        seen.iter().map(|it| it.map(|it| it.count)).collect::<Vec<_>>(),
        [Some(2), None, Some(2)]
    );
    assert_eq!(db.tallies(&["account:a"], moment(900)).await.unwrap(), [None]);
    assert_eq!(count(moment(900)).await, [Tally { count: 1, until: moment(1800) }; 2]);

    db.clear("account:a").await.unwrap();
    assert_eq!(db.tallies(&["account:a"], moment(901)).await.unwrap(), [None]);
    assert_eq!(db.forget_attempts(moment(1800), 10).await.unwrap(), 1);
}

both!(no_attempt_made_side_by_side_is_lost);
async fn no_attempt_made_side_by_side_is_lost(db: Db) {
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(
                async move { db.count(&["account:a"], moment(0), TimeDelta::minutes(1)).await },
            )
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }

    let tallies = db.tallies(&["account:a"], moment(1)).await.unwrap();
    assert_eq!(tallies[0].unwrap().count, 50);
}

both!(of_many_registrations_of_one_address_one_makes_the_account);
async fn of_many_registrations_of_one_address_one_makes_the_account(db: Db) {
    let house = House::over(db);
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let identity = house.identity.clone();
            tokio::spawn(async move {
                let register = Register::parse("Ada@example.org", "Ada", PASSWORD.into())?;
                identity.register(register, &Client::default()).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    house.deliver().await;

    let page = PageRequest { limit: 10, cursor: None };
    let users = house.db.list_users(UserFilter::default(), page).await.unwrap();
    assert_eq!(users.data.len(), 1);
    let confirm = |mail: &&Mail| mail.subject == "Confirm your e-mail address";
    assert_eq!(house.mailbox.read().iter().filter(confirm).count(), 1);
}

both!(twenty_refreshes_at_once_have_one_successor_and_reuse_ends_the_session);
async fn twenty_refreshes_at_once_have_one_successor_and_reuse_ends_the_session(db: Db) {
    let house = House::over(db);
    house.enrol("ada@example.org").await;
    let signed_in = house.log_in("ada@example.org", PASSWORD).await.unwrap();
    let token = signed_in.refresh_token.reveal();
    let refresh = |identity: Identity, token: String| async move {
        identity.refresh(&token, &Client::default()).await
    };

    let tasks: Vec<_> =
        (0..20).map(|_| tokio::spawn(refresh(house.identity.clone(), token.clone()))).collect();
    let mut successors = BTreeSet::new();
    for task in tasks {
        successors.insert(task.await.unwrap().unwrap().refresh_token.reveal());
    }
    assert_eq!(successors.len(), 1);
    house.test.clock.advance(TimeDelta::seconds(11));
    let tasks: Vec<_> =
        (0..20).map(|_| tokio::spawn(refresh(house.identity.clone(), token.clone()))).collect();
    for task in tasks {
        assert!(task.await.unwrap().is_err());
    }

    let heir = refresh(house.identity.clone(), successors.pop_first().unwrap()).await;
    assert!(matches!(heir, Err(IdentityError::SessionEnded)), "{heir:?}");
    assert!(matches!(house.authenticate(&signed_in).await, Err(AuthError::Ended)));
    house.deliver().await;
    assert_eq!(house.mailbox.read().len(), 1, "the owner is warned once");
}

both!(of_many_resets_with_one_link_one_succeeds_and_the_store_never_held_it);
async fn of_many_resets_with_one_link_one_succeeds_and_the_store_never_held_it(db: Db) {
    let house = House::over(db);
    house.enrol("ada@example.org").await;
    let signed_in = house.log_in("ada@example.org", PASSWORD).await.unwrap();
    house.identity.forgot_password(&email("ada@example.org"), &Client::default()).await.unwrap();
    house.deliver().await;
    let token = house.mailed_token();

    let dump = dump(&house.db).await;
    let secret = token.rsplit_once('_').unwrap().1;
    assert!(dump.contains("reset") && !dump.contains(secret), "{dump}");
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let (identity, token) = (house.identity.clone(), token.clone());
            let password = Password::parse("a new password").unwrap();
            let reset = ResetPassword { token, password };
            tokio::spawn(async move { identity.reset_password(reset, &Client::default()).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => won += 1,
            Err(error) => assert!(matches!(error, IdentityError::LinkSpent), "{error:?}"),
        }
    }

    assert_eq!(won, 1);
    assert!(matches!(house.authenticate(&signed_in).await, Err(AuthError::Ended)));
    assert!(house.log_in("ada@example.org", PASSWORD).await.is_err());
    assert!(house.log_in("ada@example.org", "a new password").await.is_ok());
}

/// All that the store holds of accounts and events, as text.
async fn dump(db: &Db) -> String {
    let mut text = String::new();
    for sql in [
        "select cast(pending as text) || password_hash as told from identity_users",
        "select cast(body as text) as told from commerce_events",
        "select cast(facts as text) as told from commerce_audit_log",
    ] {
        for row in db.rows(sql, []).await.unwrap() {
            text.push_str(&row.try_get::<String>("", "told").unwrap());
            text.push('\n');
        }
    }
    text
}
