//! A shop with a keeper in it, and short ways to fill it.

use std::sync::Arc;

use commerce::{
    Actor, Answer, Currency, Env, Id, Money, Once, Order, RequestKey, Role, UserId,
    order::Address,
    testing::{Memory, TestEnv},
};
use uuid::Uuid;

use super::memory;
use crate::{
    Added, Buy, BuyError, Cart, CartState, CheckOut, NewItem, NewProduct, NewVariant, Owner,
    Product, Rules, Shopper, StockPolicy, VariantId,
};

pub struct World {
    pub buy: Buy,
    pub env: TestEnv,
    pub memory: Memory,
    pub user: UserId,
}

impl Default for World {
    fn default() -> Self {
        Self::with_rules(Rules::default())
    }
}

impl World {
    pub fn with_rules(rules: Rules) -> Self {
        let (env, memory) = (TestEnv::new(), memory());
        let buy = Buy::over(Arc::new(memory.clone()), env.env(), rules);
        let user = Id::new(&env.env());
        Self { buy, env, memory, user }
    }

    pub fn shopper(&self) -> Shopper {
        Shopper::User(self.user)
    }

    /// A product on sale with one variant and so much of it.
    pub async fn sell(&self, title: &str, minor: i64, policy: StockPolicy, stock: i64) -> Product {
        let new = product(title, vec![NewVariant { policy, ..variant(title, minor) }]);
        let made = self.buy.create_product(&keeper(), new, None).await.unwrap();
        self.env.clock.advance(chrono::TimeDelta::seconds(1));
        let id = made.state.id;
        let on_sale = self.buy.publish_product(&keeper(), id, made.version).await.unwrap();
        if policy != StockPolicy::Untracked {
            self.memory.set_stock(on_sale.state.variants.first().unwrap().resource(), stock);
        }
        on_sale.state
    }

    pub async fn add(&self, variant: VariantId, quantity: u32) -> Result<Added, BuyError> {
        let new = NewItem { variant, quantity, currency: None };
        self.buy.add_item(&self.shopper(), new).await
    }

    pub async fn check_out(&self, key: &str) -> Result<Order, BuyError> {
        let (user, once) = (self.user, once(key));
        let check_out = CheckOut { user, seen: None, address: address(), once };
        self.buy.check_out(&check_out).await
    }
}

/// A product with this title and no options.
pub fn product(title: &str, variants: Vec<NewVariant>) -> NewProduct {
    NewProduct { title: title.into(), variants, ..NewProduct::default() }
}

/// A variant at a price in dollars.
pub fn variant(sku: &str, minor: i64) -> NewVariant {
    let prices = [Money::usd(minor)].into_iter().collect();
    NewVariant { sku: sku.into(), prices, ..NewVariant::default() }
}

/// Empty, and somebody's.
pub fn cart(env: &Env) -> Cart {
    Cart {
        id: Id::new(env),
        owner: Owner::User(Id::new(env)),
        currency: Currency::USD,
        items: Vec::new(),
        coupon: None,
        destination: None,
        state: CartState::Active,
        created_at: env.now(),
        updated_at: env.now(),
    }
}

pub fn keeper() -> Actor {
    let (user, session) = (Id::from_uuid(Uuid::from_u128(1)), Id::from_uuid(Uuid::from_u128(2)));
    Actor { user, session, role: Role::Seller }
}

pub fn once(key: &str) -> Once<Order> {
    let request = RequestKey { scope: "test".into(), key: key.into(), hash: String::new() };
    Once {
        request,
        answer: |order| Answer { status: 201, headers: Vec::new(), body: order.id.to_string() },
    }
}

pub fn address() -> Address {
    Address {
        name: "Ada Lovelace".into(),
        line1: "12 St James's Square".into(),
        line2: None,
        city: "London".into(),
        region: None,
        postal_code: "SW1Y 4JH".into(),
        country: "GB".into(),
        phone: None,
    }
}
