//! What `souk` says on the command line: help, refusals that name the setting, and what is wrong with the data.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::process::{Command, Output};

use tempfile::TempDir;
use tests::{Engine, Policy, Shop, shop::binary};

/// `souk` in an empty folder, with just these variables.
fn souk(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(binary());
    command.env_clear().current_dir(folder.path()).args(arguments);
    command.envs(variables.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn every_command_explains_itself() {
    let commands = ["serve", "worker", "migrate", "seed", "openapi", "gateway", "check", "ledger"];

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
        ("SOUK__SEED__DEMO", "true", "seed.demo"),
        ("SOUK_ENV", "prodution", "prodution"),
    ] {
        let told = refusal(variable, value);

        assert!(told.contains(names), "{variable}={value}: {told}");
        assert!(!told.contains(development) && !told.contains("panicked"), "{told}");
    }
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
        tests::shop::until("every posting has its link", linked).await;

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
