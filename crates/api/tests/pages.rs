//! What the pages under `docs` say of the API is what its sources say.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the house should stop")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(house().join(path)).unwrap()
}

/// Every file below a folder whose name ends so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let inside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = inside.flat_map(|path| match path.is_dir() {
        true => files(&path, ending),
        false => vec![path],
    });
    found.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

/// The sources of every crate that answers clients.
fn sources() -> Vec<String> {
    let crates = fs::read_dir(house().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let crates = crates.filter(|path| !path.ends_with("sandbox"));
    let sources = crates.flat_map(|path| files(&path.join("src"), ".rs"));
    sources.map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn pages() -> String {
    files(&house().join("docs"), ".md")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// The body of a function that begins in `text`.
fn body(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth = depth.saturating_add(1),
            '}' if depth == 1 => return &text[..at],
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    text
}

/// What each `mark` is followed by.
fn after<'a>(source: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    source.match_indices(mark).map(move |(at, _)| &source[at + mark.len()..])
}

/// The texts in quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

/// The codes that failures have, and those of problems made at the edge.
fn codes(source: &str) -> BTreeSet<String> {
    let named = ["fn code(&self) -> &'static str ", "fn code(self) -> &'static str "];
    let named = named.into_iter().flat_map(|mark| after(source, mark));
    let named = named.flat_map(|rest| quoted(body(rest)));
    let made = ["Problem::new(", "Self::new("].into_iter().flat_map(|mark| after(source, mark));
    let made = made.filter_map(|rest| {
        let (_, code) = rest.split_once(',')?;
        code.trim_start().strip_prefix('"')?.split('"').next()
    });
    named.chain(made).filter(|code| is_code(code)).map(ToOwned::to_owned).collect()
}

#[test]
fn every_code_is_on_a_page() {
    let (pages, codes) =
        (pages(), sources().iter().flat_map(|source| codes(source)).collect::<BTreeSet<_>>());
    assert!(codes.contains("out_of_stock") && codes.contains("took_too_long"), "{codes:?}");

    let unheard_of: Vec<_> =
        codes.into_iter().filter(|code| !pages.contains(&format!("`{code}`"))).collect();

    assert!(unheard_of.is_empty(), "no page tells of {unheard_of:?}");
}

#[test]
fn the_page_names_every_route_that_demands_a_key() {
    let (page, document) = (read("docs/api.md"), document());
    let (_, told) = page.split_once("\n## Idempotency\n").unwrap();
    let (told, _) = told.split_once("`Idempotency-Key`").unwrap();
    let demanding = document["paths"].as_object().unwrap().iter().filter(|(_, item)| {
        let parameters = item["post"]["parameters"].as_array().into_iter().flatten();
        parameters.into_iter().any(|it| it["name"] == "Idempotency-Key" && it["required"] == true)
    });
    let demanding: BTreeSet<_> = demanding.map(|(path, _)| path.as_str()).collect();

    let named = told.split('`').skip(1).step_by(2);
    let named: BTreeSet<_> = named.map(|route| route.trim_start_matches("POST ")).collect();

    assert_eq!(named, demanding);
}

#[test]
fn the_page_names_every_prefix_of_an_id() {
    let (page, document) = (read("docs/api.md"), document().to_string());
    let prefixes: BTreeSet<_> = after(&document, "\"^")
        .filter_map(|rest| rest.split_once("[0-9a-f]{32}$"))
        .map(|(prefix, _)| prefix)
        .filter(|prefix| prefix.len() == 4)
        .collect();
    assert!(prefixes.contains("ord_"), "{prefixes:?}");

    for prefix in prefixes {
        assert!(page.contains(&format!("`{prefix}` ")), "{prefix}");
    }
}

#[test]
fn the_page_names_every_policy() {
    let page = read("docs/api.md");
    let quotas = page.lines().find(|line| line.starts_with("| quota |")).unwrap();
    let sources = files(&house().join("crates/api/src"), ".rs");
    let sources: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let marks = ["limited(\"", "limited_when(\""].into_iter();
    let policies: BTreeSet<_> = marks
        .flat_map(|mark| after(&sources, mark))
        .filter_map(|rest| rest.split('"').next())
        .chain(["default"])
        .collect();
    assert!(policies.contains("booking"), "{policies:?}");

    for policy in policies {
        assert!(quotas.contains(&format!("`{policy}`")), "{policy}");
    }
}

#[test]
fn nginx_lets_through_what_we_take() {
    let (nginx, config) = (read("deploy/nginx.conf"), read("config/default.toml"));
    let megabytes = after(&nginx, "client_max_body_size").next().unwrap();
    let megabytes: usize = megabytes.split_once("m;").unwrap().0.trim().parse().unwrap();
    let picture = after(&config, "\nmax_bytes = ").next().unwrap();
    let picture: usize = picture.split(' ').next().unwrap().replace('_', "").parse().unwrap();

    // The form around the picture has room of its own.
    assert!(megabytes * 1_048_576 > picture + 16 * 1_024, "{megabytes}m");
}

#[test]
fn the_pages_tell_how_often_a_use_case_decides_again() {
    let store = read("crates/commerce/src/store.rs");
    let attempts = after(&store, "const ATTEMPTS: usize = ").next().unwrap();
    let told = format!("up to {} times", attempts.split(';').next().unwrap());

    for page in ["docs/architecture.md", "docs/adr/0001-read-decide-commit.md"] {
        assert!(read(page).contains(&told), "{page} does not say {told:?}");
    }
}

fn document() -> Value {
    serde_json::from_str(&read("docs/openapi.json")).unwrap()
}
