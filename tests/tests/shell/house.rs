//! What balancers and Prometheus ask.

use sqlx::{Connection, Executor, PgConnection};
use tests::{Client, Engine, Shop, shop::until};

use crate::shop_with;

#[tokio::test]
async fn a_shop_whose_schema_is_behind_lives_but_is_not_ready() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let down = shop.run(&["migrate", "down"]).await;
        assert!(down.status.success(), "{}", String::from_utf8_lossy(&down.stderr));
        let behind = [
            ("SOUK__DATABASE__URL", shop.database.url.as_str()),
            ("SOUK__DATABASE__MIGRATE_ON_START", "false"),
            ("SOUK__SEED__DEMO", "false"),
        ];

        let late = shop.another_server_with(&["--no-worker"], &behind).await;
        let client = Client::new(&late.url);

        client.get("/healthz").await.expect(200);
        let ready = client.get("/readyz").await.expect(503);
        assert!(ready.is_problem(), "{}", ready.body);
        assert_eq!(ready.code(), "not_ready");
        assert_eq!(ready.body["checks"]["database"], "ok");
        let migrations = ready.body["checks"]["migrations"].as_str().unwrap();
        assert!(migrations.contains("pending"), "{migrations}");

        let up = shop.run(&["migrate", "up"]).await;
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
        until("it is ready", || async { client.get("/readyz").await.status == 200 }).await;
        assert!(late.terminate().await.success());
        shop.database.drop().await;
    }
}

#[tokio::test]
async fn without_its_database_a_shop_lives_but_is_not_ready() {
    let shop = Shop::open(Engine::Postgres).await;
    let client = shop.client();
    client.get("/readyz").await.expect(200);

    let name = shop.database.url.rsplit('/').next().unwrap().to_owned();
    let server = std::env::var("SOUK_TEST_POSTGRES").unwrap();
    let mut connection = PgConnection::connect(&server).await.unwrap();
    let drop = format!("drop database {name} with (force)");
    connection.execute(sqlx::AssertSqlSafe(drop)).await.unwrap();

    until("it is not ready", || async { client.get("/readyz").await.status == 503 }).await;
    let ready = client.get("/readyz").await.expect(503);
    assert!(ready.is_problem() && ready.body["checks"]["database"] != "ok", "{}", ready.body);
    client.get("/healthz").await.expect(200);
    let list = client.get("/v1/products").await.expect(503);
    assert!(list.is_problem() && !list.header("retry-after").is_empty(), "{}", list.body);
    let told = list.body.to_string().to_ascii_lowercase();
    assert!(!["sql", "postgres", "pool", &name].iter().any(|word| told.contains(word)), "{told}");
}

#[tokio::test]
async fn prometheus_can_read_the_metrics_and_strangers_cannot() {
    let shop = shop_with(&[]).await;
    let client = shop.client();
    client.get("/v1/products/linen-shirt").await.expect(200);
    client.get("/v1/products/no-such-thing").await.expect(404);
    client.get("/anything/at/all").await.expect(404);

    let metrics = client.get("/metrics").await.expect(200);

    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    let text = metrics.body.as_str().unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let digits = value.replace("e-", "").replace(['.', '-'], "");
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{line}");
        let plain = name.split('{').next().unwrap();
        assert!(plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':'), "{line}");
        assert_eq!(name.contains('{'), name.ends_with('}'), "{line}");
    }
    let counted = |wanted: &str| text.lines().any(|line| line.contains(wanted));
    assert!(counted("route=\"/v1/products/{id}\",status=\"404\""), "{text}");
    assert!(
        counted("souk_deadlocks 0") && counted("# TYPE http_request_duration_seconds histogram")
    );
    assert!(!text.contains("no-such-thing") && !text.contains("anything"), "labels are few");
    shop.close().await;

    let shop = shop_with(&[("SOUK__SERVER__METRICS_FROM", "10.9.8.0/24")]).await;
    shop.client().get("/metrics").await.expect(404);
    shop.close().await;
}
