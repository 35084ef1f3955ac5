//! What people come for, from the first request to the books, on both engines.

use tests::{Engine, Policy, Shop, shop::until, trade::DECLINED_CARD};

#[tokio::test]
async fn a_purchase_ends_with_a_paid_order_less_stock_and_balanced_books() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let buyer = shop.new_customer().await;

        let order = shop.buy(&buyer, &tea, 2).await;

        assert_eq!(order.body["total"]["amount"], 25_00);
        assert_eq!(shop.stock(&tea).await, (3, 0));
        let paid = shop.sandbox.books().captured_by_reference().values().sum::<i64>();
        assert_eq!(paid, 25_00);
        shop.close().await;
    }
}

#[tokio::test]
async fn a_declined_card_leaves_the_order_pending_and_another_try_pays_it() {
    for engine in Engine::BOTH {
        let shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let buyer = shop.new_customer().await;
        let order = buyer.order(&tea, 1).await.expect(201).text("id");

        let declined = buyer.pay(&order).await.expect(201);
        shop.confirm(&declined, DECLINED_CARD).await.expect(200);
        let path = format!("/v1/payments/{}", declined.text("id"));
        until("the payment failed", || async { buyer.get(&path).await.body["state"] == "failed" })
            .await;
        assert_eq!(buyer.get(&format!("/v1/orders/{order}")).await.body["state"], "pending");
        assert_eq!(shop.stock(&tea).await, (5, 1));

        let second = buyer.pay(&order).await.expect(201);
        shop.confirm(&second, tests::trade::GOOD_CARD).await.expect(200);
        buyer.order_becomes(&order, "paid").await;
        assert_eq!(shop.stock(&tea).await, (4, 0));
        shop.close().await;
    }
}
