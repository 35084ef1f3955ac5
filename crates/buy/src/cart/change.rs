//! Fill, change and empty a cart. Changes made at the same time all count.

use commerce::{
    Change, CommitError, Currency, Effects, Id, Money, Once, Stored, Version, Write, retrying,
};

use super::{Cart, CartReading, CartToken, Item, ItemId, LineReading, Owner, Shopper};
use crate::{Buy, BuyError, Place, VariantId};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewItem {
    pub variant: VariantId,
    pub quantity: u32,
    /// Of a cart that is still empty; the shop's own when absent.
    pub currency: Option<Currency>,
}

/// What changes on an item; what is absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ItemEdit {
    pub quantity: Option<u32>,
    /// The changed price that the customer was shown and takes on.
    pub price: Option<Money>,
}

/// The cart after something was put in.
#[derive(Debug, Clone)]
pub struct Added {
    pub cart: CartReading,
    pub item: ItemId,
    /// For a guest whose cart was just made.
    pub token: Option<CartToken>,
}

impl Buy {
    /// Puts a variant into the shopper's cart, at today's price; makes the cart when there is none.
    pub async fn add_item(&self, shopper: &Shopper, new: NewItem) -> Result<Added, BuyError> {
        self.add_item_once(shopper, new, None).await
    }

    /// The same, with the proof of the request in the commit. A guest who gets a cart has none: their token is kept
    /// nowhere, so the answer cannot be, and asked again they get another cart.
    pub async fn add_item_once(
        &self,
        shopper: &Shopper,
        new: NewItem,
        once: Option<Once<Added>>,
    ) -> Result<Added, BuyError> {
        let (owner, token) = self.owner_of(shopper).await?;
        let once = once.filter(|_| token.is_none());
        let added = retrying(|| self.put(&owner, &new, once.as_ref())).await?;
        Ok(Added { token, ..added })
    }

    /// A guest whose token opens nothing gets a new one.
    async fn owner_of(&self, shopper: &Shopper) -> Result<(Owner, Option<CartToken>), BuyError> {
        if let Some(owner) = shopper.owner() {
            let known =
                matches!(owner, Owner::User(_)) || self.carts.active_cart(&owner).await?.is_some();
            if known {
                return Ok((owner, None));
            }
        }
        let token = CartToken::new(&self.env);
        Ok((Owner::Guest { token_hash: token.hash() }, Some(token)))
    }

    async fn put(
        &self,
        owner: &Owner,
        new: &NewItem,
        once: Option<&Once<Added>>,
    ) -> Result<Added, BuyError> {
        let found = self.carts.active_cart(owner).await?;
        let offers = self.catalogue.offers(&[new.variant]).await?;
        let offer = offers.into_iter().next().ok_or(BuyError::NoVariant)?;
        let cart = match &found {
            Some(stored) => in_currency(stored.state.clone(), new.currency)?,
            None => {
                Cart::open(&self.env, owner.clone(), new.currency.unwrap_or(self.rules.currency))
            }
        };
        if !offer.published {
            return Err(BuyError::NotOnSale);
        }
        let unit_price = offer.price(cart.currency).ok_or(BuyError::NoPrice(cart.currency))?;
        let now = self.env.now();
        let NewItem { variant, quantity, .. } = *new;
        let item = Item { id: Id::new(&self.env), variant, quantity, unit_price, added_at: now };
        let cart = Cart { updated_at: now, ..cart.with(item, &self.rules)? };
        let item = cart.items.iter().find(|item| item.variant == variant);
        let item = item.map(|item| item.id).ok_or(BuyError::NoItem)?;
        let expected = found.map_or(Version(0), |stored| stored.version);
        let write = Write::over(expected, cart.clone());
        let after = Stored { state: cart, version: expected.next() };
        let added = Added { cart: self.read_cart(&after).await?, item, token: None };
        let receipt = once.map(|once| once.receipt(after.state.id.uuid(), &added));
        self.save(write.with(Effects::none().receipt(receipt))).await?;
        Ok(added)
    }

