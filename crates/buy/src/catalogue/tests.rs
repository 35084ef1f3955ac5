//! The rules of the catalogue.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use commerce::{
    Actor, Change, CommitError, Currency, Failure, Money, PageRequest, Repository, Role,
    StoreError, Stored, UserId, Version, Write,
    seller::{Keeping, OnSale, Sellers, Terms},
    testing::Memory,
};
use uuid::Uuid;

use super::*;
use crate::{
    Buy, BuyError, NewImage, Slug,
    testing::{World, keeper, product, variant},
};

fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn shirt() -> NewProduct {
    let sized = |size: &str, minor| NewVariant {
        options: options(&[("Size", size)]),
        ..variant(&format!("SHIRT-{size}"), minor)
    };
    let variants = vec![sized("S", 30_00), sized("M", 35_00)];
    NewProduct { option_names: vec!["Size".into()], ..product("Linen Shirt", variants) }
}

async fn titles(world: &World, filter: ProductFilter, sort: Option<Sort>) -> Vec<String> {
    let page = PageRequest { limit: 50, cursor: None };
    let page = world.buy.list(filter, sort, page).await.unwrap();
    page.data.into_iter().map(|card| card.title).collect()
}

fn search(words: &str) -> ProductFilter {
    ProductFilter { words: Some(words.into()), ..ProductFilter::all_in(Currency::USD) }
}

#[tokio::test]
async fn a_product_gets_its_slug_from_its_title_and_keeps_it_for_itself() {
    let world = World::default();

    let made = world.buy.create_product(&keeper(), shirt(), None).await.unwrap();
    let again = world.buy.create_product(&keeper(), shirt(), None).await;

    assert_eq!(made.state.slug.as_str(), "linen-shirt");
    assert!(matches!(again, Err(BuyError::SlugTaken)));
}

#[tokio::test]
async fn an_sku_belongs_to_one_variant_of_the_whole_shop() {
    let world = World::default();
    world.buy.create_product(&keeper(), shirt(), None).await.unwrap();

    let other = product("Another", vec![variant("SHIRT-S", 1)]);

    let refused = world.buy.create_product(&keeper(), other, None).await;
    assert!(matches!(refused, Err(BuyError::SkuTaken)));
}

#[tokio::test]
async fn customers_do_not_keep_the_shop() {
    let world = World::default();
    let customer = Actor { role: Role::Customer, ..keeper() };

    let refused = world.buy.create_product(&customer, shirt(), None).await;

    assert!(matches!(refused, Err(BuyError::NotAKeeper)));
}

#[tokio::test]
async fn everything_wrong_with_a_product_is_told_at_once() {
    let world = World::default();
    let free = NewVariant { options: options(&[("Colour", "Red")]), ..variant("A", 0) };
    let new = NewProduct {
        title: "!".into(),
        slug: Some("x".parse().unwrap()),
        images: vec![NewImage::web("javascript:alert(1)", "")],
        ..product("", vec![free, variant("A", 1)])
    };

    let refused = world.buy.create_product(&keeper(), new, None).await.unwrap_err();

    let pointers: Vec<_> = refused.fields().into_iter().map(|field| field.pointer).collect();
    let expected = [
        "#/title",
        "#/images/0/url",
        "#/variants/0/options",
        "#/variants/0/prices",
        "#/variants/1/sku",
    ];
    assert_eq!(pointers, expected);
}

#[tokio::test]
async fn a_product_without_a_price_cannot_be_published() {
    let world = World::default();
    let bare = NewVariant { prices: Prices::default(), ..variant("A", 1) };
    let made =
        world.buy.create_product(&keeper(), product("Bare", vec![bare]), None).await.unwrap();

    let refused = world.buy.publish_product(&keeper(), made.state.id, made.version).await;

    assert_eq!(refused.unwrap_err().fields()[0].code, "nothing_to_sell");
}

