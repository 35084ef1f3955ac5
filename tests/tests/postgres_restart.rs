//! PostgreSQL dies and comes back while people buy: what they were told of is there, and everything settles.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;
use tests::{Database, Engine, Policy, Shop, Storm};

const PRICE: i64 = 12_50;
/// Who runs PostgreSQL, which refuses root, when we are root.
const SERVANTS: [&str; 2] = ["postgres", "nobody"];

/// A PostgreSQL for one test, in a folder and on a port of its own; gone when dropped.
struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    servant: Option<String>,
    port: u16,
}

impl Postgres {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let servant = servant();
        if let Some(servant) = &servant {
            ran(Command::new("chown").arg(servant).arg(folder.path()));
        }
        let mut postgres = Self { folder, programs: programs(), servant, port: 0 };
        ran(postgres.command("initdb").args([
            "-U",
            "souk",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]));
        // Another program may take the free port first.
        let started = (0..10).any(|_| {
            postgres.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            postgres.control(&["start", "-o", &postgres.options()])
        });
        assert!(started, "PostgreSQL would not start: {}", postgres.log());
        ran(postgres
            .program("createdb")
            .args(["-h", "127.0.0.1", "-U", "souk", "-p"])
            .args([&postgres.port.to_string(), "souk"]));
        postgres
    }

    /// Kills every one of its processes, and starts it again.
    fn crash(&self) {
        assert!(self.control(&["restart", "-m", "immediate"]), "{}", self.log());
    }

    fn url(&self) -> String {
        format!("postgres://souk@127.0.0.1:{}/souk", self.port)
    }

    fn options(&self) -> String {
        let sockets = self.folder.path().display();
        let port = self.port;
        format!("-p {port} -h 127.0.0.1 -c unix_socket_directories={sockets} -c fsync=off")
    }

    fn control(&self, arguments: &[&str]) -> bool {
        let log = self.folder.path().join("log");
        let mut command = self.command("pg_ctl");
        command.args(["-w", "-t", "60", "-l"]).arg(log).args(arguments);
        // Its output goes nowhere: the server would inherit our pipe and hold it open.
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// One of its programs, told where the data is.
    fn command(&self, name: &str) -> Command {
        let mut command = self.program(name);
        command.arg("-D").arg(self.folder.path().join("data"));
        command
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = match &self.servant {
            None => Command::new(program),
            Some(servant) => {
                let mut as_servant = Command::new("setpriv");
                let user = format!("--reuid={servant}");
                as_servant.args([&user, "--clear-groups"]).arg(program);
                as_servant
            }
        };
        command.current_dir(self.folder.path()).env("LC_ALL", "C.UTF-8");
        command
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.control(&["stop", "-m", "immediate"]);
    }
}

fn servant() -> Option<String> {
    if output(Command::new("id").arg("-u")) != "0" {
        return None;
    }
    let known = |name: &&&str| {
        Command::new("id").arg(**name).output().is_ok_and(|output| output.status.success())
    };
    let name = SERVANTS.iter().find(known);
    Some(name.unwrap_or_else(|| panic!("nobody to run PostgreSQL as: {SERVANTS:?}")).to_string())
}

/// The newest PostgreSQL here; Debian keeps its programs off the path.
fn programs() -> PathBuf {
    let named = std::env::var("SOUK_PG_BIN").ok().map(PathBuf::from);
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    folders.sort_by_key(|folder| version(folder));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path);
    let all = named.into_iter().chain(folders.into_iter().rev()).chain(on_path);
    let mut whole =
        all.filter(|folder| folder.join("pg_ctl").is_file() && folder.join("initdb").is_file());
    whole.next().unwrap_or_else(|| panic!("no PostgreSQL is installed; run `make test`"))
}

fn version(programs: &Path) -> u32 {
    let name = programs.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or_default()
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn ran(command: &mut Command) {
    output(command);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_crashes_under_load_loses_nothing_the_shop_told() {
    let postgres = Postgres::start();
    let database = Database { engine: Engine::Postgres, url: postgres.url() };
    let shop = Shop::open_on(database, &[]).await;
    let tea = shop.put_on_sale(Policy::Hold, PRICE, 1_000).await;
    let storm = Storm::begin(&shop, shop.customers(8).await, &tea, 6);

    for round in 1..=4 {
        storm.has_bought(8 * round).await;
        tokio::task::block_in_place(|| postgres.crash());
    }

    assert_eq!(storm.blow_over().await, 48);
    let (on_hand, held) = shop.stock(&tea).await;
    assert_eq!(held, 0);
    assert_eq!(shop.money_kept(), (1_000 - on_hand) * PRICE);
    let orders = shop.database.number("select count(*) from commerce_orders").await;
    assert_eq!(orders, 48, "each order was told of");
    let crashes = postgres.log().matches("database system was not properly shut down").count();
    assert_eq!(crashes, 4, "{}", postgres.log());
    shop.close().await;
}
