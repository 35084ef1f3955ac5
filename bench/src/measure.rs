//! The whole measurement: a shop on each engine, every case beside its floors.

use std::{rc::Rc, time::Duration};

use tokio::process::Command;

use crate::{
    Result,
    bare::Bodies,
    cases::{Case, Heard},
    figures::Rate,
    flood, ledger,
    load::drive,
    picture,
    prepare::{Prepared, UNCACHED, prepare},
    purchase::Buyer,
    rental::{self, Market},
    report::{Against, Findings, Needs, Row},
    say, scale,
    shop::{self, Ground, Process},
    store::Engine,
};

/// The number of clients that the bars are set for.
pub const BARRED: usize = 16;
/// A purchase takes many requests: so long at least is a round of them, for each [`BARRED`] buyers. They move in waves,
/// and a round must see several.
const PURCHASES: Duration = Duration::from_secs(4);

pub struct Plan {
    pub engines: Vec<Engine>,
    pub only: Vec<String>,
    pub clients: Vec<usize>,
    pub seconds: u64,
    /// How often each figure is taken, its floors in between.
    pub rounds: usize,
    pub products: u64,
    pub scale: u64,
    pub market: Market,
    /// Entries in the books that are checked.
    pub entries: u64,
}

impl Plan {
    pub fn wants(&self, case: &str) -> bool {
        let asked = |part: &String| case.to_lowercase().contains(&part.to_lowercase());
        self.only.is_empty() || self.only.iter().any(asked)
    }

    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        let clients = [1, 16, 64].iter().all(|clients| self.clients.contains(clients));
        let large = self.scale > 0 && self.market.vehicles > 0 && self.entries > 0;
        self.only.is_empty() && self.engines.len() == 2 && large && clients
    }

    /// How often a figure is taken: those that bars are set for more than once.
    pub fn rounds(&self, clients: usize) -> usize {
        if clients == BARRED { self.rounds } else { 1 }
    }

    /// How long a round lasts.
    pub fn lasts(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

pub async fn measure(plan: &Plan) -> Result<Findings> {
    let souk = shop::binary()?;
    let mut findings = Findings {
        seconds: plan.seconds,
        rounds: plan.rounds,
        products: plan.products,
        ..Findings::default()
    };
    for &engine in &plan.engines {
        let folder = tempfile::tempdir()?;
        let (shop, gateway) = (free_address().await?, free_address().await?);
        let ground = Ground { souk: &souk, folder: folder.path(), shop: &shop, gateway: &gateway };
        say(&format!("{engine}: a shop with {} products …", plan.products));
        let prepared = prepare(plan, &ground, engine).await?;
        let on = On { plan, ground, prepared: &prepared };
        let done = on.reads(&mut findings).await;
        findings.part(engine, "reads", done);
        let done = on.writes(&mut findings).await;
        findings.part(engine, "writes", done);
        let done = on.purchases(&mut findings).await;
        findings.part(engine, "purchases", done);
        let done = flood::measure(plan, &ground, &prepared, &mut findings).await;
        findings.part(engine, "a flood of log-ins", done);
        prepared.drop().await?;
        if plan.scale > 0 && plan.wants("scale") {
            let done = scale::measure(plan, &ground, engine, &mut findings).await;
            findings.part(engine, "a growing shop", done);
        }
        let done = rental::measure(plan, &ground, engine, &mut findings).await;
        findings.part(engine, "renting", done);
        let done = ledger::measure(plan, &ground, engine, &mut findings).await;
        findings.part(engine, "the books", done);
        let done = picture::measure(plan, &ground, engine, &mut findings.sections).await;
        findings.part(engine, "a photo", done);
    }
    Ok(findings)
}

async fn free_address() -> Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    Ok(listener.local_addr()?.to_string())
}

/// One engine's measurement.
struct On<'a> {
    plan: &'a Plan,
    ground: Ground<'a>,
    prepared: &'a Prepared,
}

/// What a case is held against.
struct Kind {
    suffix: &'static str,
    against: Against,
    barred: bool,
}

