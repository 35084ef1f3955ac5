//! What `souk` says on the command line: help, refusals that name the setting, and what is wrong with the data.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use serde_json::json;
use tempfile::TempDir;
use tests::{
    Client, Engine, Policy, Shop,
    shop::{API_KEY, binary, until},
    trade::GOOD_CARD,
};

/// `souk` in an empty folder, with just these variables.
fn souk(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    souk_in(TempDir::new().unwrap().path(), arguments, variables).output().unwrap()
}

fn souk_in(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary());
    command.env_clear().current_dir(folder).args(arguments).envs(variables.iter().copied());
    command
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn every_command_explains_itself() {
    let commands =
        ["serve", "worker", "migrate", "enrol", "seed", "openapi", "gateway", "check", "ledger"];

    let all = said(&souk(&["--help"], &[]));
    for command in commands {
        let help = souk(&[command, "--help"], &[]);
        assert!(help.status.success(), "{command}");
        assert!(said(&help).contains(&format!("Usage: souk {command}")), "{}", said(&help));
        assert!(all.contains(command), "{all}");
    }
    let unknown = souk(&["sell"], &[]);
    assert!(!unknown.status.success());
    assert!(said(&unknown).contains("sell"), "{}", said(&unknown));
}

/// Everything that production asks for.
const PRODUCTION: &[(&str, &str)] = &[
    ("SOUK_ENV", "production"),
    ("SOUK__SERVER__BIND", "127.0.0.1:0"),
    ("SOUK__SERVER__PUBLIC_URL", "https://api.shop.example"),
    ("SOUK__DATABASE__URL", "sqlite://souk.db"),
    ("SOUK__AUTH__PEPPER", "0123456789abcdef0123456789abcdef"),
    ("SOUK__AUTH__JWT_ACTIVE_KID", "k1"),
    ("SOUK__AUTH__JWT_KEYS__K1", "0123456789abcdef0123456789abcdef"),
    ("SOUK__MAIL__SMTP_URL", "smtps://mail.shop.example"),
    ("SOUK__MAIL__FROM", "Shop <shop@shop.example>"),
    ("SOUK__MAIL__LINK_BASE", "https://shop.example"),
    ("SOUK__LIMITS__STORE", "memory"),
];

/// What production says to one setting that differs, and does not start.
#[track_caller]
fn refusal(variable: &str, value: &str) -> String {
    let mut variables = PRODUCTION.to_vec();
    variables.retain(|(name, _)| *name != variable);
    variables.push((variable, value));
    let output = souk(&["serve"], &variables);
    assert_eq!(output.status.code(), Some(1), "{variable}: {}", said(&output));
    assert!(!said(&output).contains("Souk is open"), "{variable}");
    said(&output)
}

#[test]
fn a_configuration_that_will_not_do_stops_the_start_and_names_the_setting() {
    let migrated = souk(&["migrate", "up"], PRODUCTION);
    assert!(migrated.status.success(), "{}", said(&migrated));
    let development = "development-only-secret-0123456789abcdef";

    for (variable, value, names) in [
        ("SOUK__SERVER__BINDD", "x", "bindd"),
        ("SOUK__NOTHING__LIKE_IT", "x", "nothing"),
        ("SOUK__SERVER__WORKERS", "many", "server.workers"),
        ("SOUK__AUTH__PEPPER", "", "auth.pepper"),
        ("SOUK__AUTH__JWT_ACTIVE_KID", "", "auth.jwt_active_kid"),
        ("SOUK__AUTH__JWT_KEYS__K1", "short", "auth.jwt_keys"),
        ("SOUK__MAIL__SMTP_URL", "", "mail.smtp_url"),
        ("SOUK__AUTH__PEPPER", development, "auth.pepper"),
        ("SOUK__AUTH__JWT_KEYS__K1", development, "auth.jwt_keys"),
        ("SOUK__PAYMENTS__ENABLED", "sandbox", "payments"),
        ("SOUK__SANDBOX__ENABLED", "true", "sandbox"),
        ("SOUK__SERVER__CORS_ORIGINS", "*", "server.cors_origins"),
        ("SOUK__LOG__LEVEL", "loud", "log.level"),
        ("SOUK__LIMITS__POLICIES__LOGN", "5/60", "limits.policies.logn"),
        ("SOUK__SEED__DEMO", "true", "seed.demo"),
        ("SOUK_ENV", "prodution", "prodution"),
    ] {
        let told = refusal(variable, value);

        assert!(told.contains(names), "{variable}={value}: {told}");
        assert!(!told.contains(development) && !told.contains("panicked"), "{told}");
    }
}

