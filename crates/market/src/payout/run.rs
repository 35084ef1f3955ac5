//! Pay a seller out: every entry that is in no payout yet, in one payout that is exactly their sum.

use commerce::{
    Account, Actor, Change, CommitError, Currency, Effects, Event, Id, Money, Once, Posting,
    Repository, Stored, Version, Write, ledger,
};
use serde_json::json;

use super::{Payout, PayoutItem, PayoutState};
use crate::{Market, MarketError, Seller, SellerId, commission::operates};

pub(super) const PAYOUT_DUE: &str = "payout_due";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutRequest {
    pub seller: SellerId,
    pub currency: Currency,
}

impl Market {
    /// An operator pays a seller now, whatever its schedule and its minimum say.
    pub async fn pay_out(
        &self,
        actor: &Actor,
        request: PayoutRequest,
        once: Option<Once<Stored<Payout>>>,
    ) -> Result<Stored<Payout>, MarketError> {
        operates(actor)?;
        let least = Money::new(1, request.currency);
        self.pay(request, least, once.as_ref()).await
    }

    /// Two at a time pay once: an entry is in one payout, and the account never has less than nothing.
    pub(super) async fn pay(
        &self,
        request: PayoutRequest,
        least: Money,
        once: Option<&Once<Stored<Payout>>>,
    ) -> Result<Stored<Payout>, MarketError> {
        for _ in 0..commerce::ATTEMPTS {
            let seller = self.sellers.find(request.seller).await?.ok_or(MarketError::NoSeller)?;
            let (payout, change) = self.drawn_up(&seller.state, request.currency, least).await?;
            let made = Stored { state: payout, version: Version(1) };
            let receipt = once.map(|once| once.receipt(made.state.id.uuid(), &made));
            let effects = change.effects.receipt(receipt);
            match Repository::<Payout>::commit(&*self.payouts, Change { effects, ..change }).await {
                Ok(()) => return Ok(made),
                // Somebody paid, or took back, some of it in the meantime.
                Err(
                    CommitError::Stale | CommitError::Taken(_) | CommitError::InsufficientFunds(_),
                ) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Stale.into())
    }

    /// What the seller owes us is kept from it first.
    async fn drawn_up(
        &self,
        seller: &Seller,
        currency: Currency,
        least: Money,
    ) -> Result<(Payout, Change<Payout>), MarketError> {
        if !seller.may_sell() {
            return Err(MarketError::WrongState(seller.state.name()));
        }
        let account = seller.payout_account.clone().ok_or(MarketError::NoPayoutAccount)?;
        let mut items = self.payouts.unpaid_entries(seller.id, currency).await?;
        let unpaid = sum(&items, currency)?;
        let owed = self.owed(seller.id, currency).await?;
        let netted = Money::new(owed.minor.clamp(0, unpaid.minor.max(0)), currency);
        let amount = unpaid.minus(netted)?;
        if !amount.is_positive() {
            return Err(MarketError::NothingToPay);
        }
        if amount.minor < least.minor {
            return Err(MarketError::BelowMinimum { amount, minimum: least });
        }
        let (id, now) = (Id::<Payout>::new(&self.env), self.env.now());
        let mut effects = Effects::none();
        if netted.is_positive() {
            let (posting, of) = (self.env.uuid(), seller.id.uuid());
            let kept = ledger::earnings_netted(posting, id.uuid(), of, netted, now)?;
            items.extend(item(&kept, seller.id));
            effects = effects.post(kept);
        }
        let sent_by = self.env.uuid();
        let sent = ledger::payout_sent(sent_by, id.uuid(), seller.id.uuid(), amount, now)?;
        let payout = Payout {
            id,
            seller: seller.id,
            provider: self.gateway.provider().to_owned(),
            account,
            amount,
            items,
            state: PayoutState::Draft,
            sent_by,
            confirmed_by: None,
            provider_ref: None,
            created_at: now,
            check_at: Some(self.next_check(0, now)),
            checks: 0,
        };
        let due = Event::new(&self.env, PAYOUT_DUE, id, about(&payout));
        Ok((payout.clone(), Write::new(payout).with(effects.post(sent).tell(due))))
    }

    async fn owed(&self, seller: SellerId, currency: Currency) -> Result<Money, MarketError> {
        let standings = self.books.standings(&[seller.uuid()], currency).await?;
        let owed = standings.first().map(|standing| standing.receivable);
        Ok(owed.unwrap_or(Money::zero(currency)))
    }
}

fn sum(items: &[PayoutItem], currency: Currency) -> Result<Money, MarketError> {
    Ok(Money::sum(currency, items.iter().map(|item| item.amount))?)
}

/// The entry a posting makes on the account a seller is paid from, seen from the seller.
fn item(posting: &Posting, seller: SellerId) -> Option<PayoutItem> {
    let account = Account::seller_payable(seller.uuid());
    let mut entries = posting.entries().iter().enumerate();
    let (line, entry) = entries.find(|(_, entry)| entry.account == account)?;
    Some(PayoutItem {
        posting: posting.id,
        line: u32::try_from(line).ok()?,
        kind: posting.kind.to_owned(),
        reference: posting.reference,
        amount: entry.amount.negated().ok()?,
        at: posting.at,
    })
}

pub(super) fn about(payout: &Payout) -> serde_json::Value {
    json!({
        "payout": payout.id.to_string(),
        "seller": payout.seller.to_string(),
        "amount": payout.amount,
        "state": payout.state.name(),
    })
}
