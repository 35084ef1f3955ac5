//! The house is as it was drawn: who may know whom, and where time and chance come from.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken rule stops the test")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, Package};

/// What one crate may know.
struct Room {
    name: &'static str,
    /// Crates of the house.
    may_know: &'static [&'static str],
    /// Crates of the house that only its tests may know.
    tests_may_know: &'static [&'static str],
    /// Crates of others that have no business here.
    never: &'static [&'static str],
}

/// Rooms beside the house: they drive it, nobody ships them.
const TOOLS: &[&str] = &["tests", "bench"];
/// The core and its modes, those among them that are still to be built.
const DOMAIN: &[&str] =
    &["commerce", "identity", "market", "media", "buy", "rent", "bid", "trade", "topup"];
const CORE: &[&str] = &["commerce"];

/// The plan. A new crate of the house gets a row here first.
const PLAN: &[Room] = &[
    Room { name: "commerce", may_know: &[], tests_may_know: &[], never: &[] },
    Room { name: "identity", may_know: CORE, tests_may_know: &[], never: &[] },
    Room { name: "market", may_know: CORE, tests_may_know: &[], never: &[] },
    Room { name: "media", may_know: CORE, tests_may_know: &[], never: &[] },
    Room { name: "buy", may_know: CORE, tests_may_know: &[], never: &[] },
    Room { name: "rent", may_know: CORE, tests_may_know: &[], never: &[] },
    Room { name: "bid", may_know: CORE, tests_may_know: &[], never: &[] },
    Room { name: "trade", may_know: CORE, tests_may_know: &[], never: &[] },
    Room { name: "topup", may_know: CORE, tests_may_know: &[], never: &[] },
    Room {
        name: "persistence",
        // `migration` is optional: only the tests' databases are built with it.
        may_know: &[
            "commerce",
            "identity",
            "market",
            "media",
            "buy",
            "rent",
            "bid",
            "trade",
            "topup",
            "migration",
        ],
        tests_may_know: &[],
        never: &["actix-web", "paperclip", "reqwest", "jsonwebtoken", "bcrypt"],
    },
    Room {
        name: "integrations",
        may_know: DOMAIN,
        tests_may_know: &["sandbox"],
        never: &["sea-orm", "sqlx", "actix-web", "paperclip"],
    },
    Room {
        name: "api",
        may_know: DOMAIN,
        tests_may_know: &[],
        never: &["sea-orm", "sqlx", "reqwest", "jsonwebtoken", "bcrypt", "redis"],
    },
    Room { name: "sandbox", may_know: &[], tests_may_know: &[], never: &["sea-orm", "sqlx"] },
    Room { name: "migration", may_know: &[], tests_may_know: &[], never: &["actix-web"] },
    Room {
        name: "server",
        may_know: &[
            "commerce",
            "identity",
            "market",
            "media",
            "buy",
            "rent",
            "bid",
            "trade",
            "topup",
            "persistence",
            "integrations",
            "api",
            "sandbox",
            "migration",
        ],
        tests_may_know: &[],
        never: &["sea-orm", "sqlx", "paperclip"],
    },
    Room {
        name: "tests",
        may_know: &["integrations", "sandbox", "server", "migration"],
        tests_may_know: &[],
        never: &[],
    },
    Room {
        name: "bench",
        // It runs the server in its own process, to hear its statements, and posts to the books by itself.
        may_know: &["commerce", "persistence", "server"],
        tests_may_know: &[],
        never: &[],
    },
];

/// All a domain crate may take from others: nothing that opens a socket, a file or a database.
const PURE: &[&str] = &[
    "async-trait",
    "base64",
    "chrono",
    "chrono-tz",
    "futures-util",
    "hex",
    "hmac",
    // Only the decoders of the formats it is told to; it opens nothing by itself.
    "image",
    "secrecy",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "thiserror",
    "tokio",
    "tracing",
    "unicode-normalization",
    "uuid",
];

