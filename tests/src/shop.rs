//! A shop of its own for each test: `souk serve` as a process, beside a sandbox gateway that outlives it.

use std::{
    collections::BTreeMap,
    fs::File,
    path::PathBuf,
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};

use sandbox::Sandbox;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use crate::{Client, Database, Engine};

/// How long a condition may take to come true before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long after its time work is late. Sweeps come every second, and whoever checks waits until they have caught up.
const LATE_AFTER_S: &str = "3";
/// The secret the sandbox signs webhooks with, in `config/test.toml`.
pub const WEBHOOK_SECRET: &str = "development-only-test-webhook-secret";
pub const API_KEY: &str = "development-only-test-key";

/// A running `souk serve` or `souk worker`; killed when dropped.
#[derive(Debug)]
pub struct Server {
    pub url: String,
    child: Child,
}

impl Server {
    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// `kill -TERM`, without waiting.
    pub fn ask_to_stop(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success()
        );
    }

    /// `kill -TERM`, and the way it ended.
    pub async fn terminate(self) -> ExitStatus {
        self.ask_to_stop();
        self.ended().await
    }

    /// The way it ended, after it was asked to.
    pub async fn ended(mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }

    pub fn process(&self) -> u32 {
        self.child.id().unwrap()
    }
}

/// A shop with the demonstration goods and people, and a gateway of its own.
pub struct Shop {
    pub database: Database,
    pub sandbox: Sandbox,
    pub server: Option<Server>,
    variables: BTreeMap<String, String>,
    folder: TempDir,
    keeps_log: bool,
}

impl Shop {
    pub async fn open(engine: Engine) -> Self {
        Self::open_with(engine, &[]).await
    }

    /// One whose settings differ: `("SOUK__AUTH__BCRYPT_COST", "12")`.
    pub async fn open_with(engine: Engine, settings: &[(&str, &str)]) -> Self {
        Self::set_up(engine, settings, false).await
    }

    /// One whose every word is kept in [`Self::log`], as JSON and down to this level.
    pub async fn open_listening(engine: Engine, level: &str) -> Self {
        let settings = [("SOUK__LOG__LEVEL", level), ("SOUK__LOG__FORMAT", "json")];
        Self::set_up(engine, &settings, true).await
    }

    async fn set_up(engine: Engine, settings: &[(&str, &str)], keeps_log: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let database = Database::make(engine, &folder).await;
        Self::settle_in(folder, database, settings, keeps_log).await
    }

    /// One whose data is in a database of the caller's.
    pub async fn open_on(database: Database, settings: &[(&str, &str)]) -> Self {
        Self::settle_in(TempDir::new().unwrap(), database, settings, false).await
    }

    async fn settle_in(
        folder: TempDir,
        database: Database,
        settings: &[(&str, &str)],
        keeps_log: bool,
    ) -> Self {
        let gateway = sandbox::Config {
            bind: "127.0.0.1:0".into(),
            api_key: API_KEY.into(),
            webhook_secret: WEBHOOK_SECRET.into(),
            ..sandbox::Config::default()
        };
        let sandbox = sandbox::start(gateway).await.unwrap();
        let mut variables = BTreeMap::from([
            ("SOUK_ENV".to_owned(), "test".to_owned()),
            ("SOUK__SEED__DEMO".to_owned(), "true".to_owned()),
            ("SOUK__DATABASE__URL".to_owned(), database.url.clone()),
            ("SOUK__PAYMENTS__SANDBOX__BASE_URL".to_owned(), sandbox.url()),
            ("SOUK__MAIL__FOLDER".to_owned(), folder.path().join("mail").display().to_string()),
        ]);
        for (name, value) in settings {
            variables.insert((*name).to_owned(), (*value).to_owned());
        }
        let mut shop = Self { database, sandbox, server: None, variables, folder, keeps_log };
        shop.start().await;
        shop
    }

    /// Starts the server, at the address it had before if it had one; webhooks go there.
    pub async fn start(&mut self) {
        let server = self.serve(&["serve"], &[]).await;
        let address = server.url.trim_start_matches("http://").to_owned();
        self.variables.insert("SOUK__SERVER__BIND".into(), address);
        self.sandbox.set_webhook_url(format!("{}/v1/webhooks/sandbox", server.url));
        self.server = Some(server);
    }

