//! Every setting; `config/default.toml` explains them.

use std::{collections::BTreeMap, num::NonZeroU32};

use integrations::gateways::Sections;
use secrecy::SecretString;
use serde::Deserialize;

use super::Environment;

macro_rules! section {
    ($name:ident { $($field:ident: $kind:ty),+ $(,)? }) => {
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $(pub $field: $kind),+ }
    };
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(skip)]
    pub environment: Option<Environment>,
    pub server: Server,
    pub database: Database,
    pub redis: Redis,
    pub log: Log,
    pub auth: Auth,
    pub mail: Mail,
    pub media: Media,
    pub buy: Buy,
    pub rent: Rent,
    pub market: Market,
    pub payments: Payments,
    pub invoices: Invoices,
    pub limits: Limits,
    pub worker: Worker,
    pub seed: Seed,
    pub sandbox: Sandbox,
}

section!(Server {
    bind: String,
    workers: usize,
    public_url: String,
    trusted_proxies: Vec<String>,
    metrics_from: Vec<String>,
    cors_origins: Vec<String>,
    max_connections: usize,
    max_json_bytes: usize,
    request_timeout_ms: u64,
    drain_pause_ms: u64,
    shutdown_grace_ms: u64,
});

section!(Database {
    url: SecretString,
    max_connections: u32,
    background_connections: u32,
    acquire_timeout_ms: u64,
    statement_timeout_ms: u64,
    lock_timeout_ms: u64,
    migrate_on_start: bool,
});

section!(Redis { url: SecretString });

section!(Log { level: String, format: LogFormat });

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Json,
    Pretty,
}

section!(Auth {
    issuer: String,
    audience: String,
    access_ttl_s: i64,
    refresh_ttl_s: i64,
    refresh_grace_s: i64,
    reset_ttl_s: i64,
    verification_ttl_s: i64,
    bcrypt_cost: u32,
    hash_threads: usize,
    lockout_attempts: u32,
    lockout_address_attempts: u32,
    lockout_window_s: i64,
    require_verified_email: bool,
    pepper: SecretString,
    jwt_active_kid: String,
    jwt_keys: BTreeMap<String, SecretString>,
});

section!(Mail {
    transport: MailTransport,
    folder: String,
    from: String,
    smtp_url: SecretString,
    link_base: String,
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailTransport {
    Folder,
    Smtp,
}

section!(Media {
    store: PictureStore,
    max_bytes: usize,
    max_megapixels: u64,
    at_once: usize,
    uploads_at_once: usize,
    uploads_per_user: usize,
    upload_wait_ms: u64,
    upload_timeout_ms: u64,
    upload_window_s: i64,
    max_unused_per_user: u64,
    unused_days: i64,
    private_link_s: i64,
    timeout_ms: u64,
    folder: PictureFolder,
    cloudinary: CloudinaryAccount,
    s3: S3Bucket,
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureStore {
    Folder,
    Cloudinary,
    S3,
}

section!(PictureFolder { path: String });

section!(CloudinaryAccount {
    api_url: String,
    delivery_url: String,
    cloud: String,
    api_key: String,
    api_secret: SecretString,
    digest: CloudinaryDigest,
    signed_urls: bool,
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloudinaryDigest {
    Sha1,
    Sha256,
}

section!(S3Bucket {
    endpoint: String,
    region: String,
    bucket: String,
    key_id: String,
    secret: SecretString,
    public_url: String,
});

section!(Buy {
    currency: String,
    hold_minutes: i64,
    late_payment: LatePayment,
    max_open_orders_per_user: u64,
    max_cart_lines: usize,
    max_line_quantity: u32,
    catalogue_cache_bytes: usize,
    guest_cart_ttl_days: i64,
    tax_basis_points: u32,
    tax_inclusive: bool,
    tax_on_shipping: bool,
    tax_jurisdiction: String,
    taxes: Vec<TaxRow>,
    shipping_zones: Vec<ShippingZone>,
});

section!(TaxRow {
    to: String,
    basis_points: u32,
    inclusive: bool,
    on_shipping: bool,
    jurisdiction: String,
});

section!(ShippingZone { to: Vec<String>, rates: Vec<ShippingRow> });

section!(ShippingRow {
    currency: String,
    flat: i64,
    per_piece: Option<i64>,
    free_from: Option<i64>,
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LatePayment {
    Honour,
    Refund,
}

section!(Rent {
    currency: String,
    hold_minutes: i64,
    answer_hours: i64,
    max_held_per_traveller: u64,
    hand_over_early_minutes: i64,
    claim_hours: i64,
    review_days: i64,
    look_around_days: i64,
    slots_named: usize,
    sweep_every_s: u64,
});

section!(Market {
    payouts: String,
    dispute_window_hours: i64,
    commission_basis_points: u32,
    commission_kept_on_refund: bool,
    fee_tax_basis_points: u32,
    fee_tax_jurisdiction: String,
    payout_poll_gaps_s: Vec<i64>,
    payout_return_days: i64,
    payout_return_gap_s: i64,
    release_every_s: u64,
    run_payouts_every_s: u64,
    follow_payouts_every_s: u64,
});

section!(Invoices { issuer_name: String, issuer_address: String, issue_when_paid: bool });

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    pub enabled: Vec<String>,
    pub poll_gaps_s: Vec<i64>,
    pub alarm_after_s: i64,
    pub attempts: u32,
    pub patience_ms: u64,
    pub reconciliation: Reconciliation,
    pub wallet: WalletProvider,
    /// `[payments.<provider>]`: each is read by the provider's own folder.
    #[serde(skip)]
    pub providers: Sections,
}

section!(Reconciliation {
    at: String,
    look_every_s: u64,
    overlap_hours: i64,
    first_days: i64,
    grace_s: i64,
    late_after_s: i64,
    alarm_after_s: i64,
});

section!(WalletProvider { hold_minutes: i64, limits: Vec<WalletLimits> });

section!(WalletLimits { currency: String, least: i64, most: i64, balance: i64 });

section!(Limits {
    store: LimitStore,
    instances: NonZeroU32,
    edge_per_second: u32,
    edge_burst: u32,
    policies: BTreeMap<String, String>,
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitStore {
    Memory,
    Redis,
}

section!(Worker {
    enabled: bool,
    concurrency: usize,
    batch: u32,
    poll_ms: u64,
    lease_s: u64,
    max_attempts: u32,
    backoff_first_ms: u64,
    backoff_max_s: u64,
    expire_orders_every_s: u64,
    poll_payments_every_s: u64,
    expire_holds_every_s: u64,
    seal_book_every_s: u64,
    tidy_every_s: u64,
    receipts_retention_days: i64,
});

section!(Seed { demo: bool, pictures: bool });

section!(Sandbox {
    enabled: bool,
    bind: String,
    webhook_url: String,
    data: String,
    faults: String,
});
