//! What holds for every provider, whoever it is: a new folder is held to it without a line here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use commerce::{
    Money,
    payment::{GatewayError, PaymentGateway},
    testing::TestEnv,
    wallet::WALLET,
};
use config::{Config, File, FileFormat, Map, Value, ValueKind};
use integrations::gateways::{Means, PROVIDERS, Sections, SettingError, Stage};
use serde_json::json;

use crate::common::{always, at, new_intent, new_refund, quick};

type Table = Map<String, Value>;

const DEFAULT: &str = include_str!("../../../../config/default.toml");
const SWITCH: &str = "payments.enabled";
/// Good as an address, as a name, as a secret and as a list of one.
const FILLED: &str = "https://in.example";

fn names() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|provider| provider.name)
}

fn read(provider: &str, table: Table) -> Result<Sections, SettingError> {
    Sections::take(&mut Map::from([(provider.to_owned(), Value::from(table))]))
}

/// Its section in `config/default.toml`.
fn documented(provider: &str) -> Table {
    let text = File::from_str(DEFAULT, FileFormat::Toml);
    let settings = Config::builder().add_source(text).build().unwrap();
    let section = format!("payments.{provider}");
    settings.get_table(&section).unwrap_or_else(|_| {
        panic!("operators read config/default.toml: tell them there of [{section}]")
    })
}

/// The keys that `config/default.toml` marks as secret.
fn secrets(provider: &str) -> Vec<String> {
    let header = format!("[payments.{provider}]");
    let section = DEFAULT.lines().skip_while(|line| *line != header).skip(1);
    let section = section.take_while(|line| !line.starts_with('['));
    let keys = section.filter(|line| line.contains("SECRET")).filter_map(|l| l.split_once(" = "));
    keys.map(|(key, _)| key.to_owned()).collect()
}

/// The defaults, and whatever the provider says that it lacks.
fn filled(provider: &str) -> Table {
    let mut table = Table::new();
    loop {
        let sections = read(provider, table.clone()).unwrap();
        match sections.named(provider, SWITCH).unwrap().check(Stage::Development) {
            Ok(()) => return table,
            Err(SettingError::Missing { key }) => {
                let key = key.strip_prefix(&format!("payments.{provider}.")).unwrap().to_owned();
                assert!(table.insert(key.clone(), FILLED.into()).is_none(), "{key} was told");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn opened(provider: &str, base_url: &str) -> Arc<dyn PaymentGateway> {
    let mut table = filled(provider);
    table.insert("base_url".to_owned(), base_url.into());
    let means = Means { clock: TestEnv::new().clock, patience: quick().patience };
    read(provider, table).unwrap().named(provider, SWITCH).unwrap().open(&means).unwrap()
}

#[test]
fn every_folder_is_a_provider_and_has_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gateways");
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir());
    let folders: BTreeSet<_> =
        folders.map(|entry| entry.file_name().into_string().unwrap()).collect();

    assert_eq!(names().map(str::to_owned).collect::<BTreeSet<_>>(), folders);
    for name in names() {
        assert_eq!(opened(name, "http://127.0.0.1:1").provider(), name);
        assert_ne!(name, WALLET, "that one is ours");
    }
}

#[test]
fn every_setting_is_explained_with_its_default() {
    for name in names() {
        let documented = documented(name);
        let wrong = Table::from([("no_such_setting".to_owned(), Value::from("hunter2"))]);
        let told = read(name, wrong).unwrap_err().to_string();
        assert!(told.starts_with(&format!("payments.{name}: ")), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
        let known: BTreeSet<_> = told.split('`').skip(1).step_by(2).skip(1).collect();

        assert_eq!(documented.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "{name}");
        let (said, left_out) = (read(name, documented), read(name, Table::new()));
        assert_eq!(format!("{:?}", said.unwrap()), format!("{:?}", left_out.unwrap()));
    }
}

#[test]
fn every_setting_can_be_written_as_the_environment_does() {
    for name in names() {
        let (mut as_text, mut as_is) = (documented(name), documented(name));
        for (key, value) in documented(name) {
            let (text, value) = match value.kind {
                ValueKind::Array(_) => ("one, two".to_owned(), Value::from(vec!["one", "two"])),
                _ => (value.clone().into_string().unwrap(), value),
            };
            as_text.insert(key.clone(), text.into());
            as_is.insert(key, value);
        }

        let (as_text, as_is) = (read(name, as_text).unwrap(), read(name, as_is).unwrap());
        assert_eq!(format!("{as_text:?}"), format!("{as_is:?}"));
    }
}

#[test]
fn what_is_marked_as_secret_is_never_printed() {
    for name in names() {
        let secrets = secrets(name);
        assert!(!secrets.is_empty(), "how does {name} know us?");
        let table = secrets.into_iter().map(|key| (key, Value::from("hunter2"))).collect();

        let printed = format!("{:?}", read(name, table).unwrap());

        assert!(printed.contains("REDACTED") && !printed.contains("hunter2"), "{printed}");
    }
}

#[test]
fn production_speaks_to_a_provider_by_https_or_not_at_all() {
    for name in names() {
        let complete = filled(name);
        let check = |table: Table| {
            let sections = read(name, table).unwrap();
            sections.named(name, SWITCH).unwrap().check(Stage::Production)
        };
        match check(complete.clone()) {
            Err(SettingError::Refused { key, .. }) if key == SWITCH => continue,
            checked => assert_eq!(checked, Ok(())),
        }
        let mut refused = 0;
        for (key, value) in documented(name) {
            if !value.into_string().is_ok_and(|url| url.starts_with("https://")) {
                continue;
            }
            let mut table = complete.clone();
            table.insert(key.clone(), "http://127.0.0.1:1".into());
            let told = check(table).unwrap_err().to_string();
            assert!(told.starts_with(&format!("payments.{name}.{key}: ")), "{told}");
            refused += 1;
        }
        assert!(refused > 0, "where is {name}?");
    }
}

#[tokio::test]
async fn what_reached_nobody_did_not_happen() {
    for name in names() {
        let (gateway, env) = (opened(name, "http://127.0.0.1:1"), TestEnv::new());

        let made = gateway.create(&new_intent(&env, Money::usd(12_50))).await;
        let found = gateway.fetch("abc123").await;

        assert_eq!(made, Err(GatewayError::Busy), "{name}");
        assert_eq!(found, Err(GatewayError::Busy), "{name}");
    }
}

#[tokio::test]
async fn a_provider_that_fails_has_refused_nothing() {
    for name in names() {
        let (failing, env) = (always(500, json!({})).await, TestEnv::new());
        let gateway = opened(name, &failing.url);

        let made = gateway.create(&new_intent(&env, Money::usd(12_50))).await.unwrap_err();
        let refund = new_refund(&env, "abc123", Money::usd(5_00));
        let given_back = gateway.refund(&refund).await.unwrap_err();

        for error in [made, given_back] {
            let open = matches!(error, GatewayError::Unknown | GatewayError::Busy);
            assert!(open, "{name}: {error:?}");
        }
        assert!(!failing.heard().is_empty(), "{name} was asked");
    }
}

#[tokio::test]
async fn a_message_that_nobody_signed_is_refused() {
    for name in names() {
        let gateway = opened(name, "http://127.0.0.1:1");

        let read = gateway.verify(&BTreeMap::new(), b"{}", at(1_700_000_000)).await;

        assert!(read.is_err(), "{name}: {read:?}");
    }
}
