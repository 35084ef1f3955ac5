//! What buying is promised by its store: the same on both engines, and the same as in memory.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world should stop"
)]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use buy::{
    Buy, BuyError, Cart, CartToken, Carts, Catalogue, Categories, Category, CategoryId, CheckOut,
    Coupons, Item, NewCategory, NewItem, NewProduct, NewVariant, Product, ProductFilter,
    ProductKey, Products, Rules, Shopper, Sort, StockChange, StockPolicy, StockSheet, VariantId,
    testing::{address, cart, keeper, memory, once, product, variant},
};
use chrono::TimeDelta;
use commerce::{
    CommitError, Currency, Env, Id, Money, Order, PageRequest, Receipts, Repository, UserId,
    Version, Write,
    order::Orders,
    picture::{Chosen, Pictures},
    testing::{TestEnv, assert_repository},
};
use persistence::{
    Db, Engine,
    buy::BulkProducts,
    testing::{TestDb, facets_within},
};
use tokio::task::JoinSet;
use uuid::Uuid;

/// How many of the last migrations are about it.
const INDEX_OF_WORDS: u32 = 2;

/// A shop over a store, with surroundings that are the same for each.
struct Shop {
    buy: Buy,
    test: TestEnv,
}

impl Shop {
    fn over<S>(store: Arc<S>) -> Self
    where
        S: Products
            + Categories
            + Catalogue
            + Repository<StockSheet>
            + Carts
            + Coupons
            + Orders
            + Receipts
            + Pictures
            + 'static,
    {
        let test = TestEnv::new();
        let rules = Rules { max_open_orders: 1_000, ..Rules::default() };
        Self { buy: Buy::over(store, test.env(), rules), test }
    }

    fn of(db: &Db) -> Self {
        Self::over(Arc::new(db.clone()))
    }

    fn env(&self) -> Env {
        self.test.env()
    }

    async fn category(&self, name: &str, parent: Option<CategoryId>) -> Category {
        let new = NewCategory { parent, slug: None, name: name.into(), position: 0 };
        self.buy.create_category(&keeper(), new, None).await.unwrap().state
    }

    async fn publish(&self, new: NewProduct, stock: u32) -> Product {
        let made = self.buy.create_product(&keeper(), new, None).await.unwrap();
        self.test.clock.advance(TimeDelta::seconds(1));
        let id = made.state.id;
        let on_sale = self.buy.publish_product(&keeper(), id, made.version).await.unwrap().state;
        for variant in on_sale.variants.iter().filter(|_| stock > 0) {
            self.receive(&on_sale, variant.id, StockChange::Received(stock)).await.unwrap();
        }
        on_sale
    }

    async fn sell(&self, title: &str, policy: StockPolicy, stock: u32) -> Product {
        let variants = vec![NewVariant { policy, ..variant(title, 5_00) }];
        self.publish(product(title, variants), stock).await
    }

    async fn receive(
        &self,
        product: &Product,
        variant: VariantId,
        change: StockChange,
    ) -> Result<i64, BuyError> {
        let level = self.buy.change_stock(&keeper(), product.id, variant, change, None).await?;
        Ok(level.on_hand)
    }

    async fn put(&self, user: UserId, variant: VariantId, quantity: u32) {
        let new = NewItem { variant, quantity, currency: None };
        self.buy.add_item(&Shopper::User(user), new).await.unwrap();
    }

    async fn in_stock(&self, product: &Product) -> bool {
        let filter = ProductFilter { in_stock: true, ..ProductFilter::all_in(Currency::USD) };
        let page = PageRequest { limit: 100, cursor: None };
        let page = self.buy.list(filter, None, page).await.unwrap();
        page.data.iter().any(|card| card.id == product.id)
    }
}

