//! What no configuration may say, and what production may not.

use commerce::wallet::WALLET;
use integrations::gateways::Stage;
use market::BY_HAND;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Config, ConfigError, Environment, LimitStore, MailTransport, Media, PictureStore, read,
};
use crate::telemetry;

/// How the published secrets of `development.toml` and `test.toml` begin.
const PUBLISHED: &str = "development-only";

pub fn check(config: &Config, environment: Environment) -> Result<(), ConfigError> {
    secrets(config)?;
    telemetry::filter(&config.log.level).map_err(|why| ConfigError::refused("log.level", why))?;
    policies(config)?;
    let production = environment == Environment::Production;
    providers(config, if production { Stage::Production } else { Stage::Development })?;
    if production { for_production(config) } else { Ok(()) }
}

fn secrets(config: &Config) -> Result<(), ConfigError> {
    let auth = &config.auth;
    let present = |key: &'static str, secret: &SecretString| {
        if secret.expose_secret().is_empty() { Err(ConfigError::missing(key)) } else { Ok(()) }
    };
    present("database.url", &config.database.url)?;
    present("auth.pepper", &auth.pepper)?;
    if auth.pepper.expose_secret().len() < 32 {
        return Err(ConfigError::refused("auth.pepper", "it needs 32 bytes or more"));
    }
    if auth.jwt_active_kid.is_empty() {
        return Err(ConfigError::missing("auth.jwt_active_kid"));
    }
    if !auth.jwt_keys.contains_key(&auth.jwt_active_kid) {
        let why = format!("there is no key `{}` to sign with", auth.jwt_active_kid);
        return Err(ConfigError::refused("auth.jwt_keys", why));
    }
    if auth.jwt_keys.values().any(|key| key.expose_secret().len() < 32) {
        return Err(ConfigError::refused("auth.jwt_keys", "each key needs 32 bytes or more"));
    }
    pictures(&config.media)?;
    uploads(config)?;
    if config.mail.transport == MailTransport::Smtp {
        present("mail.smtp_url", &config.mail.smtp_url)?;
    }
    if config.limits.store == LimitStore::Redis {
        present("redis.url", &config.redis.url)?;
    }
    Ok(())
}

/// A quota that no route asks for limits nothing.
fn policies(config: &Config) -> Result<(), ConfigError> {
    let known = read::policies()?;
    match config.limits.policies.keys().find(|name| !known.contains(*name)) {
        Some(name) => {
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            let why = format!("there is no such policy; there are {}", known.join(", "));
            Err(ConfigError::refused(format!("limits.policies.{name}"), why))
        }
        None => Ok(()),
    }
}

/// What each provider that is switched on says of its own section. The wallet is ours, and is none.
fn providers(config: &Config, stage: Stage) -> Result<(), ConfigError> {
    let sections = &config.payments.providers;
    for name in config.payments.enabled.iter().filter(|name| *name != WALLET) {
        sections.named(name, "payments.enabled")?.check(stage)?;
    }
    let payouts = &config.market.payouts;
    if payouts != BY_HAND {
        sections.named(payouts, "market.payouts")?.check(stage)?;
    }
    Ok(())
}

/// What the store of pictures cannot do without.
fn pictures(media: &Media) -> Result<(), ConfigError> {
    let Media { cloudinary, s3, .. } = media;
    let needs = match media.store {
        PictureStore::Folder => vec![("media.folder.path", media.folder.path.is_empty())],
        PictureStore::Cloudinary => vec![
            ("media.cloudinary.cloud", cloudinary.cloud.is_empty()),
            ("media.cloudinary.api_key", cloudinary.api_key.is_empty()),
            ("media.cloudinary.api_secret", is_empty(&cloudinary.api_secret)),
        ],
        PictureStore::S3 => vec![
            ("media.s3.endpoint", s3.endpoint.is_empty()),
            ("media.s3.bucket", s3.bucket.is_empty()),
            ("media.s3.key_id", s3.key_id.is_empty()),
            ("media.s3.secret", is_empty(&s3.secret)),
        ],
    };
    match needs.iter().find(|(_, missing)| *missing) {
        Some(&(key, _)) => Err(ConfigError::missing(key)),
        None => Ok(()),
    }
}

/// What would let no upload in, or take one back that is still on its way.
fn uploads(config: &Config) -> Result<(), ConfigError> {
    let media = &config.media;
    let window_ms = u64::try_from(media.upload_window_s).unwrap_or(0).saturating_mul(1_000);
    let wrong = [
        (media.at_once == 0, "media.at_once", "one picture at least is decoded at a time"),
        (media.uploads_at_once == 0, "media.uploads_at_once", "one upload at least is let in"),
        (media.uploads_per_user == 0, "media.uploads_per_user", "everyone may upload one at least"),
        (
            media.upload_timeout_ms < config.server.request_timeout_ms,
            "media.upload_timeout_ms",
            "an upload has as much time as any request: server.request_timeout_ms",
        ),
        (
            window_ms < media.upload_timeout_ms.saturating_mul(2),
            "media.upload_window_s",
            "it is twice as long as an upload may take, media.upload_timeout_ms",
        ),
    ];
    match wrong.into_iter().find(|(wrong, _, _)| *wrong) {
        Some((_, key, why)) => Err(ConfigError::refused(key, why)),
        None => Ok(()),
    }
}

