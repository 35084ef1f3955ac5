//! Something to look at: a demonstration shop with its people and vehicles to rent, and any number of products for a
//! benchmark.

mod image;
mod many;
mod many_rentals;
mod merchants;
mod mixed;
mod photo;
mod pictures;
mod rentals;
mod shop;
mod surroundings;

use std::collections::HashMap;

use buy::{BuyError, Categories, Category, CategoryId, Product, Products, SlugError};
use commerce::{CommitError, Role, StoreError};
use identity::{
    DisplayName, Email, EmailError, Enrol, Identity, IdentityError, NameError, Password,
    PasswordError,
};
use market::MarketError;
use media::MediaError;
use persistence::{Db, buy::BulkProducts};
use rent::{RentError, UnknownZone};
use thiserror::Error;

pub use self::image::image;
pub use many::many_products;
pub use many_rentals::{ManyRentals, many_rentals};
pub use merchants::{SeededMerchants, demo_merchants};
pub use pictures::demo_pictures;
pub use rentals::{SeededRentals, demo_rentals, seller};
pub use shop::goods;

/// The people of the demonstration shop; the password is published, so they exist in development only.
pub const PEOPLE: [(&str, &str, Role); 3] = [
    ("customer@example.com", "Carla Customer", Role::Customer),
    ("seller@example.com", "Sami Seller", Role::Seller),
    ("operator@example.com", "Olga Operator", Role::Operator),
];

pub const PASSWORD: &str = "open-sesame-1001";

#[derive(Debug, Error)]
pub enum SeedError {
    #[error("the goods could not be read")]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Slug(#[from] SlugError),
    #[error(transparent)]
    Buy(#[from] BuyError),
    #[error(transparent)]
    Rent(#[from] RentError),
    #[error(transparent)]
    Market(#[from] MarketError),
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error("a picture could not be painted")]
    Picture(#[from] ::image::ImageError),
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    #[error("the seller is not there")]
    NoSeller,
    #[error("there is nothing to make more of")]
    NothingAlike,
    #[error(transparent)]
    Email(#[from] EmailError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was there to be added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seeded {
    pub categories: usize,
    pub products: usize,
}

/// Fills the shop with what it lacks; a second run changes nothing.
pub async fn demo_shop(db: &Db, identity: &Identity) -> Result<Seeded, SeedError> {
    for (email, name, role) in PEOPLE {
        let (email, name) = (Email::parse(email)?, DisplayName::parse(name)?);
        let password = Password::parse(PASSWORD)?;
        identity.enrol(Enrol { email, name, password, role }).await?;
    }
    let missing = missing(db, shop::goods()?).await?;
    let seeded = Seeded { categories: missing.categories.len(), products: missing.products.len() };
    if seeded != Seeded::default() {
        db.plant(&missing).await?;
    }
    Ok(seeded)
}

/// The goods that are not in the shop yet, nor anything else by their name.
async fn missing(db: &Db, mut goods: BulkProducts) -> Result<BulkProducts, SeedError> {
    let there = db.all_categories().await?;
    let known: HashMap<CategoryId, CategoryId> = goods
        .categories
        .iter()
        .filter_map(|category| {
            let same = |known: &Category| !known.retired && known.slug == category.slug;
            let known = there.iter().map(|stored| &stored.state).find(|known| same(known))?;
            Some((category.id, known.id))
        })
        .collect();
    let home = |category: CategoryId| known.get(&category).copied().unwrap_or(category);
    goods.categories.retain(|category| !known.contains_key(&category.id));
    for category in &mut goods.categories {
        category.parent = category.parent.map(home);
    }
    let mut products = Vec::with_capacity(goods.products.len());
    for product in goods.products {
        if db.product_of_slug(&product.slug).await?.is_none() {
            products.push(Product { category: product.category.map(home), ..product });
        }
    }
    goods
        .stock
        .retain(|(variant, _)| products.iter().any(|product| product.variant(*variant).is_some()));
    Ok(BulkProducts { products, ..goods })
}
