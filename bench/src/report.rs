//! The table, as it is printed and as it is written down.

use std::{fmt::Write as _, time::Duration};

use crate::{
    figures::{Figures, Rate, Share, millis},
    measure::BARRED,
    store::Engine,
};

/// How a case is judged: what its rate is held against, and how much of it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// HTTP and SQL, one after the other.
    Both,
    Http,
    Sql,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub engine: Engine,
    pub case: String,
    pub clients: usize,
    pub shop: Figures,
    pub http: Option<Rate>,
    pub sql: Option<Rate>,
    pub statements: usize,
    pub against: Against,
    /// Whether a bar is set for it.
    pub barred: bool,
}

impl Row {
    pub fn floor(&self) -> Option<Rate> {
        match (self.against, self.http, self.sql) {
            (Against::Both, Some(http), Some(sql)) => Some(http.and_then(sql)),
            (Against::Http, http, _) => http,
            (Against::Sql, _, sql) => sql,
            (Against::Both, _, _) => None,
        }
    }

    pub fn share(&self) -> Option<Share> {
        self.floor().map(|floor| self.shop.rate.share_of(floor))
    }

    pub const HEAD: [&str; 12] = [
        "Engine",
        "Case",
        "Clients",
        "Rate/s",
        "p50 ms",
        "p99 ms",
        "Errors",
        "Statements",
        "HTTP floor/s",
        "SQL floor/s",
        "Floor/s",
        "Ratio",
    ];

    pub fn cells(&self) -> [String; 12] {
        let rate = |rate: Option<Rate>| rate.map_or("–".to_owned(), |rate| rate.to_string());
        [
            self.engine.to_string(),
            self.case.clone(),
            self.clients.to_string(),
            self.shop.rate.to_string(),
            millis(self.shop.p50),
            millis(self.shop.p99),
            self.shop.errors.to_string(),
            self.statements.to_string(),
            rate(self.http),
            rate(self.sql),
            rate(self.floor()),
            self.share().map_or("–".to_owned(), |share| share.to_string()),
        ]
    }

    /// For a terminal.
    pub fn line(&self) -> String {
        let [engine, case, clients, rate, p50, p99, errors, _, http, sql, floor, ratio] =
            self.cells();
        format!(
            "{engine:<10} {case:<28} {clients:>3} {rate:>8}/s  p50 {p50:>8}  p99 {p99:>8}  errors {errors}  \
             http {http:>8}  sql {sql:>8}  floor {floor:>8}  ratio {ratio}"
        )
    }
}

/// What one process needed.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    pub engine: Engine,
    pub cold_start: Duration,
    pub idle_kib: u64,
    pub loaded_kib: u64,
}

/// How a request fares over few products and over many.
#[derive(Debug, Clone)]
pub struct Growth {
    pub engine: Engine,
    pub case: String,
    pub few: (u64, Figures),
    pub many: (u64, Figures),
    /// How many times slower it may be, in hundredths.
    pub allowed: u64,
}

impl Growth {
    /// How many times slower, in hundredths.
    pub fn times(&self) -> Share {
        self.few.1.rate.share_of(self.many.1.rate)
    }

    pub fn holds(&self) -> bool {
        self.times() <= Share(self.allowed)
    }

    pub fn line(&self) -> String {
        let Self { engine, case, few, many, .. } = self;
        format!(
            "{engine:<10} {case:<28} {} products {}/s, {} products {}/s: {} times as slow",
            few.0,
            few.1.rate,
            many.0,
            many.1.rate,
            self.times()
        )
    }
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Findings {
    pub rows: Vec<Row>,
    pub needs: Vec<Needs>,
    pub growth: Vec<Growth>,
    pub sections: Vec<Section>,
    /// Bars of parts that are not in the table.
    pub extra: Vec<Bar>,
    pub seconds: u64,
    pub rounds: usize,
    pub products: u64,
}

/// Something that does not fit in the table: a table of its own.
#[derive(Debug, Clone)]
pub struct Section {
    pub title: &'static str,
    /// What was measured, and how.
    pub text: &'static str,
    pub head: &'static [&'static str],
    pub rows: Vec<Vec<String>>,
    pub errors: usize,
}

