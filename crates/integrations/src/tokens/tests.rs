use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use commerce::{
    Clock, SessionId, UserId,
    testing::{ManualClock, moment},
};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384};

use super::*;

const SECRET: &str = "a secret of thirty-two bytes or more";

fn settings(active: &str, keys: &[(&str, &str)]) -> TokenSettings {
    TokenSettings {
        issuer: "souk".into(),
        audience: "souk-api".into(),
        active_kid: active.into(),
        keys: keys.iter().map(|(kid, key)| ((*kid).to_owned(), (*key).into())).collect(),
    }
}

fn jwt() -> (Jwt, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    (Jwt::try_new(settings("k1", &[("k1", SECRET)]), clock.clone()).unwrap(), clock)
}

fn claims() -> AccessClaims {
    AccessClaims {
        user: UserId::from_uuid(Uuid::from_u128(1)),
        session: SessionId::from_uuid(Uuid::from_u128(2)),
        role: Role::Seller,
        issued_at: moment(0),
        expires_at: moment(900),
    }
}

fn good_header() -> Value {
    json!({ "alg": "HS256", "typ": "at+jwt", "kid": "k1" })
}

fn good_claims() -> Value {
    json!({
        "iss": "souk", "aud": "souk-api", "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2),
        "role": "seller", "iat": moment(0).timestamp(), "exp": moment(900).timestamp(),
    })
}

/// Any header and claims under a right HMAC-SHA-256.
fn signed(header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn with(value: Value, name: &str, other: Value) -> Value {
    let Value::Object(mut fields) = value else { panic!("not an object") };
    fields.insert(name.into(), other);
    Value::Object(fields)
}

fn without(value: Value, name: &str) -> Value {
    let Value::Object(mut fields) = value else { panic!("not an object") };
    fields.remove(name);
    Value::Object(fields)
}

#[test]
fn a_token_says_what_it_was_issued_for() {
    let (jwt, _) = jwt();

    let token = jwt.issue(&claims()).unwrap();

    assert_eq!(jwt.verify(&token).unwrap(), claims());
    assert_eq!(jwt.verify(&signed(&good_header(), &good_claims())).unwrap(), claims());
}

#[test]
fn a_token_expires_by_our_clock() {
    let (jwt, clock) = jwt();
    let token = jwt.issue(&claims()).unwrap();

    clock.set(moment(929));
    assert!(jwt.verify(&token).is_ok(), "half a minute is forgiven");
    clock.set(moment(930));
    assert!(matches!(jwt.verify(&token), Err(AuthError::Expired)));
    clock.set(moment(-31));
    assert!(matches!(jwt.verify(&token), Err(AuthError::Invalid)), "issued in the future");
}

#[test]
fn a_retired_key_verifies_until_it_is_removed() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let new = "another secret of thirty-two bytes or more";
    let make = |active, keys: &[_]| Jwt::try_new(settings(active, keys), clock.clone()).unwrap();
    let before = make("k1", &[("k1", SECRET)]);
    let during = make("k2", &[("k1", SECRET), ("k2", new)]);
    let after = make("k2", &[("k2", new)]);

    let (old, fresh) = (before.issue(&claims()).unwrap(), during.issue(&claims()).unwrap());

    assert!(during.verify(&old).is_ok() && during.verify(&fresh).is_ok());
    assert!(after.verify(&old).is_err() && after.verify(&fresh).is_ok());
    assert!(before.verify(&fresh).is_err());
}

#[test]
fn asvs_v9_1_2_no_header_chooses_its_own_way() {
    let (jwt, _) = jwt();
    let headers = [
        with(good_header(), "alg", json!("none")),
        with(good_header(), "alg", json!("None")),
        with(good_header(), "alg", json!("nOnE")),
        with(good_header(), "alg", json!("HS384")),
        with(good_header(), "alg", json!("HS512")),
        with(good_header(), "alg", json!("RS256")),
        with(good_header(), "alg", json!("hs256")),
        without(good_header(), "alg"),
        with(good_header(), "typ", json!("JWT")),
        without(good_header(), "typ"),
        with(good_header(), "kid", json!("k2")),
        with(good_header(), "kid", json!("../../dev/null")),
        with(good_header(), "kid", json!("' OR 1=1")),
        with(good_header(), "kid", json!("")),
        without(good_header(), "kid"),
        json!([]),
    ];

    for header in headers {
        let token = signed(&header, &good_claims());
        assert!(matches!(jwt.verify(&token), Err(AuthError::Invalid)), "{header}");
        let unsigned = format!("{}.", message(&header, &good_claims()));
        assert!(matches!(jwt.verify(&unsigned), Err(AuthError::Invalid)), "{header}");
    }
}

