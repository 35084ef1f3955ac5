//! The composition root: the one place that knows everything.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use api::{Cidr, Mount, Quotas, UploadLimits};
use buy::{Buy, FollowSellers, ForgetCarts, Rules, TendSearch};
use chrono::{NaiveTime, TimeDelta};
use commerce::{
    Currency, Env,
    event::{Backoff, Subscriber, Sweep, Worker, WorkerSettings},
    invoice::{Invoices, IssueWhenPaid, Issuer},
    ledger::{ExpireHolds, SealBook},
    limit::{Limiter, Quota},
    reconciliation::{Nightly, Reconciliation, ReconciliationSettings},
    sales::{self, Sales, SalesSettings},
};
use identity::{AccessTokens, Identity, LetSellersIn, Lockout, MailRoom, Mailer, Tidy, TokenKey};
use integrations::{
    gateways::SettingError,
    limits::{MemoryLimiter, RedisLimiter},
    mail::{FolderMailer, SmtpMailer},
    papers::PdfPrinter,
    passwords::{Bcrypt, PasswordSettings},
    tokens::{Jwt, TokenSettings},
};
use market::Market;
use media::{Media, ServedFiles};
use persistence::{Db, Subscriptions};
use rent::Rent;
use secrecy::ExposeSecret;
use thiserror::Error;

use crate::{
    chance::Chance,
    config::{Config, LatePayment, LimitStore, MailTransport},
    papers,
    pictures::{self, Pictures},
    prices, providers, wallets,
};

/// Why the parts do not fit together. The message names the setting.
#[derive(Debug, Error)]
pub enum WiringError {
    #[error("database.url: {0}")]
    Database(String),
    #[error("{key}: {why}")]
    Setting { key: String, why: String },
    #[error("redis.url: {0}")]
    Redis(String),
}

pub(crate) fn setting(key: &'static str) -> impl Fn(&dyn std::fmt::Display) -> WiringError {
    move |why| WiringError::Setting { key: key.to_owned(), why: why.to_string() }
}

impl From<SettingError> for WiringError {
    fn from(error: SettingError) -> Self {
        match error {
            SettingError::Missing { key } => Self::Setting { key, why: "it is missing".to_owned() },
            SettingError::Refused { key, why } => Self::Setting { key, why },
        }
    }
}

/// Every part of the shop, put together.
#[derive(Clone)]
pub struct House {
    pub db: Db,
    pub env: Env,
    pub identity: Identity,
    pub buy: Buy,
    pub media: Media,
    pub rent: Rent,
    pub market: Market,
    pub sales: Sales,
    pub invoices: Invoices,
    pub reconciliation: Reconciliation,
    pub limiter: Arc<dyn Limiter>,
    mail_room: Arc<MailRoom>,
    issues_when_paid: bool,
    picture_files: Arc<dyn ServedFiles>,
    upload_limits: UploadLimits,
    catalogue_cache_bytes: usize,
    rent_currency: Currency,
}

