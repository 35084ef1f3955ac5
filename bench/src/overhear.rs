//! Runs the shop in this process and tells every statement it asks, one a line; and the other end of that line.

use std::{
    io::Write,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use persistence::Heard;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{Result, statement::Asked, trouble};

/// Nothing heard for this long means that the shop has done its work.
const QUIET: Duration = Duration::from_millis(400);

/// The process that is listened to: the shop, and a line for everything it asks.
pub async fn run() -> Result<()> {
    let config = server::config::load()?;
    let with_worker = config.worker.enabled;
    let souk = server::serve::Souk::start(config, with_worker).await?;
    tell(&souk.url());
    souk.house.db.overhear(Arc::new(|heard: Heard<'_>| {
        tell(&serde_json::to_string(&Asked::of(heard)).unwrap_or_default());
    }));
    std::future::pending().await
}

fn tell(line: &str) {
    static OUT: Mutex<()> = Mutex::new(());
    let _whole_lines = OUT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A shop that is listened to; killed when dropped.
pub struct Overheard {
    pub authority: String,
    lines: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Overheard {
    /// `command` is this program with the shop's settings in its environment.
    pub async fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let out = child.stdout.take().ok_or_else(|| trouble("no standard output"))?;
        let mut lines = BufReader::new(out).lines();
        let url = lines.next_line().await?.ok_or_else(|| trouble("the shop did not start"))?;
        let authority = url.trim_start_matches("http://").to_owned();
        Ok(Self { authority, lines, child })
    }

    /// Ends it; its address is free again afterwards.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// What was asked since the last time, once the shop has become quiet.
    pub async fn heard(&mut self) -> Result<Vec<Asked>> {
        let mut asked = Vec::new();
        while let Ok(line) = timeout(QUIET, self.lines.next_line()).await {
            let line = line?.ok_or_else(|| trouble("the shop has gone"))?;
            asked.push(serde_json::from_str(&line)?);
        }
        Ok(asked)
    }
}
