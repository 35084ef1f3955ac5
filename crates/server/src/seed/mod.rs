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
use commerce::{CommitError, Repository, Role, StoreError, Stored};
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

/// The goods that are not in the shop yet. Their ids are the same every time, so what was renamed or retired since is
/// known by its id, and what somebody else put in under the same name is known by that.
async fn missing(db: &Db, mut goods: BulkProducts) -> Result<BulkProducts, SeedError> {
    let there: Vec<_> = db.all_categories().await?.into_iter().map(|kept| kept.state).collect();
    let homes: HashMap<CategoryId, Home> =
        goods.categories.iter().map(|category| (category.id, home(category, &there))).collect();
    let home = |category: CategoryId| match homes.get(&category) {
        Some(Home::There(known)) => Some(*known),
        Some(Home::Retired) => None,
        Some(Home::Missing) | None => Some(category),
    };
    goods.categories.retain(|category| homes.get(&category.id) == Some(&Home::Missing));
    for category in &mut goods.categories {
        category.parent = category.parent.and_then(home);
    }
    let mut products = Vec::with_capacity(goods.products.len());
    for product in goods.products {
        if !is_there(db, &product).await? {
            products.push(Product { category: product.category.and_then(home), ..product });
        }
    }
    goods
        .stock
        .retain(|(variant, _)| products.iter().any(|product| product.variant(*variant).is_some()));
    Ok(BulkProducts { products, ..goods })
}

/// What became of a category of the demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    There(CategoryId),
    Retired,
    Missing,
}

fn home(category: &Category, there: &[Category]) -> Home {
    let living = |known: &&Category| {
        !known.retired && (known.id == category.id || known.slug == category.slug)
    };
    match there.iter().find(living) {
        Some(known) => Home::There(known.id),
        None if there.iter().any(|known| known.id == category.id) => Home::Retired,
        None => Home::Missing,
    }
}

async fn is_there(db: &Db, product: &Product) -> Result<bool, SeedError> {
    let by_id: Option<Stored<Product>> = db.find(product.id).await?;
    Ok(by_id.is_some() || db.product_of_slug(&product.slug).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_known_by_its_id_or_else_by_its_name() {
        let goods = shop::goods().unwrap().categories;
        let (tea, other) = (&goods[0], &goods[1]);
        let renamed = Category { slug: "leaves".parse().unwrap(), ..tea.clone() };
        let retired = Category { retired: true, ..tea.clone() };
        let namesake = Category { slug: tea.slug.clone(), ..other.clone() };

        for (there, becomes) in [
            (vec![], Home::Missing),
            (vec![other.clone()], Home::Missing),
            (vec![tea.clone()], Home::There(tea.id)),
            (vec![renamed], Home::There(tea.id)),
            (vec![namesake.clone()], Home::There(other.id)),
            (vec![retired.clone()], Home::Retired),
            (vec![retired, namesake], Home::There(other.id)),
        ] {
            assert_eq!(home(tea, &there), becomes, "{there:?}");
        }
    }
}
