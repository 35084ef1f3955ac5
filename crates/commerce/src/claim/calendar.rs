//! When resources are claimed in time, as the store that refuses overlaps sees it.

use async_trait::async_trait;

use super::{ResourceId, Span};
use crate::StoreError;

/// A live claim (held or kept) on the time of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    pub resource: ResourceId,
    pub span: Span,
}

#[async_trait]
pub trait Calendars: Send + Sync {
    /// The live claims on these resources that overlap `within`, by resource and beginning.
    async fn busy(&self, resources: &[ResourceId], within: Span) -> Result<Vec<Busy>, StoreError>;
}