fn check_out(user: UserId, key: &str) -> CheckOut {
    CheckOut { user, seen: None, address: address(), once: once(key) }
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn every_aggregate_is_kept_as_promised() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let env = shop.env();
        let category = shop.category("Clothes", None).await;

        let draft = NewProduct {
            category: Some(category.id),
            attributes: pairs(&[("Material", "Linen")]),
            ..product("Linen Shirt", vec![variant("SHIRT", 5_00)])
        };
        let draft = Product::draft(&env, None, draft, &Chosen::none()).unwrap();
        let on_sale = draft.clone().published(env.now()).unwrap();
        assert_repository::<Product>(&test.db, draft, on_sale).await;

        let other = Category { id: Id::new(&env), slug: "tea".parse().unwrap(), ..category };
        let retired = Category { retired: true, ..other.clone() };
        assert_repository::<Category>(&test.db, other, retired).await;

        let empty = cart(&env);
        let item = Item {
            id: Id::new(&env),
            variant: Id::new(&env),
            quantity: 2,
            unit_price: Money::usd(5_00),
            added_at: env.now(),
        };
        let filled = Cart { items: vec![item], ..empty.clone() };
        assert_repository::<Cart>(&test.db, empty, filled).await;

        let sheet = StockSheet { variant: Id::new(&env), changes: 1 };
        let signed = StockSheet { changes: 2, ..sheet.clone() };
        assert_repository::<StockSheet>(&test.db, sheet, signed).await;
        test.finish().await;
    }
}

#[tokio::test]
async fn slugs_and_skus_are_taken_once() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let create = async |title: &str, sku: &str| {
            let new = product(title, vec![variant(sku, 1)]);
            shop.buy.create_product(&keeper(), new, None).await
        };
        create("Tea", "A").await.unwrap();
        shop.category("Tea", None).await;

        assert!(matches!(create("Tea", "B").await, Err(BuyError::SlugTaken)));
        assert!(matches!(create("Coffee", "A").await, Err(BuyError::SkuTaken)));
        let again = NewCategory { parent: None, slug: None, name: "Tea".into(), position: 0 };
        let again = shop.buy.create_category(&keeper(), again, None).await;
        assert!(matches!(again, Err(BuyError::CategorySlugTaken)));
        assert_eq!(test.number("select count(*) from buy_products").await, 1);
        test.finish().await;
    }
}

#[tokio::test]
async fn a_user_has_one_active_cart() {
    for test in TestDb::each_engine().await {
        let env = TestEnv::new().env();
        let first = cart(&env);
        let second = Cart { id: Id::new(&env), ..first.clone() };
        Repository::<Cart>::commit(&test.db, Write::new(first).alone()).await.unwrap();

        let refused = Repository::<Cart>::commit(&test.db, Write::new(second).alone()).await;

        assert!(matches!(refused, Err(CommitError::Taken(_))), "{refused:?}");
        test.finish().await;
    }
}

/// Sixty products, of which fifty are on sale, with all that lists can be narrowed and sorted by.
async fn fill(shop: &Shop) -> Vec<CategoryId> {
    let clothes = shop.category("Clothes", None).await.id;
    let shirts = shop.category("Shirts", Some(clothes)).await.id;
    let pantry = shop.category("Pantry", None).await.id;
    let kinds = ["Linen Shirt", "Wool Jumper", "Green Tea", "Dark Chocolate", "Café Crème"];
    let homes = [Some(shirts), Some(clothes), Some(pantry), Some(pantry), None];
    for at in 0..60_u32 {
        let turn = usize::try_from(at).unwrap();
        let kind = kinds[turn % kinds.len()];
        let colour = ["Red", "Dark Blue", "Green"][turn % 3];
        let minor = i64::from(at * 7_919 % 4_000) + 1_00;
        let sized = |size: &str, extra| NewVariant {
            options: pairs(&[("Colour", colour), ("Size", size)]),
            policy: [StockPolicy::Hold, StockPolicy::OnPayment, StockPolicy::Untracked][turn % 3],
            prices: match at % 4 {
                0 => [Money::usd(minor + extra)].into_iter().collect(),
                _ => [Money::usd(minor + extra), Money::new(minor, Currency::EUR)]
                    .into_iter()
                    .collect(),
            },
            ..variant(&format!("{}-{at}-{size}", kind.replace(' ', "")), 1)
        };
        let new = NewProduct {
            option_names: vec!["Colour".into(), "Size".into()],
            category: homes[turn % homes.len()],
            description: format!("Number {at}, made of {}.", ["cotton", "stone"][turn % 2]),
            ..product(&format!("{kind} {}", at / 5), vec![sized("S", 0), sized("M", 50)])
        };
        if at % 6 == 5 {
            shop.buy.create_product(&keeper(), new, None).await.unwrap();
        } else {
            shop.publish(new, at % 3).await;
        }
    }
    vec![clothes, shirts, pantry]
}