#[tokio::test]
async fn only_keepers_see_what_is_not_on_sale() {
    let world = World::default();
    let made = world.buy.create_product(&keeper(), shirt(), None).await.unwrap();
    let key = ProductKey::Slug("linen-shirt".parse().unwrap());

    assert!(matches!(world.buy.show(None, &key).await, Err(BuyError::NoProduct)));
    assert_eq!(world.buy.show(Some(&keeper()), &key).await.unwrap().product, made);
    world.buy.publish_product(&keeper(), made.state.id, made.version).await.unwrap();
    assert!(world.buy.show(None, &key).await.is_ok());
}

#[tokio::test]
async fn a_keeper_who_saw_an_older_version_is_refused() {
    let world = World::default();
    let made = world.buy.create_product(&keeper(), shirt(), None).await.unwrap();
    let retitled =
        |title: &str| ProductEdit { title: Some(title.into()), ..ProductEdit::default() };
    let edit = |edit| {
        let buy = &world.buy;
        async move { buy.edit_product(&keeper(), made.state.id, Version(1), edit).await }
    };

    let first = edit(retitled("Shirt")).await.unwrap();
    let second = edit(retitled("Blouse")).await;

    assert_eq!(first.version, Version(2));
    assert!(matches!(second, Err(BuyError::Outdated)));
}

#[tokio::test]
async fn variants_and_images_come_and_go() {
    let world = World::default();
    let made = world.buy.create_product(&keeper(), shirt(), None).await.unwrap();
    let id = made.state.id;
    let large = NewVariant { options: options(&[("Size", "L")]), ..variant("SHIRT-L", 36_00) };
    let image = |url: &str, position| NewImage { position, ..NewImage::web(url, "A shirt") };

    let buy = &world.buy;
    let three = buy.add_variant(&keeper(), id, made.version, large).await.unwrap();
    let small = VariantRef { product: id, variant: three.state.variants[0].id };
    let dearer = VariantEdit {
        prices: Some([Money::usd(31_00)].into_iter().collect()),
        ..VariantEdit::default()
    };
    let edited = buy.edit_variant(&keeper(), small, three.version, dearer).await.unwrap();
    let two = buy.remove_variant(&keeper(), small, edited.version).await.unwrap();
    let one = buy.add_image(&keeper(), id, two.version, image("/1.svg", None)).await.unwrap();
    let both = buy.add_image(&keeper(), id, one.version, image("/0.svg", Some(0))).await.unwrap();
    let first = both.state.images[0].id;
    let left = buy.remove_image(&keeper(), id, both.version, first).await.unwrap();

    assert_eq!(
        edited.state.price_range(Currency::USD),
        Some((Money::usd(31_00), Money::usd(36_00)))
    );
    assert_eq!(two.state.variants.len(), 2);
    assert_eq!(both.state.images[0].url, "/0.svg");
    assert_eq!(left.state.images[0].url, "/1.svg");
}

#[tokio::test]
async fn search_forgives_a_slip_and_finds_what_is_being_typed() {
    let world = World::default();
    for title in ["Linen Shirt", "Blue Linen Shirt", "Wool Jumper", "Shirt Hanger"] {
        world.sell(title, 10_00, StockPolicy::Hold, 1).await;
    }

    let found = async |words: &str| titles(&world, search(words), None).await;

    assert_eq!(found("linen shirt").await, ["Linen Shirt", "Blue Linen Shirt"]);
    assert_eq!(found("linen shrit").await, ["Linen Shirt", "Blue Linen Shirt"]);
    assert_eq!(found("JUMP").await, ["Wool Jumper"]);
    assert_eq!(found("shirts").await, ["Shirt Hanger", "Blue Linen Shirt", "Linen Shirt"]);
    assert!(found("teapot").await.is_empty());
}

