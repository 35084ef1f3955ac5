//! Sellers, rules and payouts on both engines, and the races for a seller's money.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::sync::Arc;

use persistence::testing::TestDb;

#[tokio::test]
async fn every_engine_keeps_the_promises_of_the_ports() {
    for db in TestDb::each_engine().await {
        market::testing::assert_ports(Arc::new(db.db.clone())).await;

        db.finish().await;
    }
}
