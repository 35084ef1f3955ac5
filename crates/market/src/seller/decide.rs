//! Let a seller in, turn it down, stop it or let it go on.

use commerce::{Actor, CommitError, Effects, Event, Role, Stored, audit::AuditRow};
use serde_json::json;

use super::{Seller, SellerId, SellerState, TeamRole, apply::about};
use crate::{Market, MarketError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Approve,
    Reject { reason: String },
    Suspend { reason: String },
    Reinstate,
}

impl Decision {
    fn told(&self) -> &'static str {
        match self {
            Self::Approve => "seller_approved",
            Self::Reject { .. } => "seller_rejected",
            Self::Suspend { .. } => "seller_suspended",
            Self::Reinstate => "seller_reinstated",
        }
    }
}

impl Market {
    /// Deciding the same twice changes nothing.
    pub async fn decide(
        &self,
        actor: &Actor,
        seller: SellerId,
        decision: &Decision,
    ) -> Result<Stored<Seller>, MarketError> {
        if actor.role != Role::Operator {
            return Err(MarketError::NotAnOperator);
        }
        for _ in 0..commerce::ATTEMPTS {
            let stored = self.sellers.find(seller).await?.ok_or(MarketError::NoSeller)?;
            let Some(state) = self.decided(&stored.state, decision)? else {
                return Ok(stored);
            };
            let effects = self.told(actor, &state, decision);
            match self.sellers.commit(stored.becomes(state.clone()).with(effects)).await {
                Ok(()) => return Ok(Stored { state, version: stored.version.next() }),
                Err(CommitError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Stale.into())
    }

    /// The seller as the decision leaves it; nothing if it is so already.
    fn decided(&self, seller: &Seller, decision: &Decision) -> Result<Option<Seller>, MarketError> {
        let now = self.env.now();
        let state = match (&seller.state, decision) {
            (SellerState::Approved { .. }, Decision::Approve | Decision::Reinstate)
            | (SellerState::Suspended { .. }, Decision::Suspend { .. })
            | (SellerState::Rejected { .. }, Decision::Reject { .. }) => return Ok(None),
            (SellerState::Applied | SellerState::Rejected { .. }, Decision::Approve)
            | (SellerState::Suspended { .. }, Decision::Reinstate) => {
                SellerState::Approved { since: now }
            }
            (SellerState::Applied, Decision::Reject { reason }) => {
                SellerState::Rejected { at: now, reason: reason.clone() }
            }
            (SellerState::Approved { .. }, Decision::Suspend { reason }) => {
                SellerState::Suspended { since: now, reason: reason.clone() }
            }
            (state, _) => return Err(MarketError::WrongState(state.name())),
        };
        let approved = matches!(state, SellerState::Approved { .. });
        let next_payout = approved.then(|| seller.schedule.next(seller.zone, now)).flatten();
        Ok(Some(Seller { state, next_payout, updated_at: now, ..seller.clone() }))
    }

    fn told(&self, actor: &Actor, seller: &Seller, decision: &Decision) -> Effects {
        let mut body = about(seller);
        if let (Decision::Reject { reason } | Decision::Suspend { reason }, Some(body)) =
            (decision, body.as_object_mut())
        {
            body.insert("reason".to_owned(), json!(reason));
        }
        let audit = AuditRow {
            id: self.env.uuid(),
            at: self.env.now(),
            actor: Some(*actor),
            action: decision.told(),
            subject: Some(seller.id.uuid()),
            address: None,
            request_id: None,
            facts: body.clone(),
        };
        let owners = seller.team.iter().filter(|member| member.role == TeamRole::Owner);
        owners.fold(Effects::none().record(audit), |effects, owner| {
            let mut body = body.clone();
            if let Some(body) = body.as_object_mut() {
                body.insert("owner".to_owned(), json!(owner.user.to_string()));
            }
            let event = Event::new(&self.env, decision.told(), seller.id, body);
            effects.tell(event.to_user(owner.user))
        })
    }
}
