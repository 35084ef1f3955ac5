//! What clients send about sellers.

use chrono::Weekday;
use commerce::User;
use garde::Validate;
use market::{Application, ProfileEdit, Schedule, Seller, TeamRole, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use crate::{
    extract::{Faults, Reads, Ref},
    rent::places::PlaceBody,
    views::MoneyInput,
};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct SellerPath {
    pub id: Ref<Seller>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct MemberPath {
    pub id: Ref<Seller>,
    pub user: Ref<User>,
}

/// When a seller is paid out by itself; days are those of its zone.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PayoutEvery")]
pub enum EveryWord {
    Never,
    Day,
    Week,
    Month,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Weekday")]
pub enum WeekdayWord {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

const WEEKDAYS: [(WeekdayWord, Weekday); 7] = [
    (WeekdayWord::Monday, Weekday::Mon),
    (WeekdayWord::Tuesday, Weekday::Tue),
    (WeekdayWord::Wednesday, Weekday::Wed),
    (WeekdayWord::Thursday, Weekday::Thu),
    (WeekdayWord::Friday, Weekday::Fri),
    (WeekdayWord::Saturday, Weekday::Sat),
    (WeekdayWord::Sunday, Weekday::Sun),
];

impl From<WeekdayWord> for Weekday {
    fn from(word: WeekdayWord) -> Self {
        match word {
            WeekdayWord::Monday => Self::Mon,
            WeekdayWord::Tuesday => Self::Tue,
            WeekdayWord::Wednesday => Self::Wed,
            WeekdayWord::Thursday => Self::Thu,
            WeekdayWord::Friday => Self::Fri,
            WeekdayWord::Saturday => Self::Sat,
            WeekdayWord::Sunday => Self::Sun,
        }
    }
}

impl From<Weekday> for WeekdayWord {
    fn from(day: Weekday) -> Self {
        let same = WEEKDAYS.into_iter().find(|(_, weekday)| *weekday == day);
        same.map_or(Self::Monday, |(word, _)| word)
    }
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PayoutScheduleInput")]
pub struct ScheduleBody {
    #[garde(skip)]
    pub every: EveryWord,
    /// Of a week; Monday when absent.
    #[garde(skip)]
    pub weekday: Option<WeekdayWord>,
    /// Of a month; the first when absent.
    #[garde(range(min = 1, max = 28))]
    pub day: Option<u32>,
}

impl From<ScheduleBody> for Schedule {
    fn from(body: ScheduleBody) -> Self {
        match body.every {
            EveryWord::Never => Self::Never,
            EveryWord::Day => Self::Day,
            EveryWord::Week => {
                let weekday = body.weekday.unwrap_or(WeekdayWord::Monday);
                Self::Week { weekday: weekday.into() }
            }
            EveryWord::Month => Self::Monthly { day: body.day.unwrap_or(1) },
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SellerApplication", example = json!({
    "name": "Ann's Teas", "about": "Single-estate teas.", "zone": "Asia/Kolkata",
    "address": "GS Road, Guwahati", "place": {"latitude": "26.144518", "longitude": "91.736237"},
    "payout_account": "acct_ann", "payout_schedule": {"every": "week", "weekday": "friday"},
}))]
pub struct ApplicationBody {
    #[garde(length(chars, min = 1, max = 120))]
    pub name: String,
    #[serde(default)]
    #[garde(length(chars, max = 2_000))]
    pub about: String,
    /// Of the IANA database; payouts come as its days begin.
    #[garde(length(chars, min = 1, max = 60))]
    pub zone: String,
    #[garde(dive)]
    pub place: PlaceBody,
    #[garde(length(chars, min = 1, max = 300))]
    pub address: String,
    /// The account at the payout provider; nothing is paid out without.
    #[garde(length(chars, min = 1, max = 120))]
    pub payout_account: Option<String>,
    /// Only when an operator says so when absent.
    #[garde(dive)]
    pub payout_schedule: Option<ScheduleBody>,
}

impl Reads for ApplicationBody {
    type Thing = Application;

    fn read(self, faults: &mut Faults) -> Application {
        Application {
            name: self.name,
            about: self.about,
            zone: zone(&self.zone, faults),
            place: place(&self.place, faults),
            address: self.address,
            payout_account: self.payout_account,
            schedule: self.payout_schedule.map(Into::into).unwrap_or_default(),
        }
    }
}

fn zone(name: &str, faults: &mut Faults) -> Zone {
    Zone::parse(name).unwrap_or_else(|error| {
        faults.add("#/zone", "unknown_zone", error.to_string());
        Zone::UTC
    })
}

fn place(body: &PlaceBody, faults: &mut Faults) -> market::Place {
    let place = body.read(faults);
    market::Place { lat_e6: place.lat_e6, lon_e6: place.lon_e6 }
}

/// What is absent stays.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SellerPatch", example = json!({
    "payout_schedule": {"every": "day"}, "payout_minimums": [{"amount": 5_000, "currency": "USD"}],
}))]
pub struct SellerPatch {
    #[garde(length(chars, min = 1, max = 120))]
    pub name: Option<String>,
    #[garde(length(chars, max = 2_000))]
    pub about: Option<String>,
    #[garde(length(chars, min = 1, max = 60))]
    pub zone: Option<String>,
    #[garde(dive)]
    pub place: Option<PlaceBody>,
    #[garde(length(chars, min = 1, max = 300))]
    pub address: Option<String>,
    /// `null` takes the account away.
    #[serde(default, deserialize_with = "there")]
    #[garde(inner(inner(length(chars, min = 1, max = 120))))]
    pub payout_account: Option<Option<String>>,
    #[garde(dive)]
    pub payout_schedule: Option<ScheduleBody>,
    /// Less than this is not paid out by itself; one a currency.
    #[garde(length(max = 30), dive)]
    pub payout_minimums: Option<Vec<MoneyInput>>,
}

