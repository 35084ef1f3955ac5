//! Who may sell, and who may act for a seller.

use commerce::{
    Role, Version,
    seller::{Keeping, Sellers},
};

use super::*;
use crate::{
    MarketError,
    testing::{World, application, person},
};

#[tokio::test]
async fn a_seller_sells_from_approval_until_suspension_and_again_once_reinstated() {
    let world = World::default();
    let (seller, owner) = world.seller("Ann").await;
    let keeps = async || world.market.keeps_for(owner.user).await.unwrap();
    let ours = Keeping::Seller(seller.id.uuid());
    assert_eq!(keeps().await, ours);

    let suspend = Decision::Suspend { reason: "fakes".into() };
    let stopped = world.market.decide(&world.operator, seller.id, &suspend).await.unwrap();
    assert_eq!((keeps().await, stopped.state.next_payout), (Keeping::Barred, None));
    let approve = world.market.decide(&world.operator, seller.id, &Decision::Approve).await;
    assert!(matches!(approve, Err(MarketError::WrongState("suspended"))));

    world.market.decide(&world.operator, seller.id, &Decision::Reinstate).await.unwrap();
    assert_eq!(keeps().await, ours);
}

#[tokio::test]
async fn who_is_turned_down_may_apply_again_and_the_same_decision_twice_changes_nothing() {
    let world = World::default();
    let owner = person(&world.env(), Role::Customer);
    let first = world.market.apply(&owner, application("Ann"), None).await.unwrap();
    let no = Decision::Reject { reason: "no address".into() };
    let turned = world.market.decide(&world.operator, first.state.id, &no).await.unwrap();
    let twice = world.market.decide(&world.operator, first.state.id, &no).await.unwrap();
    assert_eq!(turned, twice);

    let again = world.market.apply(&owner, application("Ann & Co"), None).await.unwrap();

    assert_eq!((again.state.id, again.state.state), (first.state.id, SellerState::Applied));
    assert_eq!(again.version, Version(3));
}

#[tokio::test]
async fn only_owners_change_a_seller_and_strangers_do_not_learn_of_it() {
    let world = World::default();
    let (seller, owner) = world.seller("Ann").await;
    let (clerk, stranger) =
        (person(&world.env(), Role::Seller), person(&world.env(), Role::Seller));
    let accountant = TeamRole::Accountant;
    world.takes_in(&owner, &seller, &clerk, accountant).await;
    let stored = world.market.seller(&clerk, seller.id).await.unwrap();
    let edit = || ProfileEdit { name: Some("Clerk's".into()), ..ProfileEdit::default() };

    let by_clerk = world.market.edit_seller(&clerk, seller.id, stored.version, edit()).await;
    let by_stranger = world.market.edit_seller(&stranger, seller.id, stored.version, edit()).await;
    let decided = world.market.decide(&owner, seller.id, &Decision::Reinstate).await;

    assert!(matches!(by_clerk, Err(MarketError::NotAnOwner)));
    assert!(matches!(by_stranger, Err(MarketError::NoSeller)));
    assert!(matches!(decided, Err(MarketError::NotAnOperator)));
    assert_eq!(world.market.keeps_for(clerk.user).await.unwrap(), Keeping::Barred);
}

#[tokio::test]
async fn who_leaves_a_team_is_no_staff_of_the_shop() {
    let world = World::default();
    let (seller, owner) = world.seller("Ann").await;
    let clerk = person(&world.env(), Role::Seller);
    assert_eq!(world.market.keeps_for(clerk.user).await.unwrap(), Keeping::Shop);

    world.takes_in(&owner, &seller, &clerk, TeamRole::Manager).await;
    world.market.remove_member(&owner, seller.id, clerk.user).await.unwrap();
    assert_eq!(world.market.keeps_for(clerk.user).await.unwrap(), Keeping::Barred);

    world.takes_in(&owner, &seller, &clerk, TeamRole::Manager).await;
    let again = world.market.keeps_for(clerk.user).await.unwrap();
    assert_eq!(again, Keeping::Seller(seller.id.uuid()));
}

#[tokio::test]
async fn nobody_is_in_a_team_who_did_not_join_it() {
    let world = World::default();
    let (seller, owner) = world.seller("Ann").await;
    let [staff, stranger] = [(); 2].map(|()| person(&world.env(), Role::Seller));

    world.market.set_member(&owner, seller.id, staff.user, TeamRole::Manager).await.unwrap();
    assert_eq!(world.market.keeps_for(staff.user).await.unwrap(), Keeping::Shop);
    assert!(matches!(world.market.seller(&staff, seller.id).await, Err(MarketError::NoSeller)));
    world.market.remove_member(&owner, seller.id, staff.user).await.unwrap();
    let late = world.market.join_team(&staff, seller.id).await;
    let uninvited = world.market.join_team(&stranger, seller.id).await;

    assert!(matches!(late, Err(MarketError::NoSeller)));
    assert!(matches!(uninvited, Err(MarketError::NoSeller)));
    assert_eq!(world.market.keeps_for(staff.user).await.unwrap(), Keeping::Shop);
}

#[tokio::test]
async fn whoever_is_in_a_team_may_leave_it_and_nobody_else() {
    let world = World::default();
    let (seller, owner) = world.seller("Ann").await;
    let [clerk, other] = [(); 2].map(|()| person(&world.env(), Role::Seller));
    world.takes_in(&owner, &seller, &clerk, TeamRole::Manager).await;
    world.takes_in(&owner, &seller, &other, TeamRole::Manager).await;

    let by_other = world.market.remove_member(&other, seller.id, clerk.user).await;
    let left = world.market.remove_member(&clerk, seller.id, clerk.user).await.unwrap();

    assert!(matches!(by_other, Err(MarketError::NotAnOwner)));
    assert_eq!(left.state.role_of(clerk.user), None);
}

#[tokio::test]
async fn a_seller_is_never_without_an_owner() {
    let world = World::default();
    let (seller, owner) = world.seller("Ann").await;

    let removed = world.market.remove_member(&owner, seller.id, owner.user).await;
    let demoted = world.market.set_member(&owner, seller.id, owner.user, TeamRole::Manager).await;

    assert!(matches!(removed, Err(MarketError::LastOwner)));
    assert!(matches!(demoted, Err(MarketError::LastOwner)));
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let world = World::default();
    let owner = person(&world.env(), Role::Customer);
    let odd = Application {
        name: "  ".into(),
        place: Place { lat_e6: 90_000_001, lon_e6: 0 },
        payout_account: Some(String::new()),
        schedule: Schedule::Monthly { day: 31 },
        ..application("")
    };

    let refused = world.market.apply(&owner, odd, None).await;

    let Err(MarketError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["#/name", "#/place", "#/payout_account", "#/payout_schedule/day"]);
}

#[test]
fn payouts_come_as_the_sellers_days_begin() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let now = at("2026-03-28T23:30:00Z");

    let daily = Schedule::Day.next(berlin, now);
    let weekly = Schedule::Week { weekday: chrono::Weekday::Mon }.next(berlin, now);
    let monthly = Schedule::Monthly { day: 1 }.next(berlin, now);

    assert_eq!(daily, Some(at("2026-03-29T22:00:00Z")), "it is the 29th in Berlin already");
    assert_eq!(weekly, Some(at("2026-03-29T22:00:00Z")));
    assert_eq!(monthly, Some(at("2026-03-31T22:00:00Z")));
    assert_eq!(Schedule::Never.next(berlin, now), None);
}
