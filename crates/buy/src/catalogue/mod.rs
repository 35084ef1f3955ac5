//! What there is to buy: products in their variants, in a tree of categories.

mod browse;
mod category;
mod facets;
mod faults;
mod hear_pictures;
mod keep_category;
mod keep_product;
mod ports;
mod product;
mod query;
mod stock;
mod tend_search;
#[cfg(test)]
mod tests;
mod variant;
mod withhold;

pub use browse::{Narrowed, ProductKey, ProductPage};
pub use category::{Category, CategoryEdit, CategoryId, NewCategory, Shelving, Tree};
pub use facets::{Counted, FacetRow, Facets, OptionFacet};
pub use hear_pictures::HearPictures;
pub(crate) use keep_product::Kept;
pub use keep_product::VariantRef;
pub use ports::{Catalogue, Categories, KeptProduct, Offer, Products};
pub use product::{NewProduct, Product, ProductEdit, ProductId, Status};
pub use query::{Position, ProductCard, ProductFilter, ProductQuery, Sort};
pub use stock::{StockChange, StockLevel, StockSheet};
pub use tend_search::TendSearch;
pub(crate) use variant::resource_of;
pub use variant::{NewVariant, Prices, StockPolicy, Variant, VariantEdit, VariantId};
pub use withhold::FollowSellers;
