//! Who acts for a seller.

use commerce::{Actor, CommitError, Stored, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{Seller, SellerId};
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
    /// Takes a person into the team or gives them another role; nobody belongs to two sellers.
    pub async fn set_member(
        &self,
        actor: &Actor,
        seller: SellerId,
        user: UserId,
        role: TeamRole,
    ) -> Result<Stored<Seller>, MarketError> {
        let now = self.env.now();
        self.change_team(actor, seller, |mut seller| {
            let full = seller.team.len() >= self.settings.max_members;
            match seller.team.iter_mut().find(|member| member.user == user) {
                Some(member) => member.role = role,
                None if full => {
                    return Err(MarketError::TeamFull(self.settings.max_members));
                }
                None => seller.team.push(Member { user, role, since: now }),
            }
            Ok(seller)
        })
        .await
    }

    pub async fn remove_member(
        &self,
        actor: &Actor,
        seller: SellerId,
        user: UserId,
    ) -> Result<Stored<Seller>, MarketError> {
        self.change_team(actor, seller, |mut seller| {
            seller.role_of(user).ok_or(MarketError::NoMember)?;
            seller.team.retain(|member| member.user != user);
            if !seller.former.contains(&user) {
                seller.former.push(user);
            }
            Ok(seller)
        })
        .await
    }

    async fn change_team(
        &self,
        actor: &Actor,
        seller: SellerId,
        change: impl Fn(Seller) -> Result<Seller, MarketError> + Send,
    ) -> Result<Stored<Seller>, MarketError> {
        for _ in 0..commerce::ATTEMPTS {
            let stored = self.owned(actor, seller).await?;
            let changed = change(stored.state.clone())?;
            if !changed.team.iter().any(|member| member.role == TeamRole::Owner) {
                return Err(MarketError::LastOwner);
            }
            if changed == stored.state {
                return Ok(stored);
            }
            let state = Seller { updated_at: self.env.now(), ..changed };
            match self.sellers.commit(stored.becomes(state.clone()).alone()).await {
                Ok(()) => return Ok(Stored { state, version: stored.version.next() }),
                Err(CommitError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Stale.into())
    }
}
