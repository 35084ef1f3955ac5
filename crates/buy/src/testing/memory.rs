//! The ports of buying over the store in memory: the plainest way to say what they promise.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use commerce::{
    OrderId, Page, PageRequest, ResourceId, StoreError, Stored, Timestamp, UserId,
    testing::{Books, Memory},
};
use uuid::Uuid;

use crate::{
    Cart, CartState, Carts, Catalogue, Categories, Category, CategoryId, Coupon, CouponCode,
    CouponUses, Coupons, CouponsOf, FACET_ROWS, FacetRow, Facets, KeptProduct, MAX_FORMS, Offer,
    Owner, Position, Product, ProductCard, ProductFilter, ProductQuery, Products, Slug, Sort,
    Status, StockLevel, StockPolicy, Variant, VariantId, Word, closest, finds_in_order, option_key,
    rank, title_key,
};

/// A store with the shop's unique indexes.
pub fn memory() -> Memory {
    Memory::default()
        .with_clash("buy_products_slug_key", |a: &Product, b: &Product| a.slug == b.slug)
        .with_clash("buy_variants_sku_key", |a: &Product, b: &Product| {
            a.variants.iter().any(|x| b.variants.iter().any(|y| x.sku == y.sku))
        })
        .with_clash("buy_categories_slug_key", |a: &Category, b: &Category| {
            !a.retired && !b.retired && a.slug == b.slug
        })
        .with_clash("buy_coupons_code_key", |a: &Coupon, b: &Coupon| {
            a.retired.is_none() && b.retired.is_none() && a.code == b.code
        })
        .with_clash("buy_carts_user_id_key", |a: &Cart, b: &Cart| {
            a.is_active() && b.is_active() && a.owner == b.owner
        })
}

#[async_trait]
impl Products for Memory {
    async fn product_of_slug(&self, slug: &Slug) -> Result<Option<Stored<Product>>, StoreError> {
        Ok(self.read().all::<Product>().into_iter().find(|stored| stored.state.slug == *slug))
    }

    async fn kept_products(
        &self,
        seller: Option<Uuid>,
        status: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<KeptProduct>, StoreError> {
        let mut all = self.read().all::<Product>();
        all.reverse();
        let below = |product: &Product| {
            page.cursor.as_ref().is_none_or(|cursor| product.id < cursor.parse().unwrap())
        };
        let fits = |p: &Product| {
            seller.is_none_or(|seller| p.seller == Some(seller))
                && status.is_none_or(|status| p.status.name() == status)
                && below(p)
        };
        all.retain(|stored| fits(&stored.state));
        let limit = usize::try_from(page.limit).unwrap();
        let more = all.len() > limit;
        all.truncate(limit);
        let next_cursor = all.last().filter(|_| more).map(|last| last.state.id.to_string());
        Ok(Page { data: all.into_iter().map(|stored| kept(stored.state)).collect(), next_cursor })
    }
}

fn kept(product: Product) -> KeptProduct {
    let Product { id, slug, title, status, category, updated_at, .. } = product;
    KeptProduct { id, slug, title, status: status.name().to_owned(), category, updated_at }
}

#[async_trait]
impl Categories for Memory {
    async fn all_categories(&self) -> Result<Vec<Stored<Category>>, StoreError> {
        Ok(self.read().all())
    }

    async fn holds_products(&self, category: CategoryId) -> Result<bool, StoreError> {
        let live = |p: &Product| !matches!(p.status, Status::Archived { .. });
        let inside = |p: &Product| p.category == Some(category) && live(p);
        Ok(self.read().all::<Product>().iter().any(|stored| inside(&stored.state)))
    }
}

/// A published product and its place in the order of publication.
struct Listed {
    product: Product,
    number: i64,
    in_stock: bool,
}

impl Listed {
    fn all(books: &Books) -> Vec<Self> {
        let mut on_sale: Vec<_> = books
            .all::<Product>()
            .into_iter()
            .filter_map(|stored| match stored.state.status {
                Status::Published { .. } if stored.state.withheld => None,
                Status::Published { since } => Some((since, stored.state)),
                Status::Draft | Status::Archived { .. } => None,
            })
            .collect();
        on_sale.sort_by_key(|(since, product)| (*since, product.id));
        let listed = |(at, (_, product)): (usize, (_, Product))| {
            let in_stock =
                product.variants.iter().any(|v| available(books, v).is_none_or(|n| n > 0));
            Self { product, number: i64::try_from(at).unwrap() + 1, in_stock }
        };
        on_sale.into_iter().enumerate().map(listed).rev().collect()
    }