/// A word that may stand in a few files only.
struct Word {
    text: &'static str,
    only_in: &'static [&'static str],
    why: &'static str,
}

const TIME: &str = "time comes from the port `commerce::Clock`, so that a test can set it";
const CHANCE: &str = "chance comes from the port `commerce::Entropy`, so that a test can set it";
const OUTSIDE: &str = "a domain crate opens no socket, file or process; that is what ports are for";

/// `only_in` names files, or folders by a slash at the end.
const WORDS: &[Word] = &[
    Word { text: "Utc::now(", only_in: &["crates/commerce/src/env.rs"], why: TIME },
    Word { text: "Local::now(", only_in: &[], why: TIME },
    // The gateway is a provider of its own, with a clock of its own.
    Word { text: "SystemTime::now(", only_in: &["crates/sandbox/src/env.rs"], why: TIME },
    Word {
        text: "rand::",
        // The jitter of a retry is not seen outside.
        only_in: &["crates/server/src/chance.rs", "crates/integrations/src/gateways/call.rs"],
        why: CHANCE,
    },
    Word { text: "OsRng", only_in: &["crates/server/src/chance.rs"], why: CHANCE },
    Word { text: "getrandom", only_in: &[], why: CHANCE },
    Word { text: "Uuid::now_v7(", only_in: &["crates/sandbox/src/env.rs"], why: TIME },
    Word {
        text: "Uuid::new_v4(",
        // Names of test databases, and the jitter of a retry: neither is seen outside.
        only_in: &[
            "crates/sandbox/src/env.rs",
            "crates/persistence/src/testing.rs",
            "crates/persistence/src/commit.rs",
        ],
        why: CHANCE,
    },
];

/// A folder each.
const GATEWAYS: &str = "crates/integrations/src/gateways";

/// Packages whose library goes by another name.
const CALLED: &[(&str, &str)] = &[("rustls-webpki", "webpki")];

/// What a domain crate does not even take from `tokio` and `std`.
const OUTSIDE_WORDS: &[&str] =
    &["tokio::net", "tokio::fs", "tokio::process", "std::net::Tcp", "std::fs", "std::process"];

fn house() -> Metadata {
    MetadataCommand::new().no_deps().exec().unwrap()
}

fn members(house: &Metadata) -> Vec<&Package> {
    let mut members: Vec<_> = house.packages.iter().collect();
    members.sort_by_key(|package| package.name.to_string());
    members
}

fn is_product(package: &&Package) -> bool {
    !TOOLS.contains(&package.name.as_str())
}

/// The name a dependency has in the code.
fn imported(dependency: &Dependency) -> String {
    let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
    let called = CALLED.iter().find(|(package, _)| package == name);
    called.map_or_else(|| name.replace('-', "_"), |(_, library)| (*library).to_owned())
}

fn room(name: &str) -> &'static Room {
    let room = PLAN.iter().find(|room| room.name == name);
    room.unwrap_or_else(|| {
        panic!(
            "the crate `{name}` is not in PLAN (tests/tests/architecture.rs): say what it may know"
        )
    })
}