impl House {
    /// Opens the store and wires every port.
    pub async fn build(config: &Config) -> Result<Self, WiringError> {
        let db = Db::connect(&database(config))
            .await
            .map_err(|error| WiringError::Database(chain(&error)))?;
        let env = Env::new(Arc::new(db.clock()), Arc::new(Chance));
        let store = Arc::new(db.clone());
        let identity = identity(config, &store, &env)?;
        let mail_room = Arc::new(mail_room(config, &identity)?);
        let market = Market::over(
            store.clone(),
            providers::payouts(config, &env.clock)?,
            env.clone(),
            market_settings(config),
        );
        let sellers = Arc::new(market.clone());
        let sales = Sales {
            orders: store.clone(),
            payments: store.clone(),
            inbox: store.clone(),
            receipts: store.clone(),
            sellers: sellers.clone(),
            seller_books: store.clone(),
            journal: store.clone(),
            gateways: providers::gateways(&config.payments, &env.clock)?,
            env: env.clone(),
            settings: SalesSettings {
                wallet: wallets::settings(&config.payments)?,
                ..sales_settings(config)
            },
        };
        let invoices = invoices(config, &store, &env);
        let reconciliation = Reconciliation {
            lines: store.clone(),
            gateways: sales.gateways.clone(),
            env: env.clone(),
            settings: reconciliation_settings(config)?,
        };
        let Pictures { media, files: picture_files } = pictures::wire(config, &store, &env)?;
        let rent = Rent::over(store.clone(), env.clone(), rent_rules(config))
            .with_sellers(sellers.clone())
            .with_links(Arc::new(media.clone()));
        let (taxes, zones) = (prices::taxes(&config.buy)?, prices::zones(&config.buy)?);
        let buy = Buy::over(store, env.clone(), rules(config)?)
            .with_sellers(sellers)
            .with_prices_by_place(Arc::new(taxes), Arc::new(zones));
        let limiter = limiter(config).await?;
        let house = Self {
            db,
            env,
            identity,
            buy,
            media,
            rent,
            market,
            sales,
            invoices,
            reconciliation,
            issues_when_paid: config.invoices.issue_when_paid,
            limiter,
            mail_room,
            picture_files,
            upload_limits: pictures::upload_limits(config),
            catalogue_cache_bytes: config.buy.catalogue_cache_bytes,
            rent_currency: currency("rent.currency", &config.rent.currency)?,
        };
        house.db.subscribe(Subscriptions::of(&house.subscribers()));
        Ok(house)
    }

    /// The routes of every way of selling; a new one is a line here. They are tried in this order, so what is asked
    /// for most comes first.
    pub fn mounts(&self) -> Vec<Mount> {
        let store = Arc::new(self.db.clone());
        let commerce = api::commerce::Commerce {
            sales: self.sales.clone(),
            feed: store.clone(),
            journal: store.clone(),
            outbox: store.clone(),
            audits: store,
        };
        vec![
            api::buy::routes(self.buy.clone(), self.catalogue_cache_bytes),
            api::identity::routes(self.identity.clone(), Arc::new(self.buy.clone())),
            api::media::routes(
                self.media.clone(),
                Some(self.picture_files.clone()),
                self.upload_limits,
            ),
            api::rent::routes(self.rent.clone(), self.rent_currency),
            api::market::routes(self.market.clone()),
            api::commerce::routes(commerce),
            api::invoices::routes(self.invoices.clone()),
            api::reconciliation::routes(self.reconciliation.clone()),
        ]
    }

