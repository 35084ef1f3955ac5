//! Puts the shell together and serves it; stops by draining.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_cors::Cors;
use actix_web::{
    App, Error, HttpServer,
    dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web::{self as plain, Data},
};
use commerce::{Authenticator, Env};
use paperclip::actix::{OpenApiExt, web::ServiceConfig};

#[cfg(feature = "edge-guard")]
use crate::edge::guard;
use crate::{
    Limits,
    demo::{self, Pictures},
    docs::{self, Document},
    edge::{
        address::Cidr,
        quota::Quotas,
        watch::{Watch, admit, watch},
    },
    extract::InFlight,
    health::{self, Health, Readiness},
    metrics::{self, Metrics},
};

/// How a way of selling registers its routes; made once, run by every HTTP thread.
pub type Mount = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Tells every answer that the process is on its way out.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    pub fn is_draining(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What the shell is told by the server's configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    pub bind: String,
    /// HTTP threads; 0 is one for each core.
    pub workers: usize,
    pub max_connections: usize,
    pub trusted_proxies: Vec<Cidr>,
    /// Exact origins; `*` opens the door to all.
    pub cors_origins: Vec<String>,
    pub limits: Limits,
    pub request_timeout: Duration,
    pub drain_pause: Duration,
    pub shutdown_grace: Duration,
    /// Requests a second and burst for each client address, where the edge guard is built in.
    pub edge: (u32, u32),
    /// Who may read `/metrics`; for everyone else there is nothing.
    pub metrics_from: Vec<Cidr>,
}

/// Everything the shell stands on.
#[derive(Clone)]
pub struct Shell {
    pub settings: Settings,
    pub env: Env,
    pub authenticator: Arc<dyn Authenticator>,
    pub quotas: Quotas,
    pub health: Arc<dyn Health>,
    pub metrics: Metrics,
    pub draining: Draining,
    pub mounts: Vec<Mount>,
    /// Of the demonstration shop, where it is open.
    pub pictures: Option<Pictures>,
}

/// A running shell.
#[derive(Debug)]
pub struct Serving {
    pub address: SocketAddr,
    handle: ServerHandle,
    draining: Draining,
    pause: Duration,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
    _tidying: Tidying,
}

impl Serving {
    /// Says goodbye first, so that balancers look away; then lets running requests finish.
    pub async fn drain(self) -> std::io::Result<()> {
        self.draining.begin();
        tokio::time::sleep(self.pause).await;
        self.handle.stop(true).await;
        self.server.await.unwrap_or(Ok(()))
    }

    /// Ends at once, for tests.
    pub async fn stop(self) {
        self.handle.stop(false).await;
        self.server.abort();
    }
}

/// Ends with the server it tidies up for.
#[derive(Debug)]
struct Tidying(Option<tokio::task::AbortHandle>);

impl Drop for Tidying {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// Binds and serves.
pub fn serve(shell: Shell) -> std::io::Result<Serving> {
    let listener = TcpListener::bind(&shell.settings.bind)?;
    let address = listener.local_addr()?;
    let (draining, pause) = (shell.draining.clone(), shell.settings.drain_pause);
    let settings = shell.settings.clone();
    let shared = Shared::new(shell)?;
    let tidying = shared.tidy();
    let server = HttpServer::new(move || app(&shared));
    let server = if settings.workers > 0 { server.workers(settings.workers) } else { server };
    let server = server
        .max_connections(settings.max_connections)
        .client_request_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(settings.shutdown_grace.as_secs())
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    Ok(Serving {
        address,
        handle,
        draining,
        pause,
        server: tokio::spawn(server),
        _tidying: tidying,
    })
}

/// The layers and routes of one HTTP thread. The layer that is wrapped last is the first to see a request: the guard
/// stands before the quotas, and CORS before both, so that a browser may read their refusals.
fn app(
    shared: &Shared,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .wrap(from_fn(admit))
        .wrap(shared.guard())
        .wrap(cors(&shared.shell.settings.cors_origins))
        .wrap(from_fn(watch))
        .configure(|config| shared.data(config))
        .wrap_api()
        .configure(|config| shared.shell.mounts.iter().for_each(|mount| mount(config)))
        .build()
        .configure(|config| shared.house(config))
}

/// What all HTTP threads share.
#[derive(Clone)]
struct Shared {
    shell: Shell,
    watch: Data<Watch>,
    readiness: Data<Readiness>,
    in_flight: Data<InFlight>,
    document: Arc<Document>,
    #[cfg(feature = "edge-guard")]
    guard: guard::Guard,
}

impl Shared {
    fn new(shell: Shell) -> std::io::Result<Self> {
        let trusted: Arc<[Cidr]> = shell.settings.trusted_proxies.clone().into();
        #[cfg(feature = "edge-guard")]
        let (per_second, burst) = shell.settings.edge;
        #[cfg(feature = "edge-guard")]
        let guard = guard::guard(per_second, burst, trusted.clone()).ok_or_else(|| {
            std::io::Error::other(
                "limits.edge_per_second and limits.edge_burst must be more than zero",
            )
        })?;
        let watch = Watch {
            env: shell.env.clone(),
            trusted_proxies: trusted,
            metrics: shell.metrics.clone(),
            draining: shell.draining.clone(),
            request_timeout: shell.settings.request_timeout,
        };
        let readiness = Readiness::new(shell.health.clone(), shell.draining.clone());
        let document = Document::of(&shell.mounts);
        Ok(Self {
            watch: Data::new(watch),
            readiness: Data::new(readiness),
            in_flight: Data::new(InFlight::default()),
            document,
            #[cfg(feature = "edge-guard")]
            guard,
            shell,
        })
    }