impl Section {
    /// Puts it among others, its rows under those of the same title.
    pub fn add_to(self, sections: &mut Vec<Self>) {
        match sections.iter_mut().find(|section| section.title == self.title) {
            Some(known) => {
                known.rows.extend(self.rows);
                known.errors += self.errors;
            }
            None => sections.push(self),
        }
    }

    fn page(&self) -> String {
        let mut page = format!("\n## {}\n\n{}\n\n", self.title, self.text);
        let _ =
            writeln!(page, "| {} |\n|{}", self.head.join(" | "), "---|".repeat(self.head.len()));
        for row in &self.rows {
            let _ = writeln!(page, "| {} |", row.join(" | "));
        }
        page
    }
}

/// A bar, what came of it, and whether it was met.
#[derive(Debug, Clone)]
pub struct Bar {
    pub what: String,
    pub found: String,
    pub met: bool,
}

impl Findings {
    /// A part that broke off is a bar that was missed; the others are measured all the same.
    pub fn part(&mut self, engine: Engine, part: &str, done: crate::Result<()>) {
        let Err(error) = done else { return };
        crate::say(&format!("{engine}: {part} broke off: {error}"));
        let what = format!("{engine}: {part} can be measured");
        self.extra.push(Bar { what, found: format!("broke off: {error}"), met: false });
    }

    /// Keeps the round in the middle, by its ratio or else its rate, and the errors of all.
    pub fn add(&mut self, mut rounds: Vec<Row>) {
        let errors = rounds.iter().map(|round| round.shop.errors).sum();
        rounds.sort_by_key(|row| (row.share(), row.shop.rate));
        let middle = rounds.len() / 2;
        if let Some(mut row) = rounds.into_iter().nth(middle) {
            row.shop.errors = errors;
            crate::say(&row.line());
            self.rows.push(row);
        }
    }

    /// The same, of a small shop beside a large one.
    pub fn grown(&mut self, mut rounds: Vec<Growth>) {
        let errors =
            |of: fn(&Growth) -> &Figures| rounds.iter().map(|round| of(round).errors).sum();
        let (few, many) = (errors(|round| &round.few.1), errors(|round| &round.many.1));
        rounds.sort_by_key(Growth::times);
        let middle = rounds.len() / 2;
        if let Some(mut growth) = rounds.into_iter().nth(middle) {
            (growth.few.1.errors, growth.many.1.errors) = (few, many);
            crate::say(&growth.line());
            self.growth.push(growth);
        }
    }

    fn bars(&self) -> Vec<Bar> {
        let mut bars = Vec::new();
        let half = Share(50);
        for row in self.rows.iter().filter(|row| row.barred && row.clients == BARRED) {
            let share = row.share().unwrap_or(Share(0));
            let of = match row.against {
                Against::Both => "HTTP and SQL together",
                Against::Http => "bare HTTP",
                Against::Sql => "the same statements",
            };
            let what = format!("{}: {} at 16 clients ≥ 0.5 of {of}", row.engine, row.case);
            bars.push(Bar { what, found: share.to_string(), met: share >= half });
        }
        bars.push(self.no_errors());
        bars.extend(self.no_collapse());
        for needs in &self.needs {
            let (idle, start) = (needs.idle_kib / 1024, needs.cold_start);
            let what = format!("{}: idle memory < 60 MB", needs.engine);
            bars.push(Bar { what, found: format!("{idle} MB"), met: idle < 60 });
            let what = format!("{}: cold start < 0.3 s", needs.engine);
            let found = format!("{} ms", millis(start));
            bars.push(Bar { what, found, met: start < Duration::from_millis(300) });
        }
        for growth in &self.growth {
            let allowed = Share(growth.allowed);
            let what = format!(
                "{}: {} over {} products within {allowed} times of {}",
                growth.engine, growth.case, growth.many.0, growth.few.0
            );
            bars.push(Bar { what, found: growth.times().to_string(), met: growth.holds() });
        }
        bars.extend(self.extra.iter().cloned());
        bars
    }