fn insist(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

#[test]
fn every_crate_of_the_house_is_on_the_plan() {
    let house = house();
    let drawn: BTreeSet<&str> = PLAN.iter().map(|room| room.name).collect();
    let there = members(&house).into_iter().map(|crate_| crate_.name.to_string());
    let unplanned: Vec<_> = there.filter(|name| !drawn.contains(name.as_str())).collect();

    insist("Say in PLAN (tests/tests/architecture.rs) what a new crate may know:", &unplanned);
}

#[test]
fn no_crate_knows_more_of_the_house_than_the_plan_allows() {
    let house = house();
    let ours: BTreeSet<&str> = PLAN.iter().map(|room| room.name).collect();
    let mut broken = Vec::new();
    for package in members(&house) {
        let room = room(&package.name);
        for dependency in &package.dependencies {
            let known = dependency.name.as_str();
            let in_tests = dependency.kind == DependencyKind::Development;
            let allowed = room.may_know.contains(&known)
                // A crate's own tests switch on its own test tools.
                || (in_tests && (known == room.name || room.tests_may_know.contains(&known)));
            if ours.contains(known) && !allowed {
                let kind = if in_tests { "in its tests" } else { "in its manifest" };
                broken.push(format!("{} knows {known} ({kind})", package.name));
            }
        }
    }

    insist("Siblings and adapters never know each other; they meet in `server` alone:", &broken);
}

#[test]
fn a_domain_crate_takes_only_pure_crates_from_others() {
    let house = house();
    let mut broken = Vec::new();
    for package in members(&house).into_iter().filter(|it| DOMAIN.contains(&it.name.as_str())) {
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let in_tests = dependency.kind != DependencyKind::Normal;
            if !in_tests && !PURE.contains(&name) && !DOMAIN.contains(&name) {
                broken.push(format!("{} takes {name}", package.name));
            }
        }
    }

    insist(
        "The domain knows no driver, so it builds and tests without database or network. If a crate is \
         pure all the same, add it to PURE:",
        &broken,
    );
}

#[test]
fn an_adapter_takes_no_crate_that_belongs_to_another() {
    let house = house();
    let mut broken = Vec::new();
    for package in members(&house) {
        let never = room(&package.name).never;
        let normal =
            package.dependencies.iter().filter(|known| known.kind == DependencyKind::Normal);
        let taken = normal.filter(|known| never.contains(&known.name.as_str()));
        broken.extend(taken.map(|known| format!("{} takes {}", package.name, known.name)));
    }

    insist(
        "SeaORM stays in persistence, HTTP in api, reqwest in integrations; `server` only wires:",
        &broken,
    );
}

#[test]
fn a_manifest_names_only_what_its_crate_uses() {
    let house = house();
    let mut broken = Vec::new();
    for package in members(&house).into_iter().filter(is_product) {
        let folder = folder(package);
        let sources: String = sources(&folder).iter().map(|source| source.text.as_str()).collect();
        for dependency in &package.dependencies {
            let imported = imported(dependency);
            let normal = dependency.kind == DependencyKind::Normal;
            if normal && !sources.contains(&format!("{imported}::")) {
                broken.push(format!("{} names {imported}", package.name));
            }
        }
    }

    insist("What is not used is not depended on; take it out of the manifest:", &broken);
}

#[test]
fn every_crate_is_held_to_the_lints_of_the_house() {
    let house = house();
    let mut broken = Vec::new();
    for package in members(&house) {
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        if !manifest.replace(' ', "").contains("[lints]\nworkspace=true") {
            broken.push(format!("{} has no `[lints] workspace = true`", package.name));
        }
    }

    insist("One set of lints holds for all:", &broken);
}

#[test]
fn every_crate_opens_with_a_sentence_that_says_what_it_is_for() {
    let house = house();
    let mut broken = Vec::new();
    for package in members(&house) {
        for target in package.targets.iter().filter(|target| target.is_lib() || target.is_bin()) {
            let source = fs::read_to_string(&target.src_path).unwrap();
            let first = source.lines().next().unwrap_or_default();
            if !(first.starts_with("//! ") && first.trim_end().ends_with(['.', ':'])) {
                broken.push(format!("{} begins with {first:?}", target.src_path));
            }
        }
    }

    insist("A `//!` sentence opens every crate:", &broken);
}

#[test]
fn every_file_of_the_domain_opens_with_a_sentence() {
    let mut broken = Vec::new();
    for folder in domain() {
        let sources = sources(&folder);
        let silent = sources.into_iter().filter(|source| !source.text.starts_with("//! "));
        broken.extend(silent.map(|source| source.path));
    }

    insist("Every use case says in one `//!` sentence what it is for:", &broken);
}

