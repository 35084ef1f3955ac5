//! Receipts, invoices and credit notes over HTTP, on both engines.

use serde_json::json;
use tests::{Engine, Policy, Shop, shop::until};

#[tokio::test]
async fn a_purchase_has_its_papers_and_nobody_else_sees_them() {
    for engine in Engine::BOTH {
        let settings = [
            ("SOUK__INVOICES__ISSUE_WHEN_PAID", "true"),
            ("SOUK__INVOICES__ISSUER_NAME", "The Tea House"),
        ];
        let shop = Shop::open_with(engine, &settings).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 9).await;
        let buyer = shop.new_customer().await;
        let waiting = buyer.order(&tea, 1).await.expect(201).text("id");
        let order = shop.buy(&buyer, &tea, 2).await;
        let of = |rest: &str| format!("/v1/orders/{}/{rest}", order.text("id"));

        // The worker numbers it without being asked.
        let numbered = "select count(*) from commerce_events where name = 'invoice_issued'";
        until("the sale is invoiced", || async { shop.database.number(numbered).await == 1 }).await;
        let papers = buyer.get(&of("invoices")).await.expect(200);
        let invoice = &papers.body["data"][0];
        assert_eq!(
            (&invoice["number"], &invoice["kind"]),
            (&json!("INV-000001"), &json!("invoice"))
        );
        assert_eq!(invoice["issuer"], "The Tea House");
        assert_eq!(invoice["total"], order.body["total"]);
        let file = of(&format!("invoices/{}", invoice["id"].as_str().unwrap()));
        for path in [&file, &of("receipt")] {
            let pdf = buyer.get(path).await.expect(200);
            assert_eq!(pdf.header("content-type"), "application/pdf");
            assert!(pdf.body.as_str().unwrap().starts_with("%PDF-"), "{path}");
            shop.operator().await.get(path).await.expect(200);
            shop.seller().await.get(path).await.expect(404);
        }
        let unpaid = buyer.get(&format!("/v1/orders/{waiting}/receipt")).await.expect(409);
        assert_eq!(unpaid.code(), "order_not_paid");

        let amount = json!({"amount": 5_00, "currency": "USD"});
        let body = json!({"payment": order.text("payment"), "amount": amount, "reason": "chipped"});
        shop.operator().await.post_fresh("/v1/refunds", body).await.expect(201);
        let credited = "select count(*) from commerce_events where name = 'credit_note_issued'";
        until("it is credited", || async { shop.database.number(credited).await == 1 }).await;
        let papers = buyer.get(&of("invoices")).await.expect(200);
        let note = &papers.body["data"][1];
        assert_eq!(
            (&note["number"], &note["total"]["amount"]),
            (&json!("CRN-000001"), &json!(5_00))
        );
        shop.close().await;
    }
}