fn is_empty(secret: &SecretString) -> bool {
    secret.expose_secret().is_empty()
}

fn for_production(config: &Config) -> Result<(), ConfigError> {
    let published = |secret: &SecretString| secret.expose_secret().starts_with(PUBLISHED);
    let refuse = |wrong: bool, key: &'static str, why: &str| {
        if wrong { Err(ConfigError::refused(key, why)) } else { Ok(()) }
    };
    let known = "production refuses a published development secret";
    refuse(published(&config.auth.pepper), "auth.pepper", known)?;
    refuse(config.auth.jwt_keys.values().any(published), "auth.jwt_keys", known)?;
    let sandbox = config.sandbox.enabled;
    refuse(sandbox, "sandbox.enabled", "production refuses the sandbox gateway")?;
    let open = config.server.cors_origins.iter().any(|origin| origin == "*");
    refuse(open, "server.cors_origins", "production names each origin; \"*\" is refused")?;
    let plain = !config.server.public_url.starts_with("https://");
    refuse(plain, "server.public_url", "production is reached by https://")?;
    let plain = outside(config).into_iter().find(|(_, url)| !url.starts_with("https://"));
    let key = plain.map_or("", |(key, _)| key);
    refuse(plain.is_some(), key, "production speaks to others by https:// alone")?;
    let folder = config.mail.transport == MailTransport::Folder;
    refuse(folder, "mail.transport", "production sends mail; \"folder\" is for development")?;
    refuse(config.mail.from.is_empty(), "mail.from", "mail needs a sender")?;
    refuse(config.mail.link_base.is_empty(), "mail.link_base", "links in mail need a beginning")?;
    refuse(config.seed.demo, "seed.demo", "production refuses the demonstration shop")
}

