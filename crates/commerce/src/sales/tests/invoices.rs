//! What is invoiced of a sale, and credited when money goes back.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::world::World;
use crate::{
    Actor, Failure, Money, Role, StoreError,
    invoice::{Invoices, Issuer, Issuers, PaperKind, Printer, Sheet},
    order::Policy,
    sales::LatePayment,
};

struct Shop;

#[async_trait]
impl Issuers for Shop {
    async fn issuer(&self, seller: Option<Uuid>) -> Result<Issuer, StoreError> {
        Ok(Issuer { seller, name: "Souk".into(), address: "1 High Street\nSpringfield".into() })
    }
}

impl Printer for Shop {
    fn print(&self, sheet: &Sheet) -> Vec<u8> {
        format!("{sheet:?}").into_bytes()
    }
}

fn invoices(world: &World) -> Invoices {
    let store = Arc::new(world.memory().clone());
    Invoices {
        orders: store.clone(),
        payments: store.clone(),
        papers: store,
        issuers: Arc::new(Shop),
        printer: Arc::new(Shop),
        env: world.env(),
    }
}

#[tokio::test]
async fn a_sale_is_invoiced_once_and_each_refund_credited() {
    let world = World::new(LatePayment::Honour);
    let (order, payment) = world.sold().await;
    let invoices = invoices(&world);

    let first = invoices.of_order(&world.buyer, order.id).await.unwrap();
    let again = invoices.of_order(&world.buyer, order.id).await.unwrap();
    for amount in [Some(1_00), None] {
        world.refund(payment.id, amount).await.unwrap();
        world.tell_all().await;
        world.notify_all().await;
    }
    let all = invoices.of_order(&world.operator(), order.id).await.unwrap();

    assert_eq!(first, again);
    assert_eq!((first.len(), first[0].name().as_str()), (1, "INV-000001"));
    assert_eq!(first[0].paper.total, order.totals.total);
    assert_eq!(first[0].paper.tax, order.totals.tax);
    let names: Vec<_> = all.iter().map(|issued| issued.name()).collect();
    assert_eq!(names, ["INV-000001", "CRN-000001", "CRN-000002"]);
    let notes = all.iter().filter(|issued| issued.paper.kind != PaperKind::Invoice);
    let sum = |part: fn(&crate::invoice::Paper) -> Money| {
        notes.clone().map(|issued| part(&issued.paper).minor).sum::<i64>()
    };
    assert_eq!(sum(|paper| paper.total), order.totals.total.minor);
    assert_eq!(sum(|paper| paper.tax), order.totals.tax.minor);
}

#[tokio::test]
async fn papers_are_for_the_buyer_and_for_what_was_paid() {
    let world = World::new(LatePayment::Honour);
    let (order, _) = world.sold().await;
    let waiting = world.raise(&[(0, 1, Some(Policy::Hold))]).await.unwrap();
    let invoices = invoices(&world);
    let stranger = Actor { role: Role::Customer, ..world.operator() };

    let refused = invoices.of_order(&stranger, order.id).await.unwrap_err();
    let unpaid = invoices.of_order(&world.buyer, waiting).await.unwrap_err();
    let receipt = invoices.print_receipt(&world.buyer, order.id).await.unwrap();
    let text = String::from_utf8(receipt.bytes).unwrap();

    assert_eq!((refused.code(), unpaid.code()), ("no_order", "order_not_paid"));
    assert!(text.contains("INV-000001") && text.contains("Green tea"), "{text}");
    assert!(text.contains(&order.totals.total.to_string()), "{text}");
}
