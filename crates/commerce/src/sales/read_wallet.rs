//! Look at a wallet: its owner and operators do; to others it is not there.

use super::Sales;
use crate::{
    Account, Actor, Page, PageRequest, UserId,
    ledger::{Balance, BookedEntry},
    payment::PaymentError,
    wallet::WalletError,
};

impl Sales {
    /// What is in a wallet, by currency; nothing for one that was never used.
    pub async fn wallet(
        &self,
        actor: &Actor,
        customer: UserId,
    ) -> Result<Vec<Balance>, PaymentError> {
        self.wallet_balances(&seen_by(actor, customer)?).await
    }

    /// What came and went, newest first.
    pub async fn wallet_entries(
        &self,
        actor: &Actor,
        customer: UserId,
        page: PageRequest,
    ) -> Result<Page<BookedEntry>, PaymentError> {
        let wallet = seen_by(actor, customer)?;
        Ok(self.journal.list_entries(wallet.code(), page).await?)
    }

    /// There are fewer currencies than a page has rows.
    pub(super) async fn wallet_balances(
        &self,
        wallet: &Account,
    ) -> Result<Vec<Balance>, PaymentError> {
        let page = PageRequest { limit: 100, cursor: None };
        Ok(self.journal.list_balances(wallet.code(), page).await?.data)
    }
}

fn seen_by(actor: &Actor, customer: UserId) -> Result<Account, WalletError> {
    if actor.may_see(customer) { Ok(Account::wallet(customer)) } else { Err(WalletError::NoWallet) }
}