#[test]
fn a_key_in_the_header_is_not_looked_at() {
    let (jwt, _) = jwt();
    let theirs = URL_SAFE_NO_PAD.encode("their own key, of thirty-two bytes or more");
    let jwk = json!({ "kty": "oct", "k": theirs, "alg": "HS256", "kid": "k1" });
    let header = with(with(good_header(), "jwk", jwk), "jku", json!("https://evil.example/keys"));
    let message = message(&header, &good_claims());
    let mut mac =
        <Hmac<Sha256> as Mac>::new_from_slice(b"their own key, of thirty-two bytes or more")
            .unwrap();
    mac.update(message.as_bytes());

    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));

    assert!(jwt.verify(&token).is_err());
}

#[test]
fn a_signature_by_another_hash_is_refused() {
    let (jwt, _) = jwt();
    let message = message(&with(good_header(), "alg", json!("HS384")), &good_claims());
    let mut mac = <Hmac<Sha384> as Mac>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(message.as_bytes());

    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));

    assert!(jwt.verify(&token).is_err());
}

#[test]
fn asvs_v9_2_every_claim_is_there_and_of_its_type() {
    let (jwt, _) = jwt();
    let far = moment(900).timestamp();
    let mut bad = vec![
        with(good_claims(), "exp", json!("9999999999")),
        with(good_claims(), "exp", json!(null)),
        with(good_claims(), "exp", json!([far])),
        with(good_claims(), "exp", json!(-1)),
        with(good_claims(), "iat", json!(far.to_string())),
        with(good_claims(), "nbf", json!(far)),
        with(good_claims(), "nbf", json!("0")),
        with(good_claims(), "aud", json!("another-api")),
        with(good_claims(), "aud", json!(["souk-api", "another-api"])),
        with(good_claims(), "iss", json!("another-issuer")),
        with(good_claims(), "sub", json!("1")),
        with(good_claims(), "sid", json!(7)),
        with(good_claims(), "role", json!("god")),
        json!([]),
    ];
    for name in ["exp", "iat", "iss", "aud", "sub", "sid", "role"] {
        bad.push(without(good_claims(), name));
    }

    for claims in bad {
        let token = signed(&good_header(), &claims);
        assert!(matches!(jwt.verify(&token), Err(AuthError::Invalid)), "{claims}");
    }
}

#[test]
fn one_flipped_bit_anywhere_is_noticed() {
    let (jwt, _) = jwt();
    let token = jwt.issue(&claims()).unwrap();

    for at in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            assert!(
                matches!(jwt.verify(&flipped), Err(AuthError::Invalid)),
                "byte {at}, bit {bit}"
            );
        }
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let (jwt, _) = jwt();
    let token = jwt.issue(&claims()).unwrap();
    let huge = signed(&good_header(), &with(good_claims(), "x", json!("x".repeat(100_000))));
    let (truncated, padded) = (&token[..token.len() - 5], format!("{token}="));
    let unsigned = &token[..=token.rfind('.').unwrap()];

    for text in ["", ".", "..", "...", "a.b.c", "srt_refresh", truncated, &padded, unsigned, &huge]
    {
        assert!(matches!(jwt.verify(text), Err(AuthError::Invalid)), "{} bytes", text.len());
    }
}

#[test]
fn keys_are_long_enough_and_the_active_one_is_there() {
    let make = |settings| {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
        Jwt::try_new(settings, clock).err()
    };

    let short = settings("k1", &[("k1", "short")]);
    assert_eq!(make(short), Some(TokenSettingsError::ShortKey("k1".into())));
    let missing = settings("k2", &[("k1", SECRET)]);
    assert_eq!(make(missing), Some(TokenSettingsError::NoActiveKey("k2".into())));
}

#[test]
fn no_key_is_shown_by_debug() {
    let shown = format!("{:?} {:?}", jwt().0, settings("k1", &[("k1", SECRET)]));

    assert!(!shown.contains(SECRET), "{shown}");
}
