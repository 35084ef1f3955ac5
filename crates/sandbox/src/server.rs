//! Starting and stopping the gateway, which lives in a thread of its own.

use std::{
    collections::BTreeMap,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use actix_web::{HttpServer, dev::ServerHandle, rt};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot},
};

use crate::{
    Books, Config, Error, FaultPlan, Intent,
    books::{Setup, State},
    gateway::Gateway,
    http,
    journal::Journal,
    webhook,
};

/// A running gateway. Dropping it stops it, too, without waiting for the end.
pub struct Sandbox {
    gateway: Arc<Gateway>,
    url: String,
    stop: Option<oneshot::Sender<Stop>>,
    ended: oneshot::Receiver<Result<(), Error>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Answers that are on their way are still given.
    Gracefully,
    AtOnce,
}

/// Starts a gateway and comes back when it listens.
pub async fn start(config: Config) -> Result<Sandbox, Error> {
    let (ready_tx, ready) = oneshot::channel();
    let (stop, stop_rx) = oneshot::channel();
    let (ended_tx, ended) = oneshot::channel();
    let bind = config.bind.clone();
    thread::Builder::new()
        .name("sandbox".to_owned())
        .spawn(move || {
            let outcome = rt::System::new().block_on(run(config, ready_tx, stop_rx));
            let _ = ended_tx.send(outcome);
        })
        .map_err(|source| Error::Bind { bind, source })?;
    match ready.await {
        Ok((gateway, url)) => Ok(Sandbox { gateway, url, stop: Some(stop), ended }),
        Err(_) => Err(ended.await.ok().and_then(Result::err).unwrap_or(Error::Ended)),
    }
}

/// Serves until the process is told to end by SIGTERM or SIGINT.
pub async fn serve(config: Config) -> Result<(), Error> {
    // Before the start, so that whoever finds it listening may also end it.
    let told_to_end = told_to_end().map_err(Error::Server)?;
    let sandbox = start(Config { workers: config.workers.max(2), ..config }).await?;
    tracing::info!(url = sandbox.url, "the sandbox gateway listens");
    told_to_end.await;
    sandbox.end(Stop::Gracefully).await
}

impl Sandbox {
    /// Where it listens, as `http://127.0.0.1:34567`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub fn books(&self) -> Books {
        self.gateway.read(State::snapshot)
    }

    pub fn set_webhook_url(&self, url: impl Into<Option<String>>) {
        let url = url.into();
        self.gateway.with(|state| state.setup.webhook_url = url);
    }

    /// For intents opened from now on.
    pub fn set_faults(&self, plan: impl Into<FaultPlan>) {
        let plan = plan.into();
        self.gateway.with(|state| state.setup.plan = plan);
    }

    /// Brings every timer so much nearer, and has done what is due when it returns.
    pub fn advance(&self, ms: u64) {
        self.gateway.advance(ms);
    }

    /// Stops at once, as a crash would, but with its books written.
    pub async fn stop(self) {
        if let Err(error) = self.end(Stop::AtOnce).await {
            tracing::error!(%error, "the sandbox gateway did not stop well");
        }
    }

    async fn end(mut self, how: Stop) -> Result<(), Error> {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(how);
        }
        self.ended.await.unwrap_or(Err(Error::Ended))
    }
}

impl Books {
    /// What was captured, by the merchant's reference.
    pub fn captured_by_reference(&self) -> BTreeMap<&str, i64> {
        let mut sums = BTreeMap::new();
        for Intent { reference, amount_captured, .. } in &self.intents {
            *sums.entry(reference.as_str()).or_default() += amount_captured;
        }
        sums
    }
}

type Ready = oneshot::Sender<(Arc<Gateway>, String)>;

async fn run(config: Config, ready: Ready, stop: oneshot::Receiver<Stop>) -> Result<(), Error> {
    let socket = listen(&config)?;
    let url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", socket.1));
    let mut state = State::new(Setup::new(&config, url.trim_end_matches('/').to_owned()));
    let journal = config.data.as_deref().map(|path| Journal::open(path, &mut state)).transpose()?;
    let (sends, rows) = mpsc::unbounded_channel();
    let client = webhook::client()?;
    let gateway = Arc::new(Gateway::new(&config, state, journal, sends));
    let server = serve_http(&config, socket.0, &gateway)?;
    gateway.with(State::resume);

    let timekeeper = Arc::clone(&gateway);
    let timekeeper = rt::spawn(async move { timekeeper.keep_time().await });
    let courier = rt::spawn(webhook::send_all(Arc::clone(&gateway), client, rows));
    let _ = ready.send((Arc::clone(&gateway), format!("http://{}", socket.1)));

    let how = stop.await.unwrap_or(Stop::AtOnce);
    gateway.stop();
    server.stop(how == Stop::Gracefully).await;
    timekeeper.abort();
    courier.abort();
    gateway.close();
    Ok(())
}

fn listen(config: &Config) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Bind { bind: config.bind.clone(), source };
    let listener = TcpListener::bind(&config.bind).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn serve_http(
    config: &Config,
    listener: TcpListener,
    gateway: &Arc<Gateway>,
) -> Result<ServerHandle, Error> {
    let shared = Arc::clone(gateway);
    let server = HttpServer::new(move || http::app(Arc::clone(&shared)))
        .workers(config.workers.max(1))
        .disable_signals()
        .shutdown_timeout(2)
        .listen(listener)
        .map_err(Error::Server)?
        .run();
    let handle = server.handle();
    rt::spawn(server);
    Ok(handle)
}

/// Listens for SIGTERM and SIGINT from now on; the future ends with the first of them.
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