/// A field that is there, if only as `null`.
fn there<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(field).map(Some)
}

impl Reads for SellerPatch {
    type Thing = ProfileEdit;

    fn read(self, faults: &mut Faults) -> ProfileEdit {
        let mut minimums = self.payout_minimums.as_ref().map(|_| Vec::new());
        for (at, amount) in self.payout_minimums.iter().flatten().enumerate() {
            match amount.money(&format!("#/payout_minimums/{at}")) {
                Ok(money) => minimums.iter_mut().for_each(|all| all.push(money)),
                Err(_) => {
                    let pointer = format!("#/payout_minimums/{at}/currency");
                    faults.add(pointer, "unknown_currency", "no such currency");
                }
            }
        }
        ProfileEdit {
            name: self.name,
            about: self.about,
            zone: self.zone.map(|name| zone(&name, faults)),
            place: self.place.map(|body| place(&body, faults)),
            address: self.address,
            payout_account: self.payout_account,
            schedule: self.payout_schedule.map(Into::into),
            minimums,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SellerRefusal", example = json!({"reason": "The address does not exist."}))]
pub struct ReasonBody {
    /// Told to the seller's owners.
    #[garde(length(chars, min = 1, max = 500))]
    pub reason: String,
}

/// `owner` does everything, `manager` keeps what is on sale and gives money back, `accountant` only sees.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TeamRole")]
pub enum TeamRoleWord {
    Owner,
    Manager,
    Accountant,
}

impl From<TeamRoleWord> for TeamRole {
    fn from(word: TeamRoleWord) -> Self {
        match word {
            TeamRoleWord::Owner => Self::Owner,
            TeamRoleWord::Manager => Self::Manager,
            TeamRoleWord::Accountant => Self::Accountant,
        }
    }
}

impl From<TeamRole> for TeamRoleWord {
    fn from(role: TeamRole) -> Self {
        match role {
            TeamRole::Owner => Self::Owner,
            TeamRole::Manager => Self::Manager,
            TeamRole::Accountant => Self::Accountant,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TeamMemberInput", example = json!({"role": "manager"}))]
pub struct MemberBody {
    #[garde(skip)]
    pub role: TeamRoleWord,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SellerState", inline)]
pub enum StateParameter {
    Applied,
    Approved,
    Suspended,
    Rejected,
}

impl StateParameter {
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Approved => "approved",
            Self::Suspended => "suspended",
            Self::Rejected => "rejected",
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SellerQuery {
    #[garde(skip)]
    pub state: Option<StateParameter>,
    /// How many sellers at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}