#[tokio::test]
async fn lists_are_sorted_filtered_and_paged() {
    let world = World::default();
    for (title, minor, stock) in [("Ant", 3_00, 1), ("Bee", 1_00, 0), ("Cat", 2_00, 5)] {
        world.sell(title, minor, StockPolicy::Hold, stock).await;
    }
    let all = || ProductFilter::all_in(Currency::USD);
    let listed = async |filter, sort| titles(&world, filter, Some(sort)).await;

    assert_eq!(listed(all(), Sort::Newest).await, ["Cat", "Bee", "Ant"]);
    assert_eq!(listed(all(), Sort::PriceUp).await, ["Bee", "Cat", "Ant"]);
    assert_eq!(listed(all(), Sort::PriceDown).await, ["Ant", "Cat", "Bee"]);
    assert_eq!(listed(all(), Sort::Title).await, ["Ant", "Bee", "Cat"]);
    let cheap = ProductFilter { price_max: Some(2_00), in_stock: true, ..all() };
    assert_eq!(listed(cheap, Sort::Newest).await, ["Cat"]);
    let euro = ProductFilter::all_in(Currency::EUR);
    assert!(listed(euro, Sort::Newest).await.is_empty());

    let first = PageRequest { limit: 2, cursor: None };
    let first = world.buy.list(all(), Some(Sort::Title), first).await.unwrap();
    let next = PageRequest { limit: 2, cursor: first.next_cursor.clone() };
    let second = world.buy.list(all(), Some(Sort::Title), next.clone()).await.unwrap();
    assert_eq!(second.data[0].title, "Cat");
    assert_eq!(second.next_cursor, None);
    let foreign = world.buy.list(all(), Some(Sort::PriceUp), next).await;
    assert!(matches!(foreign, Err(BuyError::BadCursor)));
}

#[tokio::test]
async fn facets_count_what_was_found() {
    let world = World::default();
    let made = world.buy.create_product(&keeper(), shirt(), None).await.unwrap();
    world.buy.publish_product(&keeper(), made.state.id, made.version).await.unwrap();
    world.sell("Linen Bag", 5_00, StockPolicy::Untracked, 0).await;

    let facets = world.buy.facets(&search("linen")).await.unwrap();

    assert_eq!((facets.counted, facets.in_stock, facets.capped), (2, 1, false));
    assert_eq!(facets.prices, Some((Money::usd(5_00), Money::usd(30_00))));
    assert_eq!(facets.options[0].name, "Size");
    assert_eq!(facets.options[0].values.len(), 2);
}

async fn category(world: &World, name: &str, parent: Option<CategoryId>) -> Category {
    let new = NewCategory { parent, slug: None, name: name.into(), position: 0 };
    world.buy.create_category(&keeper(), new, None).await.unwrap().state
}

fn under(parent: Option<CategoryId>) -> CategoryEdit {
    CategoryEdit { parent: Some(parent), ..CategoryEdit::default() }
}

#[tokio::test]
async fn a_category_lists_what_is_under_it() {
    let world = World::default();
    let clothes = category(&world, "Clothes", None).await;
    let shirts = category(&world, "Shirts", Some(clothes.id)).await;
    category(&world, "Tea", None).await;
    let new = NewProduct { category: Some(shirts.id), ..shirt() };
    let made = world.buy.create_product(&keeper(), new, None).await.unwrap();
    world.buy.publish_product(&keeper(), made.state.id, made.version).await.unwrap();

    let all = world.buy.narrow(&Narrowed::Slug("clothes".parse().unwrap())).await.unwrap();

    assert_eq!(all, [clothes.id, shirts.id]);
    let inside = ProductFilter { categories: Some(all), ..ProductFilter::all_in(Currency::USD) };
    assert_eq!(titles(&world, inside, None).await, ["Linen Shirt"]);
    let tree = world.buy.tree().await.unwrap();
    let shown: Vec<_> = tree.iter().map(|s| (s.category.name.as_str(), s.depth)).collect();
    assert_eq!(shown, [("Clothes", 0), ("Shirts", 1), ("Tea", 0)]);
}

