//! Papers: events in the streams of their series; the stream's number is the paper's.

use async_trait::async_trait;
use commerce::{
    StoreError,
    invoice::{Issued, PaperId, Papers},
};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::{
    Db,
    sql::{self, Binds},
};

#[async_trait]
impl Papers for Db {
    async fn issued(&self, of: &[PaperId]) -> Result<Vec<Issued>, StoreError> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let mut binds = Binds::default();
        let among = binds.among(of.iter().map(|id| id.uuid()));
        let sql = format!(
            "select id, seq, at, cast(body as text) as body from commerce_events
             where id in ({among}) and name in ('invoice_issued', 'credit_note_issued')"
        );
        self.rows(&sql, binds.0).await?.iter().map(issued).collect()
    }
}

fn issued(row: &QueryResult) -> Result<Issued, StoreError> {
    Ok(Issued {
        id: sql::get::<Uuid>(row, "id")?.into(),
        number: sql::get(row, "seq")?,
        at: sql::time(row, "at")?,
        paper: sql::json(row, "body")?,
    })
}
