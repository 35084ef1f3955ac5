//! Who did what that security cares about; append-only.

use serde_json::Value;
use uuid::Uuid;

use crate::{Actor, Timestamp};

/// One row of the audit log. No secret, token or password ever goes into `facts`.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    pub id: Uuid,
    pub at: Timestamp,
    /// Who acted; absent for strangers and for the house itself.
    pub actor: Option<Actor>,
    /// A stable name: `login_failed`, `password_changed`.
    pub action: &'static str,
    pub subject: Option<Uuid>,
    /// The client's address, as the edge saw it.
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub facts: Value,
}