#[tokio::test]
async fn a_category_cannot_stand_under_itself() {
    let world = World::default();
    let top = category(&world, "Top", None).await;
    let middle = category(&world, "Middle", Some(top.id)).await;

    let circle =
        world.buy.edit_category(&keeper(), top.id, Version(2), under(Some(middle.id))).await;

    assert!(matches!(circle, Err(BuyError::CategoryCircle)));
}

#[tokio::test]
async fn two_moves_at_once_cannot_close_a_circle() {
    let world = World::default();
    let a = category(&world, "A", None).await;
    let b = category(&world, "B", None).await;
    let buy = &world.buy;

    let moved = buy.edit_category(&keeper(), a.id, Version(1), under(Some(b.id))).await;
    let back = buy.edit_category(&keeper(), b.id, Version(1), under(Some(a.id))).await;

    assert!(moved.is_ok());
    assert!(matches!(back, Err(BuyError::Outdated)), "the new parent was written too: {back:?}");
}

#[tokio::test]
async fn a_category_in_use_stays() {
    let world = World::default();
    let top = category(&world, "Top", None).await;
    let leaf = category(&world, "Leaf", Some(top.id)).await;

    let refused = world.buy.retire_category(&keeper(), top.id, Version(2)).await;
    assert!(matches!(refused, Err(BuyError::CategoryInUse)));
    world.buy.retire_category(&keeper(), leaf.id, Version(1)).await.unwrap();
    world.buy.retire_category(&keeper(), top.id, Version(2)).await.unwrap();
    assert_eq!(world.buy.tree().await.unwrap(), Tree::default());
    category(&world, "Top", None).await;
}

/// Categories in memory, and what another does to them just before the first commit.
struct Beside {
    memory: Memory,
    first: Mutex<Option<Write<Category>>>,
}

impl Beside {
    fn buy(world: &World, first: Write<Category>) -> Buy {
        let beside = Self { memory: world.memory.clone(), first: Mutex::new(Some(first)) };
        Buy { categories: Arc::new(beside), ..world.buy.clone() }
    }
}

#[async_trait]
impl Repository<Category> for Beside {
    async fn find(&self, id: CategoryId) -> Result<Option<Stored<Category>>, StoreError> {
        self.memory.find(id).await
    }

    async fn commit(&self, change: Change<Category>) -> Result<(), CommitError> {
        let first = self.first.lock().unwrap().take();
        if let Some(first) = first {
            self.memory.commit(first.alone()).await?;
        }
        self.memory.commit(change).await
    }
}

#[async_trait]
impl Categories for Beside {
    async fn all_categories(&self) -> Result<Vec<Stored<Category>>, StoreError> {
        self.memory.all_categories().await
    }

    async fn holds_products(&self, category: CategoryId) -> Result<bool, StoreError> {
        self.memory.holds_products(category).await
    }
}

#[tokio::test]
async fn nothing_is_made_under_a_category_that_is_retired_at_the_same_moment() {
    let world = World::default();
    let top = category(&world, "Top", None).await;
    let new = NewCategory { parent: Some(top.id), slug: None, name: "Leaf".into(), position: 0 };
    let gone = Write::over(Version(1), Category { retired: true, ..top });

    let refused = Beside::buy(&world, gone).create_category(&keeper(), new, None).await;

    assert_eq!(refused.unwrap_err().fields()[0].code, "unknown_category");
    assert_eq!(world.memory.read().all::<Category>().len(), 1);
}

#[tokio::test]
async fn a_category_stays_when_another_is_made_under_it_at_the_same_moment() {
    let world = World::default();
    let top = category(&world, "Top", None).await;

    category(&world, "Leaf", Some(top.id)).await;
    let refused = world.buy.retire_category(&keeper(), top.id, Version(1)).await;

    assert!(matches!(refused, Err(BuyError::Outdated)), "the parent was written too: {refused:?}");
    assert_eq!(world.buy.tree().await.unwrap().iter().count(), 2);
}

