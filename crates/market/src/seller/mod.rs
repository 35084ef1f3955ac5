//! A seller: who stands behind it, where it is, and whether it may sell.

mod apply;
mod decide;
mod faults;
mod keep_profile;
mod ports;
mod schedule;
mod team;
#[cfg(test)]
mod tests;

pub use apply::Application;
pub use decide::Decision;
pub use keep_profile::ProfileEdit;
pub use ports::{SellerFilter, SellerList};
pub use schedule::Schedule;
pub use team::{Member, TeamRole};

use commerce::{Aggregate, Currency, Id, Money, Tagged, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::Zone;

pub type SellerId = Id<Seller>;

impl Tagged for Seller {
    const PREFIX: &'static str = "sel";
}

/// A place on earth, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub lat_e6: i32,
    pub lon_e6: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    pub id: SellerId,
    pub name: String,
    pub about: String,
    /// What its days are told in.
    pub zone: Zone,
    pub place: Place,
    pub address: String,
    /// The account at the payout provider; nothing is paid out without.
    pub payout_account: Option<String>,
    pub schedule: Schedule,
    /// Less than this is not paid out by itself; one a currency.
    pub minimums: Vec<Money>,
    pub team: Vec<Member>,
    /// Who may join the team. Until they do, it means nothing.
    #[serde(default)]
    pub invited: Vec<Member>,
    /// Who was in the team once. Leaving it makes nobody staff of the shop.
    #[serde(default)]
    pub former: Vec<UserId>,
    pub state: SellerState,
    /// When it is paid out next.
    pub next_payout: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Aggregate for Seller {
    type Id = SellerId;

    fn id(&self) -> SellerId {
        self.id
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum SellerState {
    /// Waits for an operator.
    Applied,
    Approved {
        since: Timestamp,
    },
    /// Sells nothing and is paid nothing until it is reinstated.
    Suspended {
        since: Timestamp,
        reason: String,
    },
    /// Turned down; it may apply again.
    Rejected {
        at: Timestamp,
        reason: String,
    },
}

impl SellerState {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Approved { .. } => "approved",
            Self::Suspended { .. } => "suspended",
            Self::Rejected { .. } => "rejected",
        }
    }
}

impl Seller {
    pub fn may_sell(&self) -> bool {
        matches!(self.state, SellerState::Approved { .. })
    }

    pub fn role_of(&self, user: UserId) -> Option<TeamRole> {
        self.team.iter().find(|member| member.user == user).map(|member| member.role)
    }

    /// How many there are in the team or may join it.
    pub fn people(&self) -> usize {
        self.team.len().saturating_add(self.invited.len())
    }

    pub fn minimum(&self, currency: Currency) -> Money {
        let own = self.minimums.iter().find(|minimum| minimum.currency == currency);
        own.copied().unwrap_or(Money::new(1, currency))
    }
}
