//! Apply to sell here.

use commerce::{Actor, CommitError, Effects, Event, Id, Once, Stored, Version, Write};
use serde_json::json;

use super::{Member, Place, Schedule, Seller, SellerState, TeamRole, faults};
use crate::{Market, MarketError, Zone};

#[derive(Debug, Clone)]
pub struct Application {
    pub name: String,
    pub about: String,
    pub zone: Zone,
    pub place: Place,
    pub address: String,
    pub payout_account: Option<String>,
    pub schedule: Schedule,
}

impl Market {
    /// The applicant owns the seller. One that was turned down may apply again, with other words.
    pub async fn apply(
        &self,
        actor: &Actor,
        application: Application,
        once: Option<Once<Stored<Seller>>>,
    ) -> Result<Stored<Seller>, MarketError> {
        let before = match self.sellers.seller_of(actor.user).await? {
            None => None,
            Some(stored) if again(&stored.state, actor) => Some(stored),
            Some(_) => return Err(MarketError::HasSeller),
        };
        let made = self.applied(actor, application, before.as_ref())?;
        let told = Event::new(&self.env, "seller_applied", made.state.id, about(&made.state));
        let receipt = once.map(|once| once.receipt(made.state.id.uuid(), &made));
        let effects = Effects::none().tell(told.to_user(actor.user)).receipt(receipt);
        let write = match &before {
            Some(stored) => stored.becomes(made.state.clone()),
            None => Write::new(made.state.clone()),
        };
        match self.sellers.commit(write.with(effects)).await {
            Ok(()) => Ok(made),
            Err(CommitError::Taken(_)) => Err(MarketError::HasSeller),
            Err(error) => Err(error.into()),
        }
    }

    fn applied(
        &self,
        actor: &Actor,
        application: Application,
        before: Option<&Stored<Seller>>,
    ) -> Result<Stored<Seller>, MarketError> {
        let now = self.env.now();
        let owner = Member { user: actor.user, role: TeamRole::Owner, since: now };
        let state = Seller {
            id: before.map_or_else(|| Id::new(&self.env), |stored| stored.state.id),
            name: application.name,
            about: application.about,
            zone: application.zone,
            place: application.place,
            address: application.address,
            payout_account: application.payout_account,
            schedule: application.schedule,
            minimums: Vec::new(),
            team: before.map_or_else(|| vec![owner], |stored| stored.state.team.clone()),
            invited: before.map_or_else(Vec::new, |stored| stored.state.invited.clone()),
            former: before.map_or_else(Vec::new, |stored| stored.state.former.clone()),
            state: SellerState::Applied,
            next_payout: None,
            created_at: before.map_or(now, |stored| stored.state.created_at),
            updated_at: now,
        };
        let version = before.map_or(Version(0), |stored| stored.version).next();
        Ok(Stored { state: faults::sound(state)?, version })
    }
}

fn again(seller: &Seller, actor: &Actor) -> bool {
    let rejected = matches!(seller.state, SellerState::Rejected { .. });
    rejected && seller.role_of(actor.user) == Some(TeamRole::Owner)
}

pub(super) fn about(seller: &Seller) -> serde_json::Value {
    json!({"seller": seller.id.to_string(), "name": seller.name, "state": seller.state.name()})
}
