//! Receive, count and write off stock.

use commerce::{
    Actor, Aggregate, CommitError, Effects, Once, ResourceId, StockMove, Stored, Write,
    claim::StockReason, retrying,
};

use super::{ProductId, VariantId, resource_of};
use crate::{Buy, BuyError};

/// The paper a variant's stock is counted on. Whoever changes stock by hand signs it,
/// so two people who count at once do not correct the same difference twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockSheet {
    pub variant: VariantId,
    pub changes: i64,
}

impl Aggregate for StockSheet {
    type Id = VariantId;

    fn id(&self) -> VariantId {
        self.variant
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockChange {
    /// So many came.
    Received(u32),
    /// So many were there when they were counted, those held for orders included.
    Counted(u32),
    /// So many broke or are gone.
    Lost(u32),
}

/// What there is of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockLevel {
    pub variant: VariantId,
    pub on_hand: i64,
    /// Of those on hand, how many are held for unpaid orders.
    pub held: i64,
}

impl StockLevel {
    pub fn none(variant: VariantId) -> Self {
        Self { variant, on_hand: 0, held: 0 }
    }

    pub fn available(&self) -> i64 {
        self.on_hand.saturating_sub(self.held)
    }

    fn after(self, units: i64) -> Self {
        Self { on_hand: self.on_hand.saturating_add(units), ..self }
    }
}

impl Buy {
    pub async fn change_stock(
        &self,
        actor: &Actor,
        product: ProductId,
        variant: VariantId,
        change: StockChange,
        once: Option<Once<StockLevel>>,
    ) -> Result<StockLevel, BuyError> {
        let stored = self.kept_product(actor, product).await?;
        stored.state.variant(variant).ok_or(BuyError::NoVariant)?;
        retrying(|| self.sign_sheet(variant, change, once.as_ref())).await
    }

    async fn sign_sheet(
        &self,
        variant: VariantId,
        change: StockChange,
        once: Option<&Once<StockLevel>>,
    ) -> Result<StockLevel, BuyError> {
        let sheet = self.sheets.find(variant).await?;
        let level = self.stock_level(variant).await?;
        let units = difference(change, level.on_hand);
        let after = level.after(units);
        let receipt = once.map(|once| once.receipt(variant.uuid(), &after));
        let made = self.stock_move(resource_of(variant), change, units);
        let effects = Effects::none().stock(made).receipt(receipt);
        match self.sheets.commit(signed(sheet, variant).with(effects)).await {
            Ok(()) => Ok(after),
            Err(CommitError::Exists) => Err(CommitError::Stale.into()),
            Err(CommitError::OutOfStock(_)) => {
                Err(BuyError::StockHeld { on_hand: level.on_hand, held: level.held })
            }
            Err(error) => Err(error.into()),
        }
    }

    pub async fn stock_level(&self, variant: VariantId) -> Result<StockLevel, BuyError> {
        let levels = self.catalogue.stock_levels(&[variant]).await?;
        Ok(levels.into_iter().next().unwrap_or(StockLevel::none(variant)))
    }

    fn stock_move(
        &self,
        resource: ResourceId,
        change: StockChange,
        units: i64,
    ) -> Option<StockMove> {
        let reason = match change {
            StockChange::Received(_) => StockReason::Received,
            StockChange::Counted(_) => StockReason::Counted,
            StockChange::Lost(_) => StockReason::Lost,
        };
        let (id, at) = (self.env.uuid(), self.env.now());
        (units != 0).then_some(StockMove { id, resource, units, reason, at })
    }
}

fn signed(sheet: Option<Stored<StockSheet>>, variant: VariantId) -> Write<StockSheet> {
    match sheet {
        None => Write::new(StockSheet { variant, changes: 1 }),
        Some(sheet) => {
            let changes = sheet.state.changes.saturating_add(1);
            sheet.becomes(StockSheet { variant, changes })
        }
    }
}

/// What a change adds to what is on hand.
fn difference(change: StockChange, on_hand: i64) -> i64 {
    match change {
        StockChange::Received(units) => i64::from(units),
        StockChange::Counted(units) => i64::from(units).saturating_sub(on_hand),
        StockChange::Lost(units) => i64::from(units).saturating_neg(),
    }
}