    fn fits(&self, filter: &ProductFilter) -> bool {
        let Some((low, _)) = self.product.price_range(filter.currency) else {
            return false;
        };
        let category = self.product.category;
        let shelved = |of: &Vec<CategoryId>| category.is_some_and(|own| of.contains(&own));
        let options: HashMap<_, HashSet<_>> = self
            .product
            .option_values()
            .into_iter()
            .map(|(name, values)| {
                (option_key(&name), values.iter().map(|v| option_key(v)).collect())
            })
            .collect();
        let has = |(name, wanted): (&String, &Vec<String>)| {
            options.get(name).is_some_and(|own| wanted.iter().any(|value| own.contains(value)))
        };
        filter.categories.as_ref().is_none_or(shelved)
            && filter.price_min.is_none_or(|min| low.minor >= min)
            && filter.price_max.is_none_or(|max| low.minor <= max)
            && (!filter.in_stock || self.in_stock)
            && filter.options.iter().all(has)
    }

    fn card(&self, filter: &ProductFilter) -> ProductCard {
        let (price_low, price_high) = self.product.price_range(filter.currency).unwrap();
        ProductCard {
            id: self.product.id,
            slug: self.product.slug.clone(),
            title: self.product.title.clone(),
            category: self.product.category,
            price_low,
            price_high,
            image: self.product.images.first().cloned(),
            in_stock: self.in_stock,
        }
    }

    fn price(&self, filter: &ProductFilter) -> i64 {
        self.product.price_range(filter.currency).map_or(0, |(low, _)| low.minor)
    }
}

/// So many of the newest finds, and the words they were ranked by; without words, all.
fn found(all: Vec<Listed>, filter: &ProductFilter, most: u32) -> (Vec<Listed>, Vec<Word>) {
    let Some(query) = &filter.words else {
        return (all.into_iter().filter(|listed| listed.fits(filter)).collect(), Vec::new());
    };
    let mut dictionary: Vec<String> =
        all.iter().flat_map(|listed| listed.product.search_words()).collect();
    dictionary.sort_unstable();
    dictionary.dedup();
    let words: Vec<_> = Word::all_of(query).into_iter().map(|w| meant(w, &dictionary)).collect();
    let matches = |listed: &Listed| {
        let own = listed.product.search_words();
        !words.is_empty() && words.iter().all(|(_, forms)| forms.iter().any(|f| own.contains(f)))
    };
    let fit = all.into_iter().filter(|listed| matches(listed) && listed.fits(filter));
    let newest = fit.take(usize::try_from(most).unwrap()).collect();
    (newest, words.into_iter().map(|(word, _)| word).collect())
}

/// What a word stands for in the dictionary; a misspelt one is put right.
fn meant(word: Word, dictionary: &[String]) -> (Word, Vec<String>) {
    let known = |word: &Word| -> Vec<String> {
        dictionary.iter().filter(|term| word.means(term)).take(MAX_FORMS).cloned().collect()
    };
    let forms = known(&word);
    if !forms.is_empty() || !word.may_be_misspelt() {
        return (word, forms);
    }
    match closest(&word.text, dictionary.iter().cloned()) {
        None => (word, forms),
        Some(text) => {
            let word = Word { text: text.clone(), prefix: false };
            (word, vec![text])
        }
    }
}

fn position(listed: &Listed, query: &ProductQuery, words: &[Word]) -> Position {
    let number = listed.number;
    let key = title_key(&listed.product.title);
    match query.sort {
        Sort::Newest => Position::Newest { number },
        Sort::PriceUp | Sort::PriceDown => {
            Position::Price { minor: listed.price(&query.filter), number }
        }
        Sort::Title => Position::Title { key, number },
        Sort::Relevance => Position::Relevance { rank: rank(&key, words), number },
    }
}

/// What sorts ascending into the wanted order.
fn sort_key(position: &Position, sort: Sort) -> (i64, String, i64) {
    match (position, sort) {
        (Position::Newest { number }, _) => (0, String::new(), -number),
        (Position::Price { minor, number }, Sort::PriceDown) => (-minor, String::new(), -number),
        (Position::Price { minor, number }, _) => (*minor, String::new(), *number),
        (Position::Title { key, number }, _) => (0, key.clone(), *number),
        (Position::Relevance { rank, number }, _) => (-rank, String::new(), -number),
    }
}

#[async_trait]
impl Catalogue for Memory {
    async fn list(&self, query: &ProductQuery) -> Result<Page<ProductCard>, StoreError> {
        let (found, words) =
            found(Listed::all(&self.read()), &query.filter, finds_in_order(query.sort));
        let placed = found.iter().map(|listed| (position(listed, query, &words), listed));
        let mut placed: Vec<_> = placed.collect();
        placed.sort_by_key(|(position, _)| sort_key(position, query.sort));
        if let Some(after) = &query.after {
            placed.retain(|(at, _)| sort_key(at, query.sort) > sort_key(after, query.sort));
        }
        let limit = usize::try_from(query.limit).unwrap();
        let more = placed.len() > limit;
        placed.truncate(limit);
        let next_cursor = placed.last().filter(|_| more).map(|(position, _)| position.cursor());
        let data = placed.iter().map(|(_, listed)| listed.card(&query.filter)).collect();
        Ok(Page { data, next_cursor })
    }

