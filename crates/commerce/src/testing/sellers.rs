//! Where sellers stand, over memory.

use async_trait::async_trait;
use uuid::Uuid;

use super::Memory;
use crate::{
    Account, Currency, Money, Payment, PaymentId, StoreError, Timestamp,
    seller::{SellerBooks, Standing},
};

#[async_trait]
impl SellerBooks for Memory {
    async fn standings(
        &self,
        sellers: &[Uuid],
        currency: Currency,
    ) -> Result<Vec<Standing>, StoreError> {
        let books = self.read();
        let balance = |account: Account| books.balance(account.code(), currency);
        let standing = |&seller: &Uuid| Standing {
            seller,
            payable: Money::new(-balance(Account::seller_payable(seller)), currency),
            receivable: Money::new(balance(Account::seller_receivable(seller)), currency),
        };
        Ok(sellers.iter().map(standing).collect())
    }

    async fn unreleased(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<PaymentId>, StoreError> {
        let waits = |payment: &Payment| {
            !payment.is_disputed()
                && payment.parts.as_ref().is_some_and(|p| p.released.is_none() && p.due() <= before)
        };
        let all = self.read().all::<Payment>();
        let due = all.into_iter().filter(|stored| waits(&stored.state));
        Ok(due.map(|s| s.state.id).take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }
}
