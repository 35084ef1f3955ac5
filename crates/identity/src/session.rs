//! One sign-in and the refresh tokens that continue it.

use commerce::{Actor, Aggregate, Role, SessionId, Timestamp, UserId};

use crate::{Client, Era, Fingerprint, RefreshToken, Settings, TokenKey};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    /// The epoch of the account's sessions it was opened in.
    pub epoch: i64,
    pub current: Fingerprint,
    /// What the current token replaced, and when.
    pub previous: Option<(Fingerprint, Timestamp)>,
    pub agent: Option<String>,
    pub address: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended: Option<Ended>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    pub at: Timestamp,
    pub why: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    LoggedOut,
    /// Ended from the list of sessions.
    Revoked,
    /// An old refresh token was used again: someone else has it.
    Reused,
}

impl End {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Revoked => "revoked",
            Self::Reused => "reused",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::LoggedOut, Self::Revoked, Self::Reused].into_iter().find(|end| end.as_str() == text)
    }
}

impl Aggregate for Session {
    type Id = SessionId;

    fn id(&self) -> SessionId {
        self.id
    }
}

/// What showing a refresh token comes to.
#[derive(Debug, Clone)]
pub enum Presented {
    /// It was the current one; the session goes on with its successor.
    Rotated(Session, RefreshToken),
    /// The answer to an earlier use was lost; here it is again.
    Repeated(RefreshToken),
    /// It was replaced long ago: the session is over.
    Reused(Session),
}

impl Session {
    pub fn open(
        token: &RefreshToken,
        (user, era): (UserId, Era),
        client: &Client,
        settings: &Settings,
        now: Timestamp,
    ) -> Self {
        Self {
            id: token.session,
            user,
            epoch: era.epoch,
            current: token.fingerprint(),
            previous: None,
            agent: client.agent.clone(),
            address: client.shown_address(),
            created_at: now,
            last_used_at: now,
            expires_at: later(now, settings.refresh_ttl),
            ended: None,
        }
    }

    /// Takes a token of this session that we issued at some time.
    pub fn present(
        self,
        token: &RefreshToken,
        key: &TokenKey,
        settings: &Settings,
        now: Timestamp,
    ) -> Presented {
        let shown = token.fingerprint();
        if shown == self.current {
            let next = key.successor(token);
            return Presented::Rotated(self.rotated(&next, settings, now), next);
        }
        match self.previous {
            Some((previous, at))
                if shown == previous && now <= later(at, settings.refresh_grace) =>
            {
                Presented::Repeated(key.successor(token))
            }
            Some(_) | None => Presented::Reused(self.end(End::Reused, now)),
        }
    }

    fn rotated(self, next: &RefreshToken, settings: &Settings, now: Timestamp) -> Self {
        Self {
            previous: Some((self.current, now)),
            current: next.fingerprint(),
            last_used_at: now,
            expires_at: later(now, settings.refresh_ttl),
            ..self
        }
    }

    /// Ended once, it stays as it ended.
    pub fn end(self, why: End, at: Timestamp) -> Self {
        Self { ended: self.ended.or(Some(Ended { at, why })), ..self }
    }

    pub fn is_live(&self, era: Era, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires_at && era.admits(self.id, self.epoch)
    }
}

/// A session and its account, as far as a request at the door needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub session: SessionId,
    pub epoch: i64,
    pub ended: bool,
    pub expires_at: Timestamp,
    pub user: UserId,
    pub era: Era,
    pub role: Role,
    pub disabled: bool,
}

impl Standing {
    /// The person, if the session still lives.
    pub fn actor(&self, now: Timestamp) -> Option<Actor> {
        let lives = !self.ended
            && !self.disabled
            && now < self.expires_at
            && self.era.admits(self.session, self.epoch);
        lives.then_some(Actor { user: self.user, session: self.session, role: self.role })
    }
}

pub(crate) fn later(now: Timestamp, by: chrono::TimeDelta) -> Timestamp {
    now.checked_add_signed(by).unwrap_or(Timestamp::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use commerce::testing::{TestEnv, moment};

    use super::*;

    fn opened() -> (TokenKey, RefreshToken, Session) {
        let env = TestEnv::new().env();
        let key = TokenKey::derive(b"a secret");
        let token = key.first(&env, SessionId::new(&env));
        let whose = (UserId::new(&env), Era::default());
        let session =
            Session::open(&token, whose, &Client::default(), &Settings::default(), moment(0));
        (key, token, session)
    }

    fn rotated(presented: Presented) -> (Session, RefreshToken) {
        match presented {
            Presented::Rotated(session, next) => (session, next),
            other => panic!("not rotated: {other:?}"),
        }
    }

    #[test]
    fn a_lost_answer_is_given_again_within_the_grace() {
        let (key, token, session) = opened();
        let settings = Settings::default();
        let (session, next) = rotated(session.present(&token, &key, &settings, moment(60)));

        let again = session.clone().present(&token, &key, &settings, moment(70));
        let late = session.present(&token, &key, &settings, moment(71));

        assert!(matches!(again, Presented::Repeated(same) if same.reveal() == next.reveal()));
        assert!(
            matches!(late, Presented::Reused(over) if !over.is_live(Era::default(), moment(71)))
        );
    }

    #[test]
    fn a_token_two_uses_old_ends_the_session_at_once() {
        let (key, first, session) = opened();
        let settings = Settings::default();
        let (session, second) = rotated(session.present(&first, &key, &settings, moment(1)));
        let (session, _) = rotated(session.present(&second, &key, &settings, moment(2)));

        let shown = session.present(&first, &key, &settings, moment(3));

        assert!(matches!(shown, Presented::Reused(_)));
    }

    #[test]
    fn a_session_lives_as_long_as_it_is_used() {
        let (key, token, session) = opened();
        let settings = Settings { refresh_ttl: TimeDelta::seconds(100), ..Settings::default() };
        let (session, _) = rotated(session.present(&token, &key, &settings, moment(90)));

        assert!(session.is_live(Era::default(), moment(189)));
        assert!(!session.is_live(Era::default(), moment(190)));
        assert!(
            !session.clone().end(End::LoggedOut, moment(91)).is_live(Era::default(), moment(92))
        );
        assert!(!session.is_live(Era::default().next(None), moment(91)));
    }
}
