//! Who did what that security cares about; append-only.

use async_trait::async_trait;
use serde_json::Value;
use uuid::Uuid;

use crate::{Actor, Page, PageRequest, StoreError, Timestamp, UserId};

/// One row of the audit log. No secret, token or password ever goes into `facts`.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    pub id: Uuid,
    pub at: Timestamp,
    /// Who acted; absent for strangers and for the house itself.
    pub actor: Option<Actor>,
    /// A stable name: `sign_in_locked`, `password_changed`.
    pub action: &'static str,
    pub subject: Option<Uuid>,
    /// The client's address, as the edge saw it.
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub facts: Value,
}

/// Which rows of the audit log are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub actor: Option<UserId>,
    pub action: Option<String>,
    pub subject: Option<Uuid>,
}

/// A row of the audit log as it is read back.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub id: Uuid,
    pub at: Timestamp,
    pub actor: Option<UserId>,
    pub action: String,
    pub subject: Option<Uuid>,
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub facts: Value,
}

#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Newest first.
    async fn list_audits(
        &self,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError>;
}
