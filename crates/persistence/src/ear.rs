//! For measuring: what the store is about to ask the database, so that it can be asked again without us.

use std::sync::Arc;

use sea_orm::Statement;

/// Called with everything before it is carried out.
pub type Ear = Arc<dyn Fn(Heard<'_>) + Send + Sync>;

/// One thing that is asked of the database.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    Reads(&'a Statement),
    Writes(&'a Statement),
    /// A write transaction begins; its statements follow, one after the other.
    Begins,
    Commits,
}