impl On<'_> {
    async fn reads(&self, findings: &mut Findings) -> Result<()> {
        let Prepared { store, reads, .. } = self.prepared;
        let engine = store.engine;
        let (cold_start, shop) = self.ground.cold_start(store).await?;
        let idle_kib = shop.resident_kib()?;
        let (start_ms, idle_mib) = (cold_start.as_millis(), idle_kib / 1024);
        say(&format!("{engine}: cold start {start_ms} ms, idle {idle_mib} MB"));
        let hot = Kind { suffix: ", hot", against: Against::Http, barred: true };
        for (case, _) in reads {
            self.case(case, &shop, &hot, None, findings).await?;
        }
        let loaded_kib = shop.resident_kib()?;
        findings.needs.push(Needs { engine, cold_start, idle_kib, loaded_kib });
        shop.stop().await?;
        let shop = self.ground.serve(store, &[UNCACHED]).await?;
        let uncached = Kind { suffix: ", uncached", against: Against::Both, barred: true };
        for (case, heard) in reads {
            self.case(case, &shop, &uncached, Some(heard), findings).await?;
        }
        shop.stop().await
    }

    async fn writes(&self, findings: &mut Findings) -> Result<()> {
        let shop = self.ground.serve(&self.prepared.store, &[]).await?;
        let both = Kind { suffix: "", against: Against::Both, barred: false };
        for (case, heard) in &self.prepared.writes {
            self.case(case, &shop, &both, Some(heard), findings).await?;
        }
        shop.stop().await
    }

    /// One case at every number of clients, beside its floors.
    async fn case(
        &self,
        case: &Case,
        shop: &Process,
        kind: &Kind,
        heard: Option<&Heard>,
        findings: &mut Findings,
    ) -> Result<()> {
        let name = format!("{}{}", case.name, kind.suffix);
        if !self.plan.wants(&name) {
            return Ok(());
        }
        let Prepared { store, floor: copy, .. } = self.prepared;
        let bare = self.bare(&case.bodies(&shop.authority).await?).await?;
        let floor = match heard {
            Some(heard) => Some(heard.floor(copy).await?),
            None => None,
        };
        let lasts = self.plan.lasts();
        let round = async |clients| -> Result<Row> {
            let figures = case.load(&shop.authority, clients, case.status, lasts).await?;
            let http = case.load(&bare.authority, clients, 200, lasts).await?.rate;
            let mut sql = match &floor {
                Some(floor) => Some(floor.run(copy, clients, lasts).await?),
                None => None,
            };
            if case.hashes {
                sql = sql.map(|sql| sql.and_then(hashes()));
            }
            Ok(Row {
                engine: store.engine,
                case: name.clone(),
                clients,
                shop: figures,
                http: Some(http),
                sql,
                statements: heard.map_or(0, Heard::statements),
                against: kind.against,
                barred: kind.barred,
            })
        };
        for &clients in &self.plan.clients {
            let mut rounds = Vec::new();
            for _ in 0..self.plan.rounds(clients) {
                rounds.push(round(clients).await?);
            }
            findings.add(rounds);
        }
        bare.stop().await
    }

    async fn bare(&self, bodies: &Bodies) -> Result<Process> {
        let file = self.ground.folder.join("bodies.json");
        std::fs::write(&file, serde_json::to_vec(bodies)?)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(file);
        Process::start(command).await
    }

    async fn purchases(&self, findings: &mut Findings) -> Result<()> {
        let Prepared { store, floor: copy, variants, purchase, .. } = self.prepared;
        let Some(heard) = purchase else { return Ok(()) };
        let gateway = self.ground.gateway().await?;
        let shop = self.ground.serve(store, &[("SOUK__AUTH__BCRYPT_COST", "4")]).await?;
        let floor = heard.floor(copy).await?;
        for &clients in &self.plan.clients {
            let waves = u32::try_from(clients.div_ceil(BARRED)).unwrap_or(1);
            let lasts = self.plan.lasts().max(PURCHASES * waves);
            let mut rounds = Vec::new();
            for _ in 0..self.plan.rounds(clients) {
                let buyers = buyers(&shop, &gateway, variants, clients).await?;
                let bought = drive(buyers, lasts).await;
                rounds.push(Row {
                    engine: store.engine,
                    case: "Full purchase".to_owned(),
                    clients,
                    shop: bought,
                    http: None,
                    sql: Some(floor.run(copy, clients, lasts).await?),
                    statements: heard.statements(),
                    against: Against::Sql,
                    barred: true,
                });
            }
            findings.add(rounds);
        }
        shop.stop().await?;
        gateway.stop().await?;
        self.ground.run(store, &["check"]).await
    }
}

async fn buyers(
    shop: &Process,
    gateway: &Process,
    variants: &Rc<[String]>,
    count: usize,
) -> Result<Vec<Buyer>> {
    let mut buyers = Vec::with_capacity(count);
    for number in 0..count {
        let first = number * 7;
        let buyer = Buyer::new(&shop.authority, &gateway.authority, variants.clone(), first);
        buyers.push(buyer.await?);
    }
    Ok(buyers)
}

/// How many passwords a second all cores together can check.
fn hashes() -> Rate {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let started = std::time::Instant::now();
    let each = |_| std::thread::spawn(|| bcrypt::hash("open-sesame-1001", 12).is_ok());
    let threads: Vec<_> = (0..cores).map(each).collect();
    let done = threads.into_iter().filter_map(|thread| thread.join().ok()).count();
    Rate::of(done, started.elapsed())
}