#[test]
fn time_and_chance_come_from_their_ports_alone() {
    let house = house();
    let mut broken = Vec::new();
    for package in members(&house).into_iter().filter(is_product) {
        for source in sources(&folder(package)) {
            for Word { text: word, only_in, why } in WORDS {
                let allowed = only_in.iter().any(|place| source.path.starts_with(place));
                if !allowed && let Some(line) = source.line_with(word) {
                    broken.push(format!("{}:{line} says `{word}`: {why}", source.path));
                }
            }
        }
    }

    insist("Nothing but the ports themselves asks the machine:", &broken);
}

#[test]
fn the_domain_touches_nothing_outside() {
    let mut broken = Vec::new();
    for folder in domain() {
        for source in sources(&folder) {
            for word in OUTSIDE_WORDS {
                if let Some(line) = source.line_with(word) {
                    broken.push(format!("{}:{line} says `{word}`: {OUTSIDE}", source.path));
                }
            }
        }
    }

    insist("The domain is pure:", &broken);
}

#[test]
fn the_core_never_learns_the_name_of_a_mode() {
    let mut broken = Vec::new();
    for source in sources(&root().join("crates/commerce")) {
        for mode in ["\"buy\"", "\"rent\"", "\"bid\"", "\"trade\"", "\"topup\""] {
            if let Some(line) = source.line_with(mode) {
                broken.push(format!("{}:{line} says {mode}", source.path));
            }
        }
    }

    insist("An order's origin is opaque to `commerce`:", &broken);
}

#[test]
fn a_payment_provider_is_known_by_name_to_its_folder_alone() {
    let house = house();
    let all = members(&house).into_iter().filter(is_product);
    let all: Vec<Source> = all.flat_map(|package| sources(&folder(package))).collect();
    let mut broken = Vec::new();
    for provider in providers() {
        let own = format!("{GATEWAYS}/{provider}/");
        let fake = "crates/integrations/src/testing/";
        let others = all.iter().filter(|source| !source.path.starts_with(&own));
        for source in others.filter(|source| !source.path.starts_with(fake)) {
            for word in [format!("\"{provider}\""), format!("{provider}::")] {
                if let Some(line) = source.line_with(&word) {
                    broken.push(format!("{}:{line} says {provider}", source.path));
                }
            }
        }
    }

    insist("Another provider is another folder, and no other change:", &broken);
}

/// The folders of providers. The sandbox gateway is a program of the house, which has to know it.
fn providers() -> Vec<String> {
    let entries = fs::read_dir(root().join(GATEWAYS)).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir());
    let names = folders.map(|entry| entry.file_name().into_string().unwrap());
    let names: Vec<_> = names.filter(|name| name != "sandbox").collect();
    assert!(names.len() >= 3, "{names:?}");
    names
}

/// A file of the product, its tests left out.
struct Source {
    /// From the root of the repository.
    path: String,
    text: String,
}

impl Source {
    /// The first line of code with this word in it; prose may speak of anything.
    fn line_with(&self, word: &str) -> Option<usize> {
        let in_tests = self.text.lines().position(|line| line.trim() == "#[cfg(test)]");
        let code = self.text.lines().take(in_tests.unwrap_or(usize::MAX)).enumerate();
        let mut code = code.filter(|(_, line)| !line.trim_start().starts_with("//"));
        code.find(|(_, line)| stands_alone(line, word)).map(|(at, _)| at + 1)
    }
}

/// Whether a line has the word, and not as the end of a longer one.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn folder(package: &Package) -> PathBuf {
    package.manifest_path.parent().unwrap().as_std_path().to_owned()
}

/// The domain crates that are built.
fn domain() -> Vec<PathBuf> {
    let folders = DOMAIN.iter().map(|name| root().join("crates").join(name));
    folders.filter(|folder| folder.join("src").is_dir()).collect()
}

/// Every source file of a crate, without those of its tests.
fn sources(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let is_rust = path.extension().is_some_and(|extension| extension == "rs");
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if is_rust && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().display().to_string();
                found.push(Source { path, text });
            }
        }
    }
    assert!(!found.is_empty(), "{} has no sources", folder.display());
    found
}