    /// Everyone who acts on events.
    fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        let mut all = self.sales.subscribers();
        all.extend(self.media.subscribers());
        all.extend(self.buy.subscribers());
        all.extend(self.rent.subscribers(self.sales.clone()));
        all.extend(self.market.subscribers());
        all.push(self.mail_room.clone());
        if self.issues_when_paid {
            all.push(Arc::new(IssueWhenPaid(self.invoices.clone())));
        }
        all.push(Arc::new(LetSellersIn(self.identity.clone())));
        all.push(Arc::new(FollowSellers(self.buy.clone())));
        all
    }

    fn sweeps(&self, config: &Config) -> Vec<Arc<dyn Sweep>> {
        let mut all = self.sales.sweeps();
        all.extend(self.media.sweeps());
        all.extend(self.rent.sweeps());
        all.extend(self.market.sweeps(self.sales.clone()));
        all.push(Arc::new(Nightly(self.reconciliation.clone())));
        let store = Arc::new(self.db.clone());
        all.push(Arc::new(SealBook {
            chain: store.clone(),
            every: Duration::from_secs(config.worker.seal_book_every_s),
            batch: 1_000,
        }));
        all.push(Arc::new(ExpireHolds {
            holds: store.clone(),
            orders: store,
            env: self.env.clone(),
            every: Duration::from_secs(config.worker.expire_holds_every_s),
            batch: 100,
        }));
        all.push(Arc::new(Tidy {
            sessions: self.identity.sessions.clone(),
            attempts: self.identity.attempts.clone(),
            env: self.env.clone(),
            every: Duration::from_secs(config.worker.tidy_every_s),
        }));
        all.push(Arc::new(ForgetCarts {
            carts: self.buy.carts.clone(),
            env: self.env.clone(),
            kept: TimeDelta::days(config.buy.guest_cart_ttl_days),
            every: Duration::from_secs(config.worker.tidy_every_s),
        }));
        all.push(Arc::new(TendSearch {
            catalogue: self.buy.catalogue.clone(),
            every: Duration::from_secs(config.worker.tidy_every_s),
        }));
        all
    }

    /// The worker, over connections of its own.
    pub async fn worker(&self, config: &Config) -> Result<Worker, WiringError> {
        let background = self.db.background(config.database.background_connections).await;
        let store = Arc::new(background.map_err(|error| WiringError::Database(chain(&error)))?);
        let settings = &config.worker;
        Ok(Worker {
            outbox: store.clone(),
            leases: store,
            subscribers: self.subscribers(),
            sweeps: self.sweeps(config),
            env: self.env.clone(),
            settings: WorkerSettings {
                holder: self.env.uuid().simple().to_string(),
                concurrency: settings.concurrency,
                batch: settings.batch,
                lease: Duration::from_secs(settings.lease_s),
                poll: Duration::from_millis(settings.poll_ms),
                max_attempts: settings.max_attempts,
                backoff: Backoff {
                    first: Duration::from_millis(settings.backoff_first_ms),
                    most: Duration::from_secs(settings.backoff_max_s),
                },
            },
            doorbell: self.db.doorbell(),
        })
    }

    pub fn quotas(&self, config: &Config) -> Result<Quotas, WiringError> {
        let policies = config.limits.policies.iter().map(|(policy, text)| {
            let quota = quota(policy, text).ok_or_else(|| {
                let why =
                    format!("`{policy} = \"{text}\"` is not requests/seconds, such as \"60/60\"");
                WiringError::Setting { key: "limits.policies".to_owned(), why }
            })?;
            Ok((policy.clone(), quota))
        });
        let policies: Result<BTreeMap<_, _>, WiringError> = policies.collect();
        Ok(Quotas { limiter: self.limiter.clone(), policies: Arc::new(policies?) })
    }
}

/// An error with what caused it.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn quota(policy: &str, text: &str) -> Option<Quota> {
    let (limit, seconds) = text.split_once('/')?;
    let period = Duration::from_secs(seconds.trim().parse().ok().filter(|seconds| *seconds > 0)?);
    Some(Quota { policy: policy.to_owned(), limit: limit.trim().parse().ok()?, period })
}

pub fn trusted_proxies(config: &Config) -> Result<Vec<Cidr>, WiringError> {
    cidrs("server.trusted_proxies", &config.server.trusted_proxies)
}

pub fn metrics_from(config: &Config) -> Result<Vec<Cidr>, WiringError> {
    cidrs("server.metrics_from", &config.server.metrics_from)
}

fn cidrs(key: &'static str, ranges: &[String]) -> Result<Vec<Cidr>, WiringError> {
    let ranges: Result<Vec<_>, _> = ranges.iter().map(|range| Cidr::parse(range)).collect();
    ranges.map_err(|error| setting(key)(&error))
}

