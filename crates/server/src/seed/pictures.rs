//! Uploads pictures for the demonstration: one for every vehicle, and for some of the goods, that show none yet.

use buy::{Buy, NewImage, ProductKey};
use commerce::{Actor, Role, SessionId, picture::pictures_of};
use media::{Media, NewImage as Upload, Visibility};
use rent::{Kind, ListingStatus, Rent};

use super::{SeedError, photo::photo, rentals, shop};

/// Goods with a picture of their own; the others are drawn when they are asked for.
const GOODS: usize = 8;

/// How many pictures were uploaded.
pub async fn demo_pictures(
    media: &Media,
    buy: &Buy,
    rent: &Rent,
    identity: &identity::Identity,
) -> Result<usize, SeedError> {
    let seller = rentals::seller(identity).await?;
    let session = SessionId::from_uuid(seller.uuid());
    let keeper = Actor { user: seller, session, role: Role::Seller };
    let gallery = Gallery { media, keeper };
    let vehicles = gallery.of_vehicles(rent).await?;
    let products = gallery.of_products(buy).await?;
    Ok(vehicles.saturating_add(products))
}

struct Gallery<'a> {
    media: &'a Media,
    keeper: Actor,
}

impl Gallery<'_> {
    async fn of_vehicles(&self, rent: &Rent) -> Result<usize, SeedError> {
        let mut added: usize = 0;
        for listing in rentals::fleet(self.keeper.user)?.1 {
            let Some(kept) = rent.listings.find(listing.id).await? else { continue };
            let retired = matches!(kept.state.status, ListingStatus::Retired { .. });
            if retired || !pictures_of(&kept.state.images).is_empty() {
                continue;
            }
            let wheels: &[u32] = match listing.vehicle.kind() {
                Kind::Car => &[230, 410],
                Kind::Scooter | Kind::Bike => &[190, 450],
            };
            let new = self.upload(&listing.title, wheels).await?;
            rent.add_listing_image(&self.keeper, listing.id, kept.version, new).await?;
            added = added.saturating_add(1);
        }
        Ok(added)
    }

    async fn of_products(&self, buy: &Buy) -> Result<usize, SeedError> {
        let mut added: usize = 0;
        for goods in shop::goods()?.products.into_iter().take(GOODS) {
            let key = ProductKey::Id(goods.id);
            let Ok(page) = buy.show(Some(&self.keeper), &key).await else { continue };
            let kept = page.product;
            if !pictures_of(&kept.state.images).is_empty() {
                continue;
            }
            let new = self.upload(&kept.state.title, &[]).await?;
            buy.add_image(&self.keeper, kept.state.id, kept.version, new).await?;
            added = added.saturating_add(1);
        }
        Ok(added)
    }

    /// The first of the images, before those that are drawn when they are asked for.
    async fn upload(&self, title: &str, wheels: &[u32]) -> Result<NewImage, SeedError> {
        let upload = Upload {
            bytes: photo(title, wheels)?,
            alt: title.to_owned(),
            visibility: Visibility::Public,
        };
        let stored = self.media.upload(&self.keeper, upload, None).await?;
        Ok(NewImage::picture(stored.state.id.uuid().into()).at(0))
    }
}
