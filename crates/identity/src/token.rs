//! Tokens nobody can guess, derived so that what is lost can be made again and what is stored opens nothing.
//!
//! A refresh token is 256 bits and a tag that only we can make: a token we never issued is told from an old
//! one without asking the store. Its successor is an HMAC of itself, so a repeated refresh gets the same answer
//! although only hashes are kept. A mail token is an HMAC of a stored nonce, so that whoever sends the mail can
//! derive it and the database holds none (`docs/adr/0005-mail-tokens.md`).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use commerce::{Env, SessionId, UserId};
use hmac::{Hmac, Mac, digest::KeyInit};
use secrecy::{ExposeSecret, SecretBox};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::Purpose;

const REFRESH_PREFIX: &str = "srt";
const SECRET_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
const BLOCK_BYTES: usize = 64;

/// SHA-256 of a secret; compared in constant time.
#[derive(Clone, Copy, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes)
            .map_err(D::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// Continues one session; each is used once.
#[derive(Clone)]
pub struct RefreshToken {
    pub session: SessionId,
    secret: [u8; SECRET_BYTES],
    tag: [u8; TAG_BYTES],
}

impl RefreshToken {
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.secret)
    }

    /// What the client is given: `srt_<session>_<secret and tag>`.
    pub fn reveal(&self) -> String {
        let body = URL_SAFE_NO_PAD.encode([self.secret.as_slice(), self.tag.as_slice()].concat());
        format!("{REFRESH_PREFIX}_{}_{body}", self.session.uuid().simple())
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({:?}, …)", self.session)
    }
}

/// Proves that its bearer reads the mail of an account.
#[derive(Clone)]
pub struct MailToken {
    pub purpose: Purpose,
    pub user: UserId,
    secret: [u8; SECRET_BYTES],
}

impl MailToken {
    /// Reads what a mail carried; whether it is any good, the account knows.
    pub fn parse(purpose: Purpose, text: &str) -> Option<Self> {
        let (user, body) = split(purpose.prefix(), text)?;
        let secret = URL_SAFE_NO_PAD.decode(body).ok()?.try_into().ok()?;
        Some(Self { purpose, user: UserId::from_uuid(user), secret })
    }

    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.secret)
    }

    /// What the mail carries: `rst_<user>_<secret>`.
    pub fn reveal(&self) -> String {
        let body = URL_SAFE_NO_PAD.encode(self.secret);
        format!("{}_{}_{body}", self.purpose.prefix(), self.user.uuid().simple())
    }
}

impl fmt::Debug for MailToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailToken({:?}, {:?}, …)", self.purpose, self.user)
    }
}

/// The house's own key to tokens.
#[derive(Clone)]
pub struct TokenKey(std::sync::Arc<SecretBox<[u8; BLOCK_BYTES]>>);

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

impl TokenKey {
    /// Derives the key from a secret that has other uses too.
    pub fn derive(secret: &[u8]) -> Self {
        let root = mac(&padded(&Sha256::digest(secret)), &[b"souk identity tokens 1"]);
        Self(std::sync::Arc::new(SecretBox::new(Box::new(padded(&root)))))
    }

    /// The first token of a session.
    pub fn first(&self, env: &Env, session: SessionId) -> RefreshToken {
        self.seal(session, env.bytes())
    }

    /// The one token that may follow `token`; the same each time it is asked for.
    pub fn successor(&self, token: &RefreshToken) -> RefreshToken {
        let session = token.session;
        self.seal(session, self.mac(&[b"next", session.uuid().as_bytes(), &token.secret]))
    }

    /// Reads a token that we issued, now or once.
    pub fn open(&self, text: &str) -> Option<RefreshToken> {
        let (session, body) = split(REFRESH_PREFIX, text)?;
        let body: [u8; SECRET_BYTES + TAG_BYTES] =
            URL_SAFE_NO_PAD.decode(body).ok()?.try_into().ok()?;
        let (secret, tag) = body.split_first_chunk::<SECRET_BYTES>()?;
        let issued = self.seal(SessionId::from_uuid(session), *secret);
        bool::from(issued.tag.ct_eq(tag)).then_some(issued)
    }

