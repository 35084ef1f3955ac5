//! Carts: one row each; the items are carried as one document.

use async_trait::async_trait;
use buy::{Cart, CartId, CartState, Carts, CouponId, Item, Owner, Place};
use commerce::{
    CommitError, Currency, OrderId, StoreError, Stored, Timestamp, UserId, Version, Write,
};
use sea_orm::{QueryResult, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Db, Layout, Refusal, Step, Steps, failure, sql};

const DAY_S: i64 = 86_400;

#[derive(Serialize, Deserialize)]
struct Document {
    currency: Currency,
    items: Vec<Item>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    coupon: Option<CouponId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destination: Option<Place>,
    state: CartState,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[async_trait]
impl Layout for Cart {
    async fn load(db: &Db, id: CartId) -> Result<Option<Stored<Self>>, StoreError> {
        let sql = "select id, version, user_id, guest_hash, document from buy_carts where id = $1";
        db.row(sql, [id.uuid().into()]).await?.as_ref().map(read).transpose()
    }

    fn steps(write: &Write<Self>, steps: &mut Steps) -> Result<(), CommitError> {
        steps.push(row(write)?);
        Ok(())
    }
}

fn row(write: &Write<Cart>) -> Result<Step, CommitError> {
    let cart = &write.state;
    let Version(version) = write.expected.next();
    let document = Document {
        currency: cart.currency,
        items: cart.items.clone(),
        coupon: cart.coupon,
        destination: cart.destination.clone(),
        state: cart.state.clone(),
        created_at: cart.created_at,
        updated_at: cart.updated_at,
    };
    let document = serde_json::to_string(&document).map_err(StoreError::new)?;
    let moving: [Value; 5] = [
        cart.id.uuid().into(),
        version.into(),
        cart.state.name().into(),
        day(cart.updated_at).into(),
        document.into(),
    ];
    if write.expected == Version(0) {
        let (user, guest) = owner(&cart.owner);
        let insert = "insert into buy_carts \
            (id, version, state, touched_on, document, user_id, guest_hash) \
            values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing";
        return Ok(Step::new(insert, moving.into_iter().chain([user, guest])).or(Refusal::Exists));
    }
    let Version(expected) = write.expected;
    let update = "update buy_carts set version = $2, state = $3, touched_on = $4, document = $5 \
        where id = $1 and version = $6 and {gate}";
    Ok(Step::new(update, moving.into_iter().chain([expected.into()])).or(Refusal::Stale))
}

fn owner(owner: &Owner) -> (Value, Value) {
    let (none_user, none_guest) = (None::<Uuid>, None::<String>);
    match owner {
        Owner::User(user) => (user.uuid().into(), none_guest.into()),
        Owner::Guest { token_hash } => (none_user.into(), token_hash.as_str().into()),
    }
}

/// Only as exact as forgetting needs, so that a cart's index entries change once a day.
fn day(at: Timestamp) -> i64 {
    at.timestamp().div_euclid(DAY_S)
}

fn read(row: &QueryResult) -> Result<Stored<Cart>, StoreError> {
    let id: Uuid = sql::get(row, "id")?;
    let user: Option<Uuid> = sql::get(row, "user_id")?;
    let guest: Option<String> = sql::get(row, "guest_hash")?;
    let owner = match (user, guest) {
        (Some(user), _) => Owner::User(user.into()),
        (None, Some(token_hash)) => Owner::Guest { token_hash },
        (None, None) => return Err(failure::missing()),
    };
    let document: Document = sql::json(row, "document")?;
    let cart = Cart {
        id: id.into(),
        owner,
        currency: document.currency,
        items: document.items,
        coupon: document.coupon,
        destination: document.destination,
        state: document.state,
        created_at: document.created_at,
        updated_at: document.updated_at,
    };
    Ok(Stored { state: cart, version: Version(sql::get(row, "version")?) })
}

#[async_trait]
impl Carts for Db {
    async fn active_cart(&self, of: &Owner) -> Result<Option<Stored<Cart>>, StoreError> {
        let (column, value) = match of {
            Owner::User(user) => ("user_id", user.uuid().into()),
            Owner::Guest { token_hash } => ("guest_hash", token_hash.as_str().into()),
        };
        let sql = format!(
            "select id, version, user_id, guest_hash, document from buy_carts \
             where {column} = $1 and state = 'active'"
        );
        self.row(&sql, [value]).await?.as_ref().map(read).transpose()
    }

    async fn last_checkout(&self, user: UserId) -> Result<Option<OrderId>, StoreError> {
        let sql = "select id, version, user_id, guest_hash, document from buy_carts \
            where user_id = $1 and state = 'checked_out' order by id desc limit 1";
        let row = self.row(sql, [user.uuid().into()]).await?;
        let last = row.as_ref().map(read).transpose()?;
        Ok(last.and_then(|stored| match stored.state.state {
            CartState::CheckedOut { order, .. } => Some(order),
            CartState::Active | CartState::Merged { .. } => None,
        }))
    }

    async fn forget_guest_carts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let sql = "delete from buy_carts where id in (select id from buy_carts \
            where guest_hash is not null and touched_on < $1 order by touched_on limit $2)";
        self.execute(sql, [day(before).into(), i64::from(limit).into()]).await
    }
}