fn database(config: &Config) -> persistence::Settings {
    let database = &config.database;
    persistence::Settings {
        url: database.url.expose_secret().to_owned(),
        max_connections: database.max_connections,
        acquire_timeout: Duration::from_millis(database.acquire_timeout_ms),
        statement_timeout: Duration::from_millis(database.statement_timeout_ms),
        lock_timeout: Duration::from_millis(database.lock_timeout_ms),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn identity(config: &Config, store: &Arc<Db>, env: &Env) -> Result<Identity, WiringError> {
    let auth = &config.auth;
    let threads = if auth.hash_threads == 0 { cores() } else { auth.hash_threads };
    let hasher = Bcrypt::try_new(PasswordSettings {
        cost: auth.bcrypt_cost,
        threads,
        queue: threads.saturating_mul(256),
        pepper: auth.pepper.clone(),
    });
    let tokens = Jwt::try_new(
        TokenSettings {
            issuer: auth.issuer.clone(),
            audience: auth.audience.clone(),
            active_kid: auth.jwt_active_kid.clone(),
            keys: auth.jwt_keys.clone(),
        },
        env.clock.clone(),
    );
    let tokens: Arc<dyn AccessTokens> =
        Arc::new(tokens.map_err(|error| setting("auth.jwt_keys")(&error))?);
    let lockout = Lockout {
        attempts: auth.lockout_attempts,
        address_attempts: auth.lockout_address_attempts,
        window: TimeDelta::seconds(auth.lockout_window_s),
    };
    Ok(Identity {
        users: store.clone(),
        sessions: store.clone(),
        attempts: store.clone(),
        hasher: Arc::new(hasher.map_err(|error| setting("auth.bcrypt_cost")(&error))?),
        tokens,
        key: TokenKey::derive(auth.pepper.expose_secret().as_bytes()),
        env: env.clone(),
        settings: Arc::new(identity::Settings {
            access_ttl: TimeDelta::seconds(auth.access_ttl_s),
            refresh_ttl: TimeDelta::seconds(auth.refresh_ttl_s),
            refresh_grace: TimeDelta::seconds(auth.refresh_grace_s),
            reset_ttl: TimeDelta::seconds(auth.reset_ttl_s),
            verification_ttl: TimeDelta::seconds(auth.verification_ttl_s),
            lockout,
            require_verified_email: auth.require_verified_email,
            link_base: config.mail.link_base.clone(),
        }),
    })
}

fn mail_room(config: &Config, identity: &Identity) -> Result<MailRoom, WiringError> {
    let (mail, clock) = (&config.mail, identity.env.clock.clone());
    let mailer: Arc<dyn Mailer> = match mail.transport {
        MailTransport::Folder => Arc::new(
            FolderMailer::try_new(&mail.folder, &mail.from, clock)
                .map_err(|error| setting("mail.from")(&error))?,
        ),
        MailTransport::Smtp => Arc::new(
            SmtpMailer::try_new(&mail.smtp_url, &mail.from, clock)
                .map_err(|error| setting("mail.smtp_url")(&error))?,
        ),
    };
    Ok(MailRoom {
        users: identity.users.clone(),
        attempts: identity.attempts.clone(),
        mailer,
        key: identity.key.clone(),
        env: identity.env.clone(),
        settings: identity.settings.clone(),
    })
}

fn invoices(config: &Config, store: &Arc<Db>, env: &Env) -> Invoices {
    let settings = &config.invoices;
    let (name, address) = (settings.issuer_name.clone(), settings.issuer_address.clone());
    let shop = Issuer { seller: None, name, address };
    Invoices {
        orders: store.clone(),
        payments: store.clone(),
        papers: store.clone(),
        issuers: Arc::new(papers::Profiles { sellers: store.clone(), shop }),
        printer: Arc::new(PdfPrinter),
        env: env.clone(),
    }
}

fn sales_settings(config: &Config) -> SalesSettings {
    let worker = &config.worker;
    SalesSettings {
        late_payment: match config.buy.late_payment {
            LatePayment::Honour => sales::LatePayment::Honour,
            LatePayment::Refund => sales::LatePayment::Refund,
        },
        poll_gaps: config.payments.poll_gaps_s.iter().copied().map(TimeDelta::seconds).collect(),
        alarm_after: TimeDelta::seconds(config.payments.alarm_after_s),
        receipts_kept: TimeDelta::days(worker.receipts_retention_days),
        expire_every: Duration::from_secs(worker.expire_orders_every_s),
        poll_every: Duration::from_secs(worker.poll_payments_every_s),
        tidy_every: Duration::from_secs(worker.tidy_every_s),
        ..SalesSettings::default()
    }
}

fn reconciliation_settings(config: &Config) -> Result<ReconciliationSettings, WiringError> {
    let settings = &config.payments.reconciliation;
    let at = match settings.at.as_str() {
        "" => None,
        time => Some(
            NaiveTime::parse_from_str(time, "%H:%M")
                .map_err(|error| setting("payments.reconciliation.at")(&error))?,
        ),
    };
    Ok(ReconciliationSettings {
        at,
        look_every: Duration::from_secs(settings.look_every_s),
        overlap: TimeDelta::hours(settings.overlap_hours),
        first: TimeDelta::days(settings.first_days),
        grace: TimeDelta::seconds(settings.grace_s),
        late_after: TimeDelta::seconds(settings.late_after_s),
        alarm_after: TimeDelta::seconds(settings.alarm_after_s),
    })
}

fn rules(config: &Config) -> Result<Rules, WiringError> {
    let settings = &config.buy;
    Ok(Rules {
        currency: currency("buy.currency", &settings.currency)?,
        hold: TimeDelta::minutes(settings.hold_minutes),
        max_open_orders: settings.max_open_orders_per_user,
        max_lines: settings.max_cart_lines,
        max_quantity: settings.max_line_quantity,
        tax: prices::tax_elsewhere(settings),
    })
}

fn currency(key: &'static str, code: &str) -> Result<Currency, WiringError> {
    Currency::parse(code).map_err(|error| setting(key)(&error))
}

fn rent_rules(config: &Config) -> rent::Rules {
    let settings = &config.rent;
    rent::Rules {
        hold: TimeDelta::minutes(settings.hold_minutes),
        answer_within: TimeDelta::hours(settings.answer_hours),
        max_held: settings.max_held_per_traveller,
        hand_over_early: TimeDelta::minutes(settings.hand_over_early_minutes),
        claim_window: TimeDelta::hours(settings.claim_hours),
        review_window: TimeDelta::days(settings.review_days),
        look_around: TimeDelta::days(settings.look_around_days),
        slots_named: settings.slots_named,
        sweep_every: Duration::from_secs(settings.sweep_every_s),
        ..rent::Rules::default()
    }
}

fn market_settings(config: &Config) -> market::Settings {
    let settings = &config.market;
    market::Settings {
        dispute_window: TimeDelta::hours(settings.dispute_window_hours),
        commission_basis_points: settings.commission_basis_points,
        kept_on_refund: settings.commission_kept_on_refund,
        fee_tax_basis_points: settings.fee_tax_basis_points,
        fee_tax_jurisdiction: settings.fee_tax_jurisdiction.clone(),
        poll_gaps: settings.payout_poll_gaps_s.iter().copied().map(TimeDelta::seconds).collect(),
        return_window: TimeDelta::days(settings.payout_return_days),
        return_gap: TimeDelta::seconds(settings.payout_return_gap_s),
        release_every: Duration::from_secs(settings.release_every_s),
        run_every: Duration::from_secs(settings.run_payouts_every_s),
        follow_every: Duration::from_secs(settings.follow_payouts_every_s),
        ..market::Settings::default()
    }
}

async fn limiter(config: &Config) -> Result<Arc<dyn Limiter>, WiringError> {
    match config.limits.store {
        LimitStore::Memory => Ok(Arc::new(MemoryLimiter::default())),
        LimitStore::Redis => {
            let limiter =
                RedisLimiter::connect(config.redis.url.expose_secret(), config.limits.instances)
                    .await;
            Ok(Arc::new(limiter.map_err(|error| WiringError::Redis(error.to_string()))?))
        }
    }
}