    /// What extractors and middleware find by type.
    fn data(&self, config: &mut plain::ServiceConfig) {
        config
            .app_data(self.watch.clone())
            .app_data(self.readiness.clone())
            .app_data(self.in_flight.clone())
            .app_data(Data::new(self.shell.quotas.clone()))
            .app_data(Data::new(self.shell.metrics.clone()))
            .app_data(Data::new(self.shell.settings.limits))
            .app_data(Data::new(metrics::Readers(self.shell.settings.metrics_from.clone())))
            .app_data(Data::<dyn Authenticator>::from(self.shell.authenticator.clone()));
    }

    /// The routes of the house itself; they are not part of the document.
    fn house(&self, config: &mut plain::ServiceConfig) {
        let read = |path: &str| plain::resource(path);
        config
            .service(read("/healthz").route(plain::get().to(health::alive)))
            .service(read("/readyz").route(plain::get().to(health::ready)))
            .service(read("/metrics").route(plain::get().to(metrics::metrics)));
        if let Some(pictures) = self.shell.pictures {
            config.app_data(Data::new(pictures));
            config.service(read("/demo/images/{name}.svg").route(plain::get().to(demo::picture)));
        }
        docs::serve(config, &self.document);
    }

    /// Forgets clients that have been quiet, from time to time.
    #[cfg(feature = "edge-guard")]
    fn tidy(&self) -> Tidying {
        let guard = self.guard.clone();
        let task = tokio::spawn(async move {
            let mut minutes = tokio::time::interval(Duration::from_secs(60));
            loop {
                minutes.tick().await;
                guard::tidy(&guard);
            }
        });
        Tidying(Some(task.abort_handle()))
    }

    #[cfg(not(feature = "edge-guard"))]
    #[expect(clippy::unused_self, reason = "the guarded build needs it")]
    fn tidy(&self) -> Tidying {
        Tidying(None)
    }

    #[cfg(feature = "edge-guard")]
    fn guard(&self) -> guard::Layer {
        guard::layer(&self.guard)
    }

    /// Nothing, in its place.
    #[cfg(not(feature = "edge-guard"))]
    #[expect(clippy::unused_self, reason = "the guarded build needs it")]
    fn guard(&self) -> actix_web::middleware::Identity {
        actix_web::middleware::Identity::default()
    }
}

/// Exact origins, or everyone in development.
fn cors(origins: &[String]) -> Cors {
    let open = origins.iter().any(|origin| origin == "*");
    let cors = if open { Cors::default().allow_any_origin() } else { Cors::default() };
    let cors =
        origins.iter().filter(|_| !open).fold(cors, |cors, origin| cors.allowed_origin(origin));
    cors.allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allow_any_header()
        .expose_headers([
            "ETag",
            "Location",
            "X-Request-Id",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "Idempotent-Replayed",
            "X-Cart-Token",
        ])
        .max_age(3600)
}

#[cfg(test)]
mod tests;
