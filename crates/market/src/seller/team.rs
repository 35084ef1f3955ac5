//! Who acts for a seller.

use commerce::{Actor, CommitError, Effects, Event, Role, Stored, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{Seller, SellerId, apply::about, keep_profile::owns};
use crate::{Market, MarketError};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub user: UserId,
    pub role: TeamRole,
    pub since: Timestamp,
}

/// What somebody may do for a seller; each may see all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeamRole {
    /// Everything, the team and where the money goes included.
    Owner,
    /// Keeps what is on sale and gives money back.
    Manager,
    /// Only sees.
    Accountant,
}

impl TeamRole {
    pub const ALL: [Self; 3] = [Self::Owner, Self::Manager, Self::Accountant];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Accountant => "accountant",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub fn keeps_listings(self) -> bool {
        matches!(self, Self::Owner | Self::Manager)
    }
}

impl Market {
    /// Gives somebody of the team another role, or invites a person; an operator takes them in at once.
    pub async fn set_member(
        &self,
        actor: &Actor,
        seller: SellerId,
        user: UserId,
        role: TeamRole,
    ) -> Result<Stored<Seller>, MarketError> {
        let member = Member { user, role, since: self.env.now() };
        let at_once = actor.role == Role::Operator;
        self.change_team(seller, |seller| {
            owns(&seller, actor)?;
            let (most, seller) = (self.settings.max_members, with(seller, member, at_once));
            if seller.people() > most { Err(MarketError::TeamFull(most)) } else { Ok(seller) }
        })
        .await
    }

    /// Whoever was invited belongs to the team from now on; nobody belongs to two sellers.
    pub async fn join_team(
        &self,
        actor: &Actor,
        seller: SellerId,
    ) -> Result<Stored<Seller>, MarketError> {
        let now = self.env.now();
        self.change_team(seller, |mut seller| {
            if seller.role_of(actor.user).is_none() {
                let mine = seller.invited.iter().position(|invited| invited.user == actor.user);
                let invited = seller.invited.remove(mine.ok_or(MarketError::NoSeller)?);
                seller.team.push(Member { since: now, ..invited });
            }
            Ok(seller)
        })
        .await
    }

    /// Takes a person out of the team, or an invitation back; everybody may leave.
    pub async fn remove_member(
        &self,
        actor: &Actor,
        seller: SellerId,
        user: UserId,
    ) -> Result<Stored<Seller>, MarketError> {
        self.change_team(seller, |mut seller| {
            let leaves = actor.user == user && seller.role_of(user).is_some();
            if !leaves {
                owns(&seller, actor)?;
            }
            let people = seller.people();
            seller.invited.retain(|invited| invited.user != user);
            if seller.role_of(user).is_some() && !seller.former.contains(&user) {
                seller.former.push(user);
            }
            seller.team.retain(|member| member.user != user);
            if seller.people() < people { Ok(seller) } else { Err(MarketError::NoMember) }
        })
        .await
    }

    async fn change_team(
        &self,
        seller: SellerId,
        change: impl Fn(Seller) -> Result<Seller, MarketError> + Send,
    ) -> Result<Stored<Seller>, MarketError> {
        for _ in 0..commerce::ATTEMPTS {
            let stored = self.sellers.find(seller).await?.ok_or(MarketError::NoSeller)?;
            let changed = change(stored.state.clone())?;
            if !changed.team.iter().any(|member| member.role == TeamRole::Owner) {
                return Err(MarketError::LastOwner);
            }
            if changed == stored.state {
                return Ok(stored);
            }
            let state = Seller { updated_at: self.env.now(), ..changed };
            let told = self.invitations(&stored.state, &state);
            match self.sellers.commit(stored.becomes(state.clone()).with(told)).await {
                Ok(()) => return Ok(Stored { state, version: stored.version.next() }),
                Err(CommitError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Stale.into())
    }

    fn invitations(&self, before: &Seller, after: &Seller) -> Effects {
        let new = after.invited.iter().filter(|invited| !before.invited.contains(invited));
        new.fold(Effects::none(), |effects, invited| {
            let told = Event::new(&self.env, "seller_invited", after.id, about(after));
            effects.tell(told.to_user(invited.user))
        })
    }
}

fn with(mut seller: Seller, new: Member, at_once: bool) -> Seller {
    if let Some(member) = seller.team.iter_mut().find(|member| member.user == new.user) {
        member.role = new.role;
        return seller;
    }
    seller.invited.retain(|invited| invited.user != new.user);
    let place = if at_once { &mut seller.team } else { &mut seller.invited };
    place.push(new);
    seller
}