#[test]
fn production_refuses_what_has_a_published_password_or_drops_everything() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| souk_in(folder.path(), arguments, PRODUCTION).output().unwrap();
    assert!(run(&["migrate", "up"]).status.success());

    for refused in [
        ["seed"].as_slice(),
        &["seed", "--products", "1"],
        &["seed", "--vehicles", "1"],
        &["gateway"],
        &["migrate", "fresh"],
        &["migrate", "down"],
    ] {
        let output = run(refused);
        assert_eq!(output.status.code(), Some(1), "{refused:?}: {}", said(&output));
        assert!(said(&output).starts_with("souk: production refuses "), "{}", said(&output));
        assert_eq!(said(&output).lines().count(), 1, "{}", said(&output));
    }

    for insisting in
        [["migrate", "down", "--yes-drop-data"], ["migrate", "fresh", "--yes-drop-everything"]]
    {
        let insisted = run(&insisting);
        assert!(insisted.status.success(), "{}", said(&insisted));
    }
}

#[tokio::test]
async fn the_first_operator_is_enrolled_with_a_password_from_standard_input() {
    for engine in Engine::BOTH {
        let settings =
            [("SOUK__SEED__DEMO", "false"), ("SOUK__AUTH__REQUIRE_VERIFIED_EMAIL", "true")];
        let shop = Shop::open_with(engine, &settings).await;
        let (email, password) = ("olga@shop.example", " a phrase of some length");
        let enrol = ["enrol", "--role", "operator", email, "--name", "Olga Operator"];

        let weak = shop.run_reading(&enrol, "short\n").await;
        let enrolled = shop.run_reading(&enrol, &format!("{password}\r\n")).await;
        let again = shop.run_reading(&enrol, "another phrase altogether\n").await;

        assert_eq!(weak.status.code(), Some(1));
        assert_eq!(said(&weak), "souk: a password has 8 to 256 characters\n");
        assert_eq!(said(&enrolled), "olga@shop.example was enrolled as operator.\n");
        assert_eq!(again.status.code(), Some(1));
        assert!(said(&again).contains("registered already, as operator"), "{}", said(&again));
        let olga = shop.sign_in(email, password).await;
        olga.get("/v1/ledger/accounts").await.expect(200);
        shop.close().await;
    }
}

#[tokio::test]
async fn only_promote_changes_the_role_of_one_who_is_registered_and_only_of_a_proved_address() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let stranger = shop.new_customer().await.get("/v1/me").await.expect(200).text("email");
        let seller = "seller@example.com";
        let role = |email: &'static str| ["enrol", "--role", "operator", email];
        let enrol = [&role(seller)[..], &["--name", "Sami"]].concat();
        let promote = [&role(seller)[..], &["--promote"]].concat();

        let refused = shop.run_reading(&enrol, "a phrase of some length\n").await;
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        shop.seller().await.get("/v1/ledger/accounts").await.expect(403);
        let unproved = ["enrol", "--role", "operator", &stranger, "--promote"];
        let unproved = shop.run(&unproved).await;
        assert!(said(&unproved).contains("is not verified"), "{}", said(&unproved));
        let nobody = shop.run(&[&role("nobody@example.com")[..], &["--promote"]].concat()).await;
        assert!(said(&nobody).contains("nobody is registered"), "{}", said(&nobody));

        let promoted = shop.run(&promote).await;

        assert_eq!(said(&promoted), "seller@example.com is operator now; it was seller.\n");
        shop.seller().await.get("/v1/ledger/accounts").await.expect(200);
        shop.close().await;
    }
}

#[tokio::test]
async fn the_gateway_alone_declines_when_its_faults_say_so_and_ends_when_told_to() {
    let folder = TempDir::new().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let gateway = souk_in(
        folder.path(),
        &["gateway"],
        &[
            ("SOUK_ENV", "test"),
            ("SOUK__DATABASE__URL", "sqlite::memory:"),
            ("SOUK__SANDBOX__BIND", &free),
            ("SOUK__SANDBOX__FAULTS", "decline"),
        ],
    );
    let mut gateway = tokio::process::Command::from(gateway).kill_on_drop(true).spawn().unwrap();
    let merchant = Client::new(&format!("http://{free}")).with_token(API_KEY);
    until("the gateway listens", || async { tokio::net::TcpStream::connect(&free).await.is_ok() })
        .await;

    let order = json!({"amount": 1_999, "currency": "USD", "reference": "pay_1"});
    let intent = merchant.post("/v1/intents", order).await.expect(201);
    let card = json!({"number": GOOD_CARD, "exp_month": 12, "exp_year": 2040, "cvc": "123"});
    let body = json!({"client_secret": intent.body["client_secret"], "card": card});
    let path = format!("/v1/intents/{}", intent.text("id"));
    merchant.post(&format!("{path}/confirm"), body).await.expect(200);

    let declined = merchant.get(&path).await.expect(200).body;
    assert_eq!(declined["status"], "failed", "{declined}");
    assert_eq!(declined["last_error"]["code"], "card_declined", "{declined}");
    let id = gateway.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(gateway.wait().await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn the_migrations_say_where_they_stand() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;

        let status = shop.run(&["migrate", "status"]).await;

        let told = said(&status);
        assert!(status.status.success(), "{told}");
        assert!(told.lines().count() >= 3, "{told}");
        assert!(told.lines().all(|line| line.starts_with("applied  m2026")), "{told}");
        shop.close().await;
    }
    let pending = souk(&["migrate", "status"], PRODUCTION);
    let told = said(&pending);
    assert!(told.lines().any(|line| line.starts_with("pending  m2026")), "{told}");
}

