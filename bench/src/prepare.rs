//! A shop to measure, what it asks of the database for each case, and a copy of its data for the floors.

use std::{collections::HashSet, rc::Rc};

use serde_json::Value;

use crate::{
    Result,
    cases::{Case, Heard},
    http::{Connection, get},
    measure::Plan,
    purchase::{Buyer, stock_up, text},
    say,
    shop::Ground,
    statement::tokens,
    store::{Engine, Store},
};

/// Products that purchases are spread over.
const BOUGHT: usize = 64;
/// Of them, those whose purchase is listened to.
const OVERHEARD: usize = 8;
/// Pieces of each: nobody ever finds one sold out.
const UNITS: i64 = 1_000_000;

/// The shop without its cache.
pub const UNCACHED: (&str, &str) = ("SOUK__BUY__CATALOGUE_CACHE_BYTES", "0");

/// All that is needed to measure one engine.
pub struct Prepared {
    pub store: Store,
    /// A copy, on which the statements are repeated.
    pub floor: Store,
    pub reads: Vec<(Case, Heard)>,
    pub writes: Vec<(Case, Heard)>,
    pub purchase: Option<Heard>,
    pub variants: Rc<[String]>,
}

impl Prepared {
    pub async fn drop(self) -> Result<()> {
        self.store.drop().await?;
        self.floor.drop().await
    }
}

pub async fn prepare(plan: &Plan, ground: &Ground<'_>, engine: Engine) -> Result<Prepared> {
    let store = seeded(ground, engine, plan.products).await?;
    let shop = ground.serve(&store, &[]).await?;
    let products = newest(&shop.authority, BOUGHT).await?;
    let variants: Rc<[String]> = stock_up(&shop.authority, &products, UNITS).await?.into();
    shop.stop().await?;
    say(&format!("{engine}: listening to what each request asks of the database …"));
    let reads = vec![Case::list(), Case::details(&products), Case::search()];
    let reads = overhear(plan, ground, &store, reads).await?;
    let writes = vec![Case::add_to_cart(&variants), Case::log_in()];
    let writes = overhear(plan, ground, &store, writes).await?;
    let purchase = match plan.wants("Full purchase") {
        true => Some(overhear_purchases(ground, &store, &variants).await?),
        false => None,
    };
    store.analyse().await?;
    let floor = store.copy(ground.folder).await?;
    Ok(Prepared { store, floor, reads, writes, purchase, variants })
}

/// A migrated database with the demonstration shop and more products.
pub async fn seeded(ground: &Ground<'_>, engine: Engine, products: u64) -> Result<Store> {
    let store = Store::make(engine, ground.folder).await?;
    ground.run(&store, &["migrate", "up"]).await?;
    ground.run(&store, &["seed"]).await?;
    ground.run(&store, &["seed", "--products", &products.to_string()]).await?;
    store.analyse().await?;
    Ok(store)
}

/// Ids of the newest products that are in stock.
async fn newest(authority: &str, count: usize) -> Result<Vec<String>> {
    let path = format!("/v1/products?limit={count}&in_stock=true");
    let page = Connection::open(authority).await?.expect(&get(&path), 200).await?;
    let data = page.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
    data.iter().map(|card| Ok(text(card, "/id")?.to_owned())).collect()
}

/// What each case asks; without the worker, which would be heard too.
async fn overhear(
    plan: &Plan,
    ground: &Ground<'_>,
    store: &Store,
    cases: Vec<Case>,
) -> Result<Vec<(Case, Heard)>> {
    let settings = [UNCACHED, ("SOUK__WORKER__ENABLED", "false")];
    let mut shop = ground.overhear(store, &settings).await?;
    let mut heard = Vec::new();
    for case in cases.into_iter().filter(|case| plan.wants(case.name)) {
        let asked = case.heard(&mut shop).await?;
        heard.push((case, asked));
    }
    shop.stop().await?;
    Ok(heard)
}

/// Each buyer buys twice: the second time tells what a purchase asks of the database.
async fn overhear_purchases(
    ground: &Ground<'_>,
    store: &Store,
    variants: &[String],
) -> Result<Heard> {
    let gateway = ground.gateway().await?;
    let settings = [
        ("SOUK__AUTH__BCRYPT_COST", "4"),
        // It looks for work when it is rung for, and does one thing after the other.
        ("SOUK__WORKER__POLL_MS", "600000"),
        ("SOUK__WORKER__EXPIRE_ORDERS_EVERY_S", "600"),
        ("SOUK__WORKER__POLL_PAYMENTS_EVERY_S", "600"),
        ("SOUK__WORKER__EXPIRE_HOLDS_EVERY_S", "600"),
        // A link of the chain is made once: asked for again, it is there.
        ("SOUK__WORKER__SEAL_BOOK_EVERY_S", "600"),
        ("SOUK__WORKER__CONCURRENCY", "1"),
    ];
    let mut shop = ground.overhear(store, &settings).await?;
    let (mut rounds, mut kept) = (Vec::new(), HashSet::new());
    for variant in variants.iter().take(OVERHEARD) {
        let only = Rc::from([variant.clone()]);
        let mut buyer = Buyer::new(&shop.authority, &gateway.authority, only, 0).await?;
        let id = buyer.id().await?;
        shop.heard().await?;
        buyer.buy().await?;
        let first = shop.heard().await?;
        buyer.buy().await?;
        let second = shop.heard().await?;
        kept.extend(&tokens(&first) & &tokens(&second));
        // Nobody has two carts at once, so every repetition is somebody else's.
        kept.remove(&id.to_string());
        kept.remove(&id.simple().to_string());
        rounds.push(second);
    }
    shop.stop().await?;
    gateway.stop().await?;
    Ok(Heard { rounds, kept })
}