    /// Another `souk serve` on the same database, at an address of its own.
    pub async fn another_server(&self, arguments: &[&str]) -> Server {
        let arguments = [&["serve"], arguments].concat();
        self.serve(&arguments, &[("SOUK__SERVER__BIND", "127.0.0.1:0")]).await
    }

    /// The same, with settings of its own.
    pub async fn another_server_with(
        &self,
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> Server {
        let arguments = [&["serve"], arguments].concat();
        let settings = [&[("SOUK__SERVER__BIND", "127.0.0.1:0")], settings].concat();
        self.serve(&arguments, &settings).await
    }

    /// A `souk worker` on the same database.
    pub async fn another_worker(&self) -> Server {
        self.serve(&["worker"], &[]).await
    }

    async fn serve(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Server {
        let mut command = self.souk(arguments);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).kill_on_drop(true);
        if self.keeps_log {
            let log = File::options().create(true).append(true).open(self.log_file());
            command.stderr(log.unwrap());
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let Ok(Ok(Some(first))) = first else { panic!("souk {arguments:?} did not start") };
        // Whatever else it says must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = first.rsplit(' ').next().unwrap().to_owned();
        Server { url, child }
    }

    fn souk(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).envs(&self.variables).current_dir(self.folder.path());
        command
    }

    /// Runs `souk` with these arguments on this shop's settings.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.souk(arguments).stdin(Stdio::null()).output().await.unwrap()
    }

    /// The same, with something to read on its standard input.
    pub async fn run_reading(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.souk(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // One that does not want it has closed its end.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        child.wait_with_output().await.unwrap()
    }

    /// `souk` with these arguments beside the test, such as one that has to wait.
    pub fn begin(&self, arguments: &[&str]) -> Child {
        self.souk(arguments).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
    }

    pub fn url(&self) -> &str {
        &self.server().url
    }

    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// Someone who is not signed in.
    pub fn client(&self) -> Client {
        Client::new(self.url())
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// What the servers of a shop that listens have logged by now.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap()
    }

    pub fn mail_folder(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// Every invariant by `souk check`; and what is due is done by and by, so that nothing stays late.
    pub async fn check(&self) {
        let mut late = String::new();
        let checked = tokio::time::timeout(PATIENCE, async {
            loop {
                let output = self.run(&["check", "--late-after", LATE_AFTER_S]).await;
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(output.status.success(), "{said}");
                if !said.contains("LATE") {
                    return;
                }
                late = said;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let checked = checked.await;
        assert!(checked.is_ok(), "{late}");
    }

    /// Waits until what is in flight has arrived, checks every invariant, and goes away.
    pub async fn close(self) {
        self.settled().await;
        self.check().await;
        self.abandon().await;
    }

    /// Goes away as it is.
    pub async fn abandon(mut self) {
        if let Some(server) = self.server.take() {
            assert!(server.terminate().await.success(), "souk ended badly");
        }
        self.sandbox.stop().await;
        self.database.drop().await;
    }

    /// Waits until every event has been delivered.
    pub async fn settled(&self) {
        let waiting = "select count(*) from commerce_deliveries where state = 'waiting'";
        until("every event is delivered", || async { self.database.number(waiting).await == 0 })
            .await;
    }
}

/// Waits for a condition; fails with its name when it does not come true.
#[track_caller]
pub fn until<F, R>(what: &str, mut holds: F) -> impl Future<Output = ()>
where
    F: FnMut() -> R,
    R: Future<Output = bool>,
{
    let what = what.to_owned();
    async move {
        let waited = tokio::time::timeout(PATIENCE, async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(waited.await.is_ok(), "waited in vain until {what}");
    }
}

/// The `souk` that `SOUK_BIN` names, else the one beside this test.
pub fn binary() -> PathBuf {
    if let Ok(named) = std::env::var("SOUK_BIN") {
        return named.into();
    }
    let test = std::env::current_exe().unwrap();
    let folders = test.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join("souk")).find(|souk| souk.is_file());
    found.unwrap_or_else(|| panic!("no souk beside this test: cargo build -p server"))
}
