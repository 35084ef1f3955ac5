//! How the server comes, goes and bears a rush: as processes, from outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tests::{
    Client, Engine, Policy, Shop,
    shop::until,
    together,
    trade::{GOOD_CARD, PASSWORD},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

/// A login whose body has not come whole.
async fn half_a_login(address: &str) -> (TcpStream, String) {
    let body = json!({"email": "customer@example.com", "password": PASSWORD}).to_string();
    let (first, second) = body.split_at(body.len() / 2);
    let head = format!(
        "POST /v1/auth/login HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(format!("{head}{first}").as_bytes()).await.unwrap();
    (connection, second.to_owned())
}

/// A connection that was answered once and is kept, with nothing asked of it.
async fn kept_connection(address: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n");
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 512];
    let read = connection.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).to_lowercase();
    assert!(
        answer.starts_with("http/1.1 200") && !answer.contains("connection: close"),
        "{answer}"
    );
    connection
}

#[tokio::test]
async fn a_server_told_to_end_finishes_what_it_has_and_takes_nothing_new() {
    for engine in Engine::BOTH {
        let pause = ("SOUK__SERVER__DRAIN_PAUSE_MS", "3000");
        let grace = ("SOUK__SERVER__SHUTDOWN_GRACE_MS", "60000");
        let well_before_the_grace_is_over = Duration::from_secs(30);
        let mut shop = Shop::open_with(engine, &[pause, grace]).await;
        let address = shop.url().trim_start_matches("http://").to_owned();
        let (mut connection, rest) = half_a_login(&address).await;
        let idle = kept_connection(&address).await;
        shop.client().get("/readyz").await.expect(200);

        let server = shop.server.take().unwrap();
        server.ask_to_stop();

        // It says so first, and still serves.
        let visitor = Client::new(&server.url);
        until("it wants no more requests", || async { visitor.get("/readyz").await.status == 503 })
            .await;
        visitor.get("/v1/products").await.expect(200);
        until("the door is shut", || async { TcpStream::connect(&address).await.is_err() }).await;
        connection.write_all(rest.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("access_token"), "{answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
        let ended = tokio::time::timeout(well_before_the_grace_is_over, server.ended()).await;
        assert!(ended.expect("an idle connection held the process").success());
        drop(idle);

        shop.start().await;
        shop.close().await;
    }
}

#[tokio::test]
async fn a_shop_whose_redis_is_down_opens_and_counts_for_itself() {
    for engine in Engine::BOTH {
        // A port that was free a moment ago.
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let redis = format!("redis://{nobody}/");
        let settings = [
            ("SOUK__LIMITS__STORE", "redis"),
            ("SOUK__REDIS__URL", redis.as_str()),
            ("SOUK__LIMITS__INSTANCES", "2"),
            ("SOUK__LIMITS__POLICIES__REGISTER", "4/3600"),
        ];
        let shop = Shop::open_with(engine, &settings).await;

        shop.client().get("/v1/products").await.expect(200);
        for status in [202, 202, 429] {
            let email = format!("{}@example.com", Uuid::new_v4().simple());
            let body = json!({"email": email, "name": "Nadia New", "password": PASSWORD});
            shop.client().post("/v1/auth/register", body).await.expect(status);
        }

        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_logins_leaves_the_shop_open() {
    const FLOOD: usize = 200;
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &[("SOUK__AUTH__BCRYPT_COST", "12")]).await;
        let answered = Arc::new(AtomicUsize::new(0));
        let logins: Vec<_> = (0..FLOOD)
            .map(|number| {
                let (client, answered) = (shop.client(), answered.clone());
                let password = if number % 10 == 9 { "a wrong guess" } else { PASSWORD };
                let body = json!({"email": "seller@example.com", "password": password});
                async move {
                    let answer = client.post("/v1/auth/login", body).await;
                    answered.fetch_add(1, Ordering::Relaxed);
                    answer
                }
            })
            .collect();
        let flood = tokio::spawn(together(logins));
        until("the flood is here", || async { answered.load(Ordering::Relaxed) > 0 }).await;

        // However long the pages take, they come before the flood has run off.
        let visitor = shop.client();
        let product = visitor.get("/v1/products?limit=1").await.expect(200);
        let id = product.body["data"][0]["id"].as_str().unwrap().to_owned();
        for _ in 0..20 {
            visitor.get("/v1/products").await.expect(200);
            visitor.get(&format!("/v1/products/{id}")).await.expect(200);
        }
        assert!(!flood.is_finished(), "{engine:?}: the shop stood still while people signed in");

        let answers = flood.await.unwrap();
        for answer in &answers {
            let refused = [401, 429, 503].contains(&answer.status) && answer.is_problem();
            assert!(answer.status == 200 || refused, "{answer:?}");
        }
        assert!(answers.iter().any(|answer| answer.status == 200), "nobody came in");
        shop.close().await;
    }
}

#[tokio::test]
async fn the_worker_may_live_apart() {
    for engine in Engine::BOTH {
        let mut shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let buyer = shop.new_customer().await;
        shop.settled().await;
        assert!(shop.server.take().unwrap().terminate().await.success());
        let server = shop.another_server(&["--no-worker"]).await;
        shop.sandbox.set_webhook_url(format!("{}/v1/webhooks/sandbox", server.url));
        let buyer = buyer.at(&server.url);

        let order = buyer.order(&tea, 1).await.expect(201).text("id");
        let payment = buyer.pay(&order).await.expect(201);
        shop.confirm(&payment, GOOD_CARD).await.expect(200);
        until("the news is in", || async {
            shop.database.number("select count(*) from commerce_inbox").await == 1
        })
        .await;
        assert_eq!(buyer.get(&format!("/v1/orders/{order}")).await.body["state"], "pending");
        let worker = shop.another_worker().await;

        buyer.order_becomes(&order, "paid").await;
        shop.settled().await;
        assert!(worker.terminate().await.success());
        assert!(server.terminate().await.success());
        shop.close().await;
    }
}