    async fn facets(&self, filter: &ProductFilter) -> Result<Facets, StoreError> {
        let (found, _) = found(Listed::all(&self.read()), filter, u32::MAX);
        let rows: Vec<_> = found
            .iter()
            .map(|listed| FacetRow {
                category: listed.product.category,
                price: listed.price(filter),
                in_stock: listed.in_stock,
                options: listed.product.option_values(),
            })
            .take(usize::try_from(FACET_ROWS).unwrap())
            .collect();
        let capped = rows.len() < found.len();
        Ok(Facets::count(filter.currency, &rows, capped))
    }

    async fn offers(&self, variants: &[VariantId]) -> Result<Vec<Offer>, StoreError> {
        let books = self.read();
        let products = books.all::<Product>();
        let all = products.iter().flat_map(|p| p.state.variants.iter().map(|v| (&p.state, v)));
        let wanted = all.filter(|(_, variant)| variants.contains(&variant.id));
        Ok(wanted.map(|(product, variant)| offer(&books, product, variant)).collect())
    }

    async fn stock_levels(&self, variants: &[VariantId]) -> Result<Vec<StockLevel>, StoreError> {
        let books = self.read();
        let level = |&variant: &VariantId| {
            let (on_hand, held) = books.stock.get(&variant.uuid().into()).copied()?;
            Some(StockLevel { variant, on_hand, held })
        };
        Ok(variants.iter().filter_map(level).collect())
    }

    async fn catalogue_version(&self) -> Result<i64, StoreError> {
        let books = self.read();
        let products = books.all::<Product>().iter().map(|stored| stored.version.0).sum::<i64>();
        Ok(products + books.all::<Category>().iter().map(|stored| stored.version.0).sum::<i64>())
    }

    async fn tend_search(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
}

fn available(books: &Books, variant: &Variant) -> Option<i64> {
    let counted = variant.policy != StockPolicy::Untracked;
    let (on_hand, held) = books.stock.get(&variant.resource()).copied().unwrap_or_default();
    counted.then_some(on_hand - held)
}

fn offer(books: &Books, product: &Product, variant: &Variant) -> Offer {
    let value = |name: &String| Some((name.clone(), variant.options.get(name)?.clone()));
    Offer {
        variant: variant.id,
        product: product.id,
        seller: product.seller,
        category: product.category,
        slug: product.slug.clone(),
        title: product.title.clone(),
        sku: variant.sku.clone(),
        options: product.option_names.iter().filter_map(value).collect(),
        image: product.images.first().cloned(),
        prices: variant.prices.clone(),
        policy: variant.policy,
        published: product.is_on_sale(),
        available: available(books, variant),
    }
}

#[async_trait]
impl Carts for Memory {
    async fn active_cart(&self, owner: &Owner) -> Result<Option<Stored<Cart>>, StoreError> {
        let ours = |cart: &Cart| cart.is_active() && cart.owner == *owner;
        Ok(self.read().all::<Cart>().into_iter().find(|stored| ours(&stored.state)))
    }

    async fn last_checkout(&self, user: UserId) -> Result<Option<OrderId>, StoreError> {
        let all = self.read().all::<Cart>();
        let ours = all.into_iter().filter(|stored| stored.state.owner == Owner::User(user));
        let checked_out = ours.filter_map(|stored| match stored.state.state {
            CartState::CheckedOut { order, at } => Some((at, order)),
            CartState::Active | CartState::Merged { .. } => None,
        });
        Ok(checked_out.max_by_key(|(at, _)| *at).map(|(_, order)| order))
    }