/// Where pictures are kept. Providers look after their own addresses.
fn outside(config: &Config) -> Vec<(&'static str, &str)> {
    let Media { cloudinary, s3, .. } = &config.media;
    match config.media.store {
        PictureStore::Folder => Vec::new(),
        PictureStore::Cloudinary => vec![
            ("media.cloudinary.api_url", &cloudinary.api_url),
            ("media.cloudinary.delivery_url", &cloudinary.delivery_url),
        ],
        PictureStore::S3 => {
            let public = Some(("media.s3.public_url", s3.public_url.as_str()));
            let public = public.filter(|(_, url)| !url.is_empty());
            let endpoint = ("media.s3.endpoint", s3.endpoint.as_str());
            [endpoint].into_iter().chain(public).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use crate::config::{Environment, load_from};

    fn refusal(environment: Environment, variables: &[(&str, &str)]) -> String {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables: HashMap<_, _> = variables.iter().map(own).collect();
        load_from(environment, &variables).err().map(|error| error.to_string()).unwrap_or_default()
    }

    const GOOD: &[(&str, &str)] = &[
        ("SOUK__SERVER__PUBLIC_URL", "https://api.shop.example"),
        ("SOUK__DATABASE__URL", "postgres://souk@db/souk"),
        ("SOUK__AUTH__PEPPER", "0123456789abcdef0123456789abcdef"),
        ("SOUK__AUTH__JWT_ACTIVE_KID", "k1"),
        ("SOUK__AUTH__JWT_KEYS__K1", "0123456789abcdef0123456789abcdef"),
        ("SOUK__MAIL__SMTP_URL", "smtps://mail"),
        ("SOUK__MAIL__FROM", "Shop <shop@shop.example>"),
        ("SOUK__MAIL__LINK_BASE", "https://shop.example"),
        ("SOUK__REDIS__URL", "redis://redis"),
    ];

    fn production_with(variable: &str, value: &str) -> String {
        let mut all: Vec<_> = GOOD.iter().copied().filter(|(name, _)| *name != variable).collect();
        all.push((variable, value));
        refusal(Environment::Production, &all)
    }

    #[test]
    fn development_test_and_a_complete_production_start() {
        assert_eq!(refusal(Environment::Development, &[]), "");
        assert_eq!(refusal(Environment::Test, &[("SOUK__DATABASE__URL", "sqlite::memory:")]), "");
        assert_eq!(refusal(Environment::Production, GOOD), "");
    }

    #[test]
    fn a_missing_secret_is_named_with_its_variable() {
        let pepper = production_with("SOUK__AUTH__PEPPER", "");

        assert!(pepper.contains("auth.pepper is missing"), "{pepper}");
        assert!(pepper.contains("SOUK__AUTH__PEPPER"), "{pepper}");
    }

    #[test]
    fn a_provider_that_is_switched_on_names_what_it_lacks() {
        for (provider, key) in [
            ("stripe", "payments.stripe.secret_key"),
            ("paypal", "payments.paypal.client_id"),
            ("razorpay", "payments.razorpay.key_id"),
        ] {
            let told = refusal(Environment::Development, &[("SOUK__PAYMENTS__ENABLED", provider)]);
            assert!(told.contains(key), "{told}");
        }
    }

    #[test]
    fn a_provider_that_is_not_there_is_named_with_those_that_are() {
        for (variable, key) in [
            ("SOUK__PAYMENTS__ENABLED", "payments.enabled"),
            ("SOUK__MARKET__PAYOUTS", "market.payouts"),
        ] {
            let told = refusal(Environment::Development, &[(variable, "strype")]);
            assert!(told.contains(key) && told.contains("`strype`"), "{told}");
            assert!(told.contains("`sandbox`, `stripe`"), "{told}");
        }
        let section = ("SOUK__PAYMENTS__STRYPE__SECRET_KEY", "sk_live_1");
        let told = refusal(Environment::Development, &[section]);
        assert!(told.contains("`strype`") && told.contains("stripe"), "{told}");
        assert!(!told.contains("sk_live_1"), "{told}");
    }

    #[test]
    fn a_mistake_in_a_providers_section_is_named_and_not_repeated() {
        for (variable, value, key) in [
            ("SOUK__PAYMENTS__STRIPE__SECRET_KEYY", "sk_live_1", "secret_keyy"),
            ("SOUK__PAYMENTS__STRIPE__TIMEOUT_MS", "sk_live_1", "payments.stripe.timeout_ms"),
            ("SOUK__PAYMENTS__STRIPE", "sk_live_1", "payments.stripe"),
        ] {
            let told = refusal(Environment::Development, &[(variable, value)]);
            assert!(told.contains(key) && !told.contains(value), "{told}");
        }
    }

    #[test]
    fn production_refuses_the_sandbox_gateway_by_the_setting_that_wants_it() {
        for (variable, value, key) in [
            ("SOUK__PAYMENTS__ENABLED", "sandbox", "payments.enabled"),
            ("SOUK__MARKET__PAYOUTS", "sandbox", "market.payouts"),
            ("SOUK__SANDBOX__ENABLED", "true", "sandbox.enabled"),
        ] {
            let told = production_with(variable, value);
            assert!(told.contains(key) && told.contains("refuses the sandbox"), "{told}");
        }
    }

    #[test]
    fn what_is_printed_of_a_configuration_holds_no_secret() {
        let secrets = [
            ("SOUK__AUTH__PEPPER", "pepper-hunter2-0123456789abcdef0123456789"),
            ("SOUK__PAYMENTS__STRIPE__SECRET_KEY", "sk_live_hunter2"),
            ("SOUK__PAYMENTS__STRIPE__WEBHOOK_SECRETS", "whsec_hunter2,whsec_hunter3"),
            ("SOUK__PAYMENTS__SANDBOX__API_KEY", "hunter2"),
        ];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let config =
            load_from(Environment::Development, &secrets.map(own).into_iter().collect()).unwrap();

        let printed = format!("{config:?}");

        assert!(printed.contains("StripeSection") && printed.contains("REDACTED"), "{printed}");
        assert!(!printed.contains("hunter"), "{printed}");
    }

    #[test]
    fn an_upload_has_time_and_is_not_taken_back_on_its_way() {
        for (variable, value) in [
            ("SOUK__MEDIA__UPLOADS_AT_ONCE", "0"),
            ("SOUK__MEDIA__UPLOAD_TIMEOUT_MS", "1000"),
            ("SOUK__MEDIA__UPLOAD_WINDOW_S", "60"),
        ] {
            let told = refusal(Environment::Development, &[(variable, value)]);
            let key = variable.trim_start_matches("SOUK__MEDIA__").to_lowercase();
            assert!(told.contains(&format!("media.{key}")), "{told}");
        }
    }

    #[test]
    fn a_level_that_is_none_is_refused() {
        for level in ["loud", "info,buy=loud"] {
            let told = refusal(Environment::Development, &[("SOUK__LOG__LEVEL", level)]);
            assert!(told.contains("log.level") && told.contains("loud"), "{told}");
        }
    }

    #[test]
    fn a_quota_of_no_policy_is_refused_with_those_that_are() {
        let quota = ("SOUK__LIMITS__POLICIES__LOGN", "5/60");
        let told = refusal(Environment::Development, &[quota]);

        assert!(told.contains("limits.policies.logn") && told.contains("login"), "{told}");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let unknown = refusal(Environment::Development, &[("SOUK__SERVER__BINDD", "x")]);

        assert!(unknown.contains("bindd"), "{unknown}");
    }

    #[test]
    fn production_refuses_what_is_for_development() {
        let secret = "development-only-secret-0123456789abcdef";
        for (variable, value) in [
            ("SOUK__AUTH__PEPPER", secret),
            ("SOUK__AUTH__JWT_KEYS__K1", secret),
            ("SOUK__SERVER__CORS_ORIGINS", "*"),
            ("SOUK__SERVER__PUBLIC_URL", "http://shop.example"),
            ("SOUK__PAYMENTS__ENABLED", "sandbox"),
            ("SOUK__MAIL__TRANSPORT", "folder"),
            ("SOUK__SEED__DEMO", "true"),
        ] {
            assert_ne!(production_with(variable, value), "", "{variable}");
        }
    }

    #[test]
    fn production_speaks_to_nobody_in_the_clear() {
        let stripe = [
            ("SOUK__PAYMENTS__ENABLED", "stripe"),
            ("SOUK__PAYMENTS__STRIPE__SECRET_KEY", "sk_live_1"),
            ("SOUK__PAYMENTS__STRIPE__WEBHOOK_SECRETS", "whsec_1"),
        ];
        let paypal = [
            ("SOUK__PAYMENTS__ENABLED", "paypal"),
            ("SOUK__PAYMENTS__PAYPAL__CLIENT_ID", "id"),
            ("SOUK__PAYMENTS__PAYPAL__CLIENT_SECRET", "secret"),
            ("SOUK__PAYMENTS__PAYPAL__RETURN_URL", "https://shop.example/paid"),
            ("SOUK__PAYMENTS__PAYPAL__CANCEL_URL", "https://shop.example/cart"),
            ("SOUK__PAYMENTS__PAYPAL__WEBHOOK_IDS", "WH-1"),
        ];
        let razorpay = [
            ("SOUK__PAYMENTS__ENABLED", "razorpay"),
            ("SOUK__PAYMENTS__RAZORPAY__KEY_ID", "rzp_live_1"),
            ("SOUK__PAYMENTS__RAZORPAY__KEY_SECRET", "secret"),
            ("SOUK__PAYMENTS__RAZORPAY__WEBHOOK_SECRETS", "secret"),
        ];
        let s3 = [
            ("SOUK__MEDIA__STORE", "s3"),
            ("SOUK__MEDIA__S3__ENDPOINT", "https://s3.example"),
            ("SOUK__MEDIA__S3__BUCKET", "shop"),
            ("SOUK__MEDIA__S3__KEY_ID", "id"),
            ("SOUK__MEDIA__S3__SECRET", "secret"),
        ];
        let cloudinary = [
            ("SOUK__MEDIA__STORE", "cloudinary"),
            ("SOUK__MEDIA__CLOUDINARY__CLOUD", "shop"),
            ("SOUK__MEDIA__CLOUDINARY__API_KEY", "id"),
            ("SOUK__MEDIA__CLOUDINARY__API_SECRET", "secret"),
        ];
        for (on, key) in [
            (stripe.as_slice(), "payments.stripe.base_url"),
            (&paypal, "payments.paypal.base_url"),
            (&razorpay, "payments.razorpay.base_url"),
            (&s3, "media.s3.endpoint"),
            (&s3, "media.s3.public_url"),
            (&cloudinary, "media.cloudinary.api_url"),
            (&cloudinary, "media.cloudinary.delivery_url"),
        ] {
            let on = [GOOD, on].concat();
            assert_eq!(refusal(Environment::Production, &on), "", "{key}");
            let variable = format!("SOUK__{}", key.to_uppercase().replace('.', "__"));
            for plain in ["http://api.example", "http://127.0.0.1:8420", "HTTPS.example"] {
                let spoken = [on.as_slice(), &[(variable.as_str(), plain)]].concat();
                let told = refusal(Environment::Production, &spoken);
                assert!(told.contains(key) && told.contains("https://"), "{plain}: {told}");
                assert!(!refusal(Environment::Development, &spoken).contains(key), "{plain}");
            }
        }
    }

    #[test]
    fn a_secret_is_never_repeated_in_a_refusal() {
        let short = production_with("SOUK__AUTH__PEPPER", "hunter2");

        assert!(!short.contains("hunter2"), "{short}");
    }

    #[test]
    fn a_list_is_written_with_commas() {
        let variables = [("SOUK__SERVER__CORS_ORIGINS", "https://a.example, https://b.example")];
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let config =
            load_from(Environment::Development, &variables.map(own).into_iter().collect()).unwrap();

        assert_eq!(config.server.cors_origins, ["https://a.example", "https://b.example"]);
    }
}