fn filters(categories: &[CategoryId]) -> Vec<ProductFilter> {
    let all = || ProductFilter::all_in(Currency::USD);
    let of = |name: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        [(name.to_owned(), values)].into_iter().collect::<BTreeMap<String, Vec<String>>>()
    };
    let words = |words: &str| ProductFilter { words: Some(words.into()), ..all() };
    vec![
        all(),
        ProductFilter::all_in(Currency::EUR),
        ProductFilter::all_in(Currency::JPY),
        ProductFilter { categories: Some(categories[..2].to_vec()), ..all() },
        ProductFilter { categories: Some(vec![categories[2]]), in_stock: true, ..all() },
        ProductFilter { categories: Some(Vec::new()), ..all() },
        ProductFilter { price_min: Some(15_00), price_max: Some(30_00), ..all() },
        ProductFilter { in_stock: true, ..all() },
        ProductFilter { options: of("colour", &["dark-blue"]), ..all() },
        ProductFilter { options: of("colour", &["red", "green"]), in_stock: true, ..all() },
        ProductFilter { options: of("flavour", &["red"]), ..all() },
        words("shirt"),
        words("linen shirts"),
        words("choc"),
        words("cafe creme 3"),
        words("chocolaet"),
        words("jumpre wool"),
        words("stone"),
        words("nothing of the kind"),
        words("!!!"),
        ProductFilter { categories: Some(categories[..2].to_vec()), ..words("number") },
        ProductFilter { options: of("colour", &["green"]), ..words("tea") },
        ProductFilter { price_max: Some(20_00), in_stock: true, ..words("dark") },
    ]
}

/// Every page of a list, as titles.
async fn pages(shop: &Shop, filter: &ProductFilter, sort: Sort) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = None;
    loop {
        let page = PageRequest { limit: 7, cursor };
        let page = shop.buy.list(filter.clone(), Some(sort), page).await.unwrap();
        let card = |card: buy::ProductCard| {
            format!("{} {} {} {}", card.title, card.price_low, card.price_high, card.in_stock)
        };
        pages.push(page.data.into_iter().map(card).collect());
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn lists_and_facets_are_the_same_on_every_engine_and_in_memory() {
    let plain = Shop::over(Arc::new(memory()));
    let categories = fill(&plain).await;
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        assert_eq!(fill(&shop).await, categories);
        for filter in filters(&categories) {
            let sorts = [Sort::Newest, Sort::PriceUp, Sort::PriceDown, Sort::Title];
            let ranked = filter.words.is_some().then_some(Sort::Relevance);
            for sort in sorts.into_iter().chain(ranked) {
                let expected = pages(&plain, &filter, sort).await;
                let found = pages(&shop, &filter, sort).await;
                assert_eq!(found, expected, "{:?} {sort:?} {filter:?}", test.db.engine());
            }
            let expected = plain.buy.facets(&filter).await.unwrap();
            let counted = shop.buy.facets(&filter).await.unwrap();
            assert_eq!(counted, expected, "{:?} {filter:?}", test.db.engine());
        }
        test.finish().await;
    }
}

#[tokio::test]
async fn a_word_on_every_product_is_found_newest_first_on_both_engines() {
    let test_env = TestEnv::new();
    let (env, mut products) = (test_env.env(), Vec::new());
    for at in 0..2_000 {
        test_env.clock.advance(TimeDelta::seconds(1));
        let kind = ["Common Thing", "Thing in Common", "Seldom Common"][at % 3];
        let new = product(&format!("{kind} {at}"), vec![variant(&format!("S{at}"), 1_00)]);
        let draft = Product::draft(&env, None, new, &Chosen::none()).unwrap();
        products.push(draft.published(env.now()).unwrap());
    }
    let plain = memory();
    products.iter().for_each(|product| plain.put(product.clone()));
    let plain = Shop::over(Arc::new(plain));
    let filter = ProductFilter {
        words: Some("common thing".into()),
        ..ProductFilter::all_in(Currency::USD)
    };
    let expected = pages(&plain, &filter, Sort::Relevance).await;
    let most = buy::CANDIDATES;
    for test in TestDb::each_engine().await {
        let stock = vec![(products[0].variants[0].id, 3)];
        let (products, categories) = (products.clone(), Vec::new());
        let bulk = BulkProducts { categories, products, stock, at: env.now() };
        test.db.plant(&bulk).await.unwrap();
        let shop = Shop::of(&test.db);

        let found = pages(&shop, &filter, Sort::Relevance).await;

        let titles = |pages: &[Vec<String>]| -> Vec<String> {
            pages.iter().flatten().map(|line| line.split(" 1.00").next().unwrap().into()).collect()
        };
        assert_eq!(titles(&found), titles(&expected), "{:?}", test.db.engine());
        assert_eq!(u32::try_from(titles(&found).len()).unwrap(), most);
        let facets = shop.buy.facets(&filter).await.unwrap();
        assert_eq!((facets.counted, facets.capped), (1_334, false));
        let first = PageRequest { limit: 1, cursor: None };
        let by_title = shop.buy.list(filter.clone(), Some(Sort::Title), first).await.unwrap();
        assert_eq!(by_title.data[0].title, "Common Thing 0", "the oldest of all finds");
        test.finish().await;
    }
}