    fn no_errors(&self) -> Bar {
        let of_rows: usize = self.rows.iter().map(|row| row.shop.errors).sum();
        let of_growth: usize =
            self.growth.iter().map(|growth| growth.few.1.errors + growth.many.1.errors).sum();
        let of_sections: usize = self.sections.iter().map(|section| section.errors).sum();
        let errors = of_rows + of_growth + of_sections;
        Bar { what: "No errors".into(), found: errors.to_string(), met: errors == 0 }
    }

    /// At 64 clients at least four fifths of what there is at 16, each taken beside its floor of that moment: the two
    /// are measured apart, and the machine is not the same all the time.
    fn no_collapse(&self) -> Vec<Bar> {
        let mut bars = Vec::new();
        for row in self.rows.iter().filter(|row| row.clients == 64) {
            let at_16 = self.rows.iter().find(|other| {
                other.engine == row.engine && other.case == row.case && other.clients == 16
            });
            let Some(at_16) = at_16 else { continue };
            let rate = row.shop.rate.share_of(at_16.shop.rate);
            let beside = match (row.share(), at_16.share()) {
                (Some(at_64), Some(at_16)) => at_64.of(at_16),
                _ => rate,
            };
            let what = format!(
                "{}: {} at 64 clients ≥ 0.8 of 16, each beside its floor",
                row.engine, row.case
            );
            let found = format!("{beside} (rate {rate})");
            bars.push(Bar { what, found, met: beside >= Share(80) });
        }
        bars
    }

    /// The bars that were missed, one a line.
    pub fn missed(&self) -> Vec<String> {
        let missed = self.bars().into_iter().filter(|bar| !bar.met);
        missed.map(|bar| format!("{}: {}", bar.what, bar.found)).collect()
    }

    /// `docs/performance.md`.
    pub fn page(&self) -> String {
        let mut page = include_str!("performance.md").to_owned();
        let _ = writeln!(page, "{}\n", self.circumstances());
        page.push_str("## The bars\n\n| Bar | Found | Met |\n|---|---:|---|\n");
        for bar in self.bars() {
            let met = if bar.met { "yes" } else { "**no**" };
            let _ = writeln!(page, "| {} | {} | {met} |", bar.what, bar.found);
        }
        page.push_str("\n## Every figure\n\n");
        let _ = writeln!(page, "| {} |", Row::HEAD.join(" | "));
        page.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        for row in &self.rows {
            let _ = writeln!(page, "| {} |", row.cells().join(" | "));
        }
        page.push_str("\n## What a process needs\n\n| Engine | Cold start ms | Idle MB | After all loads MB |\n|---|---:|---:|---:|\n");
        for Needs { engine, cold_start, idle_kib, loaded_kib } in &self.needs {
            let (idle, loaded) = (idle_kib / 1024, loaded_kib / 1024);
            let _ = writeln!(page, "| {engine} | {} | {idle} | {loaded} |", millis(*cold_start));
        }
        if !self.growth.is_empty() {
            page.push_str("\n## A growing shop\n\nUncached, 16 clients.\n\n| Engine | Case | Products | Rate/s | p50 ms | p99 ms |\n|---|---|---:|---:|---:|---:|\n");
            for growth in &self.growth {
                for (products, figures) in [growth.few, growth.many] {
                    let (p50, p99) = (millis(figures.p50), millis(figures.p99));
                    let (engine, case, rate) = (growth.engine, &growth.case, figures.rate);
                    let _ = writeln!(
                        page,
                        "| {engine} | {case} | {products} | {rate} | {p50} | {p99} |"
                    );
                }
            }
        }
        self.sections.iter().for_each(|section| page.push_str(&section.page()));
        page
    }

    fn circumstances(&self) -> String {
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let kib = kib.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        let gib = kib.unwrap_or(0) / 1_048_576;
        format!(
            "This run: {cores} cores, {gib} GiB of memory, {} rounds of {} s, {} products.",
            self.rounds, self.seconds, self.products
        )
    }
}
