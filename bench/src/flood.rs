//! Somebody looks at products while two hundred log in at once.

use std::{rc::Rc, time::Duration};

use crate::{
    Result,
    cases::Case,
    figures::{Figures, millis},
    http::Connection,
    load::{Asking, Journey, drive},
    measure::Plan,
    prepare::Prepared,
    report::{Bar, Findings, Section},
    say,
    shop::{Ground, Process},
};

const NAME: &str = "Product detail beside a flood of log-ins";
const FLOOD: usize = 200;
const ALLOWED: Duration = Duration::from_millis(100);
/// So long at least the flood goes on: a password takes a good part of a second of a core.
const FLOODS: Duration = Duration::from_secs(8);

pub async fn measure(
    plan: &Plan,
    ground: &Ground<'_>,
    prepared: &Prepared,
    findings: &mut Findings,
) -> Result<()> {
    let detail = prepared.reads.iter().map(|(case, _)| case).find(|case| case.is_detail());
    let Some(detail) = detail.filter(|_| plan.wants(NAME)) else { return Ok(()) };
    let shop = ground.serve(&prepared.store, &[]).await?;
    let lasts = plan.lasts().max(FLOODS);
    let alone = drive(looking(&shop, detail).await?, lasts).await;
    let (beside, _) = tokio::join!(
        drive(looking(&shop, detail).await?, lasts),
        drive(Flooding::many(&shop).await?, lasts)
    );
    shop.stop().await?;
    told(prepared, &alone, &beside, findings);
    Ok(())
}

async fn looking(shop: &Process, detail: &Case) -> Result<Vec<Asking>> {
    Asking::many(&shop.authority, 1, &detail.requests, detail.status).await
}

fn told(prepared: &Prepared, alone: &Figures, beside: &Figures, findings: &mut Findings) {
    let engine = prepared.store.engine;
    let [p50, p99] = [beside.p50, beside.p99].map(millis);
    say(&format!("{engine:<10} {NAME}: p50 {p50} ms, p99 {p99} ms"));
    findings.extra.push(Bar {
        what: format!("{engine}: a product beside {FLOOD} log-ins at once, p99 < 100 ms"),
        found: format!("{p99} ms"),
        met: beside.p99 < ALLOWED,
    });
    Section {
        title: "A flood of log-ins",
        text: "One client looks at products, one after the other, alone and while 200 others log in over and over \
               (bcrypt, cost 12, on as many cores as there are).",
        head: &["Engine", "p50 ms alone", "p99 ms alone", "p50 ms", "p99 ms", "Errors"],
        errors: alone.errors + beside.errors,
        rows: vec![vec![
            engine.to_string(),
            millis(alone.p50),
            millis(alone.p99),
            p50,
            p99,
            (alone.errors + beside.errors).to_string(),
        ]],
    }
    .add_to(&mut findings.sections);
}

/// Logs in over and over; whoever has to wait for too long is told so, which is an answer too.
struct Flooding {
    connection: Connection,
    requests: Rc<[Vec<u8>]>,
    turn: usize,
}

impl Flooding {
    async fn many(shop: &Process) -> Result<Vec<Self>> {
        let requests: Rc<[Vec<u8>]> = Case::log_in().requests.into();
        let mut all = Vec::with_capacity(FLOOD);
        for turn in 0..FLOOD {
            let connection = Connection::open(&shop.authority).await?;
            all.push(Self { connection, requests: requests.clone(), turn });
        }
        Ok(all)
    }
}

impl Journey for Flooding {
    async fn once(&mut self) -> Result<()> {
        self.turn += 1;
        let at = self.turn % self.requests.len().max(1);
        let Some(request) = self.requests.get(at) else { return Ok(()) };
        self.connection.ask(request).await.map(drop)
    }
}