#[tokio::test]
async fn words_are_found_as_before_when_their_index_was_made_the_old_way_and_the_new_one_again() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let mut tea = None;
        for name in ["Green Tea", "Black Tea", "Coffee", "Tea"] {
            tea = Some(shop.sell(name, StockPolicy::Untracked, 0).await);
        }
        let words = |words: &str| ProductFilter {
            words: Some(words.into()),
            ..ProductFilter::all_in(Currency::USD)
        };
        let before = pages(&shop, &words("tea"), Sort::Relevance).await;
        assert_eq!(before.concat().len(), 3);

        migration::down(&test.url, Some(INDEX_OF_WORDS)).await.unwrap();
        migration::up(&test.url).await.unwrap();

        let again = test.connect_again().await;
        let shop = Shop::of(&again);
        assert_eq!(pages(&shop, &words("tea"), Sort::Relevance).await, before);
        let tea = tea.unwrap();
        edit(&shop, &tea, 1).await;
        edit(&shop, &tea, 2).await;
        assert_eq!(pages(&shop, &words("round 1"), Sort::Relevance).await.concat().len(), 0);
        assert_eq!(pages(&shop, &words("round 2"), Sort::Relevance).await.concat().len(), 1);
        again.close().await.unwrap();
        test.finish().await;
    }
}

#[tokio::test]
async fn search_is_tended_until_there_is_nothing_left_to_do_and_finds_what_it_found() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        for name in ["Green Tea", "Black Tea", "White Tea", "Old Tea", "New Tea"] {
            shop.sell(name, StockPolicy::Untracked, 0).await;
        }
        let filter =
            ProductFilter { words: Some("tea".into()), ..ProductFilter::all_in(Currency::USD) };
        let before = pages(&shop, &filter, Sort::Relevance).await;

        let tended = test.db.tend_search().await.unwrap();
        while test.db.tend_search().await.unwrap() {}

        assert_eq!(tended, test.db.engine() == Engine::Sqlite);
        assert_eq!(pages(&shop, &filter, Sort::Relevance).await, before);
        test.finish().await;
    }
}

#[tokio::test]
async fn facets_tell_when_not_everything_was_looked_at() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        for name in ["Green Tea", "Black Tea", "White Tea"] {
            shop.sell(name, StockPolicy::Hold, 1).await;
        }
        let all = ProductFilter::all_in(Currency::USD);
        let in_stock = ProductFilter { in_stock: true, ..all.clone() };
        for (filter, window, told) in
            [(&in_stock, 3, (3, false)), (&in_stock, 2, (2, true)), (&all, 3, (3, false))]
        {
            let facets = facets_within(&test.db, filter, window).await.unwrap();

            assert_eq!((facets.counted, facets.capped), told, "{:?}", test.db.engine());
        }
        test.finish().await;
    }
}

#[tokio::test]
async fn what_is_no_longer_on_sale_leaves_lists_and_search() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let tea = shop.sell("Green Tea", StockPolicy::Untracked, 0).await;
        let before = shop.buy.catalogue.catalogue_version().await.unwrap();
        let stored = shop.buy.products.find(tea.id).await.unwrap().unwrap();
        assert!(shop.in_stock(&tea).await);

        let archived = shop.buy.archive_product(&keeper(), tea.id, stored.version).await.unwrap();

        assert!(!shop.in_stock(&tea).await);
        let filter =
            ProductFilter { words: Some("tea".into()), ..ProductFilter::all_in(Currency::USD) };
        assert_eq!(pages(&shop, &filter, Sort::Relevance).await, [Vec::<String>::new()]);
        assert!(shop.buy.show(None, &ProductKey::Id(tea.id)).await.is_err());
        assert!(shop.buy.catalogue.catalogue_version().await.unwrap() > before);
        shop.buy.publish_product(&keeper(), tea.id, archived.version).await.unwrap();
        assert_eq!(pages(&shop, &filter, Sort::Relevance).await.concat().len(), 1);
        let page = PageRequest { limit: 10, cursor: None };
        let kept = shop.buy.kept(&keeper(), Some("published"), page).await.unwrap();
        assert_eq!(kept.data[0].id, tea.id);
        test.finish().await;
    }
}

