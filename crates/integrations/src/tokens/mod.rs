//! Access tokens: JWT (RFC 7519, RFC 9068) signed with HMAC-SHA-256 under keys that can be rotated.
//!
//! The algorithm is ours to say, never the token's; the `kid` is looked up in a map and nowhere else; every
//! claim is required and has one type. The time is the shop's clock.

use std::{collections::BTreeMap, fmt, sync::Arc};

use commerce::{AuthError, Clock, Role, Timestamp};
use identity::{AccessClaims, AccessTokens, TokenError};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

const ALGORITHM: Algorithm = Algorithm::HS256;
/// "Access token", so that no other JWT passes for one (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";
const MIN_SECRET_BYTES: usize = 32;
/// Ours are about 400 bytes; a longer one is not looked at.
const MAX_TOKEN_BYTES: usize = 2_048;
const LEEWAY_S: i64 = 30;

#[derive(Debug, Clone)]
pub struct TokenSettings {
    pub issuer: String,
    pub audience: String,
    /// The key that signs.
    pub active_kid: String,
    /// Every key that verifies.
    pub keys: BTreeMap<String, SecretString>,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenSettingsError {
    #[error("there is no key `{0}` to sign access tokens with")]
    NoActiveKey(String),
    #[error("the key `{0}` has less than 32 bytes")]
    ShortKey(String),
}

/// Signs with one key and verifies with all.
pub struct Jwt {
    header: Header,
    signing: EncodingKey,
    verifying: BTreeMap<String, DecodingKey>,
    validation: Validation,
    issuer: String,
    audience: String,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jwt(kid {:?}, …)", self.header.kid)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    role: Role,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

impl Jwt {
    pub fn try_new(
        settings: TokenSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TokenSettingsError> {
        let TokenSettings { issuer, audience, active_kid, keys } = settings;
        let short = |secret: &SecretString| secret.expose_secret().len() < MIN_SECRET_BYTES;
        if let Some((kid, _)) = keys.iter().find(|(_, secret)| short(secret)) {
            return Err(TokenSettingsError::ShortKey(kid.clone()));
        }
        let Some(active) = keys.get(&active_kid) else {
            return Err(TokenSettingsError::NoActiveKey(active_kid));
        };
        let bytes = |secret: &SecretString| secret.expose_secret().as_bytes().to_vec();
        let signing = EncodingKey::from_secret(&bytes(active));
        let verifying =
            keys.iter().map(|(kid, key)| (kid.clone(), DecodingKey::from_secret(&bytes(key))));
        let mut header = Header::new(ALGORITHM);
        header.typ = Some(TYPE.into());
        header.kid = Some(active_kid);
        let validation = validation(&issuer, &audience);
        Ok(Self {
            header,
            signing,
            verifying: verifying.collect(),
            validation,
            issuer,
            audience,
            clock,
        })
    }

    fn read(&self, token: &str) -> Option<Claims> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        let ours = header.alg == ALGORITHM && header.typ.as_deref() == Some(TYPE);
        let key = self.verifying.get(header.kid.as_deref()?).filter(|_| ours)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok()?.claims;
        (claims.iss == self.issuer && claims.aud == self.audience).then_some(claims)
    }
}

/// Everything but the time, which is judged by our own clock.
fn validation(issuer: &str, audience: &str) -> Validation {
    let mut validation = Validation::new(ALGORITHM);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_exp = false;
    validation
}

impl AccessTokens for Jwt {
    fn issue(&self, claims: &AccessClaims) -> Result<String, TokenError> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: claims.user.uuid(),
            sid: claims.session.uuid(),
            role: claims.role,
            iat: claims.issued_at.timestamp(),
            exp: claims.expires_at.timestamp(),
            nbf: None,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing)
            .map_err(|error| TokenError(error.to_string()))
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, AuthError> {
        let claims = self.read(token).ok_or(AuthError::Invalid)?;
        let now = self.clock.now().timestamp();
        let ahead = now.saturating_add(LEEWAY_S);
        if claims.iat > ahead
            || claims.nbf.is_some_and(|nbf| nbf > ahead)
            || claims.exp <= claims.iat
        {
            return Err(AuthError::Invalid);
        }
        if claims.exp.saturating_add(LEEWAY_S) <= now {
            return Err(AuthError::Expired);
        }
        let time = |seconds| Timestamp::from_timestamp(seconds, 0).ok_or(AuthError::Invalid);
        Ok(AccessClaims {
            user: claims.sub.into(),
            session: claims.sid.into(),
            role: claims.role,
            issued_at: time(claims.iat)?,
            expires_at: time(claims.exp)?,
        })
    }
}

#[cfg(test)]
mod tests;
