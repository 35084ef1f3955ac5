//! Two people who sell in the demonstration shop beside the shop itself, and their goods.

use buy::{Buy, NewImage, NewProduct, NewVariant, Prices, Slug, StockPolicy};
use commerce::{Actor, Currency, Failure, Id, Kind, Money, Role};
use identity::{DisplayName, Email, Enrol, Identity, Password};
use market::{Application, Decision, Market, MarketError, Place, Schedule, SellerState, Zone};

use super::{PASSWORD, PEOPLE, SeedError};

struct Merchant {
    email: &'static str,
    person: &'static str,
    shop: &'static str,
    about: &'static str,
    zone: &'static str,
    address: &'static str,
    place: Place,
    account: &'static str,
    goods: [Article; 2],
}

struct Article {
    title: &'static str,
    description: &'static str,
    sku: &'static str,
    usd: i64,
    eur: i64,
}

const MERCHANTS: [Merchant; 2] = [
    Merchant {
        email: "asha@example.com",
        person: "Asha Baruah",
        shop: "Asha's Tea Garden",
        about: "Single-estate teas from the Brahmaputra valley.",
        zone: "Asia/Kolkata",
        address: "AT Road, Jorhat, Assam",
        place: Place { lat_e6: 26_757_500, lon_e6: 94_203_100 },
        account: "acct_asha",
        goods: [
            Article {
                title: "Assam Second Flush",
                description: "Malty and brisk; 250 g of whole leaf.",
                sku: "ASHA-ASSAM",
                usd: 18_50,
                eur: 17_00,
            },
            Article {
                title: "Smoked Oolong",
                description: "Half-fermented over bamboo; 100 g.",
                sku: "ASHA-OOLONG",
                usd: 24_00,
                eur: 22_00,
            },
        ],
    },
    Merchant {
        email: "bruno@example.com",
        person: "Bruno Keller",
        shop: "Keller Keramik",
        about: "Cups and pots, thrown by hand in Berlin.",
        zone: "Europe/Berlin",
        address: "Oranienstraße 1, 10999 Berlin",
        place: Place { lat_e6: 52_503_900, lon_e6: 13_418_700 },
        account: "acct_bruno",
        goods: [
            Article {
                title: "Stoneware Cup",
                description: "Ash glaze, 180 ml. No two are alike.",
                sku: "KELLER-CUP",
                usd: 32_00,
                eur: 29_00,
            },
            Article {
                title: "Side-Handle Teapot",
                description: "Unglazed inside, 300 ml.",
                sku: "KELLER-POT",
                usd: 120_00,
                eur: 110_00,
            },
        ],
    },
];

/// What was there to be added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeededMerchants {
    pub sellers: usize,
    pub products: usize,
}

/// Lets the sellers of the demonstration sell, and puts on sale what they lack; a second run changes nothing.
pub async fn demo_merchants(
    market: &Market,
    buy: &Buy,
    identity: &Identity,
) -> Result<SeededMerchants, SeedError> {
    let mut seeded = SeededMerchants::default();
    let operator = PEOPLE.iter().find(|(_, _, role)| *role == Role::Operator);
    let (email, name, role) = operator.ok_or(SeedError::NoSeller)?;
    let operator = enrolled(identity, email, name, *role).await?;
    for merchant in &MERCHANTS {
        let owner = enrolled(identity, merchant.email, merchant.person, Role::Seller).await?;
        if market.sellers.seller_of(owner.user).await?.is_none() {
            seeded.sellers = seeded.sellers.saturating_add(1);
        }
        if !let_in(market, &operator, &owner, merchant).await? {
            continue;
        }
        for article in &merchant.goods {
            let added = put_on_sale(buy, &owner, article).await?;
            seeded.products = seeded.products.saturating_add(usize::from(added));
        }
    }
    Ok(seeded)
}

async fn enrolled(
    identity: &Identity,
    email: &str,
    name: &str,
    role: Role,
) -> Result<Actor, SeedError> {
    let (email, name) = (Email::parse(email)?, DisplayName::parse(name)?);
    let password = Password::parse(PASSWORD)?;
    let user = identity.enrol(Enrol { email, name, password, role }).await?;
    Ok(Actor { user, session: Id::new(&identity.env), role })
}

/// Whether it may sell by now.
async fn let_in(
    market: &Market,
    operator: &Actor,
    owner: &Actor,
    merchant: &Merchant,
) -> Result<bool, SeedError> {
    let application = Application {
        name: merchant.shop.into(),
        about: merchant.about.into(),
        zone: Zone::parse(merchant.zone).unwrap_or(Zone::UTC),
        place: merchant.place,
        address: merchant.address.into(),
        payout_account: Some(merchant.account.into()),
        schedule: Schedule::Day,
    };
    match market.apply(owner, application, None).await {
        // It is there already, perhaps by another instance that starts beside this one.
        Ok(_) | Err(MarketError::HasSeller) => {}
        Err(error) => return Err(error.into()),
    }
    let seller = market.my_seller(owner).await?.state;
    if seller.state == SellerState::Applied {
        let approved = market.decide(operator, seller.id, &Decision::Approve).await?;
        return Ok(approved.state.may_sell());
    }
    Ok(seller.may_sell())
}

/// False if it was there.
async fn put_on_sale(buy: &Buy, owner: &Actor, article: &Article) -> Result<bool, SeedError> {
    let slug = Slug::of_title(article.title)?;
    if buy.products.product_of_slug(&slug).await?.is_some() {
        return Ok(false);
    }
    let prices: Prices =
        [Money::usd(article.usd), Money::new(article.eur, Currency::EUR)].into_iter().collect();
    let new = NewProduct {
        images: vec![NewImage::web(format!("/demo/images/{slug}.svg"), article.title)],
        slug: Some(slug),
        title: article.title.into(),
        description: article.description.into(),
        variants: vec![NewVariant {
            sku: article.sku.into(),
            options: std::collections::BTreeMap::new(),
            prices,
            policy: StockPolicy::Untracked,
        }],
        ..NewProduct::default()
    };
    let made = match buy.create_product(owner, new, None).await {
        Ok(made) => made,
        Err(error) if error.kind() == Kind::Conflict => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    buy.publish_product(owner, made.state.id, made.version).await?;
    Ok(true)
}