#[tokio::test]
async fn what_must_never_be_is_found_and_named() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let buyer = shop.new_customer().await;
        shop.buy(&buyer, &tea, 2).await;
        shop.settled().await;
        let stock = "update commerce_stock set held = held";
        let payment = "update commerce_payments set settles";
        let order = "update commerce_orders set version = version + 1, state";
        let (yes, no) = ("true", "false");

        for (tampering, remedy, invariant) in [
            (
                format!("{stock} + 1 where on_hand = 3 and held = 0"),
                format!("{stock} - 1 where on_hand = 3 and held = 1"),
                "what is held is the sum of the held claims",
            ),
            (
                format!("{payment} = {no} where settles"),
                format!("{payment} = {yes} where captured > 0"),
                "every paid order has exactly one settled payment, the one it names",
            ),
            (
                format!("{order} = 'pending', until = 9999999999999999 where state = 'paid'"),
                format!("{order} = 'paid', until = null where state = 'pending'"),
                "no order that waits for payment is settled",
            ),
            (
                "delete from commerce_claims where state = 'kept'".into(),
                String::new(),
                "what is on hand is what came less what was taken",
            ),
        ] {
            shop.database.execute(&tampering).await;
            let report = shop.run(&["check"]).await;

            assert_eq!(report.status.code(), Some(1), "{tampering}: {}", said(&report));
            assert!(said(&report).contains(&format!("BROKEN  {invariant}: ")), "{}", said(&report));
            if !remedy.is_empty() {
                shop.database.execute(&remedy).await;
                shop.check().await;
            }
        }
        shop.abandon().await;
    }
}

#[tokio::test]
async fn how_late_is_late_is_for_the_caller_to_say() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &[("SOUK__WORKER__ENABLED", "false")]).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        shop.new_customer().await.order(&tea, 1).await.expect(201);
        let a_minute = match engine {
            Engine::Sqlite => "cast((julianday('now') - 2440587.5) * 86400 - 60 as integer)",
            Engine::Postgres => "cast(extract(epoch from now()) - 60 as bigint)",
        };
        let due = format!("update commerce_orders set until = {a_minute} * 1000000");
        shop.database.execute(&format!("{due} where state = 'pending'")).await;

        let usual = said(&shop.run(&["check"]).await);
        let soon = said(&shop.run(&["check", "--late-after", "30"]).await);

        let late = "LATE    every order that ran out is soon cancelled: 1 times";
        assert!(!usual.contains(late), "{usual}");
        assert!(soon.contains(late), "{soon}");
        shop.abandon().await;
    }
}

#[tokio::test]
async fn the_books_are_proved_derived_anew_and_printed() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let buyer = shop.new_customer().await;
        shop.buy(&buyer, &tea, 2).await;
        shop.settled().await;
        let linked = || async {
            let told = said(&shop.run(&["ledger", "verify"]).await);
            told.starts_with("ok")
                && !told.contains("wait for the worker")
                && !told.contains(" 0 links")
        };
        until("every posting has its link", linked).await;

        let rebuilt = shop.run(&["ledger", "rebuild"]).await;
        assert!(rebuilt.status.success(), "{}", said(&rebuilt));
        let statement = shop.run(&["ledger", "statement", "psp:sandbox:clearing"]).await;
        assert!(said(&statement).contains("payment_captured"), "{}", said(&statement));
        assert!(!shop.run(&["ledger", "statement", "psp:nobody"]).await.status.success());

        let (tampered, mended) = ("on_hand = on_hand + 1", "on_hand = on_hand - 1");
        shop.database.execute(&format!("update commerce_stock set {tampered}")).await;
        let differs = shop.run(&["ledger", "rebuild"]).await;
        assert_eq!(differs.status.code(), Some(1), "{}", said(&differs));
        assert!(said(&differs).contains("4 is kept, the log says 3"), "{}", said(&differs));
        shop.database.execute(&format!("update commerce_stock set {mended}")).await;
        shop.close().await;
    }
}
