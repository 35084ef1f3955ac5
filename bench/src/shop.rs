//! The shop under test: a release build of `souk` as a process of its own, beside a sandbox gateway.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    Result,
    http::{Connection, get},
    overhear::Overheard,
    say,
    store::Store,
    trouble,
};

/// Where a measurement keeps its files, and which `souk` it measures.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub souk: &'a Path,
    pub folder: &'a Path,
    /// Where the shop listens, which the gateway must know, and the gateway, which the shop must know.
    pub shop: &'a str,
    pub gateway: &'a str,
}

/// A running process that said where it listens; killed when dropped.
pub struct Process {
    pub authority: String,
    child: Child,
}

impl Process {
    /// The last word of its first line is its address.
    pub async fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let out = child.stdout.take().ok_or_else(|| trouble("no standard output"))?;
        let mut lines = BufReader::new(out).lines();
        let line = lines.next_line().await?.ok_or_else(|| trouble("a process did not start"))?;
        // Whatever else it says must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = line.rsplit(' ').next().unwrap_or_default();
        Ok(Self { authority: url.trim_start_matches("http://").to_owned(), child })
    }

    /// Resident memory in KiB, now.
    pub fn resident_kib(&self) -> Result<u64> {
        let id = self.child.id().ok_or_else(|| trouble("the process has ended"))?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.unwrap_or_default().parse()?)
    }

    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// What differs from one measurement to the next: names and values of the shop's settings.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

impl Ground<'_> {
    /// Settings of the test environment, whose limits are far away, and otherwise those of production.
    fn configure(&self, command: &mut Command, store: &Store, settings: Settings<'_>) {
        let of_production = [
            ("SOUK_ENV", "test"),
            ("SOUK__DATABASE__MIGRATE_ON_START", "false"),
            ("SOUK__LOG__LEVEL", "info"),
            ("SOUK__AUTH__BCRYPT_COST", "12"),
            ("SOUK__WORKER__POLL_MS", "250"),
            ("SOUK__WORKER__LEASE_S", "60"),
            ("SOUK__WORKER__EXPIRE_ORDERS_EVERY_S", "15"),
            ("SOUK__WORKER__POLL_PAYMENTS_EVERY_S", "5"),
            ("SOUK__SERVER__REQUEST_TIMEOUT_MS", "60000"),
            ("SOUK__BUY__MAX_OPEN_ORDERS_PER_USER", "1000000"),
            ("SOUK__SERVER__BIND", self.shop),
        ];
        command.current_dir(self.folder).envs(of_production).envs(settings.iter().copied());
        command.env("SOUK__DATABASE__URL", &store.url);
        command.env("SOUK__PAYMENTS__SANDBOX__BASE_URL", format!("http://{}", self.gateway));
        command.env("SOUK__MAIL__FOLDER", self.folder.join("mail"));
        // The log is written, as in production, and nobody reads it.
        command.stderr(Stdio::null());
    }

    pub async fn serve(&self, store: &Store, settings: Settings<'_>) -> Result<Process> {
        let mut command = Command::new(self.souk);
        command.arg("serve");
        self.configure(&mut command, store, settings);
        Process::start(command).await
    }

    /// The shop in a process of ours that tells its statements.
    pub async fn overhear(&self, store: &Store, settings: Settings<'_>) -> Result<Overheard> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("overhear");
        self.configure(&mut command, store, settings);
        Overheard::start(command).await
    }

    /// Runs `souk` to its end.
    pub async fn run(&self, store: &Store, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(self.souk);
        command.args(arguments);
        self.configure(&mut command, store, &[]);
        let output = command.stderr(Stdio::piped()).output().await?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(trouble(&format!("souk {arguments:?}: {}", String::from_utf8_lossy(&said))))
    }

    /// The same, telling one of so many lines that it says.
    pub async fn run_aloud(&self, store: &Store, arguments: &[&str], every: usize) -> Result<()> {
        let mut command = Command::new(self.souk);
        command.args(arguments).kill_on_drop(true);
        self.configure(&mut command, store, &[]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or_else(|| trouble("no standard output"))?;
        let (mut lines, mut said) = (BufReader::new(out).lines(), 0);
        while let Some(line) = lines.next_line().await? {
            said += 1;
            if said % every == 0 {
                say(&format!("  {line}"));
            }
        }
        let done = child.wait().await?.success();
        if done { Ok(()) } else { Err(trouble(&format!("souk {arguments:?} failed"))) }
    }

    /// From the start of the process to the first answer, on a migrated database.
    pub async fn cold_start(&self, store: &Store) -> Result<(Duration, Process)> {
        let started = Instant::now();
        let shop = self.serve(store, &[]).await?;
        Connection::open(&shop.authority).await?.expect(&get("/v1/products?limit=1"), 200).await?;
        Ok((started.elapsed(), shop))
    }

    /// The gateway, a process of its own; its webhooks go to the shop.
    pub async fn gateway(&self) -> Result<Process> {
        let mut command = Command::new(self.souk);
        command.arg("gateway").current_dir(self.folder).stderr(Stdio::null()).envs([
            ("SOUK_ENV", "test"),
            ("SOUK__DATABASE__URL", "sqlite::memory:"),
            ("SOUK__SANDBOX__BIND", self.gateway),
            ("SOUK__SANDBOX__DATA", ""),
            ("SOUK__SANDBOX__FAULTS", ""),
        ]);
        let webhooks = format!("http://{}/v1/webhooks/sandbox", self.shop);
        command.env("SOUK__SANDBOX__WEBHOOK_URL", webhooks);
        Process::start(command).await
    }
}

/// The `souk` that `SOUK_BIN` names, else the one beside this program.
pub fn binary() -> Result<PathBuf> {
    if let Ok(named) = std::env::var("SOUK_BIN") {
        return Ok(named.into());
    }
    let beside = std::env::current_exe()?.with_file_name("souk");
    if beside.is_file() {
        Ok(beside)
    } else {
        Err(trouble("build souk first, or name it in SOUK_BIN"))
    }
}