#[tokio::test]
async fn stock_is_received_counted_and_written_off() {
    let world = World::default();
    let product = world.sell("Tea", 5_00, StockPolicy::Hold, 0).await;
    let variant = product.variants[0].id;
    let change =
        async |change| world.buy.change_stock(&keeper(), product.id, variant, change, None).await;

    assert_eq!(change(StockChange::Received(10)).await.unwrap().on_hand, 10);
    assert_eq!(change(StockChange::Counted(8)).await.unwrap().on_hand, 8);
    assert_eq!(change(StockChange::Counted(8)).await.unwrap().on_hand, 8);
    assert_eq!(change(StockChange::Lost(3)).await.unwrap().on_hand, 5);
    let refused = change(StockChange::Lost(6)).await;
    assert!(matches!(refused, Err(BuyError::StockHeld { on_hand: 5, held: 0 })));
    assert_eq!(world.memory.read().stock_moves.len(), 3);
}

#[test]
fn a_cursor_reads_back_only_in_its_own_list() {
    let position = Position::Title { key: "a.b c".into(), number: 7 };

    assert_eq!(Position::parse(&position.cursor(), Sort::Title), Some(position.clone()));
    assert_eq!(Position::parse(&position.cursor(), Sort::Newest), None);
    for bad in ["", "t.", "t.zz.1", "p.1", "n.x", "🦀"] {
        assert_eq!(Position::parse(bad, Sort::Title), None);
    }
    assert!("A b".parse::<Slug>().is_err());
}

/// Somebody else's shop in ours, which may sell or may not.
#[derive(Default)]
struct OneSeller {
    barred: AtomicBool,
}

const ANN: Uuid = Uuid::from_u128(0xA);

#[async_trait]
impl Sellers for OneSeller {
    async fn keeps_for(&self, _: UserId) -> Result<Keeping, StoreError> {
        Ok(Keeping::Seller(ANN))
    }

    async fn may_sell(&self, _: Uuid) -> Result<bool, StoreError> {
        Ok(!self.barred.load(Ordering::Relaxed))
    }

    async fn terms(&self, things: &[OnSale]) -> Result<Vec<Terms>, StoreError> {
        Ok(things.iter().map(|_| Terms::Barred).collect())
    }
}

#[tokio::test]
async fn what_a_seller_sells_is_gone_while_it_may_not_sell() {
    let sellers = Arc::new(OneSeller::default());
    let mut world = World::default();
    let ours = world.sell("Our Tea", 5_00, StockPolicy::Untracked, 0).await;
    world.buy = world.buy.with_sellers(sellers.clone());
    let hers = world.sell("Her Tea", 5_00, StockPolicy::Untracked, 0).await;
    let variant = hers.variants.first().unwrap().id;
    world.add(variant, 1).await.unwrap();
    let key = ProductKey::Id(hers.id);

    sellers.barred.store(true, Ordering::Relaxed);
    world.buy.follow_seller(ANN).await.unwrap();
    world.buy.follow_seller(ANN).await.unwrap();

    assert_eq!(titles(&world, search("tea"), None).await, ["Our Tea"]);
    assert_eq!(titles(&world, ProductFilter::all_in(Currency::USD), None).await, ["Our Tea"]);
    assert!(matches!(world.buy.show(None, &key).await, Err(BuyError::NoProduct)));
    let refused = world.check_out("k").await.unwrap_err();
    assert_eq!(refused.code(), "unavailable_items");
    let kept = world.buy.products.find(hers.id).await.unwrap().unwrap().state;
    assert!(kept.is_published(), "its keepers decide what is published");

    sellers.barred.store(false, Ordering::Relaxed);
    world.buy.follow_seller(ANN).await.unwrap();

    assert_eq!(titles(&world, search("tea"), None).await.len(), 2);
    assert!(world.buy.show(None, &key).await.is_ok());
    let untouched = world.buy.products.find(ours.id).await.unwrap().unwrap();
    assert!(!untouched.state.withheld);
}