#[tokio::test]
async fn a_list_shows_at_once_what_sells_out_and_what_comes_back() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let tea = shop.sell("Tea", StockPolicy::Hold, 2).await;
        let user = Id::new(&shop.env());
        let version = async || shop.buy.catalogue.catalogue_version().await.unwrap();
        assert!(shop.in_stock(&tea).await);

        shop.put(user, tea.variants[0].id, 1).await;
        let before = version().await;
        shop.buy.check_out(&check_out(user, "a")).await.unwrap();
        assert_eq!(version().await, before, "a mere sale does not move the catalogue");
        shop.put(user, tea.variants[0].id, 1).await;
        shop.buy.check_out(&check_out(user, "b")).await.unwrap();
        assert!(!shop.in_stock(&tea).await, "{:?}", test.db.engine());
        assert!(version().await > before);

        shop.receive(&tea, tea.variants[0].id, StockChange::Received(1)).await.unwrap();
        assert!(shop.in_stock(&tea).await);
        test.finish().await;
    }
}

#[tokio::test]
async fn more_rows_are_read_by_no_more_statements() {
    for test in TestDb::each_engine().await {
        let asked = Arc::new(AtomicUsize::new(0));
        let hears = asked.clone();
        test.db.overhear(Arc::new(move |_| {
            hears.fetch_add(1, Ordering::Relaxed);
        }));
        let (shop, engine) = (Shop::of(&test.db), test.db.engine());
        let user = UserId::new(&shop.env());
        let all = ProductFilter::all_in(Currency::USD);
        let teas = ProductFilter { words: Some("tea".into()), ..all.clone() };
        let mut counts = Vec::new();
        for (from, until) in [(0, 2), (2, 30)] {
            for number in from..until {
                let tea = shop.sell(&format!("Tea {number}"), StockPolicy::Hold, 9).await;
                shop.put(user, tea.variants[0].id, 1).await;
            }
            let mut count = Vec::new();
            for filter in [&all, &teas] {
                asked.store(0, Ordering::Relaxed);
                let page = PageRequest { limit: 100, cursor: None };
                let found = shop.buy.list(filter.clone(), None, page).await.unwrap().data;
                count.push(asked.swap(0, Ordering::Relaxed));
                assert_eq!(found.len(), until, "{engine:?}");
            }
            let cart = shop.buy.cart(&Shopper::User(user)).await.unwrap();
            count.push(asked.swap(0, Ordering::Relaxed));
            assert_eq!(cart.lines.len(), until, "{engine:?}");
            counts.push(count);
        }

        assert_eq!(counts[0], counts[1], "{engine:?}: a list, a search, a cart");
        assert!(counts[0].iter().all(|count| *count > 0), "{engine:?}: {counts:?}");
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_changes_to_a_cart_lose_nothing() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let tea = shop.sell("Tea", StockPolicy::Hold, 100).await.variants[0].id;
        let user = UserId::new(&shop.env());
        let mut adds = JoinSet::new();
        for _ in 0..8 {
            let (buy, who) = (shop.buy.clone(), Shopper::User(user));
            let new = NewItem { variant: tea, quantity: 1, currency: None };
            adds.spawn(async move { buy.add_item(&who, new).await.map(drop) });
        }

        for added in adds.join_all().await {
            added.unwrap();
        }

        let cart = shop.buy.cart(&Shopper::User(user)).await.unwrap();
        assert_eq!(cart.lines[0].item.quantity, 8, "{:?}", test.db.engine());
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_checkouts_of_one_cart_make_one_order() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        for keys in [1, 32] {
            let tea =
                shop.sell(&format!("Tea {keys}"), StockPolicy::Hold, 100).await.variants[0].id;
            let user = UserId::new(&shop.env());
            shop.put(user, tea, 1).await;
            let mut all = JoinSet::new();
            for at in 0..32 {
                let (buy, key) = (shop.buy.clone(), format!("{user}{}", at % keys));
                all.spawn(async move { buy.check_out(&check_out(user, &key)).await });
            }

            let (made, refused): (Vec<_>, Vec<_>) =
                all.join_all().await.into_iter().partition(Result::is_ok);

            assert_eq!(made.len(), 1, "{:?} {refused:?}", test.db.engine());
            let id = made[0].as_ref().unwrap().id;
            for refused in refused {
                match refused.unwrap_err() {
                    BuyError::CartCheckedOut(order) => assert_eq!((order, keys), (id, 32)),
                    BuyError::Commit(CommitError::AlreadyDone) => assert_eq!(keys, 1),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(shop.buy.orders.open_orders(user).await.unwrap(), 1);
        }
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_buyers_hold_the_last_ten() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let tea = shop.sell("Tea", StockPolicy::Hold, 10).await;
        let mug = shop.sell("Mug", StockPolicy::Hold, 64).await;
        let mut all = JoinSet::new();
        for at in 0..64 {
            let (buy, user) = (shop.buy.clone(), UserId::new(&shop.env()));
            shop.put(user, tea.variants[0].id, 1).await;
            shop.put(user, mug.variants[0].id, 1).await;
            all.spawn(async move { buy.check_out(&check_out(user, &at.to_string())).await });
        }

        let (made, refused): (Vec<_>, Vec<_>) =
            all.join_all().await.into_iter().partition(Result::is_ok);

        assert_eq!(made.len(), 10);
        for refused in refused {
            let refused: BuyError = refused.map(|_: Order| ()).unwrap_err();
            let BuyError::OutOfStock(short) = refused else { panic!("{refused:?}") };
            assert_eq!((short[0].sku.as_str(), short[0].available, short.len()), ("Tea", 0, 1));
        }
        let level = shop.buy.stock_level(tea.variants[0].id).await.unwrap();
        assert_eq!((level.on_hand, level.held), (10, 10));
        assert!(!shop.in_stock(&tea).await && shop.in_stock(&mug).await);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_count_the_same_shelf_correct_it_once() {
    for test in TestDb::each_engine().await {
        let shop = Arc::new(Shop::of(&test.db));
        let tea = shop.sell("Tea", StockPolicy::Hold, 10).await;
        let mut counts = JoinSet::new();
        for _ in 0..8 {
            let (shop, tea) = (shop.clone(), tea.clone());
            counts.spawn(async move {
                shop.receive(&tea, tea.variants[0].id, StockChange::Counted(7)).await.unwrap()
            });
        }

        assert_eq!(counts.join_all().await, [7; 8]);
        let lost = shop.receive(&tea, tea.variants[0].id, StockChange::Lost(8)).await;
        assert!(matches!(lost, Err(BuyError::StockHeld { on_hand: 7, held: 0 })));
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_guests_cart_is_merged_once_however_often_it_is_asked_for() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let tea = shop.sell("Tea", StockPolicy::Hold, 10).await.variants[0].id;
        let new = NewItem { variant: tea, quantity: 3, currency: None };
        let token = shop.buy.add_item(&Shopper::Stranger, new).await.unwrap().token.unwrap();
        let user = UserId::new(&shop.env());
        shop.put(user, tea, 1).await;
        let mut merges = JoinSet::new();
        for _ in 0..8 {
            let (buy, token): (Buy, CartToken) = (shop.buy.clone(), token.clone());
            merges.spawn(async move { buy.merge_cart(user, &token).await.map(drop) });
        }

        for merged in merges.join_all().await {
            merged.unwrap();
        }

        let cart = shop.buy.cart(&Shopper::User(user)).await.unwrap();
        assert_eq!(cart.lines[0].item.quantity, 4);
        let merged = test.number("select count(*) from buy_carts where state = 'merged'").await;
        assert_eq!(merged, 1);
        test.finish().await;
    }
}

#[tokio::test]
async fn guests_carts_are_forgotten_when_nobody_touches_them() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let tea = shop.sell("Tea", StockPolicy::Hold, 10).await.variants[0].id;
        let new = NewItem { variant: tea, quantity: 1, currency: None };
        let token = shop.buy.add_item(&Shopper::Stranger, new).await.unwrap().token.unwrap();
        shop.put(Id::new(&shop.env()), tea, 1).await;
        let now = shop.env().now();

        assert_eq!(test.db.forget_guest_carts(now, 10).await.unwrap(), 0);
        let later = now + TimeDelta::days(31);
        assert_eq!(test.db.forget_guest_carts(later, 10).await.unwrap(), 1);
        assert!(matches!(shop.buy.cart(&Shopper::Guest(token)).await, Err(BuyError::NoCart)));
        assert_eq!(test.number("select count(*) from buy_carts").await, 1);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_moves_at_once_cannot_close_a_circle() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let (a, b) = (shop.category("A", None).await.id, shop.category("B", None).await.id);
        let under = |parent: CategoryId| buy::CategoryEdit {
            parent: Some(Some(parent)),
            ..buy::CategoryEdit::default()
        };
        let mut moves = JoinSet::new();
        for (category, parent) in [(a, b), (b, a)] {
            let (buy, edit) = (shop.buy.clone(), under(parent));
            moves.spawn(async move {
                buy.edit_category(&keeper(), category, Version(1), edit).await.is_ok()
            });
        }

        let moved = moves.join_all().await.into_iter().filter(|moved| *moved).count();

        assert_eq!(moved, 1);
        assert_eq!(shop.buy.tree().await.unwrap().iter().count(), 2);
        test.finish().await;
    }
}

/// A move writes a category and those it comes under, all of them after the catalogue's version.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn moves_and_edits_of_categories_at_once_meet_no_deadlock() {
    for test in TestDb::each_engine().await {
        let shop = Shop::of(&test.db);
        let (a, b) = (shop.category("A", None).await.id, shop.category("B", None).await.id);
        let mut keepers = JoinSet::new();
        for at in 0..8 {
            let buy = shop.buy.clone();
            keepers.spawn(async move {
                for round in 0..12 {
                    let (category, parent) = if at % 2 == 0 { (a, Some(b)) } else { (b, None) };
                    let edit = buy::CategoryEdit {
                        parent: Some(parent.filter(|_| round % 2 == 0)),
                        name: Some(format!("{at} {round}")),
                        ..buy::CategoryEdit::default()
                    };
                    let found = buy.categories.find(category).await.unwrap().unwrap();
                    let _ = buy.edit_category(&keeper(), category, found.version, edit).await;
                }
            });
        }

        keepers.join_all().await;

        assert_eq!(shop.buy.tree().await.unwrap().iter().count(), 2);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keepers_and_buyers_at_once_meet_no_deadlock() {
    for test in TestDb::each_engine().await {
        let shop = Arc::new(Shop::of(&test.db));
        let teas = [
            shop.sell("Green Tea", StockPolicy::Hold, 1).await,
            shop.sell("Black Tea", StockPolicy::Hold, 1).await,
        ];
        let mut all = JoinSet::new();
        for at in 0..8_u32 {
            let (shop, teas) = (shop.clone(), teas.clone());
            all.spawn(async move {
                for round in 0..6_u32 {
                    let tea = &teas[usize::from((at + round) % 2 == 0)];
                    match at % 4 {
                        0 => edit(&shop, tea, round).await,
                        1 => {
                            let count = StockChange::Counted(round % 2);
                            let _ = shop.receive(tea, tea.variants[0].id, count).await;
                        }
                        _ => buy_both(&shop, &teas, &format!("{at}-{round}")).await,
                    }
                }
            });
        }
        all.join_all().await;

        for tea in &teas {
            let level = shop.buy.stock_level(tea.variants[0].id).await.unwrap();
            assert_eq!(shop.in_stock(tea).await, level.available() > 0, "{:?}", test.db.engine());
        }
        test.finish().await;
    }
}

async fn edit(shop: &Shop, tea: &Product, round: u32) {
    let stored = shop.buy.products.find(tea.id).await.unwrap().unwrap();
    let edit = buy::ProductEdit {
        description: Some(format!("Picked in round {round}")),
        ..buy::ProductEdit::default()
    };
    let _ = shop.buy.edit_product(&keeper(), tea.id, stored.version, edit).await;
}

async fn buy_both(shop: &Shop, teas: &[Product], key: &str) {
    let user = Id::from_uuid(Uuid::new_v4());
    for tea in teas {
        shop.put(user, tea.variants[0].id, 1).await;
    }
    let _ = shop.buy.check_out(&check_out(user, key)).await;
}
