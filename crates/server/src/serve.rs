//! Serves: the API, and beside it the worker and, in development, the sandbox gateway.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use api::{Draining, Limits, Metrics, Serving, Settings, Shell};
use commerce::event::Running;
use integrations::gateways::sandbox::SandboxSection;
use sandbox::{Faults, Sandbox};
use secrecy::ExposeSecret;
use thiserror::Error;

use crate::{
    config::{Config, Environment},
    gauges::StoreGauges,
    health::StoreHealth,
    seed::{self, SeedError},
    wiring::{House, WiringError, chain, metrics_from, trusted_proxies},
};

#[derive(Debug, Error)]
pub enum ServeError {
    #[error(transparent)]
    Wiring(#[from] WiringError),
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    #[error("the demonstration shop could not be set up: {0}")]
    Seed(String),
    #[error("sandbox.{0}")]
    Sandbox(String),
    #[error("server.bind: {0}")]
    Bind(std::io::Error),
    #[error("{0}")]
    Metrics(String),
}

impl From<SeedError> for ServeError {
    fn from(error: SeedError) -> Self {
        Self::Seed(chain(&error))
    }
}

/// A running shop.
pub struct Souk {
    pub house: House,
    pub address: SocketAddr,
    serving: Serving,
    worker: Option<Running>,
    shutdown_grace: Duration,
    sandbox: Option<Sandbox>,
}

impl Souk {
    /// Brings everything up; with `with_worker` the worker too.
    pub async fn start(mut config: Config, with_worker: bool) -> Result<Self, ServeError> {
        if config.database.migrate_on_start {
            migrate(&config).await?;
        }
        let sandbox = sandbox(&mut config).await?;
        let house = House::build(&config).await?;
        if config.seed.demo {
            seed::demo_shop(&house.db, &house.identity).await?;
            seed::demo_rentals(&house.rent, &house.identity).await?;
            seed::demo_merchants(&house.market, &house.buy, &house.identity).await?;
            if config.seed.pictures {
                seed::demo_pictures(&house.media, &house.buy, &house.rent, &house.identity).await?;
            }
        }
        let serving = api::serve(shell(&house, &config)?).map_err(ServeError::Bind)?;
        let address = serving.address;
        if let Some(sandbox) = &sandbox {
            let url = webhook_url(&config, address);
            sandbox.set_webhook_url(url);
        }
        let worker = if with_worker { Some(house.worker(&config).await?.start()) } else { None };
        let shutdown_grace = shutdown_grace(&config);
        Ok(Self { house, address, serving, worker, shutdown_grace, sandbox })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref()
    }

    /// Lets what runs finish, then leaves.
    pub async fn stop(self) {
        let worker = async {
            if let Some(worker) = self.worker {
                worker.stop(self.shutdown_grace).await;
            }
        };
        let (drained, ()) = futures_util::join!(self.serving.drain(), worker);
        if let Err(error) = drained {
            tracing::error!(%error, "the server ended badly");
        }
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        if let Err(error) = self.house.db.close().await {
            tracing::warn!(error = chain(&error), "the database did not close");
        }
    }
}

pub async fn migrate(config: &Config) -> Result<(), ServeError> {
    let url = config.database.url.expose_secret();
    make_room(url).map_err(|error| ServeError::Migration(error.to_string()))?;
    migration::up(url).await.map_err(|error| ServeError::Migration(error.to_string()))
}

/// SQLite makes its file but not the folder it is in.
fn make_room(url: &str) -> std::io::Result<()> {
    let Some(path) = url.strip_prefix("sqlite://") else { return Ok(()) };
    let path = PathBuf::from(path.split('?').next().unwrap_or(path));
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

/// How long what runs may take to finish once we are asked to stop.
pub fn shutdown_grace(config: &Config) -> Duration {
    Duration::from_millis(config.server.shutdown_grace_ms)
}

fn webhook_url(config: &Config, address: SocketAddr) -> String {
    let free_port = config.server.bind.ends_with(":0");
    let own = format!("http://{address}/v1/webhooks/sandbox");
    if free_port { own } else { config.sandbox.webhook_url.clone() }
}

/// What the sandbox gateway is told; also for `souk gateway`.
pub fn sandbox_config(config: &Config) -> Result<sandbox::Config, ServeError> {
    let provider = config.payments.providers.of::<SandboxSection>();
    let provider = provider.ok_or_else(|| ServeError::Sandbox("it is no provider".to_owned()))?;
    let mut secrets =
        provider.webhook_secrets.iter().map(|secret| secret.expose_secret().to_owned());
    let settings = &config.sandbox;
    let faults: Faults =
        settings.faults.parse().map_err(|error| ServeError::Sandbox(format!("faults: {error}")))?;
    if let Some(folder) = PathBuf::from(&settings.data).parent()
        && !settings.data.is_empty()
    {
        std::fs::create_dir_all(folder)
            .map_err(|error| ServeError::Sandbox(format!("data: {error}")))?;
    }
    Ok(sandbox::Config {
        bind: settings.bind.clone(),
        api_key: provider.api_key.expose_secret().to_owned(),
        webhook_url: Some(settings.webhook_url.clone()),
        webhook_secret: secrets.next().unwrap_or_default(),
        previous_webhook_secrets: secrets.collect(),
        data: (!settings.data.is_empty()).then(|| PathBuf::from(&settings.data)),
        faults: faults.into(),
        ..sandbox::Config::default()
    })
}

/// Starts the gateway if configured, and points the shop at it.
async fn sandbox(config: &mut Config) -> Result<Option<Sandbox>, ServeError> {
    if !config.sandbox.enabled {
        return Ok(None);
    }
    let started = sandbox::start(sandbox_config(config)?).await;
    let sandbox = started.map_err(|error| ServeError::Sandbox(format!("bind: {error}")))?;
    let url = sandbox.url();
    config.payments.providers.change(|section: &mut SandboxSection| section.base_url = url);
    Ok(Some(sandbox))
}

fn shell(house: &House, config: &Config) -> Result<Shell, ServeError> {
    let server = &config.server;
    let metrics = Metrics::new(Some(Arc::new(StoreGauges(house.db.clone()))));
    Ok(Shell {
        settings: Settings {
            bind: server.bind.clone(),
            workers: server.workers,
            max_connections: server.max_connections,
            trusted_proxies: trusted_proxies(config)?,
            metrics_from: metrics_from(config)?,
            cors_origins: server.cors_origins.clone(),
            limits: Limits { json_bytes: server.max_json_bytes },
            request_timeout: Duration::from_millis(server.request_timeout_ms),
            drain_pause: Duration::from_millis(server.drain_pause_ms),
            shutdown_grace: shutdown_grace(config),
            edge: (config.limits.edge_per_second, config.limits.edge_burst),
        },
        env: house.env.clone(),
        authenticator: Arc::new(house.identity.clone()),
        quotas: house.quotas(config)?,
        health: Arc::new(StoreHealth::new(house.db.clone())),
        metrics: metrics.map_err(|error| ServeError::Metrics(error.to_string()))?,
        draining: Draining::default(),
        mounts: house.mounts(),
        pictures: (config.environment != Some(Environment::Production)).then_some(seed::image),
    })
}
