//! Payouts: money sent to accounts elsewhere, which may come back.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    Line, State,
    intents::{check_amount, check_text},
};
use crate::{Payout, PayoutStatus, error::Refusal};

/// An account that no bank knows.
const UNKNOWN_ACCOUNT: &str = "acct_unknown";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPayout {
    /// The caller's own name for it: asking twice with the same sends once.
    pub reference: String,
    pub account: String,
    pub amount: i64,
    pub currency: String,
}

impl NewPayout {
    pub fn check(&self) -> Result<(), Refusal> {
        check_amount(self.amount)?;
        check_text("reference", &self.reference, 1, 200)?;
        check_text("account", &self.account, 1, 200)?;
        check_text("currency", &self.currency, 3, 3)
    }

    fn is_same_as(&self, payout: &Payout) -> bool {
        self.account == payout.account
            && self.amount == payout.amount
            && self.currency == payout.currency
    }
}

impl State {
    pub fn pay_out(&mut self, new: NewPayout) -> Result<Payout, Refusal> {
        new.check()?;
        let known = self.payouts.values().find(|payout| payout.reference == new.reference);
        if let Some(known) = known {
            let message = "the reference is that of another payout";
            let same = new.is_same_as(known);
            return if same {
                Ok(known.clone())
            } else {
                Err(Refusal::invalid("reference", message))
            };
        }
        if new.account == UNKNOWN_ACCOUNT {
            let message = "there is no such account";
            return Err(Refusal::new(422, "no_such_account", message).at("account"));
        }
        let payout = Payout {
            id: format!("po_{}", self.setup.ids.id()),
            reference: new.reference,
            account: new.account,
            amount: new.amount,
            currency: new.currency,
            status: PayoutStatus::InTransit,
            failure_code: None,
            created: self.now(),
        };
        Ok(self.write_payout(payout))
    }

    /// It has arrived by the time it is asked about, unless it was told to do something else.
    pub fn find_payout(&mut self, id: &str) -> Result<Payout, Refusal> {
        let payout = self.payouts.get(id).cloned();
        let payout = payout.ok_or_else(|| Refusal::not_found("payout"))?;
        if payout.status == PayoutStatus::InTransit {
            return Ok(self.write_payout(Payout { status: PayoutStatus::Paid, ..payout }));
        }
        Ok(payout)
    }

    /// The account's bank gives it back, perhaps long after it was paid.
    pub fn return_payout(&mut self, id: &str, code: String) -> Result<Payout, Refusal> {
        check_text("code", &code, 1, 100)?;
        let payout = self.payouts.get(id).cloned();
        let payout = payout.ok_or_else(|| Refusal::not_found("payout"))?;
        let returned =
            Payout { status: PayoutStatus::Returned, failure_code: Some(code), ..payout };
        Ok(self.write_payout(returned))
    }

    fn write_payout(&mut self, payout: Payout) -> Payout {
        self.note(&Line::Payout(Cow::Borrowed(&payout)));
        self.file_payout(payout.clone());
        payout
    }

    pub(super) fn file_payout(&mut self, payout: Payout) {
        self.payouts.insert(payout.id.clone(), payout);
    }
}
