//! Keep coupons: make, look at and retire them.

use commerce::{
    Actor, CommitError, Effects, FieldError, Id, Page, PageRequest, StockMove, Stored, Timestamp,
    Version, Write, claim::StockReason,
};
use uuid::Uuid;

use super::{Coupon, CouponCode, CouponId, CouponUses, CouponsOf};
use crate::{Buy, BuyError, Discount, Off, Prices, catalogue::Kept};

#[derive(Debug, Clone)]
pub struct NewCoupon {
    pub code: CouponCode,
    /// Whose goods it is on; operators say it, sellers need not.
    pub seller: Option<Uuid>,
    pub off: Off,
    pub minimum: Prices,
    pub limit: Option<u32>,
    pub limit_per_user: Option<u32>,
    pub valid_until: Option<Timestamp>,
}

/// A coupon as its keepers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCoupon {
    pub coupon: Coupon,
    pub version: Version,
    /// How often it was used, or will be once waiting orders are paid; counted where that is limited.
    pub used: Option<u64>,
}

impl Buy {
    /// The uses of a limited coupon are there from the start, to be claimed like stock.
    pub async fn make_coupon(
        &self,
        actor: &Actor,
        new: NewCoupon,
    ) -> Result<Stored<Coupon>, BuyError> {
        let seller = match (self.keeping(actor).await?, new.seller) {
            (Kept::Everything, named) => named,
            (Kept::Of(own), named) if named.is_none() || named == own => own,
            (Kept::Of(_), _) => return Err(BuyError::NotAKeeper),
        };
        let now = self.env.now();
        let coupon = Coupon {
            id: Id::new(&self.env),
            code: new.code,
            discount: Discount { seller, off: new.off, minimum: new.minimum },
            limit: new.limit,
            limit_per_user: new.limit_per_user,
            valid_until: new.valid_until,
            created_at: now,
            retired: None,
        };
        sound(&coupon, now)?;
        let uses = coupon.limit.map(|limit| StockMove {
            id: self.env.uuid(),
            resource: coupon.resource(),
            units: i64::from(limit),
            reason: StockReason::Received,
            at: now,
        });
        let effects = Effects::none().stock(uses);
        self.coupons.commit(Write::new(coupon.clone()).with(effects)).await?;
        Ok(Stored { state: coupon, version: Version(1) })
    }

    pub async fn coupon(&self, actor: &Actor, id: CouponId) -> Result<KeptCoupon, BuyError> {
        let stored = self.kept_coupon(actor, id).await?;
        let mut kept = self.counted(vec![stored]).await?;
        kept.pop().ok_or(BuyError::NoCoupon)
    }

    /// Newest first; operators see everybody's.
    pub async fn list_coupons(
        &self,
        actor: &Actor,
        page: PageRequest,
    ) -> Result<Page<KeptCoupon>, BuyError> {
        let of = match self.keeping(actor).await? {
            Kept::Everything => CouponsOf::Everybody,
            Kept::Of(seller) => CouponsOf::Only(seller),
        };
        let Page { data, next_cursor } = self.coupons.list_coupons(of, page).await?;
        Ok(Page { data: self.counted(data).await?, next_cursor })
    }

    /// It takes nothing off any more; orders that were placed with it keep what they got.
    pub async fn retire_coupon(
        &self,
        actor: &Actor,
        id: CouponId,
        seen: Version,
    ) -> Result<KeptCoupon, BuyError> {
        let stored = self.kept_coupon(actor, id).await?;
        if stored.version != seen {
            return Err(BuyError::Outdated);
        }
        if stored.state.retired.is_none() {
            let retired = Coupon { retired: Some(self.env.now()), ..stored.state };
            match self.coupons.commit(Write::over(seen, retired).alone()).await {
                Err(CommitError::Stale) => return Err(BuyError::Outdated),
                done => done?,
            }
        }
        self.coupon(actor, id).await
    }

    /// A coupon for those who keep it; nobody else learns more than that it is not theirs.
    async fn kept_coupon(&self, actor: &Actor, id: CouponId) -> Result<Stored<Coupon>, BuyError> {
        let kept = self.keeping(actor).await?;
        let stored = self.coupons.find(id).await?;
        let ours = stored.filter(|stored| kept.keeps(stored.state.discount.seller));
        ours.ok_or(BuyError::NoCoupon)
    }

    /// One query, however many coupons there are.
    async fn counted(&self, coupons: Vec<Stored<Coupon>>) -> Result<Vec<KeptCoupon>, BuyError> {
        let limited = coupons.iter().filter(|stored| stored.state.limit.is_some());
        let limited: Vec<_> = limited.map(|stored| stored.state.resource()).collect();
        let uses = self.coupons.coupon_uses(&limited).await?;
        let kept = |stored: Stored<Coupon>| KeptCoupon {
            used: used(&stored.state, &uses),
            coupon: stored.state,
            version: stored.version,
        };
        Ok(coupons.into_iter().map(kept).collect())
    }
}

fn used(coupon: &Coupon, all: &[CouponUses]) -> Option<u64> {
    let limit = i64::from(coupon.limit?);
    let uses = all.iter().find(|uses| uses.resource == coupon.resource())?;
    let left = uses.on_hand.saturating_sub(uses.held);
    Some(u64::try_from(limit.saturating_sub(left)).unwrap_or_default())
}

/// All that can be wrong with a coupon, at once.
fn sound(coupon: &Coupon, now: Timestamp) -> Result<(), BuyError> {
    let mut faults = Vec::new();
    let mut fault = |pointer: &str, code: &str, detail: &str| {
        faults.push(FieldError::new(pointer, code, detail));
    };
    match &coupon.discount.off {
        Off::Percentage { basis_points } if !(1..=10_000).contains(basis_points) => {
            fault("#/basis_points", "out_of_range", "1 to 10000 hundredths of a percent");
        }
        Off::Fixed { amounts } if amounts.is_empty() => {
            fault("#/fixed", "empty", "an amount in one currency at least");
        }
        Off::Percentage { .. } | Off::Fixed { .. } => {}
    }
    let fixed = match &coupon.discount.off {
        Off::Fixed { amounts } => amounts.clone(),
        Off::Percentage { .. } => Prices::default(),
    };
    for (pointer, amounts) in [("#/fixed", &fixed), ("#/minimum", &coupon.discount.minimum)] {
        if amounts.iter().any(|amount| !amount.is_positive()) {
            fault(pointer, "not_positive", "an amount is more than nothing");
        }
    }
    for (pointer, limit) in [("#/limit", coupon.limit), ("#/limit_per_user", coupon.limit_per_user)]
    {
        if limit == Some(0) {
            fault(pointer, "out_of_range", "once at least");
        }
    }
    if coupon.valid_until.is_some_and(|until| until <= now) {
        fault("#/valid_until", "past", "a moment that has not come yet");
    }
    if faults.is_empty() { Ok(()) } else { Err(BuyError::Invalid(faults)) }
}
