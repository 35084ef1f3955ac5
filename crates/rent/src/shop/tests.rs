//! The rules of opening hours.

use chrono::NaiveDate;
use commerce::{Failure, Span, Timestamp};

use super::*;
use crate::testing::{World, a_shop, owner, stranger};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn berlin() -> RentShop {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let new = NewShop { zone, week: WeekPlan::every_day(Hours::new(480, 1_080)), ..a_shop() };
    RentShop::open(&World::new().env(), owner().user, new).unwrap()
}

#[test]
fn hours_are_the_zones_in_summer_and_in_winter() {
    let shop = berlin();

    assert!(shop.is_open(at("2026-07-01T06:00:00Z")) && !shop.is_open(at("2026-07-01T05:59:00Z")));
    assert!(shop.is_open(at("2026-01-01T07:00:00Z")) && !shop.is_open(at("2026-01-01T06:59:00Z")));
    assert!(!shop.is_open(at("2026-07-01T16:00:00Z")), "nothing is handed out at closing time");
    assert!(shop.takes_back(at("2026-07-01T16:00:00Z")), "but taken back");
}

#[test]
fn an_exception_replaces_the_hours_of_its_day() {
    let mut shop = berlin();
    shop.exceptions = vec![DayException { date: date("2026-12-25"), hours: Vec::new() }];

    assert!(!shop.is_open(at("2026-12-25T10:00:00Z")));
    assert!(shop.is_open(at("2026-12-26T10:00:00Z")));
}

#[test]
fn a_day_is_as_long_as_the_clocks_make_it() {
    let shop = berlin();
    let hours = |day: &str| shop.whole_day(date(day)).unwrap().length().num_hours();

    assert_eq!([hours("2026-03-29"), hours("2026-10-25"), hours("2026-05-01")], [23, 25, 24]);
}

#[test]
fn what_ends_at_midnight_does_not_touch_the_new_day() {
    let mut shop = berlin();
    let (from, to) = (date("2026-07-03"), date("2026-07-04"));
    shop.blackouts = vec![DateRange { from, to }];
    let until = |end: &str| Span::try_new(at("2026-07-01T10:00:00Z"), at(end)).unwrap();

    assert_eq!(shop.blacked_out(until("2026-07-02T22:00:00Z")), None);
    assert_eq!(shop.blacked_out(until("2026-07-02T22:00:01Z")), Some(from));
}

#[tokio::test]
async fn every_fault_of_a_shop_is_told_at_once() {
    let world = World::new();
    let mut week = WeekPlan::every_day(Hours::ALL_DAY);
    week.0[6] = vec![Hours::new(600, 700), Hours::new(650, 800)];
    let place = Place { lat_e6: 91_000_000, lon_e6: 0 };
    let new = NewShop { name: " ".into(), place, week, ..a_shop() };

    let error = world.rent.open_shop(&owner(), new, None).await.unwrap_err();

    let pointers: Vec<_> = error.fields().into_iter().map(|field| field.pointer).collect();
    assert_eq!(pointers, ["#/name", "#/place", "#/week/sunday"]);
}

#[tokio::test]
async fn nobody_else_changes_a_shop() {
    let world = World::new();
    let shop = world.rent.open_shop(&owner(), a_shop(), None).await.unwrap();
    let edit = || ShopEdit { name: Some("Mine now".into()), ..ShopEdit::default() };
    let change =
        async |actor| world.rent.edit_shop(&actor, shop.state.id, shop.version, edit()).await;

    assert_eq!(change(stranger()).await.unwrap_err().code(), "no_shop");
    assert_eq!(change(owner()).await.unwrap().state.name, "Mine now");
    assert_eq!(change(owner()).await.unwrap_err().code(), "outdated");
}