    async fn forget_guest_carts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut books = self.read();
        let guests = books.all::<Cart>().into_iter().map(|stored| stored.state);
        let left = guests.filter(|cart| matches!(cart.owner, Owner::Guest { .. }));
        let left = left.filter(|cart| cart.updated_at < before);
        let left: Vec<_> = left.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
        for cart in &left {
            books.forget::<Cart>(cart.id.uuid());
        }
        Ok(u64::try_from(left.len()).unwrap_or(u64::MAX))
    }
}

#[async_trait]
impl Coupons for Memory {
    async fn coupon_of_code(
        &self,
        code: &CouponCode,
    ) -> Result<Option<Stored<Coupon>>, StoreError> {
        let ours = |coupon: &Coupon| coupon.retired.is_none() && coupon.code == *code;
        Ok(self.read().all::<Coupon>().into_iter().find(|stored| ours(&stored.state)))
    }

    async fn list_coupons(
        &self,
        of: CouponsOf,
        page: PageRequest,
    ) -> Result<Page<Stored<Coupon>>, StoreError> {
        let mut all = self.read().all::<Coupon>();
        all.retain(|stored| match of {
            CouponsOf::Everybody => true,
            CouponsOf::Only(seller) => stored.state.discount.seller == seller,
        });
        all.reverse();
        Ok(Self::page(all, &page))
    }

    async fn coupon_uses(&self, of: &[ResourceId]) -> Result<Vec<CouponUses>, StoreError> {
        let books = self.read();
        let uses = |&resource: &ResourceId| {
            let (on_hand, held) = books.stock.get(&resource).copied()?;
            Some(CouponUses { resource, on_hand, held })
        };
        Ok(of.iter().filter_map(uses).collect())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use commerce::{
        Id, Money,
        picture::Chosen,
        testing::{TestEnv, assert_repository, moment},
    };

    use super::*;
    use crate::{
        Item, NewCategory, NewCoupon, Off, Prices, StockSheet,
        testing::{World, cart, keeper, product, variant},
    };

    #[tokio::test]
    async fn products_are_kept() {
        let env = TestEnv::new().env();
        let new = product("Linen Shirt", vec![variant("SHIRT", 5_00)]);
        let draft = Product::draft(&env, None, new, &Chosen::none()).unwrap();
        let on_sale = draft.clone().published(env.now()).unwrap();

        assert_repository(&memory(), draft, on_sale).await;
    }

    #[tokio::test]
    async fn categories_are_kept() {
        let env = TestEnv::new().env();
        let new = NewCategory { parent: None, slug: None, name: "Tea".into(), position: 0 };
        let first = Category::new(&env, new).unwrap();
        let retired = Category { retired: true, ..first.clone() };

        assert_repository(&memory(), first, retired).await;
    }

    #[tokio::test]
    async fn carts_are_kept() {
        let env = TestEnv::new().env();
        let empty = cart(&env);
        let item = Item {
            id: Id::new(&env),
            variant: Id::new(&env),
            quantity: 2,
            unit_price: Money::usd(5_00),
            added_at: env.now(),
        };
        let filled = Cart { items: vec![item], ..empty.clone() };

        assert_repository(&memory(), empty, filled).await;
    }

    #[tokio::test]
    async fn stock_sheets_are_kept() {
        let sheet = StockSheet { variant: Id::new(&TestEnv::new().env()), changes: 1 };
        let signed = StockSheet { changes: 2, ..sheet.clone() };

        assert_repository(&memory(), sheet, signed).await;
    }

    #[tokio::test]
    async fn coupons_are_kept() {
        let world = World::default();
        let new = NewCoupon {
            code: "SUMMER".parse().unwrap(),
            seller: None,
            off: Off::Percentage { basis_points: 1_000 },
            minimum: Prices::default(),
            limit: None,
            limit_per_user: None,
            valid_until: Some(moment(0) + TimeDelta::days(1)),
        };
        let made = world.buy.make_coupon(&keeper(), new).await.unwrap().state;
        let code = "WINTER".parse().unwrap();
        let first = Coupon { id: Id::new(&world.buy.env), code, ..made };
        let retired = Coupon { retired: Some(moment(5)), ..first.clone() };

        assert_repository(&world.memory, first, retired).await;
    }
}
