//! A request asked twice under one `Idempotency-Key` is carried out once.

use futures_util::future::join_all;
use serde_json::json;
use tests::{Engine, Policy, Shop, trade::address};
use uuid::Uuid;

#[tokio::test]
async fn the_same_request_again_gets_the_first_answer_again() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let buyer = shop.new_customer().await;
        buyer.put_in_cart(&tea, 2).await.expect(201);
        let key = Uuid::new_v4().to_string();

        let first = buyer.post_once("/v1/checkout", &key, address()).await.expect(201);
        let again = buyer.post_once("/v1/checkout", &key, address()).await.expect(201);

        assert_eq!(first.header("idempotent-replayed"), "");
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(
            (&again.body, again.header("location")),
            (&first.body, first.header("location"))
        );
        assert_eq!(shop.stock(&tea).await, (5, 2), "nothing was taken twice");
        let orders = buyer.get("/v1/orders").await.expect(200);
        assert_eq!(orders.body["data"].as_array().unwrap().len(), 1);
        shop.close().await;
    }
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused_and_another_persons_is_not() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let (buyer, other) = (shop.new_customer().await, shop.new_customer().await);
        for client in [&buyer, &other] {
            client.put_in_cart(&tea, 1).await.expect(201);
        }
        let key = "the-only-key-there-is";
        buyer.post_once("/v1/checkout", key, address()).await.expect(201);

        let mut elsewhere = address();
        elsewhere["address"]["city"] = json!("Shelbyville");
        let reused = buyer.post_once("/v1/checkout", key, elsewhere).await.expect(422);
        assert_eq!(reused.code(), "idempotency_key_reused");
        let others = other.post_once("/v1/checkout", key, address()).await.expect(201);
        assert_eq!(others.header("idempotent-replayed"), "", "a key is its owner's");
        shop.close().await;
    }
}

#[tokio::test]
async fn a_request_that_costs_money_must_have_a_name() {
    let shop = Shop::open(Engine::Sqlite).await;
    let buyer = shop.new_customer().await;

    for path in ["/v1/checkout", "/v1/payments", "/v1/refunds"] {
        let unnamed = buyer.post(path, address()).await;
        assert!([400, 403].contains(&unnamed.status), "{path}: {}", unnamed.body);
    }
    let unnamed = buyer.post("/v1/checkout", address()).await.expect(400);
    assert_eq!(unnamed.code(), "idempotency_key_required");
    for odd in [" ", &"x".repeat(256)] {
        let refused = buyer.post_once("/v1/checkout", odd, address()).await.expect(400);
        assert!(refused.code().ends_with("idempotency_key"), "{}", refused.body);
    }
    shop.close().await;
}

#[tokio::test]
async fn copies_of_a_request_at_the_same_moment_are_one_request() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let buyer = shop.new_customer().await;
        buyer.put_in_cart(&tea, 1).await.expect(201);
        let key = Uuid::new_v4().to_string();

        let copies = (0..16).map(|_| buyer.post_once("/v1/checkout", &key, address()));
        let answers = join_all(copies).await;

        let orders: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert!(!orders.is_empty());
        assert!(orders.iter().all(|order| order.body["id"] == orders[0].body["id"]));
        for waiting in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!((waiting.status, waiting.code()), (409, "request_in_progress"));
            assert_eq!(waiting.header("retry-after"), "1");
        }
        assert_eq!(shop.stock(&tea).await, (5, 1));
        shop.close().await;
    }
}
