//! Closed-loop load: so many clients, each asking again as soon as it was answered.

use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use crate::{Result, figures::Figures, http::Connection};

/// What a client does over and over.
pub trait Journey: 'static {
    fn once(&mut self) -> impl Future<Output = Result<()>>;
}

/// Lets every client run for a while; what ends while it warms up, in the first fifth, is not counted.
pub async fn drive<J: Journey>(clients: Vec<J>, lasts: Duration) -> Figures {
    let from = Instant::now() + lasts / 5;
    let until = from + lasts;
    let local = LocalSet::new();
    let tasks: Vec<_> =
        clients.into_iter().map(|client| local.spawn_local(run(client, from, until))).collect();
    local.await;
    let (mut took, mut errors) = (Vec::new(), 0);
    for task in tasks {
        match task.await {
            Ok((mine, failed)) => {
                took.extend(mine);
                errors += failed;
            }
            Err(_) => errors += 1,
        }
    }
    Figures::of(took, errors, lasts)
}

/// Microseconds of each journey that ended in time, and how many failed.
async fn run(mut client: impl Journey, from: Instant, until: Instant) -> (Vec<u64>, usize) {
    let (mut took, mut errors) = (Vec::with_capacity(65_536), 0);
    loop {
        let begun = Instant::now();
        if begun >= until {
            return (took, errors);
        }
        if let Err(error) = client.once().await {
            if errors == 0 {
                eprintln!("bench: {error}");
            }
            errors += 1;
            if errors > 100 {
                return (took, errors);
            }
        } else if (from..=until).contains(&Instant::now()) {
            took.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
    }
}

/// Asks one request after the other, around and around.
pub struct Asking {
    connection: Connection,
    requests: std::rc::Rc<[Vec<u8>]>,
    status: u16,
    turn: usize,
}

impl Asking {
    /// So many clients that begin at different places of the round.
    pub async fn many(
        authority: &str,
        clients: usize,
        requests: &[Vec<u8>],
        status: u16,
    ) -> Result<Vec<Self>> {
        let requests: std::rc::Rc<[Vec<u8>]> = requests.into();
        let mut all = Vec::with_capacity(clients);
        for client in 0..clients {
            let connection = Connection::open(authority).await?;
            let turn = client * requests.len() / clients.max(1);
            all.push(Self { connection, requests: requests.clone(), status, turn });
        }
        Ok(all)
    }
}

impl Journey for Asking {
    async fn once(&mut self) -> Result<()> {
        let at = self.turn % self.requests.len().max(1);
        self.turn += 1;
        let Some(request) = self.requests.get(at) else { return Ok(()) };
        let status = self.connection.ask(request).await?;
        if status == self.status {
            return Ok(());
        }
        let body = String::from_utf8_lossy(self.connection.body()).into_owned();
        let line = String::from_utf8_lossy(request).lines().next().unwrap_or("").to_owned();
        Err(crate::trouble(&format!("{line}: {status} {body}")))
    }
}