    /// The token that goes with a nonce; only the nonce and the token's fingerprint are kept.
    pub fn mail_token(&self, purpose: Purpose, user: UserId, nonce: &[u8]) -> MailToken {
        let label = purpose.prefix().as_bytes();
        let secret = self.mac(&[b"mail", label, user.uuid().as_bytes(), nonce]);
        MailToken { purpose, user, secret }
    }

    fn seal(&self, session: SessionId, secret: [u8; SECRET_BYTES]) -> RefreshToken {
        let mut tag = [0; TAG_BYTES];
        let whole = self.mac(&[b"tag", session.uuid().as_bytes(), &secret]);
        tag.iter_mut().zip(whole).for_each(|(byte, from)| *byte = from);
        RefreshToken { session, secret, tag }
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(self.0.expose_secret(), parts)
    }
}

/// HMAC-SHA-256 over the parts, each told from the next by its length.
fn mac(key: &[u8; BLOCK_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new(key.into());
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn padded(bytes: &[u8]) -> [u8; BLOCK_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    block.iter_mut().zip(bytes).for_each(|(byte, from)| *byte = *from);
    block
}

/// `<prefix>_<32 hex digits>_<body>`
fn split<'a>(prefix: &str, text: &'a str) -> Option<(Uuid, &'a str)> {
    let rest = text.strip_prefix(prefix)?.strip_prefix('_')?;
    let (id, body) = rest.split_once('_')?;
    (id.len() == 32).then(|| Uuid::try_parse(id).ok())?.map(|id| (id, body))
}

#[cfg(test)]
mod tests {
    use commerce::testing::TestEnv;

    use super::*;

    fn key() -> TokenKey {
        TokenKey::derive(b"a secret of at least thirty-two bytes")
    }

    #[test]
    fn a_refresh_token_has_one_successor() {
        let env = TestEnv::new().env();
        let token = key().first(&env, SessionId::new(&env));

        let next = key().successor(&token);

        assert_ne!(next.fingerprint(), token.fingerprint());
        assert_eq!(next.reveal(), key().successor(&token).reveal());
        assert_eq!(key().open(&next.reveal()).unwrap().reveal(), next.reveal());
    }

    #[test]
    fn a_refresh_token_that_we_did_not_make_is_told_at_sight() {
        let env = TestEnv::new().env();
        let text = key().first(&env, SessionId::new(&env)).reveal();
        let other = TokenKey::derive(b"another secret of thirty-two bytes or more");

        assert!(other.open(&text).is_none());
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            let opened = key().open(&forged);
            assert!(opened.is_none() || forged.eq_ignore_ascii_case(&text), "{forged}");
        }
    }

    #[test]
    fn a_mail_token_serves_one_purpose_of_one_user() {
        let env = TestEnv::new().env();
        let (ada, bob) = (UserId::new(&env), UserId::new(&env));
        let token = |purpose, user| key().mail_token(purpose, user, b"nonce");
        let reset = token(Purpose::Reset, ada);

        let read = MailToken::parse(Purpose::Reset, &reset.reveal()).unwrap();
        assert_eq!(read.fingerprint(), reset.fingerprint());
        assert!(MailToken::parse(Purpose::Verification, &reset.reveal()).is_none());
        assert_ne!(token(Purpose::Verification, ada).fingerprint(), reset.fingerprint());
        assert_ne!(token(Purpose::Reset, bob).fingerprint(), reset.fingerprint());
    }

    #[test]
    fn no_token_is_shown_by_debug() {
        let env = TestEnv::new().env();
        let token = key().first(&env, SessionId::new(&env));
        let shown = format!("{token:?} {:?} {:?}", key(), token.fingerprint());

        assert!(!shown.contains(&token.reveal()[40..50]), "{shown}");
    }
}