    /// A cart somebody else made at the same moment counts as a change by somebody else.
    async fn save(&self, change: Change<Cart>) -> Result<(), BuyError> {
        match self.carts.commit(change).await {
            Ok(()) => Ok(()),
            Err(CommitError::Exists | CommitError::Taken(_)) => Err(CommitError::Stale.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes quantity and price together, or neither. The price is taken on as by [`Buy::accept_prices`].
    pub async fn edit_item(
        &self,
        shopper: &Shopper,
        seen: Option<Version>,
        item: ItemId,
        edit: ItemEdit,
    ) -> Result<CartReading, BuyError> {
        if let Some(price) = edit.price {
            self.check_prices(shopper, &[(item, price)]).await?;
        }
        self.change_cart(shopper, seen, |cart| cart.with_edit(item, edit, &self.rules)).await
    }

    pub async fn remove_item(
        &self,
        shopper: &Shopper,
        seen: Option<Version>,
        item: ItemId,
    ) -> Result<CartReading, BuyError> {
        self.change_cart(shopper, seen, |cart| cart.without(item)).await
    }

    pub async fn clear_cart(
        &self,
        shopper: &Shopper,
        seen: Option<Version>,
    ) -> Result<CartReading, BuyError> {
        self.change_cart(shopper, seen, |cart| Ok(cart.emptied())).await
    }

    /// Where the goods will go, so that tax and shipping can be told before the checkout.
    pub async fn send_to(
        &self,
        shopper: &Shopper,
        seen: Option<Version>,
        place: Place,
    ) -> Result<CartReading, BuyError> {
        let send = |cart| Ok(Cart { destination: Some(place.clone()), ..cart });
        self.change_cart(shopper, seen, send).await
    }

    /// Takes on prices the customer was shown. Refused, with the prices of this moment, when one has moved again.
    pub async fn accept_prices(
        &self,
        shopper: &Shopper,
        seen: Option<Version>,
        prices: &[(ItemId, Money)],
    ) -> Result<CartReading, BuyError> {
        self.check_prices(shopper, prices).await?;
        let accept = |cart: Cart, (id, price): &(ItemId, Money)| cart.with_price(*id, *price);
        self.change_cart(shopper, seen, |cart| prices.iter().try_fold(cart, accept)).await
    }

    /// Refuses prices that are not those of this moment.
    async fn check_prices(
        &self,
        shopper: &Shopper,
        prices: &[(ItemId, Money)],
    ) -> Result<(), BuyError> {
        let reading = self.cart(shopper).await?;
        for (id, price) in prices {
            let line = reading.lines.iter().find(|line| line.item.id == *id);
            let line: &LineReading = line.ok_or(BuyError::NoItem)?;
            match line.current_price() {
                None => return Err(BuyError::NotOnSale),
                Some(current) if current == *price => {}
                Some(_) => return Err(BuyError::PriceMoved(Box::new(line.clone()))),
            }
        }
        Ok(())
    }

    /// Changes the cart the shopper saw, or, when they do not say, whichever there is.
    pub(crate) async fn change_cart(
        &self,
        shopper: &Shopper,
        seen: Option<Version>,
        change: impl Fn(Cart) -> Result<Cart, BuyError>,
    ) -> Result<CartReading, BuyError> {
        let owner = shopper.owner().ok_or(BuyError::NoCart)?;
        let stored = retrying(|| self.try_change(&owner, seen, &change)).await?;
        self.read_cart(&stored).await
    }

    async fn try_change(
        &self,
        owner: &Owner,
        seen: Option<Version>,
        change: impl Fn(Cart) -> Result<Cart, BuyError>,
    ) -> Result<Stored<Cart>, BuyError> {
        let stored = self.carts.active_cart(owner).await?.ok_or(BuyError::NoCart)?;
        if seen.is_some_and(|seen| seen != stored.version) {
            return Err(BuyError::Outdated);
        }
        let changed = change(stored.state.clone())?;
        if changed == stored.state {
            return Ok(stored);
        }
        let state = Cart { updated_at: self.env.now(), ..changed };
        self.save(stored.becomes(state.clone()).alone()).await?;
        Ok(Stored { state, version: stored.version.next() })
    }
}

fn in_currency(cart: Cart, wished: Option<Currency>) -> Result<Cart, BuyError> {
    match wished {
        Some(wished) if wished != cart.currency && cart.items.is_empty() => {
            Ok(Cart { currency: wished, ..cart })
        }
        Some(wished) if wished != cart.currency => Err(BuyError::OtherCurrency(cart.currency)),
        Some(_) | None => Ok(cart),
    }
}
