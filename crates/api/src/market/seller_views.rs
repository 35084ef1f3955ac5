//! Sellers as clients see them.

use commerce::{Timestamp, User};
use market::{Member, Schedule, Seller, SellerState};
use schemars::JsonSchema;
use serde::Serialize;

use super::seller_bodies::{EveryWord, TeamRoleWord, WeekdayWord};
use crate::{extract::Ref, rent::places::PlaceView, views::MoneyView};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Seller")]
pub struct SellerView {
    pub id: Ref<Seller>,
    pub name: String,
    pub about: String,
    /// Of the IANA database.
    pub zone: String,
    pub place: PlaceView,
    pub address: String,
    /// `applied`, `approved`, `suspended` or `rejected`.
    pub state: String,
    /// Why it was suspended or rejected.
    pub reason: Option<String>,
    pub team: Vec<MemberView>,
    /// Who may join the team.
    pub invited: Vec<MemberView>,
    pub payout_account: Option<String>,
    pub payout_schedule: ScheduleView,
    pub payout_minimums: Vec<MoneyView>,
    pub next_payout_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TeamMember")]
pub struct MemberView {
    pub user: Ref<User>,
    pub role: TeamRoleWord,
    pub since: Timestamp,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PayoutSchedule")]
pub struct ScheduleView {
    pub every: EveryWord,
    pub weekday: Option<WeekdayWord>,
    pub day: Option<u32>,
}

impl From<Schedule> for ScheduleView {
    fn from(schedule: Schedule) -> Self {
        let plain = |every| Self { every, weekday: None, day: None };
        match schedule {
            Schedule::Never => plain(EveryWord::Never),
            Schedule::Day => plain(EveryWord::Day),
            Schedule::Week { weekday } => {
                Self { weekday: Some(weekday.into()), ..plain(EveryWord::Week) }
            }
            Schedule::Monthly { day } => Self { day: Some(day), ..plain(EveryWord::Month) },
        }
    }
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self { user: member.user.into(), role: member.role.into(), since: member.since }
    }
}

fn place(place: market::Place) -> PlaceView {
    rent::Place { lat_e6: place.lat_e6, lon_e6: place.lon_e6 }.into()
}

impl From<Seller> for SellerView {
    fn from(seller: Seller) -> Self {
        let state = seller.state.name().to_owned();
        let reason = match seller.state {
            SellerState::Suspended { reason, .. } | SellerState::Rejected { reason, .. } => {
                Some(reason)
            }
            SellerState::Applied | SellerState::Approved { .. } => None,
        };
        Self {
            id: seller.id.into(),
            name: seller.name,
            about: seller.about,
            zone: seller.zone.name().to_owned(),
            place: place(seller.place),
            address: seller.address,
            state,
            reason,
            team: seller.team.into_iter().map(Into::into).collect(),
            invited: seller.invited.into_iter().map(Into::into).collect(),
            payout_account: seller.payout_account,
            payout_schedule: seller.schedule.into(),
            payout_minimums: seller.minimums.into_iter().map(Into::into).collect(),
            next_payout_at: seller.next_payout,
            created_at: seller.created_at,
            updated_at: seller.updated_at,
        }
    }
}

/// A seller as customers see it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SellerProfile")]
pub struct ProfileView {
    pub id: Ref<Seller>,
    pub name: String,
    pub about: String,
    pub zone: String,
    pub place: PlaceView,
    pub address: String,
    pub created_at: Timestamp,
}

impl From<Seller> for ProfileView {
    fn from(seller: Seller) -> Self {
        Self {
            id: seller.id.into(),
            name: seller.name,
            about: seller.about,
            zone: seller.zone.name().to_owned(),
            place: place(seller.place),
            address: seller.address,
            created_at: seller.created_at,
        }
    }
}
